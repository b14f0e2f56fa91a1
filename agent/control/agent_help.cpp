// The --help of the subcommands that speak with the running agent; the same content as epsilonctl(1).

#include "agent/control/explain_command.h"
#include "agent/control/history_command.h"
#include "agent/control/mute_command.h"
#include "agent/control/plot_command.h"
#include "agent/control/status_command.h"
#include "agent/control/top_command.h"

namespace epsilond::agent {

std::string_view status_help() {
  return R"(usage: epsilonctl status [--json] [--socket PATH]

What the running agent thinks now: learning, normal, anomalous, flapping (quiet
for now in an episode that comes and goes), grace (after a boot or a pause
nothing new is raised) or muted; for each model its score, its threshold and its
strangest features.

  --json         one JSON object
  --socket PATH  the socket of the agent (default: as configured, else
                 /run/epsilond/control.sock)
  --help         this text

Exit: 0 running, 3 not running, 64 usage, 77 permission.

Examples:
  epsilonctl status
  epsilonctl status --json | jq -r '.models[].surprise'
)";
}

std::string_view check_help() {
  return R"(usage: epsilonctl check [--socket PATH]

A plugin for Nagios, Icinga and their kin: one line, with performance data.

  --socket PATH  the socket of the agent (default: as configured, else
                 /run/epsilond/control.sock)
  --help         this text

Exit: 0 OK: no episode is open, or the agent is muted; 1 WARNING: an episode is
open; 2 CRITICAL: one whose surprise has reached critical_surprise; 3 UNKNOWN:
no agent answers, or wrong usage.

Examples:
  epsilonctl check
  command[check_epsilond]=/usr/bin/epsilonctl check      (nrpe.cfg)
)";
}

std::string_view explain_help() {
  return R"(usage: epsilonctl explain [ID | now] [--all] [--json] [--socket PATH]

The arithmetic of an episode, at its strangest moment: for each feature its
value, what is usual, z, the natural log of its density, and its share of the
strangeness; and the processes that grew most when it began.

  ID             of one of the last 8 episodes, as it stands in its events
                 (default: the last one)
  now            the present moment, odd or not
  --all          every feature, not only those that are odd
  --json         one JSON object
  --socket PATH  the socket of the agent (default: as configured, else
                 /run/epsilond/control.sock)
  --help         this text

Exit: 0 fine, 64 usage, 66 no such episode, 69 no agent answers, 77 permission.

Examples:
  epsilonctl explain
  epsilonctl explain now --all
  epsilonctl explain host-20261122T031502Z-4 --json | jq '.arithmetic[0]'
)";
}

std::string_view top_help() {
  return R"(usage: epsilonctl top [--once] [--socket PATH]

The running agent on the whole screen, each second: its state and scores, what
happened while an episode is open, and each feature with its value, what is
usual, z (standard deviations from usual), its share of the strangeness, and its
recent past, bar by bar. Red and '!' is what is odd. An agent that ends leaves
its last screen, until it is back.

  --once         one screen, and no keys; also when the output is no terminal
  --socket PATH  the socket of the agent (default: as configured, else
                 /run/epsilond/control.sock)
  --help         this text

Keys: q quit, s sort by strangeness or as in the table, m next model, + and -
more or less of the past, arrows scroll, space pause.
No colour with NO_COLOR set; ASCII characters without a UTF-8 locale.

Exit: 0 fine, 64 usage, 69 no agent answers, 77 permission.

Examples:
  epsilonctl top
  ssh -t web1 epsilonctl top
)";
}

