#pragma once
// Small files read whole, and the names in a directory: what a configuration is made of.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "platform/result.h"

namespace epsilond::platform {

// The bytes of the file at `path`, cut at `limit`. Pipes may be read too. kNotFound, kPermission or kIo, with the reason
// and without the path.
Result<std::string> read_text_file(const std::string& path, std::size_t limit);

// Names, without the directory, of the regular files (links followed) in `directory` that end in `suffix` and have more
// to them, in byte order; those that begin with a dot are passed over. Errors as above.
Result<std::vector<std::string>> list_regular_files(const std::string& directory, std::string_view suffix);

}  // namespace epsilond::platform
