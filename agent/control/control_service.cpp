#include "agent/control/control_service.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "agent/log.h"
#include "platform/emit/flag_format.h"
#include "platform/emit/number_text.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::FixedString;
using platform::make_error;
using platform::Result;
using platform::TextWriter;

constexpr std::string_view kNow = "now";  // in place of the id of an episode

std::string_view error_word(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kMalformed:
      return "malformed";
    case ErrorCode::kTooLarge:
      return "too-long";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kUnavailable:
      return "changed";
    default:
      return "invalid";
  }
}

void set_error(const platform::Error& error, FixedString<240>& last_line) {
  last_line.assign("error ");
  last_line.append(error_word(error.code));
  last_line.append(" ");
  last_line.append(error.context);
}

template <typename... Arguments>
void set_ok(FixedString<240>& last_line, const char* format, Arguments... arguments) {
  char text[241];
  std::snprintf(text, sizeof text, format, arguments...);
  last_line.assign(std::string_view(text));
}

template <typename Emitter>
void put_counts(TextWriter& out, const Emitter& emitter) {
  put_emitter(out, emitter.name(), emitter.sent(), emitter.dropped());
}

// Of all that leave the host: events, readings, the textfile, /metrics. False: there are not so many.
bool put_emitter_at(std::size_t at, const AgentView& agent, TextWriter& out) {
  const auto emitters = agent.pipeline.emitters();
  if (at < emitters.size()) {
    put_counts(out, *emitters[at]);
    return true;
  }
  at -= emitters.size();
  if (agent.outputs == nullptr) return false;
  const auto senders = agent.outputs->senders();
  const auto textfiles = agent.outputs->textfiles();
  const bool metrics = agent.metrics != nullptr && agent.metrics->is_open();
  if (at < senders.size())
    put_counts(out, senders[at]);
  else if (at - senders.size() < textfiles.size())
    put_counts(out, textfiles[at - senders.size()]);
  else if (metrics && at == senders.size() + textfiles.size())
    put_counts(out, *agent.metrics);
  else
    return false;
  return true;
}

// "host.surprise": the column of the history that holds what this model made of each row.
constexpr std::string_view kSurprise = ".surprise";

bool is_note_of(std::string_view word, const Watcher& watcher) {
  return word.size() == watcher.name().size() + kSurprise.size() && word.starts_with(watcher.name()) &&
         word.ends_with(kSurprise);
}

// The column of the history of this name; beyond them all if there is none.
std::size_t history_column(const Pipeline& pipeline, std::string_view word) {
  const auto table = pipeline.table();
  const auto watchers = pipeline.watchers();
  std::size_t column = 0;
  for (; column < table.size(); ++column)
    if (table[column].name == word) return column;
  for (const auto& watcher : watchers) {
    if (is_note_of(word, *watcher)) break;
    ++column;
  }
  return column;
}

void put_column_name(TextWriter& out, const Pipeline& pipeline, std::size_t column) {
  const auto table = pipeline.table();
  out.put(',');
  if (column < table.size()) {
    out.put(table[column].name);
    return;
  }
  out.put(pipeline.watchers()[column - table.size()]->name());
  out.put(kSurprise);
}

}  // namespace

void ControlService::forget_pipeline() {
  for (Answer& answer : answers_) {
    if (answer.kind == RequestKind::kUnmute) continue;  // all that is left is its last line
    answer = {};
    set_error(make_error(ErrorCode::kUnavailable, 0, "the agent was reloaded meanwhile: ask again"), answer.last_line);
  }
}

bool ControlService::take_wish_to_save() { return std::exchange(wishes_to_save_, false); }

void ControlService::begin(std::size_t client, std::string_view line, std::uint32_t uid) {
  Answer& answer = answers_[client];
  answer = {};
  answer.last_line.assign("ok");
  const Result<Request> request = parse_request(line);
  const Result<void> started = request ? start(*request, uid, answer) : request.error();
  if (started) return;
  answer.kind = RequestKind::kUnmute;
  set_error(started.error(), answer.last_line);
}

Result<void> ControlService::start(const Request& request, std::uint32_t uid, Answer& answer) {
  switch (request.kind) {
    case RequestKind::kStatus:
    case RequestKind::kFeatures:
      answer.kind = request.kind;
      return {};
    case RequestKind::kExplain:
      return start_explain(request.rest, answer);
    case RequestKind::kHistory:
      return start_history(request, answer);
    case RequestKind::kMute:
      mute(request, uid, answer);
      return {};
    case RequestKind::kUnmute:
      unmute(uid, answer);
      return {};
    case RequestKind::kRelearn:
      return relearn(request.rest, uid, answer);
  }
  return {};
}

