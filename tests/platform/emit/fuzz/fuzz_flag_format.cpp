// Any flag at any size: what comes out is valid in its format and within its size, or refused below the smallest size.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "platform/emit/flag_format.h"
#include "tests/support/flag_parse.h"
#include "tests/support/fuzz_source.h"
#include "tests/support/journal_parse.h"

using namespace epsilond::platform;
using epsilond::tests::FuzzSource;
using epsilond::tests::JournalEntry;
using epsilond::tests::parse_flag_json;
using epsilond::tests::parse_journal;
using epsilond::tests::parse_rfc5424;
using epsilond::tests::require_promise;
using epsilond::tests::Rfc5424;
using epsilond::tests::valid_utf8;

namespace {

Flag make_flag(FuzzSource& source) {
  Flag flag;
  flag.event = static_cast<FlagEvent>(source.below(7));
  flag.critical = source.below(2) == 1;
  std::int64_t wall = 0;
  source.number(wall);
  flag.wall = std::chrono::nanoseconds(wall);
  for (double* number : {&flag.surprise, &flag.log_super_epsilon, &flag.threshold, &flag.duration_s})
    source.number(*number);
  source.text(flag.text);
  source.text(flag.id);
  source.text(flag.host);
  source.text(flag.model);
  flag.feature_count = source.below(kMaxFlagFeatures + 1);
  for (std::size_t i = 0; i < flag.feature_count; ++i) {
    FlagFeature& feature = flag.features[i];
    source.text(feature.name);
    for (double* number : {&feature.value, &feature.mean, &feature.sd, &feature.z, &feature.share})
      source.number(*number);
  }
  flag.process_count = source.below(kMaxFlagProcesses + 1);
  for (std::size_t i = 0; i < flag.process_count; ++i) {
    FlagProcess& process = flag.processes[i];
    source.text(process.comm);
    source.text(process.what);
    source.number(process.pid);
    source.number(process.uid);
    source.number(process.delta);
    source.text(process.unit);
  }
  return flag;
}

bool is_plain_line(std::string_view line) {
  return valid_utf8(line) && std::none_of(line.begin(), line.end(), [](char byte) {
           return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F;
         });
}

// What the host said stands in the entry byte for byte, and nothing that it said became a field.
void check_journal(const Flag& flag, int facility, std::span<char> small) {
  static std::array<char, kLargestJournalEntry> buffer;
  const Result<std::size_t> written = render_flag_journal(flag, facility, buffer);
  require_promise(written && *written <= buffer.size());
  JournalEntry entry;
  require_promise(parse_journal({buffer.data(), *written}, entry));
  const auto check_field = [&entry](std::string_view name, std::string_view value) {
    std::size_t times = 0;
    const std::string_view found = entry.get(name, &times);
    require_promise(value.empty() ? times == 0 : times == 1 && found == value);
  };
  check_field("EPSILOND_EVENT", event_name(flag.event));
  check_field("MESSAGE_ID", event_message_id(flag.event));
  check_field("PRIORITY", std::to_string(severity_of(flag)));
  check_field("SYSLOG_FACILITY", std::to_string(facility));
  check_field("EPSILOND_ID", flag.id);
  check_field("EPSILOND_HOST", flag.host);
  check_field("EPSILOND_MODEL", flag.model);
  for (std::size_t i = 0; i < flag.feature_count; ++i)
    check_field("EPSILOND_FEATURE_" + std::to_string(i + 1), flag.features[i].name);
  for (std::size_t i = 0; i < flag.process_count; ++i) {
    const std::string name = "EPSILOND_PROCESS_" + std::to_string(i + 1);
    check_field(name, flag.processes[i].comm);
    check_field(name + "_UNIT", flag.processes[i].unit);
  }
  std::size_t messages = 0;
  require_promise(is_plain_line(entry.get("MESSAGE", &messages)) && messages == 1);
  for (std::size_t i = 0; i < entry.count; ++i) {
    const std::string_view name = entry.fields[i].name;
    require_promise(name.starts_with("EPSILOND_") || name.starts_with("SYSLOG_") || name.starts_with("MESSAGE") ||
                    name == "PRIORITY");
  }

  const Result<std::size_t> cut = render_flag_journal(flag, facility, small);
  require_promise(cut ? *cut == *written : cut.error().code == ErrorCode::kTooLarge && small.size() < *written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzSource source(data, size);
  const std::size_t limit = source.below(4097);
  SyslogHeader header;
  source.number(header.pid);
  source.number(header.sequence_id);
  header.facility = static_cast<int>(source.below(24));
  const std::chrono::seconds offset(static_cast<std::int64_t>(source.below(65536)) * 3 - 98304);
  const Flag flag = make_flag(source);

  std::array<char, 4096> buffer;
  const std::span<char> out = std::span<char>(buffer).first(std::min(limit, buffer.size()));

  const Result<std::size_t> json = render_flag_json(flag, out);
  require_promise(json || out.size() < kMinJsonDatagram);
  if (json) {
    Flag parsed;
    require_promise(*json <= out.size());
    require_promise(parse_flag_json({buffer.data(), *json}, parsed));
    require_promise(parsed.event == flag.event);
  }

  const Result<std::size_t> rfc5424 = render_flag_rfc5424(flag, header, out);
  require_promise(rfc5424 || out.size() < kMinSyslogDatagram);
  if (rfc5424) {
    Rfc5424 parsed;
    require_promise(*rfc5424 <= out.size());
    require_promise(parse_rfc5424({buffer.data(), *rfc5424}, parsed));
    require_promise(parsed.priority == header.facility * 8 + severity_of(flag));
  }

  const Result<std::size_t> local = render_flag_local_syslog(flag, header, offset, out);
  require_promise(local || out.size() < kMinSyslogDatagram);
  if (local) {
    require_promise(*local <= out.size() && is_plain_line({buffer.data(), *local}));
  }

  check_journal(flag, header.facility, out);
  return 0;
}
