#pragma once
// proc_sys_fs(5), file-nr: "allocated free maximum".

#include <cstdint>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

struct FileNr {
  std::uint64_t allocated = 0;  // open file descriptions, system-wide
};

// kMalformed if the first field is no number.
Result<FileNr> parse_file_nr(std::string_view text);

}  // namespace epsilond::platform
