#pragma once
// An emitter that keeps what it was given.

#include <vector>

#include "platform/emit/emitter.h"

namespace epsilond::tests {

class RecordingEmitter final : public platform::Emitter {
 public:
  explicit RecordingEmitter(std::vector<platform::Flag>* flags) : flags_(flags) {}
  platform::Result<void> emit(const platform::Flag& flag) override {
    flags_->push_back(flag);
    ++sent_;
    return {};
  }
  std::string_view name() const override { return "recording"; }

 private:
  std::vector<platform::Flag>* flags_;
};

}  // namespace epsilond::tests
