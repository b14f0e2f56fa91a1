#pragma once
// The one table of features: what each is called, its unit, how it is made from two samples, and how models see it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "models/observation.h"
#include "platform/kernel/host_sample.h"

namespace epsilond::agent {

enum class FeatureKind : std::uint8_t {
  kGauge,       // the newest reading
  kRate,        // growth of a counter per measured second
  kCpuShare,    // growth of a tick counter as a share of the growth of all ticks
  kTimeShare,   // growth of a time counter per measured second, as a share (times `factor` to seconds)
};

enum class Transform : std::uint8_t {
  kIdentity,
  kLog1p,  // log(1 + value / scale): linear below `scale`, so idle noise stays small; logarithmic above
};

// What a row's numbers are relative to.
enum class Sizing : std::uint8_t {
  kFixed,
  kPerProcessor,   // `scale` is for one processor
  kShareOfMemory,  // `resolution` is at least kMemoryResolution of the machine's memory
};

inline constexpr double kMemoryResolution = 0.005;

struct Feature {
  std::string_view name;         // unit at the end, "mem_used_bytes"
  std::string_view unit;         // "bytes", "1/s", "ratio", "1"; empty: not known
  std::string_view description;  // for people, "memory used"
  FeatureKind kind;
  platform::SampleField field;
  double factor;                 // kTimeShare: seconds per count; 1 elsewhere
  Transform transform;
  double scale;                  // kLog1p: in natural units; 1 elsewhere
  double resolution;             // in transformed units: smaller wobbles are nothing on any healthy machine
  double blame = 1.0;            // in (0, 1]: below 1 for a symptom, so that what it is a symptom of is named first
  Sizing sizing = Sizing::kFixed;
  bool may_be_negative = false;  // no feature of the agent is; a column of some table may be
};

// How large this machine is, as far as features are relative to it.
struct MachineSize {
  double memory_bytes = 0.0;  // 0: not known
  double processors = 1.0;
};
MachineSize machine_size(const platform::HostSample& sample);

// The table as it stands, for a machine of one processor and unknown memory.
std::span<const Feature> features();
// The table with scales and resolutions for a machine of this size.
std::vector<Feature> features_for(const MachineSize& size);
// The row of a feature by its exact name.
std::optional<std::size_t> find_feature(std::string_view name);

double apply_transform(const Feature& feature, double value);
double invert_transform(const Feature& feature, double transformed);

// One row of readings in natural units, in the table's order. `values[i]` counts only where `present[i]`.
struct Readings {
  std::array<double, models::kMaxFeatures> values{};
  models::PresenceMask present;
  double elapsed_s = 0.0;  // between the two samples, measured
};

// Gauges come from `current` alone; rates need both samples, and a counter that went backwards (reset or wrap) or is
// missing on either side makes its feature absent. `first` says there is no previous sample.
Readings observe(const platform::HostSample& previous, const platform::HostSample& current, bool first);

}  // namespace epsilond::agent
