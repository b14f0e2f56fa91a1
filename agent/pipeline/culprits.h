#pragma once
// Which processes are behind an episode: for each odd feature the growth that explains it, and who grew by that.

#include <cstddef>
#include <optional>
#include <span>

#include "agent/pipeline/explanation.h"
#include "agent/pipeline/snapshot.h"
#include "platform/emit/flag.h"
#include "platform/kernel/host_sample.h"
#include "platform/kernel/process_growth.h"

namespace epsilond::agent {

// What a process does that makes a feature of this field odd: `first`, and where nobody did that, `second`.
struct Behind {
  platform::GrowthKind first = platform::GrowthKind::kNone;
  platform::GrowthKind second = platform::GrowthKind::kNone;
  bool falls = false;       // the feature falls when they grow
  bool same_unit = false;   // feature and growth are in one unit: a process bears some part of what the feature moved
};

// Nothing for a field that no process is behind, time stolen by other machines.
std::optional<Behind> growth_behind(platform::SampleField field);

// Of the last look of `growth`: who is behind the odd features of this moment, those of the feature that leads first. A
// process is named once. Nobody where the leading feature fell: who did less is not to blame. Returns how many.
std::size_t find_culprits(const Snapshot& snapshot, const ModelView& view, platform::ProcessGrowth& growth,
                          std::span<platform::FlagProcess> out);

// "; postgres[4411] +5.6 GB, java[12] +200 threads"; nothing without processes.
void append_culprits(std::span<const platform::FlagProcess> processes, platform::FixedString<1024>& text);

}  // namespace epsilond::agent
