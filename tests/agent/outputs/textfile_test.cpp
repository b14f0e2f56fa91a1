#include "agent/outputs/textfile.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "tests/agent/outputs/outputs_bench.h"
#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::EmitterConfig;
using epsilond::agent::EmitterKind;
using epsilond::agent::Textfile;
using epsilond::tests::OutputsBench;
using epsilond::tests::TempTree;
using std::chrono::seconds;

namespace {

constexpr seconds kNow{1766000000};

struct Bench {
  OutputsBench outputs;
  char folder[32] = "/tmp/epsilond-test-XXXXXX";
  std::string path;
  std::unique_ptr<Textfile> textfile;

  void make(const std::string& at) {
    path = at;
    EmitterConfig config;
    config.kind = EmitterKind::kTextfile;
    config.path = at;
    config.every_s = 20.0;
    textfile = std::make_unique<Textfile>(config, *outputs.pipeline, 0);
  }
  void tick(int second) { textfile->tick(outputs.facts(), kNow + seconds(second)); }
  std::string content() const { return TempTree::content_of(path); }
  mode_t mode() const {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 ? found.st_mode : 0;
  }
};

Bench& get(void** state) { return *static_cast<Bench*>(*state); }

int setup(void** state) {
  auto* bench = new Bench;
  *state = bench;
  bench->outputs.add_model("host");
  bench->outputs.build();
  bench->outputs.step(5);
  return ::mkdtemp(bench->folder) == nullptr ? -1 : 0;
}

int teardown(void** state) {
  const std::string remove = "rm -rf " + std::string(get(state).folder);
  const int removed = std::system(remove.c_str());
  delete &get(state);
  return removed;
}

void it_is_written_at_once_and_then_each_period(void** state) {
  Bench& bench = get(state);
  bench.make(std::string(bench.folder) + "/epsilond.prom");
  const mode_t before = ::umask(077);
  for (int s = 0; s < 40; ++s) bench.tick(s);
  ::umask(before);
  assert_int_equal(bench.textfile->sent(), 2);
  assert_int_equal(bench.mode(), S_IFREG | 0644);
  assert_true(bench.content() == bench.outputs.expose(epsilond::agent::FeatureDetail::kTop));
}

void a_link_in_its_place_is_replaced_and_not_followed(void** state) {
  Bench& bench = get(state);
  bench.make(std::string(bench.folder) + "/epsilond.prom");
  const std::string other = std::string(bench.folder) + "/other";
  assert_int_equal(::symlink(other.c_str(), bench.path.c_str()), 0);
  bench.tick(0);
  assert_int_equal(bench.mode(), S_IFREG | 0644);
  assert_int_not_equal(::access(other.c_str(), F_OK), 0);
}

void what_a_killed_writer_left_is_removed(void** state) {
  Bench& bench = get(state);
  bench.make(std::string(bench.folder) + "/epsilond.prom");
  const std::string left = bench.path + ".tmp.99999999";
  std::ofstream(left) << "half";
  bench.tick(0);
  assert_int_not_equal(::access(left.c_str(), F_OK), 0);
}

void what_cannot_be_written_is_counted_and_the_old_file_stays(void** state) {
  Bench& bench = get(state);
  bench.make(std::string(bench.folder) + "/missing/epsilond.prom");
  bench.tick(0);
  bench.tick(60);
  assert_int_equal(bench.textfile->sent(), 0);
  assert_int_equal(bench.textfile->dropped(), 2);
  ::mkdir((std::string(bench.folder) + "/missing").c_str(), 0755);
  bench.tick(120);
  assert_int_equal(bench.textfile->sent(), 1);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(it_is_written_at_once_and_then_each_period, setup, teardown),
    cmocka_unit_test_setup_teardown(a_link_in_its_place_is_replaced_and_not_followed, setup, teardown),
    cmocka_unit_test_setup_teardown(what_a_killed_writer_left_is_removed, setup, teardown),
    cmocka_unit_test_setup_teardown(what_cannot_be_written_is_counted_and_the_old_file_stays, setup, teardown),
};
EPSILOND_TEST_MAIN(kTests)
