// The form is that of https://github.com/HSF/prmon: README, package/src and the runs it publishes.

#include "agent/history/prmon_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <string>

#include "tests/agent/history/table_fate.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::PrmonSample;
using epsilond::agent::PrmonSummary;
using epsilond::agent::PrmonWriter;
using epsilond::platform::NetDev;
using epsilond::platform::OutputFile;
using epsilond::platform::UsageField;
using epsilond::tests::Fate;
using epsilond::tests::of_format;
using epsilond::tests::read_files;
using epsilond::tests::TableFormat;

namespace {

PrmonSample full_sample() {
  PrmonSample sample;
  sample.unix_s = 1700000000.75;
  sample.wall_s = 2.9;
  sample.usage.set(UsageField::kPssBytes, 100 * 1024.0);
  sample.usage.set(UsageField::kRssBytes, 200 * 1024.0 + 1023.0);
  sample.usage.set(UsageField::kSwapBytes, 0.0);
  sample.usage.set(UsageField::kVmemBytes, 300 * 1024.0);
  sample.usage.set(UsageField::kReadChars, 11.0);
  sample.usage.set(UsageField::kReadBytes, 12.0);
  sample.usage.set(UsageField::kWriteChars, 13.0);
  sample.usage.set(UsageField::kWriteBytes, 14.0);
  sample.usage.set(UsageField::kSystemSeconds, 1.99);
  sample.usage.set(UsageField::kUserSeconds, 3.01);
  sample.usage.set(UsageField::kProcesses, 2.0);
  sample.usage.set(UsageField::kThreads, 5.0);
  sample.network = NetDev{.rx_bytes = 21, .rx_packets = 22, .tx_bytes = 23, .tx_packets = 24, .errors = 0};
  return sample;
}

// What was written, for a frame that asserts.
struct Text {
  std::array<char, 2048> bytes{};
  const char* c_str() const { return bytes.data(); }
};

Text written(const PrmonSample& sample, bool whole_seconds) {
  Text text;
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return text;
  {
    OutputFile out = OutputFile::to_descriptor(ends[1]);
    PrmonWriter writer(out, whole_seconds);
    writer.write(sample);
    static_cast<void>(out.flush());
  }
  ::close(ends[1]);
  const ssize_t got = ::read(ends[0], text.bytes.data(), text.bytes.size() - 1);
  text.bytes[got > 0 ? static_cast<std::size_t>(got) : 0] = '\0';
  ::close(ends[0]);
  return text;
}

Text summary_of(std::initializer_list<PrmonSample> samples, double wall_s, double peak_rss_bytes) {
  PrmonSummary summary;
  for (const PrmonSample& sample : samples) summary.add(sample);
  summary.finish(wall_s, peak_rss_bytes, samples.size() == 0 ? PrmonSample().usage : (samples.end() - 1)->usage);
  Text text;
  const std::string json = summary.json();
  json.copy(text.bytes.data(), text.bytes.size() - 1);
  return text;
}

Fate read_back(const PrmonSample& sample, bool whole_seconds) {
  return read_files({written(sample, whole_seconds).c_str()}, of_format(TableFormat::kPrmon));
}

constexpr const char* kHeader =
    "Time\twtime\tpss\trss\tswap\tvmem\trchar\tread_bytes\twchar\twrite_bytes\trx_bytes\trx_packets\ttx_bytes\t"
    "tx_packets\tstime\tutime\tnprocs\tnthreads\n";

void memory_is_in_kb_and_times_in_whole_seconds(void**) {
  const Text text = written(full_sample(), true);
  const Text expected = [] {
    Text all;
    std::snprintf(all.bytes.data(), all.bytes.size(), "%s%s", kHeader,
                  "1700000000\t2\t100\t200\t0\t300\t11\t12\t13\t14\t21\t22\t23\t24\t1\t3\t2\t5\n");
    return all;
  }();
  assert_string_equal(text.c_str(), expected.c_str());
}

void samples_within_a_second_differ_in_their_time(void**) {
  const Fate fate = read_back(full_sample(), false);
  assert_int_equal(fate.rows, 1);
  assert_near(fate.times[0], 1700000000.75, 1e-6, 0);
}

void what_is_absent_is_nan_and_reads_as_absent(void**) {
  PrmonSample sample = full_sample();
  sample.usage.clear();
  sample.network.reset();
  sample.usage.set(UsageField::kUserSeconds, 3.0);
  const Text text = written(sample, true);
  assert_non_null(std::strstr(text.c_str(), "\tnan\tnan\tnan\tnan\tnan\t"));
  const Fate fate = read_back(sample, true);
  assert_int_equal(fate.malformed, 0);
  assert_int_equal(fate.rows, 1);
}

void our_own_reader_takes_every_column_for_what_it_is(void**) {
  const Fate fate = read_back(full_sample(), true);
  assert_string_equal(fate.names,
                      "pss|rss|swap|vmem|rchar|read_bytes|wchar|write_bytes|rx_bytes|rx_packets|tx_bytes|tx_packets|"
                      "stime|utime|nprocs|nthreads");
  assert_int_equal(fate.malformed, 0);
  assert_near(fate.times[0], 1700000000.0, 0, 0);
  assert_near(fate.values[0][1], 200.0, 0, 0);
}

void the_summary_has_maxima_and_averages(void**) {
  PrmonSample first = full_sample();
  first.wall_s = 0.0;
  first.usage.set(UsageField::kPssBytes, 300 * 1024.0);
  first.usage.set(UsageField::kReadBytes, 0.0);
  const Text text = summary_of({first, full_sample()}, 4.0, 0.0);
  assert_non_null(std::strstr(text.c_str(), "\"pss\": 200.000"));        // the mean of the samples
  assert_non_null(std::strstr(text.c_str(), "\"pss\": 300,"));           // the largest
  assert_non_null(std::strstr(text.c_str(), "\"read_bytes\": 3.000"));   // 12 bytes in 4 s
  assert_non_null(std::strstr(text.c_str(), "\"read_bytes\": 12,"));
  assert_non_null(std::strstr(text.c_str(), "\"wtime\": 4,"));
  assert_non_null(std::strstr(text.c_str(), "\"utime\": 3,"));
}

void the_summary_knows_a_peak_between_two_samples(void**) {
  const Text text = summary_of({full_sample()}, 4.0, 512 * 1024.0);
  assert_non_null(std::strstr(text.c_str(), "\"rss\": 512,"));
}

void a_summary_of_nothing_is_whole(void**) {
  assert_non_null(std::strstr(summary_of({}, 0.0, 0.0).c_str(), "\"Max\": {"));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(memory_is_in_kb_and_times_in_whole_seconds),
    cmocka_unit_test(samples_within_a_second_differ_in_their_time),
    cmocka_unit_test(what_is_absent_is_nan_and_reads_as_absent),
    cmocka_unit_test(our_own_reader_takes_every_column_for_what_it_is),
    cmocka_unit_test(the_summary_has_maxima_and_averages),
    cmocka_unit_test(the_summary_knows_a_peak_between_two_samples),
    cmocka_unit_test(a_summary_of_nothing_is_whole),
};
EPSILOND_TEST_MAIN(kTests)
