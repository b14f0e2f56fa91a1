// Files that real rrdtool and sysstat have made on this machine, read as epsilonctl reads them. Without the tools these
// tests fail: ./check installs them.

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tests/agent/history/table_fate.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::TableFormat;
using epsilond::agent::TableOptions;
using epsilond::platform::ErrorCode;
using epsilond::tests::Fate;
using epsilond::tests::of_format;
using epsilond::tests::only_columns;
using epsilond::tests::read_paths;

namespace {

// A folder where the shell has run a script; the test fails with its output when it did.
class Workshop {
 public:
  explicit Workshop(const std::string& script) {
    if (::mkdtemp(path_) == nullptr) std::abort();
    const std::string command = std::string("cd ") + path_ + " && { " + script + "\n} > log 2>&1 < /dev/null";
    works_ = std::system(command.c_str()) == 0;
    if (!works_ && std::system((std::string("cat ") + path_ + "/log >&2").c_str()) != 0) std::abort();
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  ~Workshop() {
    if (std::system((std::string("rm -rf ") + path_).c_str()) != 0) std::abort();
  }

  bool works() const { return works_; }
  Fate read(std::initializer_list<const char*> names, const TableOptions& options = {}) const {
    std::vector<std::string> paths;
    for (const char* name : names) paths.push_back(std::string(path_) + "/" + name);
    return read_paths(paths, options);
  }

 private:
  char path_[32] = "/tmp/epsilond-tools-XXXXXX";
  bool works_ = false;
};

// Load each 60 s, memory each 300 s, processes each 120 s and only later: all on one clock.
constexpr const char* kMakeRrd = R"(
set -e
rrdtool create load.rrd --start 1700000000 --step 60 DS:load1:GAUGE:120:0:U DS:value:GAUGE:120:0:U RRA:AVERAGE:0.5:1:100
rrdtool create memory.rrd --start 1700000000 --step 300 DS:value:GAUGE:600:0:U RRA:AVERAGE:0.5:1:100
rrdtool create processes.rrd --start 1700000500 --step 120 DS:processes:GAUGE:240:0:U RRA:AVERAGE:0.5:1:100
for i in $(seq 1 40); do
  rrdtool update load.rrd $((1699999980 + 60 * i)):$i:7
done
for i in $(seq 1 8); do rrdtool update memory.rrd $((1699999800 + 300 * i)):$((1000000 * i)); done
for i in $(seq 1 10); do rrdtool update processes.rrd $((1700000520 + 120 * i)):$((90 + i)); done
for name in load memory processes; do
  rrdtool fetch $name.rrd AVERAGE --start 1700000100 --end 1700001700 > $name.txt
done
rrdtool fetch processes.rrd AVERAGE --start 1700000900 --end 1700001500 > late-processes.txt
rrdtool fetch load.rrd AVERAGE --start 1700000900 --end 1700001500 > late-load.txt
gzip -c load.txt > load.txt.gz
)";

struct RrdFates {
  bool made = false;
  Fate joined, late, load, compressed, wrong, binary;
};

RrdFates read_rrd() {
  RrdFates fates;
  const Workshop workshop(kMakeRrd);
  fates.made = workshop.works();
  fates.joined =
      workshop.read({"load.txt", "memory.txt", "processes.txt"}, only_columns({"load1", "memory.value", "processes"}));
  fates.late = workshop.read({"late-processes.txt", "late-load.txt"}, only_columns({"processes", "load1"}));
  fates.load = workshop.read({"load.txt"});
  fates.compressed = workshop.read({"load.txt.gz"}, of_format(TableFormat::kRrd));
  fates.wrong = workshop.read({"load.txt"}, of_format(TableFormat::kSar));
  fates.binary = workshop.read({"load.rrd"});
  return fates;
}

void files_of_rrdtool_are_joined_on_time(void**) {
  const RrdFates fates = read_rrd();
  assert_true(fates.made);
  const Fate& joined = fates.joined;
  assert_true(joined.opened);
  assert_int_equal(joined.malformed, 0);
  assert_string_equal(joined.names, "load1|memory.value|processes");
  // Times of 60 s hold those of 300 s and 120 s; but fetch goes on to the end of a step.
  assert_true(joined.rows >= fates.load.rows);
  assert_true(joined.rows <= fates.load.rows + 2);
  assert_near(joined.times[0], 1700000100, 60, 0);
  bool has_memory = false;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i > 0) assert_true(joined.times[i] > joined.times[i - 1]);
    const bool on_300 = std::fmod(joined.times[i], 300.0) == 0.0;
    // The value between two updates is that of the later one: load i at 1699999980 + 60 i.
    if (!std::isnan(joined.values[i][0]))
      assert_near(joined.values[i][0], (joined.times[i] - 1699999980) / 60, 0, 1e-9);
    assert_int_equal(!std::isnan(joined.values[i][1]), on_300);
    if (on_300) assert_near(joined.values[i][1], (joined.times[i] - 1699999800) / 300 * 1e6, 0, 1e-9);
    has_memory |= on_300;
    assert_true(std::isnan(joined.values[i][2]));  // not recorded yet
  }
  assert_true(has_memory);
}

