#pragma once
// What of a model's episodes outlives the agent: that one is open, since when, under which id, and its strangest
// moment.

#include <array>
#include <cstddef>
#include <cstdint>

#include "agent/pipeline/snapshot.h"
#include "models/observation.h"

namespace epsilond::agent {

// Bytes of a file: what stands here keeps its place and meaning as long as the format version is 1 (state_file.h).
struct SavedEpisode {
  std::int64_t saved_ns = 0;  // wall clock
  std::uint64_t number = 0;   // of the newest episode, open or not
  std::uint64_t told = 0;     // 1: RAISED went out and no ending; else nothing below counts
  std::int64_t began_ns = 0;  // wall clock
  double open_s = 0.0;
  double strange_s = 0.0;
  double held_s = 0.0;  // that the learning gate has held out against the level
  std::uint64_t times = 1;
  std::uint64_t resting = 0;
  std::uint64_t told_critical = 0;
  // The strangest moment.
  std::int64_t peak_ns = 0;
  double surprise = 0.0;
  double log_density = 0.0;
  double threshold = 0.0;
  std::uint64_t cause_leads = 0;
  std::uint64_t leading = kNoColumn;
  std::uint64_t present = 0;                                            // bit i: row i of the feature table
  std::array<double, models::kMaxFeatures> values{};                    // by row of the feature table
  std::array<std::array<double, models::kMaxFeatures>, 4> by_column{};  // mean, sd, z, share; by column of the model
};

void save_moment(const Snapshot& moment, SavedEpisode& out);
// `columns`: how many the model has.
Snapshot load_moment(const SavedEpisode& saved, std::size_t columns);

}  // namespace epsilond::agent
