#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>

#include "platform/emit/escape.h"
#include "platform/emit/flag_format.h"
#include "platform/emit/number_text.h"

namespace epsilond::platform {
namespace {

constexpr int kMaxFacility = 23;

// In the order of FlagEvent; random once, and then fixed: filters and catalogues of operators hold them.
constexpr std::size_t kMessageIdSize = 32;
constexpr std::string_view kMessageIds =
    "357f2b61aeec45c1ac95891b7781992a265e6bdf93514fbfa1d0af04a4ddb7ed779c7bc7686d4d34a6724766430fb1e2"
    "99a972ebcc634965b704a72ae36425b59a868260ef1040acb4bffdf3bcde147533b018f029544e8ab4ee205e19db89a7"
    "ac213eafa2c8462c8c5d62fe3627399e";

// Everything of our own, one field behind the other.
class Fields {
 public:
  explicit Fields(TextWriter& out) : out_(out) {}

  // From here on names are NAME_1, NAME_1_VALUE ... for the entry at rank 0 of a list; `prefix` empty: as they are.
  void begin_entry(std::string_view prefix, std::size_t rank) {
    prefix_ = prefix;
    rank_ = static_cast<char>('1' + rank);
  }

  [[gnu::noinline]] void put(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out_.put("EPSILOND_");
    if (!prefix_.empty()) {
      out_.put(prefix_);
      out_.put('_');
      out_.put(rank_);
    }
    out_.put(name);
    if (value.find('\n') == std::string_view::npos) {
      out_.put('=');
    } else {
      out_.put('\n');
      for (unsigned shift = 0; shift < 64; shift += 8)
        out_.put(static_cast<char>((static_cast<std::uint64_t>(value.size()) >> shift) & 0xFFU));
    }
    out_.put(value);
    out_.put('\n');
  }

  // The next of the names that stand in `names`, by blanks, with this value.
  [[gnu::noinline]] void put_next(std::string_view& names, double value) {
    const std::string_view name = names.substr(0, names.find(' '));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    if (!std::isfinite(value)) return;
    std::array<char, kMaxNumberText> digits;
    TextWriter text(digits);
    put_number(text, value);
    put(name, text.view());
  }

 private:
  TextWriter& out_;
  std::string_view prefix_;
  char rank_ = '1';
};

// The fields that journald knows, which have no line end in them.
void put_known_fields(TextWriter& out, const Flag& flag, int facility) {
  const auto put_all = [&out](std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) out.put(part);
  };
  put_all({"MESSAGE=", event_msgid(flag.event), flag.model.empty() ? "" : " "});
  put_escaped(out, flag.model, Escape::kMessage);
  out.put(": ");
  put_escaped(out, flag.text, Escape::kMessage);
  put_all({"\nMESSAGE_ID=", event_message_id(flag.event), "\nSYSLOG_IDENTIFIER=epsilond\nPRIORITY="});
  put_integer(out, severity_of(flag));
  out.put("\nSYSLOG_FACILITY=");
  put_integer(out, facility);
  out.put('\n');
}

void put_numbers(Fields& fields, const Flag& flag) {
  std::string_view names = "SURPRISE LOG_SUPER_EPSILON THRESHOLD DURATION_S";
  for (const double value : {flag.surprise, flag.log_super_epsilon, flag.threshold, flag.duration_s})
    fields.put_next(names, value);
}

// The name stands alone as well, so that `journalctl EPSILOND_FEATURE=zombies` finds it at whatever rank.
void put_features(Fields& fields, const Flag& flag) {
  for (std::size_t i = 0; i < std::min(flag.feature_count, flag.features.size()); ++i) {
    const FlagFeature& feature = flag.features[i];
    fields.begin_entry({}, 0);
    fields.put("FEATURE", feature.name);
    fields.begin_entry("FEATURE", i);
    fields.put("", feature.name);
    std::string_view names = "_VALUE _MEAN _SD _Z _SHARE";
    for (const double value : {feature.value, feature.mean, feature.sd, feature.z, feature.share})
      fields.put_next(names, value);
  }
}

void put_processes(Fields& fields, const Flag& flag) {
  for (std::size_t i = 0; i < std::min(flag.process_count, flag.processes.size()); ++i) {
    const FlagProcess& process = flag.processes[i];
    fields.begin_entry({}, 0);
    fields.put("PROCESS", process.comm);
    fields.begin_entry("PROCESS", i);
    fields.put("", process.comm);
    fields.put("_WHAT", process.what);
    if (!process.unit.empty()) fields.put("_UNIT", process.unit);
    std::string_view names = "_PID _UID _DELTA";
    for (const double value : {static_cast<double>(process.pid), static_cast<double>(process.uid), process.delta})
      fields.put_next(names, value);
  }
}

}  // namespace

std::string_view event_message_id(FlagEvent event) {
  return kMessageIds.substr(static_cast<std::size_t>(event) * kMessageIdSize, kMessageIdSize);
}

Result<std::size_t> render_flag_journal(const Flag& flag, int facility, std::span<char> out) {
  if (facility < 0 || facility > kMaxFacility)
    return make_error(ErrorCode::kInvalid, 0, "journal: facility %d is not in 0 .. %d", facility, kMaxFacility);
  TextWriter writer(out);
  put_known_fields(writer, flag, facility);
  Fields fields(writer);
  fields.put("EVENT", event_name(flag.event));
  fields.put("ID", flag.id);
  fields.put("HOST", flag.host);
  fields.put("MODEL", flag.model);
  std::array<char, 40> bytes;
  TextWriter time(bytes);
  put_utc_time(time, flag.wall);
  fields.put("TIME", time.view());
  if (has_numbers(flag.event)) put_numbers(fields, flag);
  put_features(fields, flag);
  put_processes(fields, flag);
  if (writer.overflowed())
    return make_error(ErrorCode::kTooLarge, 0, "flag: does not fit a journal entry of %zu bytes", out.size());
  return writer.size();
}

}  // namespace epsilond::platform
