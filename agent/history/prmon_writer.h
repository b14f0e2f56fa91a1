#pragma once
// A run in the form of prmon 3: its text output, a row per sample, and its summary as JSON.
//
// https://github.com/HSF/prmon, README and package/src. `Time` is in whole seconds of Unix time, `wtime` in whole
// seconds since the start, memory is in kB (of 1024 bytes), `stime` and `utime` are in whole seconds, everything else is
// bytes or counts. What grows is counted from the start of the run. The network is that of the host, as in prmon.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/file/output_file.h"
#include "platform/kernel/proc/net_dev.h"
#include "platform/watch/tree_usage.h"

namespace epsilond::agent {

// One sample. What is absent is written as `nan`.
struct PrmonSample {
  double unix_s = 0.0;
  double wall_s = 0.0;  // since the start
  platform::TreeUsage usage;
  std::optional<platform::NetDev> network;  // since the start
};

inline constexpr std::size_t kPrmonColumnCount = 17;

// The header, when made, and a row per sample.
class PrmonWriter {
 public:
  // `out` must outlive it. `whole_seconds`: samples are whole seconds apart, as prmon's are; else `Time` has milliseconds,
  // that rows may differ.
  PrmonWriter(platform::OutputFile& out, bool whole_seconds);
  void write(const PrmonSample& sample);

 private:
  platform::OutputFile& out_;
  bool whole_seconds_;
};

// The largest and the average of each column: gauges over the samples, counters of bytes and packets by the second of
// the run; times have no average.
class PrmonSummary {
 public:
  void add(const PrmonSample& sample);
  // At the end: what grows, as it was found then (`usage` need not have gauges), and the largest resident memory that
  // anybody saw.
  void finish(double wall_s, double peak_rss_bytes, const platform::TreeUsage& usage);
  // One JSON object in several lines. A column that never had a value is left out.
  std::string json() const;

 private:
  struct Column {
    double largest = 0.0;
    double sum = 0.0;
    std::uint64_t count = 0;
  };
  std::array<Column, kPrmonColumnCount> columns_{};
  double wall_s_ = 0.0;
};

}  // namespace epsilond::agent
