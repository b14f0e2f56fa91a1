#include "agent/control/learn_command.h"

namespace epsilond::agent {

// The same content as epsilonctl(1), section "epsilonctl learn".
std::string_view learn_help() {
  return R"(usage: epsilonctl learn FILE... [-c CONFIG] [--state OUT] [--force]
           [--columns NAME,...] [--map NAME=FEATURE[*FACTOR],...]
           [--format FORMAT]

Build a state file from a table of the past of this machine, so that a new
agent knows it on its first day: past warm-up, hours of the week filled. Run
it on the machine itself, as the user of the agent, while no agent runs.

  FILE...              csv or tsv with a header row and a time column, rrdtool
                       fetch or sadf -d output, plain or gzip; several are one
                       stream in this order; "-" is standard input
  -c, --config CONFIG  the configuration of the agent (default
                       /etc/epsilond/epsilond.ini, if there)
  --state OUT          the state file (default: as configured)
  --force              replace a state file that is there
  --columns NAME,...   the columns that count (default: all that can)
  --map NAME=FEATURE[*FACTOR],...
                       take column NAME as a feature of the agent, multiplied
                       by FACTOR; several for one feature add up
  --format FORMAT      auto, csv, tsv, prmon, rrd or sar (default auto: by the
                       content)
  --help               this text

A column counts if it has the name of a feature of the agent, or one that sar,
collectd or node_exporter give it; which, is said. All others are left out.
Rows that are strange in the light of those before them are not learned, as in
the agent. Hours are of this machine's time zone.

Standard output: one JSON line with rows, days, features, and for each model
whether it is past its warm-up.
Exit: 0 fine, 64 usage, 65 bad data (no column is a feature, no time, more
than 1 % of the rows malformed), 66 no such file, 73 OUT is there already or
cannot be created, 74 read or write error, 77 permission, 78 configuration.

Examples:
  epsilonctl learn lastmonth.csv.gz
  epsilonctl learn sar.csv -c /etc/epsilond/epsilond.ini --state new.state
  epsilonctl learn vm.csv --map 'RAM (MB)=mem_used_bytes*1048576' --force
)";
}

}  // namespace epsilond::agent
