// Any flag at any size: what comes out is valid in its format and within its size, or refused below the smallest size.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "platform/emit/flag_format.h"
#include "tests/support/flag_parse.h"

using namespace epsilond::platform;
using epsilond::tests::parse_flag_json;
using epsilond::tests::parse_rfc5424;
using epsilond::tests::Rfc5424;
using epsilond::tests::valid_utf8;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// Makes values of the bytes; zeros and empty strings once they run out.
class Source {
 public:
  Source(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  template <typename T>
  void number(T& value) {
    std::array<unsigned char, sizeof(T)> bytes{};
    const std::size_t size = std::min(bytes.size(), size_);
    std::memcpy(bytes.data(), data_, size);
    skip(size);
    std::memcpy(&value, bytes.data(), sizeof value);
  }
  std::size_t below(std::size_t limit) {
    std::uint16_t value = 0;
    number(value);
    return value % limit;
  }
  template <std::size_t Capacity>
  void text(FixedString<Capacity>& out) {
    const std::size_t size = std::min(below(Capacity + 1), size_);
    out = std::string_view(reinterpret_cast<const char*>(data_), size);
    skip(size);
  }

 private:
  void skip(std::size_t size) {
    data_ += size;
    size_ -= size;
  }
  const std::uint8_t* data_;
  std::size_t size_;
};

Flag make_flag(Source& source) {
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Source source(data, size);
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
  require(json || out.size() < kMinJsonDatagram);
  if (json) {
    Flag parsed;
    require(*json <= out.size());
    require(parse_flag_json({buffer.data(), *json}, parsed));
    require(parsed.event == flag.event);
  }

  const Result<std::size_t> rfc5424 = render_flag_rfc5424(flag, header, out);
  require(rfc5424 || out.size() < kMinSyslogDatagram);
  if (rfc5424) {
    Rfc5424 parsed;
    require(*rfc5424 <= out.size());
    require(parse_rfc5424({buffer.data(), *rfc5424}, parsed));
    require(parsed.priority == header.facility * 8 + severity_of(flag));
  }

  const Result<std::size_t> local = render_flag_local_syslog(flag, header, offset, out);
  require(local || out.size() < kMinSyslogDatagram);
  if (local) {
    const std::string_view line(buffer.data(), *local);
    require(*local <= out.size() && valid_utf8(line));
    for (const char byte : line) require(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F);
  }
  return 0;
}
