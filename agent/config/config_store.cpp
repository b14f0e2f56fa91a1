#include "agent/config/config_store.h"

#include <algorithm>
#include <array>
#include <vector>

#include "agent/config/config_suggest.h"
#include "agent/watch/watch_table.h"
#include "platform/emit/reading.h"
#include "platform/fixed_string.h"
#include "platform/host/line_server.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kAuto = "auto";
constexpr std::string_view kNone = "none";
constexpr std::string_view kDefault = "default";
constexpr std::string_view kLocal = "local";
constexpr std::string_view kUdpScheme = "udp://";

Problem problem(std::string what, std::string suggestion = {}) {
  return ValueProblem{std::move(what), std::move(suggestion)};
}

Problem store_number(const KeySpec& key, std::string_view text, const SectionTarget& target) {
  for (const Word& word : key.words) {
    if (word.text != text) continue;
    key.set(target, word.value);
    return std::nullopt;
  }
  double value = 0.0;
  Problem wrong;
  if (key.type == ValueType::kDuration)
    wrong = parse_duration(text, &value);
  else if (key.type == ValueType::kPercent)
    wrong = parse_percent(text, &value);
  else if (key.type == ValueType::kInteger)
    wrong = parse_integer(text, &value);
  else
    wrong = parse_number(text, &value);
  if (wrong) return wrong;
  if (!key.range.contains(value)) return problem("out of range");
  key.set(target, value);
  return std::nullopt;
}

Problem store_word(const KeySpec& key, std::string_view text, const SectionTarget& target) {
  std::vector<std::string_view> names;
  for (const Word& word : key.words) {
    if (word.text == text) {
      key.set(target, word.value);
      return std::nullopt;
    }
    names.push_back(word.text);
  }
  return problem("unknown word", std::string(closest(text, names)));
}

std::string& tag_of(const KeySpec& key, Config* config) { return key.name == "role" ? config->role : config->cluster; }

Problem store_host(std::string_view text, Config* config) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  if (text.size() > kMaxHostName) return problem("the name is longer than 64 bytes");
  if (text.find_first_not_of(kLetters) != std::string_view::npos)
    return problem("a character that a host name may not have");
  config->host = text == kAuto ? std::string() : std::string(text);
  return std::nullopt;
}

Problem store_user(std::string_view text, Config* config) {
  if (text.find_first_of(":/ \t") != std::string_view::npos) return problem("a character that no account has in its name");
  config->user = text == kAuto ? std::string() : std::string(text);
  return std::nullopt;
}

Problem store_tag(const KeySpec& key, std::string_view text, Config* config) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  if (text.size() > platform::kMostTagBytes) return problem("longer than 31 bytes");
  if (text.find_first_not_of(kLetters) != std::string_view::npos) return problem("a character that a tag may not have");
  tag_of(key, config) = text == kNone ? std::string_view() : text;
  return std::nullopt;
}

Problem store_path(std::string_view text, std::size_t most, std::string* path) {
  if (!text.starts_with('/')) return problem("not an absolute path");
  if (text.ends_with('/')) return problem("a directory, not a file");
  if (text.size() > most) return problem("too long");
  *path = text;
  return std::nullopt;
}

Problem store_path_or_none(std::string_view text, std::size_t most, std::string* path) {
  if (text != kNone) return store_path(text, most, path);
  path->clear();
  return std::nullopt;
}

Problem store_syslog_target(std::string_view text, EmitterConfig* emitter) {
  if (text == kLocal) {
    emitter->local = true;
    emitter->endpoint = {};
    return std::nullopt;
  }
  if (!text.starts_with(kUdpScheme)) {
    const std::string_view words[] = {kLocal};
    std::string meant(closest(text, words));
    platform::Endpoint endpoint;
    if (!parse_target(text, platform::kSyslogPort, &endpoint)) meant = std::string(kUdpScheme) + std::string(text);
    return problem("neither local nor udp://", std::move(meant));
  }
  const Problem wrong = parse_target(text, platform::kSyslogPort, &emitter->endpoint);
  if (!wrong) emitter->local = false;
  return wrong;
}

Problem store_udp_target(std::string_view text, EmitterConfig* emitter) {
  if (text.starts_with(kUdpScheme))
    return problem("no scheme is written here", std::string(text.substr(kUdpScheme.size())));
  const Problem wrong = parse_target(text, 0, &emitter->endpoint);
  if (!wrong) emitter->local = false;
  return wrong;
}

struct MatchWord {
  std::string_view prefix;
  platform::MatchKind kind;
};
constexpr std::array kMatchWords = {MatchWord{"comm:", platform::MatchKind::kComm},
                                    MatchWord{"cgroup:", platform::MatchKind::kCgroup},
                                    MatchWord{"pidfile:", platform::MatchKind::kPidFile}};

// Parts of a path below something: none of them empty or a way up.
bool is_path_below(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash + 1 == path.size()) return false;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return true;
}

Problem wrong_match(platform::MatchKind kind, std::string_view text) {
  if (text.empty()) return problem("nothing follows the colon");
  if (kind == platform::MatchKind::kComm) {
    if (text.size() <= platform::kMostCommBytes) return std::nullopt;
    return problem("the kernel keeps 15 bytes of a name, so this one matches nothing",
                   "comm:" + std::string(platform::utf8_prefix(text, platform::kMostCommBytes)));
  }
  if (text.size() > platform::kMostMatchBytes) return problem("the path is longer than 200 bytes");
  if (kind == platform::MatchKind::kPidFile) {
    std::string path;
    return store_path(text, platform::kMostMatchBytes, &path);
  }
  if (is_path_below(text)) return std::nullopt;
  const bool leading = text.starts_with('/') && is_path_below(text.substr(1));
  return problem("not a path below the mount point of control groups",
                 leading ? "cgroup:" + std::string(text.substr(1)) : std::string());
}

