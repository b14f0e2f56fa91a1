#include "agent/control/score_command.h"

namespace epsilond::agent {

// The same content as epsilonctl(1), section "epsilonctl score".
std::string_view score_help() {
  return R"(usage: epsilonctl score FILE... [--model KIND] [--columns NAME,...]
           [--train-rows N | --train FILE2] [--threshold FORM] [--labels FILE3]
           [--false-alarms-per-week X] [--seed N] [--format FORMAT]
           [--scores OUT.csv] [--report OUT.html] [model options]

Fit a model to a table, score every row, and print the strange ones.

  FILE...              csv, tsv, prmon, rrdtool fetch or sadf -d output, plain
                       or gzip; "-" is standard input
  --model KIND         one of (model options are shown behind their kind)
      product          independent Gaussians, multiplied (default)
      mahalanobis      one Gaussian with full covariance
                       --shrinkage 0..1|auto (default 0)
      mixture          Gaussian mixture, full covariance, by EM
                       --components 1..8|bic (3)  --starts N (1)
      kmeans           mean distance from the cluster centres, 0 .. 1 in the
                       training rows; --clusters 2..16 (2)  --smooth N (1)
                       --difference N (0)  --lag N (0)  --cap X (none)
                       --starts N (10)  --standardise yes|no (no)
                       --preset netdata: smooth 3, difference 1, lag 5
      isolation_forest --trees N (100)  --subsample N (256)
      zscore           largest |z| of a row; --robust yes|no (no): median, MAD
      series           one column over quarters of an hour to days; an incident
                       has a score of 1 or more once, then 0 for a while
                       --alert-score 0.1..100 (1.15)  --escalation 1..100
  --columns NAME,...   the features, in this order (default: every numeric
                       column except timestamp, t and label; at most 64)
  --train-rows N       fit to the first N rows only, N >= 2 (default: all)
  --train FILE2        fit to another table with the same columns
  --threshold FORM     which rows are flagged:
      budget           surprise at or above -log10 of the tolerated false
                       alarms per row (default)
      quantile:Q       stranger than the Q quantile of the training rows,
                       0 < Q <= 0.5
      contamination:C  the same, as the share of training rows flagged
      epsilon:E        density strictly below E if E > 0, natural log density
                       strictly below E if E <= 0; for kmeans,
                       isolation_forest, zscore and series a score strictly
                       above E
      select-epsilon   the cut with the best F1 on the rows with a label
  --labels FILE3       select-epsilon: take the labels from another table
  --false-alarms-per-week X
                       the budget, by the time step of the table (default
                       0.5); 1 row in 10,000 where there is no clock
  --seed N             for what is drawn at random (default 1)
  --format FORMAT      auto, csv, tsv, prmon, rrd, sar (default auto: by
                       content)
  --scores OUT.csv     write row,timestamp,score,log_density,flag,feature
  --report OUT.html    write a page with charts that works offline
  --help               this text

Standard output: one JSON line per episode (consecutive flagged rows), then a
summary, with precision, recall and F1 if there is a column "label".
Exit: 0 fine, 64 usage, 65 bad data (more than 1 % of the rows malformed), 66
no such file, 73 cannot create an output, 74 read or write error, 77
permission.

Examples:
  epsilonctl score metrics.csv
  epsilonctl score metrics.csv --scores scores.csv --report report.html
  epsilonctl score vms.csv --model mixture --components 2 --threshold quantile:0.05
  epsilonctl score prmon.txt --model isolation_forest --threshold contamination:0.1
  epsilonctl score ex8data1_X.csv --threshold epsilon:8.99e-05
  epsilonctl score today.csv.gz --train lastweek.csv.gz --columns load,memory
  zcat lastweek.csv.gz | epsilonctl score - --threshold contamination:0.05
)";
}

}  // namespace epsilond::agent
