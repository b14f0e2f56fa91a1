#include "agent/report/report.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/rng.h"
#include "tests/support/temp_file.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::Extremes;
using epsilond::agent::Report;
using epsilond::agent::report_available;
using epsilond::agent::ReportEpisode;
using epsilond::agent::ReportHead;
using epsilond::agent::ReportRow;
using epsilond::agent::Timeline;
using epsilond::models::FeatureVector;
using epsilond::models::GaussianComponent;
using epsilond::models::PresenceMask;
using epsilond::platform::ErrorCode;
using epsilond::platform::OutputFile;
using epsilond::platform::Result;
using epsilond::tests::Rng;
using epsilond::tests::TempFile;

namespace {

constexpr std::size_t kFeatures = 3;

ReportHead head(std::size_t features) {
  ReportHead made;
  made.title = "a </title> b";
  made.file = "</script>.csv";
  made.features.resize(features);
  return made;
}

struct Bed {
  explicit Bed(std::size_t features = kFeatures) : report(head(features)) {
    values.setZero(static_cast<Eigen::Index>(features));
    for (std::size_t i = 0; i < features; ++i) present.set(i);
  }

  void add(std::uint64_t row, bool flagged) {
    ReportRow one{.values = values, .present = present};
    one.row = row;
    one.has_time = true;
    one.time_s = time_s;
    one.score = score;
    one.judged = judged;
    one.flagged = flagged;
    report.add(one);
  }

