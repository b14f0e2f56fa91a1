#pragma once
// What a directory says about a file, without reading it.

#include <chrono>
#include <cstdint>
#include <string>

#include "platform/result.h"

namespace epsilond::platform {

struct FileFacts {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t bytes = 0;
  bool is_socket = false;
  bool is_directory = false;
  std::chrono::nanoseconds modified{0};  // since the Unix epoch
};

// Links are followed. kNotFound, kPermission or kIo, with the reason and without the path.
Result<FileFacts> file_facts(const std::string& path);

// May this process, by its effective ids, create and remove files in `directory`?
bool may_write_in(const std::string& directory);

}  // namespace epsilond::platform
