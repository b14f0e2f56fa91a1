#include "agent/control/replay_command.h"

namespace epsilond::agent {

// The same content as epsilonctl(1), section "epsilonctl replay".
std::string_view replay_help() {
  return R"(usage: epsilonctl replay FILE... [-c CONFIG] [--columns NAME,...]
           [--map NAME=FEATURE[*FACTOR],...] [--false-alarms-per-week X]
           [--format FORMAT] [--scores OUT.csv] [--report OUT.html]
           [--model-name NAME]

Run the agent over a table of the past, row by row, and print what it would
have sent. The times in the file are its clock; it learns as it goes.

  FILE...              csv or tsv with a header row, prmon, rrdtool fetch or
                       sadf -d output, plain or gzip; several are one stream
                       in this order; "-" is standard input
  -c, --config CONFIG  the configuration of the agent (default
                       /etc/epsilond/epsilond.ini, if there): its models and
                       mutes count, its emitters, state and source do not
  --columns NAME,...   the columns that count (default: every numeric column
                       except timestamp, t and label; at most 64)
  --map NAME=FEATURE[*FACTOR],...
                       take column NAME as a feature of the agent, multiplied
                       by FACTOR; several for one feature add up
  --false-alarms-per-week X
                       the budget of every model with threshold = budget
  --format FORMAT      auto, csv, tsv, prmon, rrd or sar (default auto: by the
                       content)
  --scores OUT.csv     write row,timestamp,score,log_density,flag,feature
  --report OUT.html    write a page with charts that works offline
  --model-name NAME    whose scores and report (default: the first model's)
  --help               this text

A column with the name of a feature of the agent, or with a name that means
one thing only (%user of sar, shortterm of collectd, node_load1), is taken as
that feature; which, is said. Any other column is taken as it is. With
"features = default" a model sees all of them, else those that it names.

The interval is the median step of the first 1,000 rows. Without a clock every
row lasts [agent] interval. Hours and mutes are of UTC.

Standard output: one JSON line per event, as the agent sends them, then a
summary. An episode that is open at the end stays open.
Exit: 0 fine, 64 usage, 65 bad data (more than 1 % of the rows malformed, no
feature), 66 no such file, 73 cannot create an output, 74 read or write error,
77 permission, 78 configuration.

Examples:
  epsilonctl replay lastweek.csv.gz
  epsilonctl replay train.csv test.csv --scores scores.csv
  epsilonctl replay metrics.csv -c try.ini --false-alarms-per-week 2
  epsilonctl replay vm.csv --map 'RAM (MB)=mem_used_bytes*1048576'
)";
}

}  // namespace epsilond::agent