  // 60,000 episodes; each peak from 0 to 59,999 comes once.
  void add_episodes() {
    ReportEpisode episode;
    for (std::uint64_t i = 0; i < 60'000; ++i) {
      episode.peak_surprise = static_cast<double>(i * 7919 % 60'000);
      report.add_episode(episode);
    }
  }

  void set_component() {
    GaussianComponent component;
    component.weight = 1.0 / 3.0;
    component.mean = FeatureVector::Constant(2, 0.1);
    component.covariance.resize(2, 2);
    component.covariance << 2.0, 0.30000000000000004, 0.30000000000000004, 1e-9;
    report.set_components({&component, 1});
  }

  // The page, or what went wrong.
  void write() {
    const TempFile file("");
    Result<OutputFile> out = OutputFile::create(file.path());
    if (!out) std::abort();
    const Result<void> written = report.write(*out);
    failed = !written;
    if (failed) code = written.error().code;
    if (!out->commit()) std::abort();
    std::stringstream content;
    content << std::ifstream(file.path()).rdbuf();
    page = content.str();
  }
  bool has(const char* text) const { return page.find(text) != std::string::npos; }

  Report report;
  FeatureVector values;
  PresenceMask present;
  double time_s = 0.0;
  double score = 1.0;
  bool judged = true;
  std::string page;
  bool failed = false;
  ErrorCode code = ErrorCode::kIo;
};

template <std::size_t features>
int set_up(void** state) {
  *state = new Bed(features);
  return 0;
}

int tear_down(void** state) {
  delete static_cast<Bed*>(*state);
  return 0;
}

void every_flagged_row_is_kept_exactly_below_the_cap(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  Rng random(epsilond::tests::test_seed());
  std::size_t flagged = 0;
  for (std::uint64_t row = 0; flagged < Report::kMaxFlaggedRows; ++row) {
    bed.values.setConstant(0.25 * static_cast<double>(row));
    const bool strange = random.below(2) == 0;
    bed.add(row, strange);
    if (!strange) continue;
    assert_int_equal(bed.report.flagged_rows().rows(), flagged + 1);
    const auto kept = bed.report.flagged_rows().row(flagged++);
    assert_true(kept[Report::kRow] == static_cast<double>(row) && kept[Report::kSurprise] == 1.0);
    for (std::size_t i = 0; i < kFeatures; ++i)
      assert_true(kept[Report::kFirstValue + i] == 0.25 * static_cast<double>(row));
  }
}

void extremes_of_flagged_rows_survive_above_the_cap(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  Rng random(epsilond::tests::test_seed());
  const std::uint64_t rows = 3 * Report::kMaxFlaggedRows;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::uint64_t row = 0; row < rows; ++row) {
    bed.values[0] = random.normal();
    bed.add(row, row % 2 == 0);
    if (row % 2 != 0) continue;
    low = std::min(low, bed.values[0]);
    high = std::max(high, bed.values[0]);
  }
  assert_int_equal(bed.report.flagged_rows().rows(), Report::kMaxFlaggedRows);
  assert_int_equal(bed.report.flagged_rows().seen(), rows / 2);
  Extremes all;
  for (std::size_t b = 0; b < bed.report.timeline().buckets(); ++b) all.merge(bed.report.timeline().cell(b, 0).flagged);
  assert_int_equal(all.values, rows / 2);
  assert_true(all.low == low && all.high == high);
}

void memory_is_bounded_for_the_widest_table(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  for (std::uint64_t row = 0; row < 60'000; ++row) bed.add(row, row % 2 == 0);
  bed.add_episodes();
  assert_true(bed.report.timeline().buckets() <= Timeline::kMaxBuckets);
  assert_true(bed.report.flagged_rows().values().size() <= Report::kMaxFlaggedValues);
  assert_int_equal(bed.report.usual_rows().rows(), Report::kScatterRows);
  assert_int_equal(bed.report.episodes().size(), Report::kMaxEpisodes);
}

void the_episodes_with_the_highest_peaks_are_kept(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  bed.add_episodes();
  for (const ReportEpisode& kept : bed.report.episodes())
    assert_true(kept.peak_surprise >= 60'000.0 - static_cast<double>(Report::kMaxEpisodes));
}

void absent_values_and_unjudged_scores_are_not_numbers(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  bed.present.reset(1);
  bed.judged = false;
  bed.add(0, false);
  bed.add(1, true);
  for (const auto* sample : {&bed.report.usual_rows(), &bed.report.flagged_rows()}) {
    const auto kept = sample->row(0);
    assert_true(std::isnan(kept[Report::kSurprise]) && std::isnan(kept[Report::kNativeScore]));
    assert_true(kept[Report::kFirstValue] == 0.0 && std::isnan(kept[Report::kFirstValue + 1]));
  }
  assert_int_equal(bed.report.timeline().cell(0, 1).usual.values, 0);
  assert_int_equal(bed.report.timeline().cell(0, kFeatures).usual.values, 0);
}

void without_a_page_writing_is_unsupported_and_says_so_beforehand(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  bed.write();
  assert_int_equal(bed.failed, !report_available());
  if (bed.failed) assert_int_equal(bed.code, ErrorCode::kUnsupported);
}

void names_cannot_break_out_of_the_page(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  bed.add(0, false);
  bed.write();
  if (!report_available()) skip();
  assert_true(bed.has("\"title\":\"a \\u003c/title\\u003e b\",\"file\":\"\\u003c/script\\u003e.csv\""));
  assert_false(bed.has("</script>.csv"));
  assert_false(bed.has("@@"));
}

void gaussians_are_written_with_every_digit(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  bed.set_component();
  bed.write();
  if (!report_available()) skip();
  assert_true(
      bed.has("\"components\":[{\"weight\":0.3333333333333333,\"mean\":[0.1,0.1],"
              "\"covariance\":[2,0.30000000000000004,1e-09]}]"));
}

void charts_run_over_row_numbers_when_times_go_back(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  for (const double time_s : {5.0, 6.0, 4.0}) {
    bed.time_s = time_s;
    bed.add(static_cast<std::uint64_t>(10 * time_s), false);
  }
  bed.write();
  if (!report_available()) skip();
  assert_true(bed.has("\"x\":\"row\",\"time_goes_back\":true"));
}

void a_failing_disk_is_reported(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  if (!report_available()) skip();
  // A descriptor that cannot be written to.
  OutputFile* out = new OutputFile(OutputFile::to_descriptor(-1));
  const Result<void> written = bed.report.write(*out);
  delete out;
  assert_true(!written);
  assert_int_equal(written.error().code, ErrorCode::kIo);
}

}  // namespace

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(every_flagged_row_is_kept_exactly_below_the_cap, set_up<3>, tear_down),
    cmocka_unit_test_setup_teardown(extremes_of_flagged_rows_survive_above_the_cap, set_up<3>, tear_down),
    cmocka_unit_test_setup_teardown(memory_is_bounded_for_the_widest_table, set_up<64>, tear_down),
    cmocka_unit_test_setup_teardown(the_episodes_with_the_highest_peaks_are_kept, set_up<3>, tear_down),
    cmocka_unit_test_setup_teardown(absent_values_and_unjudged_scores_are_not_numbers, set_up<3>, tear_down),
    cmocka_unit_test_setup_teardown(without_a_page_writing_is_unsupported_and_says_so_beforehand, set_up<3>, tear_down),
    cmocka_unit_test_setup_teardown(names_cannot_break_out_of_the_page, set_up<3>, tear_down),
    cmocka_unit_test_setup_teardown(gaussians_are_written_with_every_digit, set_up<3>, tear_down),
    cmocka_unit_test_setup_teardown(charts_run_over_row_numbers_when_times_go_back, set_up<3>, tear_down),
    cmocka_unit_test_setup_teardown(a_failing_disk_is_reported, set_up<3>, tear_down),
};

EPSILOND_TEST_MAIN(kTests)
