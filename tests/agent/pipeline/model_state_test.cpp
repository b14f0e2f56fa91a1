#include "agent/pipeline/model_state.h"

#include <memory>
#include <utility>
#include <vector>

#include "agent/pipeline/state_record.h"
#include "tests/support/fake_model.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::find_feature;
using epsilond::agent::load_model_state;
using epsilond::agent::model_state_bytes;
using epsilond::agent::ModelConfig;
using epsilond::agent::NotRestored;
using epsilond::agent::RecordHeader;
using epsilond::agent::save_model_state;
using epsilond::agent::Watcher;
using epsilond::tests::FakeModel;

namespace {

struct Bench {
  std::vector<std::unique_ptr<Watcher>> watchers;
  std::vector<FakeModel*> models;
  std::vector<std::byte> bytes;

  std::vector<epsilond::agent::Feature> table = epsilond::agent::features_for({1e9, 2.0});

  void add(const char* name, const char* feature, long token) {
    ModelConfig config;
    config.name = name;
    config.features.set(*find_feature(feature));
    auto model = std::make_unique<FakeModel>(1);
    model->token = token;
    models.push_back(model.get());
    watchers.push_back(std::make_unique<Watcher>(config, 1.0, table, std::move(model)));
  }
  void save() {
    bytes.resize(model_state_bytes(watchers));
    save_model_state(watchers, bytes);
  }
  // How many models were restored, or -1 if the bytes were refused.
  long load(std::size_t length) const {
    const auto restored = load_model_state(watchers, std::span(bytes).first(length));
    return restored ? static_cast<long>(*restored) : -1;
  }
};

int setup(void** state) {
  auto* bench = new Bench;
  bench->add("host", "zombies", 41);
  bench->add("diary", "load_1min", 42);
  *state = bench;
  return 0;
}

int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

void every_model_comes_back_as_it_was(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.save();
  bench.models[0]->token = 0;
  bench.models[1]->token = 0;
  assert_int_equal(bench.load(bench.bytes.size()), 2);
  assert_int_equal(bench.models[0]->token, 41);
  assert_int_equal(bench.models[1]->token, 42);
}

void what_its_score_usually_is_comes_back_with_the_model(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.watchers[0]->usual_score().restore({100.0, -12.5, 3.0});
  bench.watchers[1]->usual_score().restore({200.0, 7.0, 0.5});
  bench.save();
  for (auto& watcher : bench.watchers) watcher->usual_score().reset();
  assert_int_equal(bench.load(bench.bytes.size()), 2);
  assert_true(bench.watchers[0]->usual_score().known());
  assert_true(bench.watchers[0]->usual_score().mean() == -12.5);
  assert_true(bench.watchers[1]->usual_score().mean() == 7.0);
  assert_true(bench.watchers[1]->usual_score().variance() == 0.5);
}

void a_state_without_what_the_score_usually_is_leaves_it_unknown(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.save();
  bench.watchers[0]->usual_score().restore({100.0, -12.5, 3.0});
  // As an agent that knew no such record has saved it.
  assert_int_equal(bench.load(sizeof(RecordHeader) + sizeof(long)), 1);
  assert_int_equal(bench.models[0]->token, 41);
  assert_false(bench.watchers[0]->usual_score().known());
}

void what_its_score_usually_is_stays_behind_when_the_model_does(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.watchers[0]->usual_score().restore({100.0, -12.5, 3.0});
  bench.save();
  bench.watchers[0]->usual_score().reset();
  bench.models[0]->refuses = true;
  assert_int_equal(bench.load(bench.bytes.size()), 1);
  assert_false(bench.watchers[0]->usual_score().known());
}

void a_model_that_is_not_in_the_state_keeps_what_it_has(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.save();
  bench.add("new", "zombies", 7);
  assert_int_equal(bench.load(bench.bytes.size()), 2);
  assert_int_equal(bench.models[2]->token, 7);
}

void a_model_with_other_features_is_not_restored(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.save();
  bench.watchers.clear();
  bench.models.clear();
  bench.add("host", "threads", 1);
  assert_int_equal(bench.load(bench.bytes.size()), 0);
  assert_int_equal(bench.models[0]->token, 1);
}

void what_was_learned_on_other_processors_is_not_restored(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.save();
  bench.table = epsilond::agent::features_for({1e9, 4.0});
  for (auto& watcher : bench.watchers) watcher->rebind(bench.table);
  assert_int_equal(bench.load(bench.bytes.size()), 1);  // zombies are counted alike, loads are not
}

void every_cut_through_a_record_is_refused_whole(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.save();
  bench.models[0]->token = 0;
  // Each model is a record, and what its score usually is another.
  const std::size_t both = bench.bytes.size() / 2;
  const std::size_t model = sizeof(RecordHeader) + sizeof(long);
  for (std::size_t length = 1; length < bench.bytes.size(); ++length)
    if (length % both != 0 && length % both != model) assert_int_equal(bench.load(length), -1);
  assert_int_equal(bench.models[0]->token, 0);
}

NotRestored reasons(const Bench& bench) {
  NotRestored why;
  static_cast<void>(static_cast<bool>(load_model_state(bench.watchers, bench.bytes, &why)));
  return why;
}

void what_is_not_restored_is_named_with_the_reason(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.save();
  assert_true(reasons(bench).text.empty());
  bench.add("new", "zombies", 7);
  assert_string_equal(reasons(bench).text.c_str(), "new is not in it");
  bench.watchers.clear();
  bench.models.clear();
  bench.add("host", "threads", 1);
  assert_string_equal(reasons(bench).text.c_str(),
                      "host has learned from other features, or on a machine of another size");
  assert_false(reasons(bench).other_version);
}

void what_another_version_has_learned_is_told_from_nothing(void** state) {
  auto& bench = *static_cast<Bench*>(*state);
  bench.save();
  bench.models[0]->refuses = true;
  bench.models[0]->token = 5;
  const NotRestored why = reasons(bench);
  assert_string_equal(why.text.c_str(), "host is of another kind, or was learned by another version");
  assert_true(why.other_version);
  assert_int_equal(bench.models[0]->token, 5);
}

void an_empty_state_restores_nothing(void** state) {
  const auto& bench = *static_cast<Bench*>(*state);
  assert_int_equal(bench.load(0), 0);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(every_model_comes_back_as_it_was, setup, teardown),
    cmocka_unit_test_setup_teardown(what_its_score_usually_is_comes_back_with_the_model, setup, teardown),
    cmocka_unit_test_setup_teardown(a_state_without_what_the_score_usually_is_leaves_it_unknown, setup, teardown),
    cmocka_unit_test_setup_teardown(what_its_score_usually_is_stays_behind_when_the_model_does, setup, teardown),
    cmocka_unit_test_setup_teardown(a_model_that_is_not_in_the_state_keeps_what_it_has, setup, teardown),
    cmocka_unit_test_setup_teardown(a_model_with_other_features_is_not_restored, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_learned_on_other_processors_is_not_restored, setup, teardown),
    cmocka_unit_test_setup_teardown(every_cut_through_a_record_is_refused_whole, setup, teardown),
    cmocka_unit_test_setup_teardown(what_is_not_restored_is_named_with_the_reason, setup, teardown),
    cmocka_unit_test_setup_teardown(what_another_version_has_learned_is_told_from_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(an_empty_state_restores_nothing, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
