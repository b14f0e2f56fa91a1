// Any bytes: the reader gives a configuration or messages, and what it takes it prints and takes again unchanged. A
// byte 1 at the start of a line begins a second file, so that overriding is reached too.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config_lines.h"
#include "agent/config/config_printer.h"
#include "agent/config/config_reader.h"

using namespace epsilond::agent;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_messages(const LoadResult& result) {
  require(!result.messages.empty() && result.messages.size() <= kMaxMessages + 1);
  for (const std::string& message : result.messages) {
    require(message.find('\n') == std::string::npos);
    require(is_utf8(message));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t split = text.find("\n\x01");
  std::vector<ConfigText> files{{"a.ini", std::string(text.substr(0, split))}};
  if (split != std::string_view::npos) files.push_back({"b.ini", std::string(text.substr(split + 2))});
  const LoadResult result = parse_config(files);
  if (!result) {
    check_messages(result);
    return 0;
  }
  const ConfigText printed{"printed.ini", print_config(result.loaded)};
  const LoadResult again = parse_config({&printed, 1});
  require(static_cast<bool>(again));
  require(again.loaded.config == result.loaded.config);
  return 0;
}
