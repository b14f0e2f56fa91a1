// Makes this many processes that do nothing, says "ready" and waits for its input to end; then all of them end.
//
//   sleepers COUNT

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  const long count = argc == 2 ? strtol(argv[1], NULL, 10) : -1;
  if (count < 0 || count > 20000) {
    fprintf(stderr, "usage: sleepers COUNT, at most 20000\n");
    return 64;
  }
  for (long made = 0; made < count; ++made) {
    const pid_t child = fork();
    if (child < 0) {
      perror("sleepers: fork");
      return 69;
    }
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(STDIN_FILENO);
      for (;;) pause();
    }
  }
  puts("ready");
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;  // the children are told by the kernel
}
