// Report::write(): the page with the data of the report in its place.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>

#include "agent/report/page.h"
#include "agent/report/page_json.h"
#include "agent/report/report.h"

namespace epsilond::agent {

bool report_available() { return !report_page().empty(); }

// What stands where is told in agent/report/page/data.js, which reads it.
class ReportWriter {
 public:
  ReportWriter(const Report& report, platform::OutputFile& out) : report_(report), json_(out) {}

  void write() {
    timed_ = report_.rows_ > 0 && report_.all_timed_ && report_.time_ascends_;
    sort_flagged();
    json_.begin_object();
    put_head();
    put_counts();
    put_buckets();
    put_series();
    put_rows("flagged", report_.flagged_, flagged_order_);
    put_rows("usual", report_.usual_, usual_order_);
    put_ranked();
    put_components();
    put_episodes();
    json_.end_object();
  }

 private:
  const ReportHead& head() const { return report_.head_; }
  std::size_t feature_count() const { return head().features.size(); }
  const Timeline& timeline() const { return report_.timeline_; }
  bool flagged_are_all_kept() const { return report_.flagged_.rows() == report_.flagged_count_; }

  void sort_flagged() {
    const auto in_row_order = [](const models::TrainingSample& sample, std::vector<std::size_t>& order) {
      order.resize(sample.rows());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::sort(order.begin(), order.end(), [&sample](std::size_t a, std::size_t b) {
        return sample.row(a)[Report::kRow] < sample.row(b)[Report::kRow];
      });
    };
    in_row_order(report_.flagged_, flagged_order_);
    in_row_order(report_.usual_, usual_order_);
  }

  void put_head() {
    json_.string("title", head().title);
    json_.string("file", head().file);
    json_.string("model", head().model);
    json_.string("threshold", head().threshold);
    json_.string("version", head().version);
    json_.number("cut", head().cut.value_or(std::numeric_limits<double>::quiet_NaN()));
    json_.string("cut_scale", head().cut_scale == CutScale::kSurprise ? "surprise" : "native");
    json_.flag("native_is_log_density", head().native_is_log_density);
    json_.string("x", !timed_ ? "row" : head().time_is_clock ? "clock" : "seconds");
    json_.flag("time_goes_back", report_.all_timed_ && !report_.time_ascends_);
    json_.begin_array("features");
    for (const ReportFeature& feature : head().features) {
      json_.begin_object();
      json_.string("name", feature.name);
      json_.string("unit", feature.unit);
      json_.end_object();
    }
    json_.end_array();
  }

  void put_counts() {
    json_.count("rows", report_.rows_);
    json_.count("judged_rows", report_.judged_rows_);
    json_.count("flagged_rows", report_.flagged_count_);
    json_.count("rows_per_bucket", timeline().rows_per_bucket());
    json_.flag("flagged_are_all_kept", flagged_are_all_kept());
  }

  void put_buckets() {
    const auto span = [this](std::size_t i) -> const TimelineSpan& { return timeline().span(i); };
    const std::size_t count = timeline().buckets();
    json_.begin_object("buckets");
    json_.doubles("last_row", count, [&](std::size_t i) { return span(i).last.row; });
    json_.doubles("first_usual_row", count, [&](std::size_t i) { return span(i).first_usual.row; });
    json_.doubles("last_usual_row", count, [&](std::size_t i) { return span(i).last_usual.row; });
    if (timed_) {
      json_.doubles("first_usual_time", count, [&](std::size_t i) { return span(i).first_usual.time_s; });
      json_.doubles("last_usual_time", count, [&](std::size_t i) { return span(i).last_usual.time_s; });
    }
    json_.doubles("rows", count, [&](std::size_t i) { return span(i).rows; });
    json_.doubles("flagged_rows", count, [&](std::size_t i) { return span(i).flagged_rows; });
    json_.end_object();
  }

  void put_series() {
    json_.begin_array("series");
    for (std::size_t i = 0; i < feature_count() + 2; ++i) {
      json_.begin_object();
      put_extremes(i, "early", "late", &TimelineCell::usual);
      if (!flagged_are_all_kept()) put_extremes(i, "flagged_early", "flagged_late", &TimelineCell::flagged);
      if (report_.has_band_ && i < feature_count()) put_band(i);
      json_.end_object();
    }
    json_.end_array();
  }

  void put_extremes(std::size_t series, std::string_view early, std::string_view late, Extremes TimelineCell::*which) {
    const auto extremes = [&](std::size_t bucket) -> const Extremes& { return timeline().cell(bucket, series).*which; };
    const double absent = std::numeric_limits<double>::quiet_NaN();
    json_.floats(early, timeline().buckets(),
                 [&](std::size_t i) { return extremes(i).values == 0 ? absent : extremes(i).early(); });
    if (timeline().rows_per_bucket() == 1) return;
    json_.floats(late, timeline().buckets(),
                 [&](std::size_t i) { return extremes(i).values == 0 ? absent : extremes(i).late(); });
  }

