#include "agent/history/prmon_writer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace epsilond::agent {
namespace {

using platform::NetDev;
using platform::UsageField;

constexpr double kBytesPerKb = 1024.0;

enum class Average : std::uint8_t { kNone, kOfSamples, kPerSecond };

struct PrmonColumn {
  std::string_view name;
  Average average;
  UsageField field = UsageField::kCount;            // of the processes,
  std::uint64_t NetDev::* network = nullptr;        // or of the network; neither: the time since the start
  double unit = 1.0;                                // of the file, in ours
};

// In the order of prmon's own files.
constexpr std::array<PrmonColumn, kPrmonColumnCount> kColumns = {{
    {"wtime", Average::kNone},
    {"pss", Average::kOfSamples, UsageField::kPssBytes, nullptr, kBytesPerKb},
    {"rss", Average::kOfSamples, UsageField::kRssBytes, nullptr, kBytesPerKb},
    {"swap", Average::kOfSamples, UsageField::kSwapBytes, nullptr, kBytesPerKb},
    {"vmem", Average::kOfSamples, UsageField::kVmemBytes, nullptr, kBytesPerKb},
    {"rchar", Average::kPerSecond, UsageField::kReadChars},
    {"read_bytes", Average::kPerSecond, UsageField::kReadBytes},
    {"wchar", Average::kPerSecond, UsageField::kWriteChars},
    {"write_bytes", Average::kPerSecond, UsageField::kWriteBytes},
    {"rx_bytes", Average::kPerSecond, UsageField::kCount, &NetDev::rx_bytes},
    {"rx_packets", Average::kPerSecond, UsageField::kCount, &NetDev::rx_packets},
    {"tx_bytes", Average::kPerSecond, UsageField::kCount, &NetDev::tx_bytes},
    {"tx_packets", Average::kPerSecond, UsageField::kCount, &NetDev::tx_packets},
    {"stime", Average::kNone, UsageField::kSystemSeconds},
    {"utime", Average::kNone, UsageField::kUserSeconds},
    {"nprocs", Average::kOfSamples, UsageField::kProcesses},
    {"nthreads", Average::kOfSamples, UsageField::kThreads},
}};

// In the unit of the file.
std::optional<double> value_of(const PrmonColumn& column, const PrmonSample& sample) {
  if (column.network != nullptr) {
    if (!sample.network) return std::nullopt;
    return static_cast<double>((*sample.network).*column.network);
  }
  if (column.field == UsageField::kCount) return sample.wall_s;
  if (!sample.usage.has(column.field)) return std::nullopt;
  return std::max(sample.usage.value(column.field), 0.0) / column.unit;
}

void append(std::string& text, const char* format, double value) {
  char digits[64];
  std::snprintf(digits, sizeof digits, format, value);
  text += digits;
}

}  // namespace

PrmonWriter::PrmonWriter(platform::OutputFile& out, bool whole_seconds) : out_(out), whole_seconds_(whole_seconds) {
  std::string header = "Time";
  for (const PrmonColumn& column : kColumns) {
    header += '\t';
    header += column.name;
  }
  out_.write(header + "\n");
}

void PrmonWriter::write(const PrmonSample& sample) {
  std::string row;
  append(row, whole_seconds_ ? "%.0f" : "%.3f", whole_seconds_ ? std::floor(sample.unix_s) : sample.unix_s);
  for (const PrmonColumn& column : kColumns) {
    row += '\t';
    if (const std::optional<double> value = value_of(column, sample))
      append(row, "%.0f", std::floor(*value));
    else
      row += "nan";
  }
  out_.write(row + "\n");
}

void PrmonSummary::add(const PrmonSample& sample) {
  wall_s_ = sample.wall_s;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::optional<double> value = value_of(kColumns[i], sample);
    if (!value) continue;
    columns_[i].largest = std::max(columns_[i].largest, *value);
    columns_[i].sum += *value;
    ++columns_[i].count;
  }
}

void PrmonSummary::finish(double wall_s, double peak_rss_bytes, const platform::TreeUsage& usage) {
  PrmonSample end;
  wall_s_ = end.wall_s = wall_s;
  end.usage = usage;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (kColumns[i].field == UsageField::kRssBytes)
      columns_[i].largest = std::max(columns_[i].largest, peak_rss_bytes / kColumns[i].unit);
    if (kColumns[i].average == Average::kOfSamples) continue;
    const std::optional<double> value = value_of(kColumns[i], end);
    if (!value) continue;
    columns_[i].largest = std::max(columns_[i].largest, *value);
    ++columns_[i].count;
  }
}

std::string PrmonSummary::json() const {
  std::string averages;
  std::string largest;
  const auto put = [](std::string& text, std::string_view name, const char* format, double value) {
    text += text.empty() ? "\n    \"" : ",\n    \"";
    text += name;
    text += "\": ";
    append(text, format, value);
  };
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    if (column.count == 0) continue;
    put(largest, kColumns[i].name, "%.0f", std::floor(column.largest));
    if (kColumns[i].average == Average::kOfSamples)
      put(averages, kColumns[i].name, "%.3f", column.sum / static_cast<double>(column.count));
    if (kColumns[i].average == Average::kPerSecond)
      put(averages, kColumns[i].name, "%.3f", wall_s_ > 0.0 ? column.largest / wall_s_ : 0.0);
  }
  return "{\n  \"Avg\": {" + averages + "\n  },\n  \"Max\": {" + largest +
         "\n  },\n  \"epsilonctl\": {\n    \"Version\": \"" EPSILOND_VERSION "\"\n  }\n}\n";
}

}  // namespace epsilond::agent