void a_file_with_a_longer_step_is_absent_between_its_rows(void**) {
  const RrdFates fates = read_rrd();
  assert_int_equal(fates.late.malformed, 0);
  assert_true(fates.late.rows >= 8);
  for (std::size_t i = 0; i < 8; ++i) {
    const double time = fates.late.times[i];
    const bool on_120 = std::fmod(time, 120.0) == 0.0;
    assert_int_equal(!std::isnan(fates.late.values[i][0]), on_120);
    if (on_120) assert_near(fates.late.values[i][0], 90 + (time - 1700000520) / 120, 0, 1e-9);
    assert_near(fates.late.values[i][1], (time - 1699999980) / 60, 0, 1e-9);
  }
}

void output_of_rrdtool_is_told_by_its_content_and_read_compressed(void**) {
  const RrdFates fates = read_rrd();
  assert_string_equal(fates.load.names, "load1|value");
  assert_true(fates.load.rows > 20);
  assert_int_equal(fates.compressed.rows, fates.load.rows);
  assert_int_equal(fates.wrong.code, ErrorCode::kMalformed);
  assert_string_equal(fates.wrong.error,
                      "this is not the output of sadf -d: the content looks like the output of rrdtool fetch");
  assert_string_equal(fates.binary.error,
                      "this is the database itself: give the output of 'rrdtool fetch FILE AVERAGE'");
}

// Two recordings of everything, with a comment and a restart between them; a second each is enough for rows.
constexpr const char* kMakeSar = R"(
set -e
export LC_ALL=C
for sadc in /usr/lib/sysstat/sadc /usr/lib64/sa/sadc /usr/libexec/sa/sadc; do [ ! -x $sadc ] || break; done
$sadc -S XALL 1 4 sa
$sadc -C 'a; comment' sa
$sadc sa
$sadc -S XALL 1 3 sa
sadf -d sa > cpu.txt
sadf -d -C sa -- -u -r -q -b -n DEV -d > usual.txt
sadf -d -P ALL sa -- -A > all.txt
sadf -d -U sa -- -u -q > epoch.txt
TZ=IST-5:30 sadf -d -T sa -- -u -q > local.txt
sadf -d -h sa -- -u -r -q > sideways.txt
sadf -d -h sa -- -r -q > one-line.txt
head -1 usual.txt
)";

struct SarFates {
  bool made = false;
  Fate cpu, usual, all, everything, epoch, local, sideways, one_line, stream, binary;
};

