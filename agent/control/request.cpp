#include "agent/control/request.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace epsilond::agent {
namespace {

using platform::Error;
using platform::ErrorCode;
using platform::make_error;
using platform::Result;

struct Verb {
  std::string_view name;
  RequestKind kind;
  std::size_t most_words;  // behind the name
};

constexpr std::size_t kAny = kMaxRequestBytes;
constexpr std::array kVerbs = {
    Verb{"status", RequestKind::kStatus, 0},     Verb{"explain", RequestKind::kExplain, 1},
    Verb{"features", RequestKind::kFeatures, 0}, Verb{"history", RequestKind::kHistory, kAny},
    Verb{"mute", RequestKind::kMute, kAny},      Verb{"unmute", RequestKind::kUnmute, 0},
    Verb{"relearn", RequestKind::kRelearn, 1},
};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool is_control(char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; }

// True, and the value, for a whole number and nothing else.
bool whole_number(std::string_view word, std::uint32_t& value) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size();
}

std::size_t count_words(std::string_view rest) {
  std::size_t count = 0;
  while (!next_word(rest).empty()) ++count;
  return count;
}

}  // namespace

std::string_view next_word(std::string_view& rest) {
  rest = trimmed(rest);
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

Result<Request> parse_request(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > kMaxRequestBytes)
    return make_error(ErrorCode::kTooLarge, 0, "a request has at most %zu bytes", kMaxRequestBytes);
  if (std::any_of(line.begin(), line.end(), is_control))
    return make_error(ErrorCode::kMalformed, 0, "a request has no control characters");
  const std::string_view name = next_word(line);
  Request request;
  request.rest = trimmed(line);
  const auto* const verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& v) { return v.name == name; });
  if (verb == kVerbs.end())
    return make_error(ErrorCode::kInvalid, 0,
                      "no such request; there are: status, explain, features, history, mute, unmute, relearn");
  request.kind = verb->kind;
  if (verb->most_words < kAny && count_words(request.rest) > verb->most_words)
    return make_error(ErrorCode::kInvalid, 0, "at most %zu words may follow", verb->most_words);
  std::string_view behind = request.rest;
  const bool has_number = whole_number(next_word(behind), request.number);
  if (request.kind == RequestKind::kMute && (!has_number || request.number - 1 >= CommandedMute::kLongestS))
    return make_error(ErrorCode::kInvalid, 0, "mute SECONDS [REASON]: seconds are a whole number, 1 .. %u",
                      static_cast<unsigned>(CommandedMute::kLongestS));
  const bool takes_number = request.kind == RequestKind::kMute || request.kind == RequestKind::kHistory;
  if (takes_number && has_number)
    request.rest = trimmed(behind);
  else
    request.number = 0;
  return request;
}

}  // namespace epsilond::agent
