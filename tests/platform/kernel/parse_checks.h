#pragma once
// What every parser of a kernel file owes: it refuses malformed text, and says which file was malformed.
// Include after cmocka_cpp.h.

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "platform/result.h"

namespace epsilond::tests {

template <typename Parse>
void assert_refuses(Parse parse, std::string_view file, std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) {
    const auto result = parse(text);
    if (result) fail_msg("accepted \"%.*s\"", static_cast<int>(text.size()), text.data());
    if (result.error().code != platform::ErrorCode::kMalformed || !result.error().context.view().starts_with(file))
      fail_msg("wrong error for \"%.*s\": %s", static_cast<int>(text.size()), text.data(),
               result.error().context.c_str());
  }
}

// Cuts `text` everywhere but at its end, and expects either a refusal or, where `may_accept` says so, a value.
template <typename Parse, typename MayAccept>
void assert_survives_cuts(Parse parse, std::string_view text, MayAccept may_accept) {
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto result = parse(text.substr(0, size));
    if (result && !may_accept(text.substr(0, size))) fail_msg("accepted the first %zu bytes", size);
  }
}

}  // namespace epsilond::tests
