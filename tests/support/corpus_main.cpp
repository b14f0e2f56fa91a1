// Runs one fuzz harness over its corpus once, so that ./check sees a harness or a corpus that rots. `fuzz_corpora
// HARNESS FOLDER` exits 0; a promise that does not hold ends it by a signal or a sanitizer, and no input at all is a
// failure too.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "platform/file/text_file.h"

// One line HARNESS(name) each, from epsilond_add_fuzz().
#define HARNESS(name) extern "C" int name(const std::uint8_t* data, std::size_t size);
#include "harnesses.inc"
#undef HARNESS

namespace {

struct Harness {
  std::string_view name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};

#define HARNESS(name) {#name, name},
constexpr Harness kHarnesses[] = {
#include "harnesses.inc"
};
#undef HARNESS

// A copy of its very size, so that AddressSanitizer sees a read behind the end.
void run_once(const Harness& harness, std::string_view input) {
  const auto bytes = std::make_unique<std::uint8_t[]>(input.size());
  std::transform(input.begin(), input.end(), bytes.get(), [](char c) { return static_cast<std::uint8_t>(c); });
  harness.run(bytes.get(), input.size());
}

int run_all(const Harness& harness, const std::string& folder) {
  constexpr std::size_t kLargestInput = std::size_t{1} << 20;
  const auto names = epsilond::platform::list_regular_files(folder, "");
  if (!names || names->empty()) {
    std::fprintf(stderr, "%s: no inputs\n", folder.c_str());
    return 1;
  }
  run_once(harness, "");
  for (const std::string& name : *names) {
    const auto input = epsilond::platform::read_text_file(folder + "/" + name, kLargestInput);
    if (!input) {
      std::fprintf(stderr, "%s/%s: %s\n", folder.c_str(), name.c_str(), input.error().context.c_str());
      return 1;
    }
    // Before it runs: the last line is the input that broke it.
    std::printf("%s, %zu bytes\n", name.c_str(), input->size());
    std::fflush(stdout);
    run_once(harness, *input);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto* const harness = argc == 3 ? std::find_if(std::begin(kHarnesses), std::end(kHarnesses),
                                                       [&](const Harness& known) { return known.name == argv[1]; })
                                        : std::end(kHarnesses);
  if (harness == std::end(kHarnesses)) {
    std::fprintf(stderr, "usage: fuzz_corpora HARNESS FOLDER\n");
    return 64;
  }
  return run_all(*harness, argv[2]);
}
