#pragma once
// Flags as JSON lines on a descriptor, usually standard output.

#include <array>
#include <string_view>

#include "platform/emit/emitter.h"
#include "platform/emit/line_output.h"

namespace epsilond::platform {

// A line is at most kMaxOutputLine bytes, which holds every realistic flag whole. A reader that is behind loses lines
// (counted), never delays them.
class StdoutEmitter final : public Emitter {
 public:
  // Does not own `fd`.
  explicit StdoutEmitter(int fd) : output_(fd) {}

  Result<void> emit(const Flag& flag) override;
  std::string_view name() const override { return "stdout"; }

 private:
  LineOutput output_;
  std::array<char, kMaxOutputLine> line_{};
};

}  // namespace epsilond::platform