Problem store_match(std::string_view text, platform::ServiceMatch* match) {
  for (const MatchWord& word : kMatchWords) {
    if (!text.starts_with(word.prefix)) continue;
    const std::string_view rest = text.substr(word.prefix.size());
    if (Problem wrong = wrong_match(word.kind, rest)) return wrong;
    match->kind = word.kind;
    match->text = rest;
    return std::nullopt;
  }
  const bool bare = text.find(':') == std::string_view::npos && text.size() <= platform::kMostCommBytes;
  return problem("none of comm:, cgroup: and pidfile:", text.starts_with('/') ? "pidfile:" + std::string(text)
                                                        : bare                ? "comm:" + std::string(text)
                                                                              : std::string());
}

std::string format_match(const platform::ServiceMatch& match) {
  for (const MatchWord& word : kMatchWords)
    if (word.kind == match.kind) return std::string(word.prefix) + match.text;
  return {};
}

Problem store_watch_list(std::string_view text, WatchConfig* watch) {
  models::PresenceMask all;
  for (std::size_t i = 0; i < kWatchFeatureCount; ++i) all.set(i);
  models::PresenceMask named;
  if (Problem wrong = parse_names(text, kDefault, all, watch_features(), &named)) return wrong;
  watch->features = std::bitset<kWatchFeatureCount>(named.to_ullong());
  return std::nullopt;
}

}  // namespace

Problem store_value(const KeySpec& key, std::string_view text, const SectionTarget& target) {
  switch (key.type) {
    case ValueType::kDuration:
    case ValueType::kPercent:
    case ValueType::kNumber:
    case ValueType::kInteger:
      return store_number(key, text, target);
    case ValueType::kWord:
      return store_word(key, text, target);
    case ValueType::kHost:
      return store_host(text, target.config);
    case ValueType::kUser:
      return store_user(text, target.config);
    case ValueType::kTag:
      return store_tag(key, text, target.config);
    case ValueType::kPath:
      return store_path_or_none(text, std::string_view::npos, &target.config->state_path);
    case ValueType::kControlPath:
      return store_path_or_none(text, platform::LineServer::kLongestPath, &target.config->control_path);
    case ValueType::kDisableList:
      return parse_feature_list(text, kNone, models::PresenceMask(), &target.config->disabled_features);
    case ValueType::kFeatureList:
      return parse_feature_list(text, kDefault, all_features(), &target.model->features);
    case ValueType::kMofN:
      return parse_m_of_n(text, &target.model->raise_m, &target.model->raise_n);
    case ValueType::kSyslogTarget:
      return store_syslog_target(text, target.emitter);
    case ValueType::kUdpTarget:
      return store_udp_target(text, target.emitter);
    case ValueType::kSocketPath:
      return store_path(text, platform::kMostSocketPath, &target.emitter->socket_path);
    case ValueType::kFilePath:
      return store_path(text, std::string_view::npos, &target.emitter->path);
    case ValueType::kWindows:
      return parse_windows(text, target.windows);
    case ValueType::kMatch:
      return store_match(text, &target.watch->match);
    case ValueType::kWatchList:
      return store_watch_list(text, target.watch);
  }
  return problem("a key of no known type");
}

std::string format_value(const KeySpec& key, const SectionTarget& target) {
  switch (key.type) {
    case ValueType::kDuration:
      return format_duration(key.get(target));
    case ValueType::kPercent:
      return format_percent(key.get(target));
    case ValueType::kNumber:
    case ValueType::kInteger:
    case ValueType::kWord:
      for (const Word& word : key.words)
        if (static_cast<double>(word.value) == key.get(target)) return std::string(word.text);
      return key.type == ValueType::kWord ? std::string() : format_number(key.get(target));
    case ValueType::kHost:
      return target.config->host.empty() ? std::string(kAuto) : target.config->host;
    case ValueType::kUser:
      return target.config->user.empty() ? std::string(kAuto) : target.config->user;
    case ValueType::kTag:
      return tag_of(key, target.config).empty() ? std::string(kNone) : tag_of(key, target.config);
    case ValueType::kPath:
      return target.config->state_path.empty() ? std::string(kNone) : target.config->state_path;
    case ValueType::kControlPath:
      return target.config->control_path.empty() ? std::string(kNone) : target.config->control_path;
    case ValueType::kDisableList:
    case ValueType::kFeatureList:
    case ValueType::kWatchList:
      return {};
    case ValueType::kMofN:
      return std::to_string(target.model->raise_m) + " of " + std::to_string(target.model->raise_n);
    case ValueType::kSyslogTarget:
      if (target.emitter->local) return std::string(kLocal);
      return std::string(kUdpScheme) + platform::format_endpoint(target.emitter->endpoint).c_str();
    case ValueType::kUdpTarget:
      return platform::format_endpoint(target.emitter->endpoint).c_str();
    case ValueType::kSocketPath:
      return target.emitter->socket_path;
    case ValueType::kFilePath:
      return target.emitter->path;
    case ValueType::kWindows:
      return format_windows(*target.windows);
    case ValueType::kMatch:
      return format_match(target.watch->match);
  }
  return {};
}

void store_defaults(SectionKind section, const SectionTarget& target) {
  for (const KeySpec& key : config_keys())
    // The table is tested to hold only defaults that are in range.
    if (key.section == section && !key.default_text.empty()) (void)store_value(key, key.default_text, target);
}

}  // namespace epsilond::agent
