#include "agent/control/score_command.h"

namespace epsilond::agent {

// The same content as epsilonctl(1), section "epsilonctl score".
std::string_view score_help() {
  return R"(usage: epsilonctl score FILE [--model product] [--columns NAME,...]
           [--train-rows N | --train FILE2] [--threshold FORM]
           [--false-alarms-per-week X] [--seed N] [--format auto|csv|tsv]
           [--scores OUT.csv]

Fit a model to a table, score every row, and print the strange ones.

  FILE                 csv or tsv with a header row, plain or gzip; "-" is
                       standard input
  --model product      independent Gaussians, multiplied (default)
  --columns NAME,...   the features, in this order (default: every numeric
                       column except timestamp, t and label; at most 64)
  --train-rows N       fit to the first N rows only, N >= 2 (default: all)
  --train FILE2        fit to another table with the same columns
  --threshold FORM     which rows are flagged:
      budget           surprise at or above -log10 of the tolerated false
                       alarms per row (default)
      quantile:Q       log density strictly below the Q quantile of the
                       training rows, 0 < Q <= 0.5
      contamination:C  the same, as the share of training rows flagged
      epsilon:E        density strictly below E if E > 0, natural log density
                       strictly below E if E <= 0
  --false-alarms-per-week X
                       the budget, by the time step of the table (default
                       0.5); 1 row in 10,000 where there is no clock
  --seed N             for the sample of training scores that is kept above
                       8,388,608 training rows (default 1)
  --format FORMAT      auto, csv or tsv (default auto: by the header row)
  --scores OUT.csv     write row,timestamp,score,log_density,flag,feature
  --help               this text

Standard output: one JSON line per episode (consecutive flagged rows), then a
summary, with precision, recall and F1 if there is a column "label".
Exit: 0 fine, 64 usage, 65 bad data (more than 1 % of the rows malformed), 66
no such file, 73 cannot create OUT.csv, 74 read or write error, 77 permission.

Examples:
  epsilonctl score metrics.csv
  epsilonctl score metrics.csv --scores scores.csv --false-alarms-per-week 2
  epsilonctl score ex8data1_X.csv --threshold epsilon:8.99e-05
  epsilonctl score today.csv.gz --train lastweek.csv.gz --columns load,memory
  zcat *.csv.gz | epsilonctl score - --threshold contamination:0.05
)";
}

}  // namespace epsilond::agent
