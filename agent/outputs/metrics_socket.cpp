#include "agent/outputs/metrics_socket.h"

#include "agent/log.h"
#include "agent/outputs/exposition.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kPath = "/metrics";

}  // namespace

const EmitterConfig* metrics_section(const Config& config) {
  for (const EmitterConfig& emitter : config.emitters)
    if (emitter.kind == EmitterKind::kPrometheus) return &emitter;
  return nullptr;
}

void MetricsSocket::open(const EmitterConfig* wanted, const Pipeline& pipeline, std::size_t sources) {
  wanted_ = wanted != nullptr;
  if (!wanted_ || !(wanted->endpoint == endpoint_)) server_.reset();
  if (!wanted_) return;
  endpoint_ = wanted->endpoint;
  detail_ = wanted->features;
  text_.resize(exposition_bytes(pipeline, sources, detail_));
  name_.assign("prometheus ");
  name_.append(platform::format_endpoint(endpoint_));
  failed_ = false;
  if (!server_) listen();
}

void MetricsSocket::listen() {
  auto server = platform::PageServer::listen(endpoint_, kPath, text_.size(), *this);
  if (server) {
    server_ = std::move(*server);
    if (failed_)
      log_line(LogLevel::kInfo, "prometheus: listening at %s now", platform::format_endpoint(endpoint_).c_str());
  } else if (!failed_) {
    log_line(LogLevel::kWarning, "prometheus: going on without /metrics: %s", server.error().context.c_str());
  }
  failed_ = !server;
}

std::size_t MetricsSocket::bytes_of(const EmitterConfig& section, const Pipeline& pipeline, std::size_t sources) {
  return sizeof(platform::PageServer) + exposition_bytes(pipeline, sources, section.features);
}

void MetricsSocket::serve(const AgentFacts& facts, std::chrono::nanoseconds monotonic) {
  if (!server_) return;
  facts_ = &facts;
  server_->serve(monotonic);
  facts_ = nullptr;
}

std::string_view MetricsSocket::page() {
  platform::TextWriter out(text_);
  put_exposition(out, *facts_, detail_);
  return out.overflowed() ? std::string_view() : out.view();
}

}  // namespace epsilond::agent
