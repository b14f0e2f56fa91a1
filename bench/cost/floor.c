// The physical floor of watching a host: reads what the agent reads, once a tick, and does nothing with it.
//
//   floor files|scan [TICKS [INTERVAL_MS]]
//
// `files`: the agent's system-wide kernel files, each by one pread of a descriptor that is kept.
// `scan`:  that, and every PID/stat by getdents64, openat, read, close.
// Ticks fall on whole multiples of the interval on CLOCK_MONOTONIC, as the agent's do. 0 ticks: for ever.

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const char* const kFiles[] = {"/proc/loadavg",        "/proc/meminfo",         "/proc/stat",
                                     "/proc/vmstat",         "/proc/diskstats",       "/proc/net/dev",
                                     "/proc/pressure/cpu",   "/proc/pressure/memory", "/proc/pressure/io",
                                     "/proc/sys/fs/file-nr", "/proc/net/sockstat",    "/proc/net/sockstat6",
                                     "/proc/net/snmp"};
enum { kFileCount = sizeof kFiles / sizeof kFiles[0] };

static char buffer[1 << 16];
static uint64_t bytes_seen;

static void read_files(const int* fds) {
  for (int i = 0; i < kFileCount; ++i) {
    const ssize_t got = pread(fds[i], buffer, sizeof buffer, 0);  // a file that is missing here costs one failed call
    if (got > 0) bytes_seen += (uint64_t)got;
  }
}

static void read_processes(int proc) {
  static char entries[1 << 16] __attribute__((aligned(8)));
  lseek(proc, 0, SEEK_SET);
  for (ssize_t size; (size = getdents64(proc, entries, sizeof entries)) > 0;) {
    for (ssize_t at = 0; at < size;) {
      const struct dirent64* const entry = (const struct dirent64*)(entries + at);
      at += entry->d_reclen;
      if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
      char path[32];
      const size_t length = strlen(entry->d_name);
      if (length > 20) continue;
      memcpy(path, entry->d_name, length);
      memcpy(path + length, "/stat", sizeof "/stat");
      const int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
      if (fd < 0) continue;
      const ssize_t got = read(fd, buffer, sizeof buffer);
      if (got > 0) bytes_seen += (uint64_t)got;
      close(fd);
    }
  }
}

int main(int argc, char** argv) {
  if (argc < 2 || (strcmp(argv[1], "files") != 0 && strcmp(argv[1], "scan") != 0)) {
    fprintf(stderr, "usage: floor files|scan [TICKS [INTERVAL_MS]]\n");
    return 64;
  }
  const int scans = strcmp(argv[1], "scan") == 0;
  const uint64_t ticks = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
  const long interval_ms = argc > 3 ? strtol(argv[3], NULL, 10) : 1000;
  if (interval_ms <= 0) return 64;

  int fds[kFileCount];
  for (int i = 0; i < kFileCount; ++i) fds[i] = open(kFiles[i], O_RDONLY | O_CLOEXEC);
  const int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  if (proc < 0 || timer < 0) return 69;

  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t interval_ns = interval_ms * 1000000LL;
  const int64_t next_ns = ((now.tv_sec * 1000000000LL + now.tv_nsec) / interval_ns + 1) * interval_ns;
  const struct itimerspec tick = {{interval_ns / 1000000000, interval_ns % 1000000000},
                                  {next_ns / 1000000000, next_ns % 1000000000}};
  if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &tick, NULL) != 0) return 69;

  for (uint64_t done = 0; ticks == 0 || done < ticks; ++done) {
    uint64_t expirations;
    if (read(timer, &expirations, sizeof expirations) < 0) return 69;
    read_files(fds);
    if (scans) read_processes(proc);
  }
  return bytes_seen == 0;
}
