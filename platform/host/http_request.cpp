#include "platform/host/http_request.h"

#include <algorithm>

namespace epsilond::platform {
namespace {

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool is_visible(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

// The next line without its end, which is taken from `rest`; false if it has not ended.
bool take_line(std::string_view& rest, std::string_view& line) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  line = rest.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  rest.remove_prefix(end + 1);
  return true;
}

bool is_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
  return std::all_of(line.begin(), line.end(),
                     [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7F'); });
}

HttpVerdict judge_request_line(std::string_view line, std::string_view page) {
  const std::size_t first = std::min(line.find(' '), line.size());
  const std::size_t last = line.rfind(' ');
  if (first == line.size() || last == first) return HttpVerdict::kMalformed;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || !is_visible(target) || (version != "HTTP/1.1" && version != "HTTP/1.0"))
    return HttpVerdict::kMalformed;
  if (target.substr(0, target.find('?')) != page) return HttpVerdict::kNotFound;
  if (method == "GET") return HttpVerdict::kPage;
  return method == "HEAD" ? HttpVerdict::kHead : HttpVerdict::kMethod;
}

}  // namespace

HttpVerdict judge_http_request(std::string_view received, std::string_view page) {
  std::string_view line;
  if (!take_line(received, line)) return HttpVerdict::kIncomplete;
  const HttpVerdict verdict = judge_request_line(line, page);
  if (verdict == HttpVerdict::kMalformed) return verdict;
  while (take_line(received, line)) {
    if (line.empty()) return verdict;
    if (!is_field(line)) return HttpVerdict::kMalformed;
  }
  return HttpVerdict::kIncomplete;
}

}  // namespace epsilond::platform