Result<void> ControlService::start_explain(std::string_view id, Answer& answer) const {
  const EpisodeLog& log = agent_->pipeline.episode_log();
  answer.kind = id == kNow ? RequestKind::kFeatures : RequestKind::kExplain;
  if (id == kNow) return {};
  answer.record = id.empty() ? log.newest() : log.find(id);
  if (answer.record == nullptr && id.empty())
    return make_error(ErrorCode::kNotFound, 0, "no episode since the start of the agent; see 'explain now'");
  if (answer.record == nullptr)
    return make_error(ErrorCode::kNotFound, 0, "no such episode among the last %zu", EpisodeLog::kEpisodes);
  answer.record_changes = answer.record->changes;
  return {};
}

Result<void> ControlService::start_history(const Request& request, Answer& answer) const {
  const Pipeline& pipeline = agent_->pipeline;
  const History& history = pipeline.history();
  const std::size_t all = pipeline.table().size();
  answer.kind = RequestKind::kHistory;
  std::string_view rest = request.rest;
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    const std::size_t column = history_column(pipeline, word);
    if (column >= all + pipeline.watchers().size())
      return make_error(ErrorCode::kNotFound, 0, "no such feature: %.*s",
                        static_cast<int>(std::min<std::size_t>(word.size(), 60)), word.data());
    answer.columns.set(column);
  }
  if (answer.columns.none())
    for (std::size_t column = 0; column < all; ++column) answer.columns.set(column);
  std::uint64_t rows = history.size();
  if (request.number > 0) rows = std::min<std::uint64_t>(request.number, rows);
  answer.end_row = history.pushed();
  answer.place.row = answer.end_row - rows;
  return {};
}

void ControlService::mute(const Request& request, std::uint32_t uid, Answer& answer) {
  CommandedMute& mute = agent_->pipeline.commanded_mute();
  mute.begin(request.number, agent_->time.wall, request.rest);
  char text[40];
  TextWriter until(text);
  platform::put_utc_time(until, mute.until());
  const int size = static_cast<int>(until.size());
  set_ok(answer.last_line, "ok muted until %.*s", size, text);
  log_line(LogLevel::kInfo, "muted until %.*s by uid %u: %.*s", size, text, uid, static_cast<int>(mute.reason().size()),
           mute.reason().data());
}

void ControlService::unmute(std::uint32_t uid, Answer& answer) {
  CommandedMute& mute = agent_->pipeline.commanded_mute();
  const bool was_muted = mute.active();
  mute.end();
  if (was_muted) log_line(LogLevel::kInfo, "unmuted by uid %u", uid);
  set_ok(answer.last_line, "ok %s%s", was_muted ? "unmuted" : "was not muted by command",
         agent_->pipeline.in_mute_window() ? "; a [mute] window of the configuration goes on" : "");
}

Result<void> ControlService::relearn(std::string_view feature, std::uint32_t uid, Answer& answer) {
  Pipeline& pipeline = agent_->pipeline;
  if (!feature.empty()) return relearn_feature(feature, uid, answer);
  pipeline.relearn(agent_->time);
  wishes_to_save_ = true;
  log_line(LogLevel::kInfo, "told to learn anew by uid %u", uid);
  set_ok(answer.last_line, "ok every model learns anew (%zu)", pipeline.watchers().size());
  return {};
}

Result<void> ControlService::relearn_feature(std::string_view feature, std::uint32_t uid, Answer& answer) {
  Pipeline& pipeline = agent_->pipeline;
  const std::size_t row = history_column(pipeline, feature);
  if (row >= pipeline.table().size()) return make_error(ErrorCode::kNotFound, 0, "no such feature");
  const std::size_t done = pipeline.relearn_feature(row);
  if (done == 0)
    return make_error(ErrorCode::kUnsupported, 0,
                      "no model looks at this feature and can forget it alone: only those of kind product can");
  wishes_to_save_ = true;
  const int size = static_cast<int>(feature.size());
  log_line(LogLevel::kInfo, "told to learn %.*s anew by uid %u", size, feature.data(), uid);
  set_ok(answer.last_line, "ok %.*s is learned anew by %zu of %zu models", size, feature.data(), done,
         pipeline.watchers().size());
  return {};
}