std::string_view plot_help() {
  return R"(usage: epsilonctl plot [NAME] [--rows N] [--width W] [--height H]
           [--socket PATH]

The ring buffer of the agent as a chart: a feature, or the score of a model.
Each column shows the lowest and the highest value of its time; the usual band,
two standard deviations to either side, is dotted; what is odd is red.

  NAME           a feature, or MODEL.surprise (default: the feature that is
                 strangest now)
  --rows N       only the newest N rows of the ring
  --width W      columns (default: those of the terminal, else 80), 40 .. 1000
  --height H     lines (default: those of the terminal, else 20), 7 .. 1000
  --socket PATH  the socket of the agent (default: as configured, else
                 /run/epsilond/control.sock)
  --help         this text

No colour with NO_COLOR set or when the output is no terminal; ASCII characters
without a UTF-8 locale.

Exit: 0 fine, 64 usage, 66 no such name, 69 no agent answers, 77 permission.

Examples:
  epsilonctl plot
  epsilonctl plot mem_used_bytes --rows 600
  epsilonctl plot host.surprise
)";
}

std::string_view history_help() {
  return R"(usage: epsilonctl history [NAME...] [--rows N] [--json] [--socket PATH]

The ring buffer of the agent as csv, the oldest row first: epoch seconds in
'timestamp', then the features; a value that was absent is an empty cell.

  NAME           only these: features, or MODEL.surprise for the score of a
                 model (default: all features)
  --rows N       only the newest N rows
  --json         one JSON object for each row, null for what was absent
  --socket PATH  the socket of the agent (default: as configured, else
                 /run/epsilond/control.sock)
  --help         this text

Exit: 0 fine, 64 usage, 66 no such name, 69 no agent answers, 74 write error,
77 permission.

Examples:
  epsilonctl history > lasthour.csv
  epsilonctl history load_1min host.surprise --rows 60
  epsilonctl history | epsilonctl score - --model mixture
)";
}

std::string_view mute_help() {
  return R"(usage: epsilonctl mute DURATION [REASON...] [--json] [--socket PATH]

Nothing is sent and nothing is learned for so long; scoring goes on. A second
mute takes the place of the first. It outlasts a reload, and a restart where the
agent keeps a state. Start and stop of the agent are sent all the same.

  DURATION       1s .. 31d, such as 90s, 45m, 2h
  REASON         for whoever looks at the status
  --json         what the agent is like afterwards, as one JSON object: muted,
                 mute_until, mute_left_s, mute_reason and what else status says
  --socket PATH  the socket of the agent (default: as configured, else
                 /run/epsilond/control.sock)
  --help         this text

Exit: 0 fine, 64 usage, 69 no agent answers, 77 permission.

Examples:
  epsilonctl mute 45m "backup"
  epsilonctl mute 2h 'kernel update' && reboot
)";
}

std::string_view unmute_help() {
  return R"(usage: epsilonctl unmute [--json] [--socket PATH]

Ends what 'epsilonctl mute' began. A [mute] window of the configuration stays.

  --json         what the agent is like afterwards, as one JSON object
  --socket PATH  the socket of the agent (default: as configured, else
                 /run/epsilond/control.sock)
  --help         this text

Exit: 0 fine, 64 usage, 69 no agent answers, 77 permission.

Example:
  epsilonctl mute 1h upgrade; apt-get upgrade; epsilonctl unmute
)";
}

std::string_view relearn_help() {
  return R"(usage: epsilonctl relearn [FEATURE] [--json] [--socket PATH]

Every model forgets what it has learned, of this machine and of the budget, and
begins its warm-up again; an open episode is told as cleared. The state file is
saved with the next sample.

  FEATURE        forget this one alone: it says nothing for 30 samples, and the
                 other features stay as they are; an open episode ends when
                 what is left is usual (models of kind product)
  --json         what the agent is like afterwards, as one JSON object
  --socket PATH  the socket of the agent (default: as configured, else
                 /run/epsilond/control.sock)
  --help         this text

Exit: 0 fine, 64 usage, 66 no such feature, 69 no agent answers or no model can
do that, 77 permission.

Example:
  epsilonctl relearn                  after the machine was given another job
  epsilonctl relearn mem_used_bytes   after a larger cache was configured
)";
}

}  // namespace epsilond::agent
