#include "agent/watch/watch_table.h"

#include <array>

namespace epsilond::agent {
namespace {

using platform::SampleField;
using platform::UsageField;

constexpr FeatureKind kGauge = FeatureKind::kGauge;
constexpr FeatureKind kRate = FeatureKind::kRate;
constexpr Transform kIdentity = Transform::kIdentity;
constexpr Transform kLog1p = Transform::kLog1p;
constexpr double kMiB = 1024.0 * 1024.0;

// Reasons for scales and resolutions: docs/features.md.
constexpr std::array<Feature, kWatchFeatureCount> kFeatures = {
    // name, unit, description, kind, part of, factor, transform, scale, resolution, blame
    Feature{"rss_bytes", "bytes", "resident memory", kGauge, SampleField::kMemUsedBytes, 1, kIdentity, 1, 8 * kMiB, 1},
    Feature{"pss_bytes", "bytes", "proportional memory", kGauge, SampleField::kMemUsedBytes, 1, kIdentity, 1, 8 * kMiB, 0.8},
    Feature{"swap_bytes", "bytes", "swapped memory", kGauge, SampleField::kSwapUsedBytes, 1, kIdentity, 1, 8 * kMiB, 1},
    Feature{"vmem_bytes", "bytes", "address space", kGauge, SampleField::kMemUsedBytes, 1, kIdentity, 1, 128 * kMiB, 0.5},
    Feature{"memory_bytes", "bytes", "memory charged", kGauge, SampleField::kMemUsedBytes, 1, kIdentity, 1, 16 * kMiB, 0.8},
    Feature{"processes", "1", "processes", kGauge, SampleField::kProcesses, 1, kIdentity, 1, 2, 0.8},
    Feature{"threads", "1", "threads", kGauge, SampleField::kThreads, 1, kIdentity, 1, 4, 0.8},
    Feature{"descriptors", "1", "open descriptors", kGauge, SampleField::kOpenFiles, 1, kIdentity, 1, 8, 1},
    Feature{"cpu_user_ratio", "ratio", "CPU user", kRate, SampleField::kCpuUserTicks, 1, kIdentity, 1, 0.05, 0.8},
    Feature{"cpu_system_ratio", "ratio", "CPU system", kRate, SampleField::kCpuSystemTicks, 1, kIdentity, 1, 0.05, 0.5},
    Feature{"rchar_bytes_per_s", "bytes/s", "bytes read by calls", kRate, SampleField::kCpuSystemTicks, 1, kLog1p, 4 * kMiB,
            0.3, 0.6},
    Feature{"wchar_bytes_per_s", "bytes/s", "bytes written by calls", kRate, SampleField::kCpuSystemTicks, 1, kLog1p,
            4 * kMiB, 0.3, 0.6},
    Feature{"read_bytes_per_s", "bytes/s", "disk reads", kRate, SampleField::kDiskReadBytes, 1, kLog1p, 4 * kMiB, 0.3},
    Feature{"write_bytes_per_s", "bytes/s", "disk writes", kRate, SampleField::kDiskWriteBytes, 1, kLog1p, 4 * kMiB, 0.3},
};

constexpr std::array<UsageField, kWatchFeatureCount> kFields = {
    UsageField::kRssBytes,    UsageField::kPssBytes,      UsageField::kSwapBytes,   UsageField::kVmemBytes,
    UsageField::kMemoryBytes, UsageField::kProcesses,     UsageField::kThreads,     UsageField::kDescriptors,
    UsageField::kUserSeconds, UsageField::kSystemSeconds, UsageField::kReadChars,   UsageField::kWriteChars,
    UsageField::kReadBytes,   UsageField::kWriteBytes,
};

// First what a service is known by and anybody may read; last what the others all but say. etc/man/epsilond.ini.5 has it.
constexpr std::array<UsageField, kWatchFeatureCount> kMostTelling = {
    UsageField::kRssBytes,    UsageField::kUserSeconds, UsageField::kSystemSeconds, UsageField::kThreads,
    UsageField::kProcesses,   UsageField::kDescriptors, UsageField::kWriteBytes,    UsageField::kReadBytes,
    UsageField::kSwapBytes,   UsageField::kPssBytes,    UsageField::kWriteChars,    UsageField::kReadChars,
    UsageField::kMemoryBytes, UsageField::kVmemBytes,
};

// What the list of a watch, or of a model, calls a feature.
bool is_meant(std::string_view word, std::string_view name) {
  return word.ends_with('*') ? name.starts_with(word.substr(0, word.size() - 1)) : name == word;
}

}  // namespace

std::span<const Feature> watch_features() { return kFeatures; }

platform::UsageField usage_field(std::size_t watch_feature) { return kFields[watch_feature]; }

bool needs_cgroup(std::size_t watch_feature) { return kFields[watch_feature] == UsageField::kMemoryBytes; }

void keep_most_telling(std::bitset<kWatchFeatureCount>& chosen, std::size_t most) {
  std::bitset<kWatchFeatureCount> kept;
  for (const UsageField field : kMostTelling)
    for (std::size_t i = 0; i < kWatchFeatureCount; ++i)
      if (kFields[i] == field && chosen[i] && kept.count() < most) kept.set(i);
  chosen = kept;
}

std::size_t most_watch_rows() { return models::kMaxFeatures - features().size(); }

std::size_t watch_rows(std::span<const WatchConfig> watches) {
  std::size_t rows = 0;
  for (const WatchConfig& watch : watches) rows += watch.features.count();
  return rows;
}

models::PresenceMask find_watch_rows(std::span<const WatchConfig> watches, std::string_view name) {
  models::PresenceMask found;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return found;
  std::size_t row = features().size();
  for (const WatchConfig& watch : watches) {
    for (std::size_t i = 0; i < kWatchFeatureCount; ++i) {
      if (!watch.features[i]) continue;
      if (watch.name == name.substr(0, dot) && is_meant(name.substr(dot + 1), kFeatures[i].name)) found.set(row);
      ++row;
    }
  }
  return found;
}

models::PresenceMask all_watch_rows(std::span<const WatchConfig> watches) {
  models::PresenceMask rows;
  for (std::size_t i = 0; i < watch_rows(watches); ++i) rows.set(features().size() + i);
  return rows;
}

WatchRows::WatchRows(std::span<const WatchConfig> watches) {
  for (const WatchConfig& watch : watches)
    for (std::size_t i = 0; i < kWatchFeatureCount; ++i)
      if (watch.features[i])
        rows_.push_back({i, watch.name + "." + std::string(kFeatures[i].name),
                         watch.name + " " + std::string(kFeatures[i].description)});
}

std::vector<Feature> WatchRows::behind(std::vector<Feature> table) const {
  for (const Row& row : rows_) {
    table.push_back(kFeatures[row.feature]);
    table.back().name = row.name;
    table.back().description = row.description;
  }
  return table;
}

}  // namespace epsilond::agent