platform::LineService::Piece ControlService::go_on(std::size_t client, std::span<char> out) {
  Answer& answer = answers_[client];
  TextWriter writer(out);
  while (true) {
    const std::size_t whole = writer.size();
    const Place place = answer.place;
    const bool more = put_next(answer, writer);
    if (!more) {
      writer.put(answer.last_line);
      writer.put('\n');
    }
    if (writer.overflowed()) {
      writer.rewind(whole);
      answer.place = place;
      return {whole, false};
    }
    if (!more) return {writer.size(), true};
  }
}

bool ControlService::put_next(Answer& answer, TextWriter& out) {
  switch (answer.kind) {
    case RequestKind::kStatus:
      return put_status(answer.place, out);
    case RequestKind::kFeatures:
      return put_features(answer.place, out);
    case RequestKind::kExplain:
      return put_explanation(answer, out);
    case RequestKind::kHistory:
      return put_history(answer, out);
    default:
      return false;
  }
}

bool ControlService::put_status(Place& place, TextWriter& out) const {
  const Pipeline& pipeline = agent_->pipeline;
  const auto watchers = pipeline.watchers();
  const std::size_t item = place.model++;
  if (item == 0)
    put_agent(out, *agent_);
  else if (item <= watchers.size())
    put_model_and_strangest(out, pipeline, *watchers[item - 1]);
  else
    return put_emitter_at(item - watchers.size() - 1, *agent_, out);
  return true;
}

bool ControlService::put_features(Place& place, TextWriter& out) const {
  const Pipeline& pipeline = agent_->pipeline;
  for (; place.model < pipeline.watchers().size(); ++place.model, place.column = 0, place.begun = false) {
    const Watcher& watcher = *pipeline.watchers()[place.model];
    if (!std::exchange(place.begun, true)) {
      put_model(out, pipeline, watcher);
      return true;
    }
    if (place.column < watcher.view().columns.size()) {
      put_feature(out, pipeline, watcher, place.column++);
      return true;
    }
  }
  return false;
}

bool ControlService::put_explanation(Answer& answer, TextWriter& out) const {
  const ToldEpisode* record = answer.record;
  if (record->changes != answer.record_changes) {
    set_error(make_error(ErrorCode::kUnavailable, 0, "the episode went on meanwhile: ask again"), answer.last_line);
    return false;
  }
  if (!std::exchange(answer.place.begun, true)) {
    put_episode(out, *record);
    return true;
  }
  if (answer.place.column >= record->term_count) return false;
  const FeatureArithmetic& term = record->terms[answer.place.column++];
  put_term(out, agent_->pipeline.table()[term.row], record->flag.model, term);
  return true;
}

bool ControlService::put_history(Answer& answer, TextWriter& out) const {
  const Pipeline& pipeline = agent_->pipeline;
  const History& history = pipeline.history();
  Place& place = answer.place;
  const std::size_t columns = pipeline.table().size() + pipeline.watchers().size();
  if (!std::exchange(place.begun, true)) {
    out.put("timestamp");
    for (std::size_t column = 0; column < columns; ++column)
      if (answer.columns[column]) put_column_name(out, pipeline, column);
    out.put('\n');
    return true;
  }
  // The ring has gone on while the client was reading: what was overwritten cannot be sent any more.
  const std::uint64_t oldest = history.pushed() - history.size();
  if (place.row < oldest) {
    const std::uint64_t lost = std::min(oldest, answer.end_row) - place.row;
    place.lost += lost;
    place.row += lost;
  }
  if (place.row >= answer.end_row) {
    if (place.lost > 0)
      set_ok(answer.last_line, "ok %llu rows were overwritten before they could be sent",
             static_cast<unsigned long long>(place.lost));
    return false;
  }
  const auto age = static_cast<std::size_t>(history.pushed() - 1 - place.row++);
  const auto milliseconds = std::llround(history.time_s(age) * 1e3);
  platform::put_integer(out, milliseconds / 1000);
  out.put('.');
  platform::put_padded(out, milliseconds % 1000, 3, '0');
  for (std::size_t column = 0; column < columns; ++column) {
    if (!answer.columns[column]) continue;
    out.put(',');
    platform::put_number(out, static_cast<double>(history.value(age, column)));
  }
  out.put('\n');
  return true;
}

}  // namespace epsilond::agent
