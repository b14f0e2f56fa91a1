// Preloaded into a program of somebody else: counts its calls of malloc, calloc and realloc, in a file of its process
// in the folder that COUNT_ALLOCATIONS names.

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);

static uint64_t before_start;
static uint64_t* counter = &before_start;

static void count(void) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

static void open_counter(void) {
  const char* const folder = getenv("COUNT_ALLOCATIONS");
  char path[512];
  if (folder == NULL || snprintf(path, sizeof path, "%s/%d", folder, (int)getpid()) >= (int)sizeof path) return;
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return;
  if (ftruncate(fd, sizeof *counter) == 0) {
    void* const page = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED) counter = page;
  }
  close(fd);
}

__attribute__((constructor)) static void start(void) {
  open_counter();
  pthread_atfork(NULL, NULL, open_counter);
}

void* malloc(size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(size_t rows, size_t size) {
  count();
  return __libc_calloc(rows, size);
}
void* realloc(void* old, size_t size) {
  count();
  return __libc_realloc(old, size);
}
