#include "agent/pipeline/explanation.h"

#include <array>
#include <cstring>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::Episode;
using epsilond::agent::explain;
using epsilond::agent::find_feature;
using epsilond::agent::format_duration;
using epsilond::agent::format_quantity;
using epsilond::agent::format_rarity;
using epsilond::agent::format_usual;
using epsilond::agent::leading_column;
using epsilond::agent::ModelView;
using epsilond::agent::rank_features;
using epsilond::agent::Snapshot;
using epsilond::models::Transition;
using epsilond::platform::Flag;
using epsilond::platform::FlagEvent;

namespace {

// Three columns: memory, CPU, zombies.
const std::array<std::size_t, 3> kColumns = {*find_feature("mem_used_bytes"), *find_feature("cpu_user_ratio"),
                                             *find_feature("zombies")};

constexpr double kYear = 365.25 * 86400.0;

ModelView view_of(bool knows_hours) { return {epsilond::agent::features(), kColumns, true, knows_hours, kYear, 1.0}; }

Snapshot memory_grab() {
  Snapshot snapshot;
  const std::array<double, 3> values = {7.9e9, 0.05, 0.0};
  const std::array<double, 3> means = {2.2e9, 0.04, 0.0};
  const std::array<double, 3> sds = {2.1e8, 0.05, 1.0};
  const std::array<double, 3> shares = {1.0, 0.0, 0.0};
  for (auto* vector : {&snapshot.score.mean, &snapshot.score.sd, &snapshot.score.z, &snapshot.score.share})
    vector->setZero(3);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    snapshot.readings.values[kColumns[i]] = values[i];
    snapshot.readings.present.set(kColumns[i]);
    snapshot.score.mean[row] = means[i];
    snapshot.score.sd[row] = sds[i];
    snapshot.score.z[row] = (values[i] - means[i]) / sds[i];
    snapshot.score.share[row] = shares[i];
  }
  snapshot.score.surprise = 6.5;
  snapshot.verdict.strange = true;
  return snapshot;
}

void quantities_are_written_for_people(void**) {
  assert_string_equal(format_quantity(7.9e9, "bytes").c_str(), "7.9 GB");
  assert_string_equal(format_quantity(2.12e8, "bytes/s").c_str(), "212 MB/s");
  assert_string_equal(format_quantity(0.97, "ratio").c_str(), "97 %");
  assert_string_equal(format_quantity(200, "1").c_str(), "200");
  assert_string_equal(format_quantity(0, "bytes").c_str(), "0 B");
  assert_string_equal(format_quantity(0.25, "1").c_str(), "0.2");
  assert_string_equal(format_quantity(123456, "1/s").c_str(), "123 k/s");
  assert_string_equal(format_quantity(999.9e6, "bytes").c_str(), "1.0 GB");
}

void a_usual_band_shares_one_unit(void**) {
  assert_string_equal(format_usual(2.2e9, 2.1e8, "bytes").c_str(), "2.2 \u00b1 0.2 GB");
  assert_string_equal(format_usual(3e6, 2e6, "bytes/s").c_str(), "3 \u00b1 2 MB/s");
  assert_string_equal(format_usual(24.9e9, 5e8, "bytes").c_str(), "24.9 \u00b1 0.5 GB");
  assert_string_equal(format_usual(0, 1, "1").c_str(), "0 \u00b1 1");
  assert_string_equal(format_usual(2300, 1.3e6, "bytes/s").c_str(), "0.0 \u00b1 1.3 MB/s");
  assert_string_equal(format_usual(0.04, 0.05, "ratio").c_str(), "4 \u00b1 5 %");
}

void what_has_no_unit_has_three_digits(void**) {
  assert_string_equal(format_quantity(0.00124, "").c_str(), "0.00124");
  assert_string_equal(format_quantity(-52.125, "").c_str(), "-52.1");
  assert_string_equal(format_usual(0.0009, 0.0002, "").c_str(), "0.0009 \u00b1 0.0002");
}

void durations_are_written_for_people(void**) {
  assert_string_equal(format_duration(0.5).c_str(), "0.5 s");
  assert_string_equal(format_duration(15).c_str(), "15 s");
  assert_string_equal(format_duration(125).c_str(), "2 min 5 s");
  assert_string_equal(format_duration(7260).c_str(), "2 h 1 min");
  assert_string_equal(format_duration(180000).c_str(), "2 d 2 h");
}

