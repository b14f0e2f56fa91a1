// An endpoint that is taken formats to a text that parses to the same endpoint; a refusal says why.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "platform/emit/endpoint.h"

using namespace epsilond::platform;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::uint16_t default_port : {std::uint16_t{0}, kSyslogPort}) {
    const Result<Endpoint> endpoint = parse_endpoint(text, default_port);
    if (!endpoint) {
      if (endpoint.error().code != ErrorCode::kInvalid || endpoint.error().context.empty()) std::abort();
      continue;
    }
    if (endpoint->port == 0) std::abort();
    const Result<Endpoint> again = parse_endpoint(format_endpoint(*endpoint));
    if (!again || !(*again == *endpoint)) std::abort();
  }
  return 0;
}
