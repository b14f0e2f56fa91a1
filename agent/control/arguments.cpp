#include "agent/control/arguments.h"

#include <algorithm>
#include <string>

#include "agent/config/config_suggest.h"

namespace epsilond::agent {
namespace {

using platform::Error;
using platform::ErrorCode;
using platform::make_error;
using platform::Result;

Error unknown_option(std::string_view name, std::span<const OptionSpec> specs) {
  std::vector<std::string_view> names;
  for (const OptionSpec& spec : specs) names.push_back(spec.name);
  const std::string_view near = closest(name, names);
  if (near.empty()) return make_error(ErrorCode::kInvalid, 0, "unknown option '--%.60s'", std::string(name).c_str());
  return make_error(ErrorCode::kInvalid, 0, "unknown option '--%.60s': did you mean '--%s'?", std::string(name).c_str(),
                    std::string(near).c_str());
}

// Of "-c"; empty where no option has this short form.
std::string_view long_name_of(std::string_view word, std::span<const OptionSpec> specs) {
  for (const OptionSpec& spec : specs)
    if (word.size() == 2 && spec.letter == word[1]) return spec.name;
  return {};
}

}  // namespace

Result<Arguments> Arguments::parse(std::span<const char* const> words, std::span<const OptionSpec> specs) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "--") {
      arguments.operands_.insert(arguments.operands_.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                 words.end());
      break;
    }
    if (word.size() < 2 || word.front() != '-') {
      arguments.operands_.push_back(word);
      continue;
    }
    if (word[1] != '-') {
      const std::string_view long_name = long_name_of(word, specs);
      if (long_name.empty())
        return make_error(ErrorCode::kInvalid, 0, "unknown option '%.60s': options are long, such as --%s", words[i],
                          std::string(specs.front().name).c_str());
      word = long_name;
    } else {
      word.remove_prefix(2);
    }
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const auto spec = std::find_if(specs.begin(), specs.end(), [&](const OptionSpec& s) { return s.name == name; });
    if (spec == specs.end()) return unknown_option(name, specs);
    const std::string shown(name);
    if (!spec->repeats && arguments.has(name))
      return make_error(ErrorCode::kInvalid, 0, "option '--%s' given twice", shown.c_str());
    Option option{.name = spec->name, .value = {}};
    if (!spec->takes_value) {
      if (equals != std::string_view::npos)
        return make_error(ErrorCode::kInvalid, 0, "option '--%s' takes no value", shown.c_str());
    } else if (equals != std::string_view::npos) {
      option.value = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      option.value = words[++i];
    } else {
      return make_error(ErrorCode::kInvalid, 0, "option '--%s' needs a value", shown.c_str());
    }
    arguments.options_.push_back(option);
  }
  return arguments;
}

bool Arguments::has(std::string_view name) const { return value(name).has_value(); }

std::vector<std::string_view> Arguments::values(std::string_view name) const {
  std::vector<std::string_view> all;
  for (const Option& option : options_)
    if (option.name == name) all.push_back(option.value);
  return all;
}

std::optional<std::string_view> Arguments::value(std::string_view name) const {
  for (const Option& option : options_)
    if (option.name == name) return option.value;
  return std::nullopt;
}

}  // namespace epsilond::agent