void rarity_is_the_inverse_of_the_tolerated_rate(void**) {
  // A surprise of -log10(rate per second / 3) is seen once per 1 / rate: here once in two weeks.
  assert_string_equal(format_rarity(-std::log10(0.5 / 604800.0 / 3.0), 1.0, kYear).c_str(), "once in 14 days");
  assert_string_equal(format_rarity(3.0, 1.0, kYear).c_str(), "once in 6 minutes");
  assert_string_equal(format_rarity(0.0, 1.0, kYear).c_str(), "once in 2 seconds");
}

void nothing_is_claimed_beyond_a_hundred_times_what_was_learned(void**) {
  assert_string_equal(format_rarity(6.0, 1.0, 3600.0).c_str(), "once in 4 days");
  assert_string_equal(format_rarity(6.5, 1.0, 3600.0).c_str(), "beyond anything seen in 1 h 0 min");
  assert_string_equal(format_rarity(INFINITY, 1.0, 90.0).c_str(), "beyond anything seen in 1 min 30 s");
}

void features_are_ranked_by_share_then_z(void**) {
  Flag flag;
  Snapshot snapshot = memory_grab();
  snapshot.score.share[2] = 0.4;
  snapshot.score.share[0] = 0.6;
  rank_features(snapshot, view_of(false), 8, flag);
  assert_int_equal(flag.feature_count, 3);
  assert_string_equal(flag.features[0].name.c_str(), "mem_used_bytes");
  assert_string_equal(flag.features[1].name.c_str(), "zombies");
  assert_string_equal(flag.features[2].name.c_str(), "cpu_user_ratio");
}

void an_absent_feature_is_never_named(void**) {
  Flag flag;
  Snapshot snapshot = memory_grab();
  snapshot.readings.present.reset(kColumns[0]);
  rank_features(snapshot, view_of(false), 8, flag);
  assert_int_equal(flag.feature_count, 2);
}

void a_logarithmic_feature_is_told_in_natural_units(void**) {
  static const std::array<std::size_t, 1> column = {*find_feature("disk_write_bytes_per_s")};
  Snapshot snapshot;
  snapshot.readings.present.set(column[0]);
  snapshot.readings.values[column[0]] = 5e8;
  for (auto* vector : {&snapshot.score.mean, &snapshot.score.sd, &snapshot.score.z, &snapshot.score.share})
    vector->setZero(1);
  snapshot.score.mean[0] = std::log1p(1.0);  // 4 MiB/s, the scale of this feature
  snapshot.score.sd[0] = 0.3;
  Flag flag;
  rank_features(snapshot, {epsilond::agent::features(), column, true, false, kYear, 1.0}, 1, flag);
  assert_near(flag.features[0].mean, 4.0 * 1024 * 1024, 0, 1e-12);
  assert_near(flag.features[0].sd, 4.0 * 1024 * 1024 * 2.0 * std::sinh(0.3), 0, 1e-12);
}

// A table of one column that is no feature of the agent.
void a_column_of_any_table_is_named_and_may_be_usual_below_zero(void**) {
  static std::array<epsilond::agent::Feature, 1> table = {epsilond::agent::features()[*find_feature("zombies")]};
  table[0].name = table[0].description = "drift";
  table[0].unit = {};
  table[0].may_be_negative = true;
  static const std::array<std::size_t, 1> column = {0};
  Snapshot snapshot;
  snapshot.readings.present.set(0);
  snapshot.readings.values[0] = 7.5;
  for (auto* vector : {&snapshot.score.mean, &snapshot.score.sd, &snapshot.score.z, &snapshot.score.share})
    vector->setZero(1);
  snapshot.score.mean[0] = -2.0;
  snapshot.score.sd[0] = 0.5;
  Episode episode({0.0, 0.0});
  episode.advance(Transition::kRaised, false, snapshot, 1.0);
  Flag flag;
  explain(FlagEvent::kRaised, episode, snapshot, {table, column, true, false, kYear, 1.0}, flag);
  assert_near(flag.features[0].mean, -2.0, 0, 0);
  assert_string_equal(flag.text.c_str(), "drift 7.5 (usual -2 \u00b1 0.5)");
}

