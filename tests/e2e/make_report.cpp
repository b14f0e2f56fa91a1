// Writes a report as a caller of agent/report/report.h would, for report_test.py: make_report OUT.html ROWS [KIND].
//
// KIND: mixture (the default: a clock, three Gaussians, usual bands), plain (no clock, no Gaussians, no bands), dense
// (half of the rows flagged), wide (42 features). Exit 77 in a build without the page.

#include <Eigen/Cholesky>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "agent/report/report.h"
#include "tests/support/rng.h"

namespace {

using epsilond::agent::CutScale;
using epsilond::agent::Report;
using epsilond::agent::ReportEpisode;
using epsilond::agent::ReportFeature;
using epsilond::agent::ReportHead;
using epsilond::agent::ReportRow;
using epsilond::models::FeatureVector;
using epsilond::models::GaussianComponent;
using epsilond::models::PresenceMask;
using epsilond::platform::OutputFile;
using epsilond::platform::Result;
using epsilond::tests::Rng;

constexpr double kFirstTimeS = 1767225600.0;  // 2026-01-01 00:00 UTC
constexpr double kStepS = 10.0;
constexpr std::size_t kLearningRows = 90;

struct Metric {
  const char* name;
  const char* unit;
  double mean;
  double sd;
};

constexpr std::array<Metric, 8> kMetrics = {{{"cpu_user_ratio", "ratio", 0.31, 0.06},
                                             {"mem_used_bytes", "bytes", 2.2e9, 1.6e8},
                                             {"load_1min", "1", 1.4, 0.3},
                                             {"disk_write_bytes_per_s", "bytes/s", 3.1e6, 6e5},
                                             {"net_rx_bytes_per_s", "bytes/s", 8.4e5, 1.1e5},
                                             {"processes", "1", 212.0, 7.0},
                                             {"context_switches_per_s", "1/s", 5400.0, 600.0},
                                             {"</script><b>\"&'\\ \xff", "", 8e12, 2.0}}};

class Machine {
 public:
  Machine(std::string_view kind, std::uint64_t rows) : kind_(kind), rows_(rows) {
    const std::size_t count = kind == "wide" ? 42 : kMetrics.size();
    for (std::size_t i = 0; i < count; ++i) metrics_.push_back(kMetrics[i % kMetrics.size()]);
    for (int c = 0; c < 3; ++c) add_component(c);
  }

  ReportHead head() const {
    ReportHead head;
    head.title = "epsilonctl score </title><script>alert(1)</script> --model mixture";
    head.file = "</script><!-- & \xc3\xa9\xff.csv";
    head.model = "mixture of 3 Gaussians";
    head.threshold = "contamination 1 %";
    head.version = "0.1.0";
    head.cut = kind_ == "plain" ? 4.0 : -30.0;
    head.cut_scale = kind_ == "plain" ? CutScale::kSurprise : CutScale::kNative;
    head.time_is_clock = true;
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      const std::string number = i < kMetrics.size() ? "" : "_" + std::to_string(i);
      head.features.push_back({metrics_[i].name + number, metrics_[i].unit});
    }
    return head;
  }

  void run(Report& report) {
    for (std::uint64_t row = 0; row < rows_; ++row) add_row(report, row);
    if (episode_open_) report.add_episode(episode_);
    if (kind_ != "plain") report.set_components(components_);
  }

 private:
  void add_component(int which) {
    const auto count = static_cast<Eigen::Index>(metrics_.size());
    GaussianComponent component;
    component.weight = std::array{0.5, 0.3, 0.2}[static_cast<std::size_t>(which)];
    component.mean.resize(count);
    component.covariance.resize(count, count);
    for (Eigen::Index i = 0; i < count; ++i) {
      const Metric& metric = metrics_[static_cast<std::size_t>(i)];
      component.mean[i] = metric.mean + (which - 1) * (i % 2 == 0 ? 2.2 : 3.0) * metric.sd;
      for (Eigen::Index j = 0; j < count; ++j) {
        const double tilt = i == j ? 1.0 : 0.3 * (which - 1) + ((i + j) % 2 == 0 ? 0.2 : 0.1);
        component.covariance(i, j) = metric.sd * metrics_[static_cast<std::size_t>(j)].sd * tilt;
      }
    }
    const Eigen::MatrixXd covariance = component.covariance;
    factors_.push_back(covariance.llt().matrixL());
    components_.push_back(component);
  }

