#pragma once
// The one error channel: a value, or an Error that says what failed, where, and why. No exceptions anywhere.

#include <cassert>
#include <cstdarg>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

#include "platform/fixed_string.h"

namespace epsilond::platform {

enum class ErrorCode : std::uint8_t {
  kNotFound,     // no such file or address
  kPermission,   // refused by the system
  kMalformed,    // what was read does not parse
  kInvalid,      // an argument or a setting is out of its range
  kIo,           // reading or writing failed
  kUnavailable,  // would block, refused by the peer, not there yet
  kTooLarge,     // exceeds a fixed bound
  kUnsupported,  // this system or build cannot do it
};

struct Error {
  ErrorCode code = ErrorCode::kIo;
  int system_errno = 0;         // 0 where no system call failed
  FixedString<160> context;     // "meminfo: MemTotal missing"; cut at its capacity, never inside a character
};

// printf-style construction; `context` is cut at its capacity.
[[gnu::format(printf, 3, 4)]] Error make_error(ErrorCode code, int system_errno, const char* format, ...);
// The code that fits an errno value: ENOENT -> kNotFound, EACCES -> kPermission, EAGAIN -> kUnavailable, else kIo.
ErrorCode code_of_errno(int system_errno);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, error) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return *std::get_if<0>(&state_); }
  const T& operator*() const { return *std::get_if<0>(&state_); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const Error& error() const {
    assert(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(error), failed_(true) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return !failed_; }
  const Error& error() const {
    assert(failed_);
    return error_;
  }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace epsilond::platform