void the_leading_column_is_the_one_that_is_named_first(void**) {
  Snapshot snapshot = memory_grab();
  assert_int_equal(leading_column(snapshot, view_of(false)).value_or(9), 0);
  snapshot.score.share[2] = 2.0;
  assert_int_equal(leading_column(snapshot, view_of(false)).value_or(9), 2);
  snapshot.readings.present.reset();
  assert_false(leading_column(snapshot, view_of(false)).has_value());
}

void the_sentence_says_what_usual_when_and_how_rare(void**) {
  Episode episode({0.0, 0.0});
  const Snapshot now = memory_grab();
  episode.advance(Transition::kRaised, false, now, 1.0);
  Flag flag;
  explain(FlagEvent::kRaised, episode, now, view_of(true), flag);
  assert_string_equal(flag.text.c_str(), "memory used 7.9 GB (usual 2.2 \u00b1 0.2 GB at this hour); once in 12 days");
  assert_int_equal(flag.feature_count, 1);
}

void the_ending_says_how_long_it_lasted(void**) {
  Episode episode({0.0, 0.0});
  const Snapshot now = memory_grab();
  episode.advance(Transition::kRaised, false, now, 1.0);
  Flag flag;
  flag.duration_s = 125;
  explain(FlagEvent::kCleared, episode, now, view_of(false), flag);
  assert_string_equal(flag.text.c_str(),
                      "back to usual after 2 min 5 s; at its strangest memory used 7.9 GB (usual 2.2 \u00b1 0.2 GB)");
}

void an_acceptance_says_what_is_usual_from_now_on_and_what_was_before(void**) {
  Episode episode({0.0, 0.0});
  const Snapshot now = memory_grab();
  episode.advance(Transition::kRaised, false, now, 1.0);
  epsilond::models::Score accepted = now.score;
  accepted.mean[0] = 7.8e9;
  accepted.sd[0] = 3e8;
  accepted.mean[2] = 12.0;  // 12 of its sd, memory 27: that comes first; the CPU has not moved
  Flag flag;
  flag.duration_s = 86400;
  explain(FlagEvent::kLearned, episode, now, view_of(false), flag, &accepted);
  assert_string_equal(flag.text.c_str(),
                      "accepted as the new usual after 1 d 0 h: memory used 7.8 \u00b1 0.3 GB (before 2.2 \u00b1 0.2 GB), "
                      "zombies 12 \u00b1 1 (before 0 \u00b1 1)");
}

void an_acceptance_of_a_model_without_levels_says_what_was_strange(void**) {
  Episode episode({0.0, 0.0});
  const Snapshot now = memory_grab();
  episode.advance(Transition::kRaised, false, now, 1.0);
  Flag flag;
  flag.duration_s = 86400;
  explain(FlagEvent::kLearned, episode, now, view_of(false), flag, &now.score);
  assert_string_equal(flag.text.c_str(),
                      "accepted as the new usual after 1 d 0 h; at its strangest memory used 7.9 GB (usual 2.2 \u00b1 0.2 GB)");
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(quantities_are_written_for_people),
    cmocka_unit_test(a_usual_band_shares_one_unit),
    cmocka_unit_test(what_has_no_unit_has_three_digits),
    cmocka_unit_test(durations_are_written_for_people),
    cmocka_unit_test(rarity_is_the_inverse_of_the_tolerated_rate),
    cmocka_unit_test(nothing_is_claimed_beyond_a_hundred_times_what_was_learned),
    cmocka_unit_test(features_are_ranked_by_share_then_z),
    cmocka_unit_test(an_absent_feature_is_never_named),
    cmocka_unit_test(a_logarithmic_feature_is_told_in_natural_units),
    cmocka_unit_test(a_column_of_any_table_is_named_and_may_be_usual_below_zero),
    cmocka_unit_test(the_leading_column_is_the_one_that_is_named_first),
    cmocka_unit_test(the_sentence_says_what_usual_when_and_how_rare),
    cmocka_unit_test(the_ending_says_how_long_it_lasted),
    cmocka_unit_test(an_acceptance_says_what_is_usual_from_now_on_and_what_was_before),
    cmocka_unit_test(an_acceptance_of_a_model_without_levels_says_what_was_strange),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