  // Episodes of 1 to 40 rows, twelve in a table.
  bool is_strange(std::uint64_t row) const {
    if (kind_ == "dense") return row % 2 == 1;
    const std::uint64_t every = rows_ / 12 + 1;
    return row >= kLearningRows && row % every > every / 2 && row % every <= every / 2 + 1 + (row / every * 7) % 40;
  }

  void draw_values(std::uint64_t row, bool strange) {
    const double angle = static_cast<double>(row) * kStepS / 86400.0 * 6.283185307179586;
    const double u = random_.uniform() + 0.25 * std::sin(angle);
    const std::size_t which = u < 0.2 ? 2 : u < 0.5 ? 1 : 0;
    Eigen::VectorXd z(static_cast<Eigen::Index>(metrics_.size()));
    for (Eigen::Index i = 0; i < z.size(); ++i) z[i] = random_.normal();
    values_ = components_[which].mean + FeatureVector(factors_[which] * z);
    present_.reset();
    for (std::size_t i = 0; i < metrics_.size(); ++i) present_.set(i);
    if (row % 5000 > 4700) present_.reset(6);
    if (strange) {
      values_[1] += (12 + 4 * random_.normal()) * metrics_[1].sd;
      values_[3] += (9 + 3 * random_.normal()) * metrics_[3].sd;
    }
    mean_ = components_[1].mean;
    sd_.resize(mean_.size());
    for (Eigen::Index i = 0; i < sd_.size(); ++i) {
      sd_[i] = 2.5 * metrics_[static_cast<std::size_t>(i)].sd;
      mean_[i] += 0.6 * sd_[i] * std::sin(angle);
    }
  }

  void add_row(Report& report, std::uint64_t row) {
    const bool strange = is_strange(row);
    draw_values(row, strange);
    const bool band = kind_ != "plain";
    ReportRow one{.values = values_, .present = present_, .mean = band ? &mean_ : nullptr, .sd = band ? &sd_ : nullptr};
    one.row = row;
    one.has_time = band;
    one.time_s = kFirstTimeS + kStepS * static_cast<double>(row);
    one.judged = row >= kLearningRows;
    one.flagged = strange;
    one.score = strange ? 6.0 + 4.0 * random_.uniform() : -std::log10(1.0 - random_.uniform());
    one.native = -10.0 - 4.5 * one.score;
    report.add(one);
    add_to_episode(report, one);
  }

  void add_to_episode(Report& report, const ReportRow& row) {
    if (!row.flagged) {
      if (episode_open_) report.add_episode(episode_);
      episode_open_ = false;
      return;
    }
    if (!episode_open_) {
      episode_ = {};
      episode_.first_row = row.row;
      episode_.begin_s = row.time_s;
    }
    episode_open_ = true;
    episode_.last_row = row.row;
    episode_.end_s = row.time_s;
    episode_.duration_s = row.time_s - episode_.begin_s + kStepS;
    episode_.peak_surprise = std::max(episode_.peak_surprise, row.score);
    episode_.text = "memory used far above usual </td><img src=x onerror=alert(1)>";
    episode_.shares = {{1, row.values[1], mean_[1], sd_[1], (row.values[1] - mean_[1]) / sd_[1], 0.71},
                       {3, row.values[3], mean_[3], sd_[3], (row.values[3] - mean_[3]) / sd_[3], 0.24},
                       {7, row.values[7], mean_[7], sd_[7], (row.values[7] - mean_[7]) / sd_[7], 0.05}};
  }

  std::string_view kind_;
  std::uint64_t rows_;
  Rng random_{20240607};
  std::vector<Metric> metrics_;
  std::vector<GaussianComponent> components_;
  std::vector<Eigen::MatrixXd> factors_;
  FeatureVector values_, mean_, sd_;
  PresenceMask present_;
  bool episode_open_ = false;
  ReportEpisode episode_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  if (!epsilond::agent::report_available()) return 77;
  Machine machine(argc > 3 ? argv[3] : "mixture", std::strtoull(argv[2], nullptr, 10));
  Report report(machine.head());
  machine.run(report);
  Result<OutputFile> out = OutputFile::create(argv[1]);
  if (!out) return 73;
  const Result<void> written = report.write(*out);
  if (!written) std::fprintf(stderr, "%s\n", written.error().context.c_str());
  return written && out->commit() ? 0 : 74;
}
