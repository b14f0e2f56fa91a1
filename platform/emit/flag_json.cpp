#include <algorithm>

#include "platform/emit/escape.h"
#include "platform/emit/flag_format.h"
#include "platform/emit/json_text.h"
#include "platform/emit/number_text.h"

namespace epsilond::platform {
namespace {

constexpr std::string_view kEnd = "\"}";

// What of a flag is still in the line.
struct Kept {
  std::size_t features;
  std::size_t processes;
  bool host = true;
  bool id = true;
  bool model = true;
};

void put_feature(TextWriter& out, const FlagFeature& feature) {
  put_json_text(out, "{\"name\":", feature.name);
  put_json_number(out, ",\"value\":", feature.value);
  put_json_number(out, ",\"mean\":", feature.mean);
  put_json_number(out, ",\"sd\":", feature.sd);
  put_json_number(out, ",\"z\":", feature.z);
  put_json_number(out, ",\"share\":", feature.share);
  out.put('}');
}

void put_process(TextWriter& out, const FlagProcess& process) {
  put_json_text(out, "{\"comm\":", process.comm);
  out.put(",\"pid\":");
  put_integer(out, process.pid);
  out.put(",\"uid\":");
  put_integer(out, process.uid);
  put_json_text(out, ",\"what\":", process.what);
  put_json_number(out, ",\"delta\":", process.delta);
  if (!process.unit.empty()) put_json_text(out, ",\"unit\":", process.unit);
  out.put('}');
}

// Everything up to the opening quote of the text.
void put_head(TextWriter& out, const Flag& flag, const Kept& kept) {
  out.put("{\"v\":");
  put_integer(out, kFlagFormatVersion);
  put_json_text(out, ",\"event\":", event_name(flag.event));
  put_json_text(out, ",\"id\":", kept.id ? flag.id.view() : std::string_view());
  put_json_text(out, ",\"host\":", kept.host ? flag.host.view() : std::string_view());
  out.put(",\"time\":\"");
  put_utc_time(out, flag.wall);
  out.put('"');
  put_json_text(out, ",\"model\":", kept.model ? flag.model.view() : std::string_view());
  put_json_number(out, ",\"surprise\":", flag.surprise);
  put_json_number(out, ",\"log_super_epsilon\":", flag.log_super_epsilon);
  put_json_number(out, ",\"threshold\":", flag.threshold);
  put_json_number(out, ",\"duration_s\":", flag.duration_s);
  out.put(",\"features\":[");
  for (std::size_t i = 0; i < kept.features; ++i) {
    if (i > 0) out.put(',');
    put_feature(out, flag.features[i]);
  }
  out.put("],\"processes\":[");
  for (std::size_t i = 0; i < kept.processes; ++i) {
    if (i > 0) out.put(',');
    put_process(out, flag.processes[i]);
  }
  out.put("],\"text\":\"");
}

bool put_whole(TextWriter& out, const Flag& flag, const Kept& kept) {
  out.rewind(0);
  put_head(out, flag, kept);
  put_escaped(out, flag.text, Escape::kJson);
  out.put(kEnd);
  return !out.overflowed();
}

bool put_cut(TextWriter& out, const Flag& flag, const Kept& kept) {
  out.rewind(0);
  put_head(out, flag, kept);
  if (out.overflowed() || out.room() < kEnd.size()) return false;
  put_escaped_cut(out, flag.text, Escape::kJson, out.room() - kEnd.size());
  out.put(kEnd);
  return true;
}

}  // namespace

Result<std::size_t> render_flag_json(const Flag& flag, std::span<char> out) {
  TextWriter writer(out);
  Kept kept{std::min(flag.feature_count, flag.features.size()), std::min(flag.process_count, flag.processes.size())};
  while (true) {
    if (put_whole(writer, flag, kept)) return writer.size();
    if (kept.features == 0 && kept.processes == 0) break;
    if (kept.features > kept.processes)
      --kept.features;
    else
      --kept.processes;
  }
  if (put_cut(writer, flag, kept)) return writer.size();
  for (bool Kept::*field : {&Kept::host, &Kept::id, &Kept::model}) {
    kept.*field = false;
    if (put_cut(writer, flag, kept)) return writer.size();
  }
  return make_error(ErrorCode::kTooLarge, 0, "flag: does not fit a JSON datagram of %zu bytes", out.size());
}

}  // namespace epsilond::platform