SarFates read_sar() {
  SarFates fates;
  const Workshop workshop(kMakeSar);
  fates.made = workshop.works();
  const TableOptions few = only_columns({"kbmemused", "ldavg-1", "tps"});
  fates.cpu = workshop.read({"cpu.txt"});
  fates.usual = workshop.read({"usual.txt"}, few);
  fates.all = workshop.read({"all.txt"}, only_columns({"%usr", "cpu0.%usr", "sum.all"}));
  fates.everything = workshop.read({"all.txt"});
  fates.epoch = workshop.read({"epoch.txt"});
  fates.local = workshop.read({"local.txt"});
  fates.sideways = workshop.read({"sideways.txt"});
  fates.one_line = workshop.read({"one-line.txt"});
  fates.stream = workshop.read({"usual.txt", "usual.txt"}, few);
  fates.binary = workshop.read({"sa"});
  return fates;
}

bool is_complete(const Fate& fate, std::size_t features) {
  if (!fate.opened || fate.rows == 0 || fate.malformed > 0) return false;
  for (std::size_t i = 0; i < fate.rows && i < 8; ++i) {
    if (std::isnan(fate.times[i])) return false;
    for (std::size_t j = 0; j < features; ++j)
      if (std::isnan(fate.values[i][j])) return false;
  }
  return true;
}

void output_of_sadf_is_read_with_all_its_options(void**) {
  const SarFates fates = read_sar();
  assert_true(fates.made);
  assert_string_equal(fates.cpu.names, "%user|%nice|%system|%iowait|%steal|%idle");
  assert_true(is_complete(fates.cpu, 3));
  assert_true(is_complete(fates.usual, 3));
  assert_true(is_complete(fates.all, 3));
  assert_true(is_complete(fates.epoch, 3));
  assert_true(is_complete(fates.local, 3));
  assert_true(is_complete(fates.one_line, 3));
  // 4 and 3 records make 3 and 2 rows; every activity is in each of them.
  assert_int_equal(fates.cpu.rows, 5);
  assert_int_equal(fates.usual.rows, 5);
  assert_int_equal(fates.all.rows, 5);
  assert_int_equal(fates.stream.rows, 10);
  assert_true(fates.usual.values[0][0] > 1000);  // kB of memory in use
}

void times_of_sadf_agree_and_local_ones_are_said(void**) {
  const SarFates fates = read_sar();
  assert_int_equal(fates.epoch.rows, 5);
  for (std::size_t i = 0; i < 5; ++i) {
    assert_near(fates.epoch.times[i], fates.cpu.times[i], 0, 0);
    assert_near(fates.local.times[i], fates.cpu.times[i] + 5.5 * 3600, 0, 0);
  }
  assert_null(std::strstr(fates.epoch.notes, "UTC"));
  assert_non_null(std::strstr(fates.local.notes, "times without a zone are taken as UTC"));
  assert_non_null(std::strstr(fates.usual.notes, "restarts and comments, which are no rows: "));
}

void output_of_sadf_that_is_too_wide_or_sideways_says_what_to_do(void**) {
  const SarFates fates = read_sar();
  assert_int_equal(fates.everything.code, ErrorCode::kInvalid);
  assert_non_null(std::strstr(fates.everything.error, "at most 64 are scored: choose with --columns"));
  assert_non_null(std::strstr(fates.sideways.error, "leave out the option -h of sadf"));
  assert_string_equal(fates.binary.error, "this is sysstat's binary file: give the output of 'sadf -d FILE -- -A'");
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(files_of_rrdtool_are_joined_on_time),
    cmocka_unit_test(a_file_with_a_longer_step_is_absent_between_its_rows),
    cmocka_unit_test(output_of_rrdtool_is_told_by_its_content_and_read_compressed),
    cmocka_unit_test(output_of_sadf_is_read_with_all_its_options),
    cmocka_unit_test(times_of_sadf_agree_and_local_ones_are_said),
    cmocka_unit_test(output_of_sadf_that_is_too_wide_or_sideways_says_what_to_do),
};
EPSILOND_TEST_MAIN(kTests)
