// Makes one harmless, real disturbance on this machine and undoes it: what the demo, the live tests and the catalogue
// of faults are made of. Each ends by itself; what is killed before leaves nothing behind but the FILE it was given.
//
//   disturb memory BYTES SECONDS             touches BYTES of anonymous memory and holds them
//   disturb leak BYTES_PER_S SECONDS         touches so many more bytes each second
//   disturb pagefaults SECONDS               maps, touches and unmaps memory as fast as it can
//   disturb zombies COUNT SECONDS            leaves COUNT dead children unreaped
//   disturb forks SECONDS                    forks and reaps children as fast as it can
//   disturb stuck COUNT SECONDS              has COUNT processes in uninterruptible sleep (state D)
//   disturb threads PER_SECOND SECONDS       starts so many more threads each second, all asleep
//   disturb descriptors PER_SECOND SECONDS   opens so many more files each second
//   disturb disk FILE BYTES                  writes BYTES to FILE, syncs them, and removes FILE
//   disturb write FILE BYTES_PER_S SECONDS   writes and syncs so many bytes each second, and removes FILE
//   disturb fsync FILE SECONDS               writes and syncs single blocks as fast as it can, and removes FILE
//   disturb udp|tcp ADDRESS PORT SECONDS     floods an IPv4 address with small datagrams, or short connections
//   disturb sink PORT SECONDS                takes what arrives at PORT, by UDP and TCP, and throws it away

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "bench/faults/deadline.h"
#include "bench/faults/flood.h"

namespace {

using epsilond::bench::Deadline;
using epsilond::bench::failed;
using epsilond::bench::sleep_ms;

constexpr unsigned long kBlock = 4096;

void* map_memory(unsigned long bytes) {
  return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

// Calls add() for each of `per_second` things a second, in ten portions, until the time is over; then keeps them for
// nobody. add() returns false where the machine gives no more: what there is is held until the end.
template <typename Add>
void grow(unsigned long per_second, unsigned long seconds, Add add) {
  constexpr unsigned long kPortions = 10;
  const Deadline deadline(seconds);
  unsigned long added = 0;
  bool full = false;
  for (unsigned long portion = 1; !deadline.passed(); ++portion) {
    while (!full && added < per_second * portion / kPortions) {
      full = !add();
      ++added;
    }
    sleep_ms(1000 / kPortions);
  }
}

int hold_memory(unsigned long bytes, unsigned long seconds) {
  void* memory = map_memory(bytes);
  if (memory == MAP_FAILED) return failed("mmap");
  std::memset(memory, 1, bytes);
  sleep(static_cast<unsigned>(seconds));
  return 0;
}

int leak_memory(unsigned long bytes_per_s, unsigned long seconds) {
  constexpr unsigned long kPiece = 256 << 10;
  grow(std::max(1UL, bytes_per_s / kPiece), seconds, [] {
    void* piece = map_memory(kPiece);
    if (piece == MAP_FAILED) return false;
    std::memset(piece, 1, kPiece);
    return true;
  });
  return 0;
}

int fault_pages(unsigned long seconds) {
  constexpr unsigned long kBytes = 32UL << 20;
  for (const Deadline deadline(seconds); !deadline.passed();) {
    void* memory = map_memory(kBytes);
    if (memory == MAP_FAILED) return failed("mmap");
    madvise(memory, kBytes, MADV_NOHUGEPAGE);  // one fault a page, wherever huge pages are the default
    for (unsigned long i = 0; i < kBytes; i += kBlock) static_cast<volatile char*>(memory)[i] = 1;
    munmap(memory, kBytes);
  }
  return 0;
}

void reap_all() {
  while (wait(nullptr) > 0) {
  }
}

int hold_zombies(unsigned long count, unsigned long seconds) {
  for (unsigned long i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child < 0) return failed("fork");
    if (child == 0) _exit(0);
  }
  sleep(static_cast<unsigned>(seconds));
  reap_all();
  return 0;
}

int storm_of_forks(unsigned long seconds) {
  for (const Deadline deadline(seconds); !deadline.passed();) {
    const pid_t child = fork();
    if (child < 0) return failed("fork");
    if (child == 0) _exit(0);
    reap_all();
  }
  return 0;
}

// A parent waits for the end of a vforked child in state D, and it counts as load: the one such sleep that everybody
// may cause. Without CLONE_VM the child has memory of its own, so it may do as it likes.
[[noreturn]] void be_stuck(unsigned long seconds) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0) == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sleep(static_cast<unsigned>(seconds));
  }
  _exit(0);
}

int hold_stuck(unsigned long count, unsigned long seconds) {
  for (unsigned long i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child < 0) return failed("fork");
    if (child == 0) be_stuck(seconds);
  }
  reap_all();
  return 0;
}

void* sleep_for_ever(void*) {
  while (true) pause();
}

int leak_threads(unsigned long per_second, unsigned long seconds) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 10);
  grow(per_second, seconds, [&attributes] {
    pthread_t thread;
    return pthread_create(&thread, &attributes, sleep_for_ever, nullptr) == 0;
  });
  pthread_attr_destroy(&attributes);
  return 0;
}

