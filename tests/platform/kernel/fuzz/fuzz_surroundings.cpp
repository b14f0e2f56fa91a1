// The environment of process 1 and the limits of a control group, from any bytes.

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "platform/kernel/surroundings.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::platform::value_in;
using epsilond::tests::promise;
using epsilond::tests::text_of;

namespace {

// Slow and obvious: each entry as a text of its own.
std::string obvious_value(std::string_view environment, const std::string& name) {
  std::vector<std::string> entries(1);
  for (const char byte : environment) {
    if (byte == '\0')
      entries.emplace_back();
    else
      entries.back() += byte;
  }
  for (const std::string& entry : entries)
    if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  for (const char* name : {"container", "c"}) promise(value_in(text, name) == obvious_value(text, name));
  for (const std::optional<double>& limit :
       {epsilond::platform::parse_cpu_max(text), epsilond::platform::parse_memory_max(text)})
    promise(!limit || (std::isfinite(*limit) && *limit > 0.0));
  return 0;
}
