#include "agent/outputs/reading_sender.h"

#include <algorithm>
#include <span>

#include "agent/log.h"
#include "agent/outputs/model_reading.h"
#include "agent/pipeline/wiring.h"

namespace epsilond::agent {
namespace {

platform::LineFormat line_format(UdpFormat format) {
  switch (format) {
    case UdpFormat::kStatsd:
      return platform::LineFormat::kStatsd;
    case UdpFormat::kGraphite:
      return platform::LineFormat::kGraphite;
    default:
      return platform::LineFormat::kInflux;
  }
}

constexpr std::string_view name_of(platform::LineFormat format) {
  constexpr std::string_view kNames[] = {"influx udp ", "statsd udp ", "graphite udp "};
  return kNames[static_cast<std::size_t>(format)];
}

Schedule schedule_of(double every_s, std::string_view host) {
  const std::chrono::nanoseconds period = to_nanoseconds(every_s);
  return {period, phase_of(machine_id(), host, period)};
}

}  // namespace

ReadingSender::ReadingSender(const EmitterConfig& config, const Config& agent, std::string_view host)
    : format_(line_format(config.format)),
      host_(host),
      cluster_(agent.cluster),
      role_(agent.role),
      schedule_(schedule_of(config.every_s, host)),
      socket_(config.endpoint),
      name_(name_of(format_)),
      max_datagram_(std::clamp(config.max_datagram, platform::kDefaultMaxDatagram, platform::kLargestMaxDatagram)) {
  name_.append(platform::format_endpoint(config.endpoint));
}

void ReadingSender::tick(const Pipeline& pipeline, std::chrono::nanoseconds wall) {
  if (!schedule_.due(wall)) return;
  ++moment_.sequence;
  moment_.wall = wall;
  send_all(pipeline);
}

void ReadingSender::send_all(const Pipeline& pipeline) {
  platform::TextWriter out(std::span<char>(datagram_).first(max_datagram_));
  for (const auto& watcher : pipeline.watchers()) {
    const platform::Reading reading = reading_of(*watcher);
    for (std::size_t part = 0; part < platform::reading_parts(format_); ++part) put_part(reading, part, out);
  }
  send(out);
}

void ReadingSender::put_part(const platform::Reading& reading, std::size_t part, platform::TextWriter& out) {
  const platform::ReadingTags tags{host_, cluster_, role_};
  const std::size_t whole = out.size();
  platform::put_reading(out, format_, tags, moment_, reading, part);
  if (!out.overflowed()) return;
  out.rewind(whole);
  send(out);
  platform::put_reading(out, format_, tags, moment_, reading, part);
  if (out.overflowed()) out.rewind(0);  // cannot be: any part fits the smallest datagram
}

// Sends what is there and begins anew.
void ReadingSender::send(platform::TextWriter& out) {
  if (out.size() == 0) return;
  const platform::Result<platform::DatagramSocket::Sent> sent = socket_.send(out.view());
  out.rewind(0);
  const bool lost = !sent || sent->earlier_lost;
  if (sent) ++sent_;
  if (lost) ++dropped_;
  if (lost == failing_) return;
  failing_ = lost;
  if (!lost)
    log_line(LogLevel::kInfo, "%s: readings go out again", name_.c_str());
  else
    log_line(LogLevel::kWarning, "%s: readings are dropped: %s", name_.c_str(),
             sent ? "nobody took the last ones" : sent.error().context.c_str());
}

}  // namespace epsilond::agent
