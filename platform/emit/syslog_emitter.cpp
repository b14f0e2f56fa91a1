#include "platform/emit/syslog_emitter.h"

#include <algorithm>
#include <cerrno>
#include <span>

namespace epsilond::platform {
namespace {

constexpr std::uint32_t kLastSequenceId = 2147483647;  // RFC 5424 section 7.3.1: then it starts again at 1

}  // namespace

UdpSyslogEmitter::UdpSyslogEmitter(const Endpoint& endpoint, const SyslogSettings& settings)
    : DatagramEmitter("syslog udp://", endpoint, kMinSyslogDatagram, settings.max_datagram),
      header_{settings.facility, settings.pid, 1} {}

Result<std::size_t> UdpSyslogEmitter::render(const Flag& flag, std::span<char> out) {
  const Result<std::size_t> size = render_flag_rfc5424(flag, header_, out);
  header_.sequence_id = header_.sequence_id >= kLastSequenceId ? 1 : header_.sequence_id + 1;
  return size;
}

LocalSyslogEmitter::LocalSyslogEmitter(const Clock& clock, std::string_view path, int fallback_fd,
                                       const SyslogSettings& settings)
    : clock_(clock),
      socket_(path),
      fallback_(fallback_fd),
      has_fallback_(fallback_fd >= 0),
      header_{settings.facility, settings.pid, 1},
      max_datagram_(std::clamp(settings.max_datagram, kMinSyslogDatagram, kLargestMaxDatagram)),
      name_("syslog ") {
  name_.append(path);
}

Result<void> LocalSyslogEmitter::emit(const Flag& flag) {
  const Result<std::size_t> size =
      render_flag_local_syslog(flag, header_, clock_.utc_offset(flag.wall), std::span(line_).first(max_datagram_));
  if (!size) {
    ++dropped_;
    return size.error();
  }
  Result<void> outcome;
  if (const Result<DatagramSocket::Sent> sent = socket_.send({line_.data(), *size}); !sent)
    outcome = fall_back(*size, sent.error());
  ++(outcome ? sent_ : dropped_);
  return outcome;
}

Result<void> LocalSyslogEmitter::fall_back(std::size_t size, const Error& why) {
  const bool behind = why.system_errno == EAGAIN || why.system_errno == ENOBUFS;
  if (behind || !has_fallback_) return why;
  line_[size] = '\n';
  const std::string_view line(line_.data(), size + 1);
  return fallback_.write(line.substr(line.find('>') + 1));
}

}  // namespace epsilond::platform