int leak_descriptors(unsigned long per_second, unsigned long seconds) {
  grow(per_second, seconds, [] { return open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0; });
  return 0;
}

bool write_bytes(int fd, unsigned long bytes) {
  static const std::vector<char> block(1 << 20, 'e');
  while (bytes > 0) {
    const ssize_t part = write(fd, block.data(), std::min<unsigned long>(block.size(), bytes));
    if (part < 0) return false;
    bytes -= static_cast<unsigned long>(part);
  }
  return true;
}

// Runs `work(fd)` on a new file, which is removed whatever comes of it.
template <typename Work>
int with_file(const char* path, Work work) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed(path);
  const int status = work(fd) ? 0 : failed("write");
  close(fd);
  unlink(path);
  return status;
}

int write_disk(const char* path, unsigned long bytes) {
  return with_file(path, [bytes](int fd) { return write_bytes(fd, bytes) && fsync(fd) == 0; });
}

int write_steadily(const char* path, unsigned long bytes_per_s, unsigned long seconds) {
  return with_file(path, [bytes_per_s, seconds](int fd) {
    constexpr unsigned long kPiece = 1 << 20;
    constexpr off_t kLargest = off_t{1} << 30;
    bool ok = true;
    grow(std::max(1UL, bytes_per_s / kPiece), seconds, [fd, &ok] {
      ok = ok && (lseek(fd, 0, SEEK_CUR) < kLargest || lseek(fd, 0, SEEK_SET) == 0) && write_bytes(fd, kPiece) &&
           fdatasync(fd) == 0;
      return ok;
    });
    return ok;
  });
}

int storm_of_fsync(const char* path, unsigned long seconds) {
  return with_file(path, [seconds](int fd) {
    const std::array<char, kBlock> block{};
    for (const Deadline deadline(seconds); !deadline.passed();)
      if (pwrite(fd, block.data(), block.size(), 0) < 0 || fsync(fd) != 0) return false;
    return true;
  });
}

// A word of the command line: text, or a whole number.
struct Word {
  const char* text;
  unsigned long number;
};
using Words = std::span<const Word>;

struct Kind {
  std::string_view name;
  std::string_view shape;  // of the words behind it: 's' text, 'n' number
  const char* usage;
  int (*run)(Words);
};

constexpr Kind kKinds[] = {
    {"memory", "nn", "BYTES SECONDS", [](Words w) { return hold_memory(w[0].number, w[1].number); }},
    {"leak", "nn", "BYTES_PER_S SECONDS", [](Words w) { return leak_memory(w[0].number, w[1].number); }},
    {"pagefaults", "n", "SECONDS", [](Words w) { return fault_pages(w[0].number); }},
    {"zombies", "nn", "COUNT SECONDS", [](Words w) { return hold_zombies(w[0].number, w[1].number); }},
    {"forks", "n", "SECONDS", [](Words w) { return storm_of_forks(w[0].number); }},
    {"stuck", "nn", "COUNT SECONDS", [](Words w) { return hold_stuck(w[0].number, w[1].number); }},
    {"threads", "nn", "PER_SECOND SECONDS", [](Words w) { return leak_threads(w[0].number, w[1].number); }},
    {"descriptors", "nn", "PER_SECOND SECONDS", [](Words w) { return leak_descriptors(w[0].number, w[1].number); }},
    {"disk", "sn", "FILE BYTES", [](Words w) { return write_disk(w[0].text, w[1].number); }},
    {"write", "snn", "FILE BYTES_PER_S SECONDS",
     [](Words w) { return write_steadily(w[0].text, w[1].number, w[2].number); }},
    {"fsync", "sn", "FILE SECONDS", [](Words w) { return storm_of_fsync(w[0].text, w[1].number); }},
    {"udp", "snn", "ADDRESS PORT SECONDS",
     [](Words w) { return epsilond::bench::flood_udp(w[0].text, w[1].number, w[2].number); }},
    {"tcp", "snn", "ADDRESS PORT SECONDS",
     [](Words w) { return epsilond::bench::flood_tcp(w[0].text, w[1].number, w[2].number); }},
    {"sink", "nn", "PORT SECONDS", [](Words w) { return epsilond::bench::sink(w[0].number, w[1].number); }},
};

bool parse_count(std::string_view text, unsigned long& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// The words of `kind`; false if they do not have its shape.
bool parse_words(const Kind& kind, std::span<char* const> texts, std::span<Word> words) {
  if (texts.size() != kind.shape.size()) return false;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    words[i] = {texts[i], 0};
    if (kind.shape[i] == 'n' && !parse_count(texts[i], words[i].number)) return false;
  }
  return true;
}

int print_usage() {
  for (const Kind& kind : kKinds)
    std::fprintf(stderr, "%s disturb %.*s %s\n", &kind == &kKinds[0] ? "usage:" : "      ",
                 static_cast<int>(kind.name.size()), kind.name.data(), kind.usage);
  return 64;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return print_usage();
  const std::span<char* const> texts(argv + 2, static_cast<std::size_t>(argc - 2));
  std::array<Word, 3> words{};
  for (const Kind& kind : kKinds)
    if (kind.name == argv[1] && parse_words(kind, texts, words)) return kind.run(Words(words).first(texts.size()));
  return print_usage();
}