  void put_band(std::size_t series) {
    const auto average = [&](std::size_t bucket, double TimelineCell::*sum) {
      const TimelineCell& cell = timeline().cell(bucket, series);
      if (cell.band_rows == 0) return std::numeric_limits<double>::quiet_NaN();
      return cell.*sum / static_cast<double>(cell.band_rows);
    };
    json_.floats("mean", timeline().buckets(), [&](std::size_t i) { return average(i, &TimelineCell::mean_sum); });
    json_.floats("sd", timeline().buckets(), [&](std::size_t i) { return average(i, &TimelineCell::sd_sum); });
  }

  void put_rows(std::string_view key, const models::TrainingSample& sample, const std::vector<std::size_t>& order) {
    const auto column = [&](std::size_t place) {
      return [&sample, &order, place](std::size_t i) { return sample.row(order[i])[place]; };
    };
    json_.begin_object(key);
    json_.doubles("row", order.size(), column(Report::kRow));
    if (timed_) json_.doubles("time", order.size(), column(Report::kTime));
    json_.floats("surprise", order.size(), column(Report::kSurprise));
    json_.floats("native", order.size(), column(Report::kNativeScore));
    json_.begin_array("values");
    for (std::size_t i = 0; i < feature_count(); ++i) json_.floats({}, order.size(), column(Report::kFirstValue + i));
    json_.end_array();
    json_.end_object();
  }

  void put_ranked() {
    const std::vector<RankedScore> ranked = report_.ranked_.ranked();
    json_.begin_object("ranked");
    json_.count("seen", report_.ranked_.seen());
    json_.flag("exact", report_.ranked_.exact());
    json_.doubles("rank", ranked.size(), [&](std::size_t i) { return ranked[i].rank; });
    json_.doubles("score", ranked.size(), [&](std::size_t i) { return ranked[i].score; });
    json_.floats("flagged", ranked.size(), [&](std::size_t i) { return ranked[i].flagged ? 1.0 : 0.0; });
    json_.end_object();
  }

  void put_components() {
    json_.begin_array("components");
    for (const models::GaussianComponent& component : report_.components_) {
      json_.begin_object();
      json_.number("weight", component.weight);
      json_.begin_array("mean");
      for (Eigen::Index i = 0; i < component.mean.size(); ++i) json_.number({}, component.mean[i]);
      json_.end_array();
      json_.begin_array("covariance");  // the lower triangle, row by row
      for (Eigen::Index i = 0; i < component.covariance.rows(); ++i)
        for (Eigen::Index j = 0; j <= i; ++j) json_.number({}, component.covariance(i, j));
      json_.end_array();
      json_.end_object();
    }
    json_.end_array();
  }

  void put_episodes() {
    json_.count("episodes_seen", report_.episodes_seen_);
    json_.begin_array("episodes");
    std::vector<const ReportEpisode*> in_order;
    for (const ReportEpisode& episode : report_.episodes_) in_order.push_back(&episode);
    std::sort(in_order.begin(), in_order.end(),
              [](const ReportEpisode* a, const ReportEpisode* b) { return a->first_row < b->first_row; });
    for (const ReportEpisode* episode : in_order) put_episode(*episode);
    json_.end_array();
  }

  void put_episode(const ReportEpisode& episode) {
    json_.begin_object();
    json_.count("first_row", episode.first_row);
    json_.count("last_row", episode.last_row);
    json_.number("begin", episode.begin_s);
    json_.number("end", episode.end_s);
    json_.number("duration", episode.duration_s);
    json_.number("peak", episode.peak_surprise);
    json_.string("text", episode.text);
    json_.begin_array("shares");
    for (const ReportShare& share : episode.shares) {
      json_.begin_object();
      json_.count("feature", share.feature);
      json_.number("value", share.value);
      json_.number("mean", share.mean);
      json_.number("sd", share.sd);
      json_.number("z", share.z);
      json_.number("share", share.share);
      json_.end_object();
    }
    json_.end_array();
    json_.end_object();
  }

  const Report& report_;
  PageJson json_;
  bool timed_ = false;  // the charts run over the time of the rows, not over their numbers
  std::vector<std::size_t> flagged_order_;
  std::vector<std::size_t> usual_order_;
};

platform::Result<void> Report::write(platform::OutputFile& out) const {
  const std::string_view page = report_page();
  const std::size_t marker = page.find(kPageDataMarker);
  if (marker == std::string_view::npos)
    return platform::make_error(
        platform::ErrorCode::kUnsupported, 0,
        "this build has no report page: npm or its registry was out of reach when it was built");
  out.write(page.substr(0, marker));
  ReportWriter(*this, out).write();
  out.write(page.substr(marker + kPageDataMarker.size()));
  return out.flush();
}

}  // namespace epsilond::agent
