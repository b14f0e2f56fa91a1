// Makes one harmless, real disturbance on this machine and undoes it: what the demo and the live tests are made of.
//
//   disturb memory BYTES SECONDS     touches BYTES of anonymous memory and holds them
//   disturb zombies COUNT SECONDS    leaves COUNT dead children unreaped
//   disturb disk FILE BYTES          writes BYTES to FILE, syncs them, and removes FILE

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

bool parse_count(std::string_view text, unsigned long& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

int failed(const char* what) {
  std::perror(what);
  return 1;
}

int hold_memory(unsigned long bytes, unsigned long seconds) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return failed("mmap");
  std::memset(memory, 1, bytes);
  sleep(static_cast<unsigned>(seconds));
  return 0;
}

int hold_zombies(unsigned long count, unsigned long seconds) {
  for (unsigned long i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child < 0) return failed("fork");
    if (child == 0) _exit(0);
  }
  sleep(static_cast<unsigned>(seconds));
  while (wait(nullptr) > 0) {
  }
  return 0;
}

int write_disk(const char* path, unsigned long bytes) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed(path);
  const std::vector<char> block(1 << 20, 'e');
  int status = 0;
  for (unsigned long written = 0; written < bytes && status == 0;) {
    const ssize_t part = write(fd, block.data(), std::min<unsigned long>(block.size(), bytes - written));
    if (part < 0) status = failed("write");
    written += static_cast<unsigned long>(std::max<ssize_t>(part, 0));
  }
  if (status == 0 && fsync(fd) != 0) status = failed("fsync");
  close(fd);
  unlink(path);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  unsigned long first = 0;
  unsigned long second = 0;
  if (argc == 4) {
    const std::string_view kind = argv[1];
    if (kind == "memory" && parse_count(argv[2], first) && parse_count(argv[3], second)) return hold_memory(first, second);
    if (kind == "zombies" && parse_count(argv[2], first) && parse_count(argv[3], second))
      return hold_zombies(first, second);
    if (kind == "disk" && parse_count(argv[3], second)) return write_disk(argv[2], second);
  }
  std::fprintf(stderr, "usage: disturb memory BYTES SECONDS | zombies COUNT SECONDS | disk FILE BYTES\n");
  return 64;
}
