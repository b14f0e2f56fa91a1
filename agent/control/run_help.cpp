#include "agent/control/run_command.h"

namespace epsilond::agent {

// The same content as epsilonctl(1), section "epsilonctl run".
std::string_view run_command_help() {
  return R"(usage: epsilonctl run [--prmon FILE] [--csv FILE] [--json-summary FILE]
           [--flags FILE] [--interval TIME] [--warm-up TIME]
           [--false-alarms-per-week X] [--all] [--quiet] -- COMMAND [ARGUMENT...]

Run a command, watch what it and its descendants use until it ends, say what
was odd, and return its exit code. The command has the terminal, standard input
and standard output to itself.

  --prmon FILE         its history, as prmon 3 writes it; replay and score read it
  --csv FILE           its history, as the model sees it: values and rates
  --json-summary FILE  averages and maxima, as in prmon's JSON summary
  --flags FILE         events and a summary as JSON lines there, not on standard
                       error
  --interval TIME      between two samples, 100ms .. 1h (default 1s)
  --warm-up TIME       nothing is flagged before, 30s .. 7d (default 1m)
  --false-alarms-per-week X
                       how often you are willing to be disturbed (default 0.5)
  --all                go on until the last descendant has ended; else those that
                       outlive the command are left to themselves
  --quiet              no summary on standard error
  --help               this text

TERM, INT, HUP, QUIT, USR1, USR2 and WINCH are passed on to the command; ^C and
^Z of the terminal reach it as if it stood alone.

Exit: that of the command; 128 + N if signal N killed it; 126 if it cannot be
executed, 127 if it is not there; before it is started 64 usage, 73 a file
cannot be created; 74 if it returned 0 and a file could not be written.

Examples:
  epsilonctl run -- make -j4
  epsilonctl run --prmon job.txt --json-summary job.json -- ./analysis data.root
  epsilonctl run --interval 10s --flags job.flags --all -- ./start-workers
)";
}

}  // namespace epsilond::agent
