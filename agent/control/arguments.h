#pragma once
// A strict reader of options: `--name VALUE`, `--name=VALUE`, switches, `-c VALUE`, operands, `--`.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "platform/result.h"

namespace epsilond::agent {

struct OptionSpec {
  std::string_view name;  // without the dashes
  bool takes_value = true;
  char letter = '\0';  // of a short form, `-c VALUE`; most have none
  bool repeats = false;  // may be given several times
};

class Arguments {
 public:
  // Reads `words`. kInvalid: an option that is not in `specs` (with the closest one that is), one given twice, a value
  // missing or not wanted. Operands may stand anywhere; "-" is an operand. The words must outlive the object.
  static platform::Result<Arguments> parse(std::span<const char* const> words, std::span<const OptionSpec> specs);

  bool has(std::string_view name) const;
  // The value of `--name`, where it was given.
  std::optional<std::string_view> value(std::string_view name) const;
  // Of an option that repeats, in their order.
  std::vector<std::string_view> values(std::string_view name) const;
  const std::vector<std::string_view>& operands() const { return operands_; }

 private:
  struct Option {
    std::string_view name;
    std::string_view value;
  };
  std::vector<Option> options_;
  std::vector<std::string_view> operands_;
};

}  // namespace epsilond::agent
