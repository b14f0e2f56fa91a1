// A verdict on what has come stays the same however much comes behind it, and only a whole head has one that is not
// malformed.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "platform/host/http_request.h"

using namespace epsilond::platform;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const HttpVerdict whole = judge_http_request(text, "/metrics");
  if (whole != HttpVerdict::kIncomplete && judge_http_request(text + "\r\n\r\n", "/metrics") != whole) std::abort();
  HttpVerdict before = HttpVerdict::kIncomplete;
  for (std::size_t length = 0; length <= size && size < 512; ++length) {
    const HttpVerdict now = judge_http_request(std::string_view(text).substr(0, length), "/metrics");
    if (before != HttpVerdict::kIncomplete && now != before) std::abort();
    before = now;
  }
  const bool good = whole == HttpVerdict::kPage || whole == HttpVerdict::kHead;
  if (good && (text.find("\n\n") == std::string::npos && text.find("\n\r\n") == std::string::npos)) std::abort();
  if (good && text.find(" /metrics") == std::string::npos) std::abort();
  return 0;
}
