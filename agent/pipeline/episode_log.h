#pragma once
// The last episodes that were told, with their arithmetic, in fixed memory: what `explain` looks up later.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "agent/pipeline/feature_arithmetic.h"
#include "platform/emit/flag.h"

namespace epsilond::agent {

struct ToldEpisode {
  platform::Flag flag;  // the last one of this episode; its processes are those that were named first
  std::array<FeatureArithmetic, models::kMaxFeatures> terms;  // of its strangest moment, in the order of the table
  std::size_t term_count = 0;
  std::uint64_t changes = 0;  // counts what was written into the log; 0: nothing yet
};

class EpisodeLog {
 public:
  static constexpr std::size_t kEpisodes = 8;

  EpisodeLog();

  // Another event of an episode; a new episode takes the place of the one told of longest ago.
  void add(const platform::Flag& flag, const Snapshot& peak, const ModelView& view);
  // Null where there is none. newest(): the one that was told of last.
  const ToldEpisode* newest() const;
  const ToldEpisode* find(std::string_view id) const;

  // After a reload: goes on with the records of `before`, whose terms are of the table `from` and become terms of `to`;
  // those of a feature that is gone are left out.
  void take_over(EpisodeLog& before, std::span<const Feature> from, std::span<const Feature> to);

  std::size_t memory_bytes() const { return kEpisodes * sizeof(ToldEpisode); }

 private:
  using Records = std::array<ToldEpisode, kEpisodes>;
  std::unique_ptr<Records> records_;
  std::uint64_t changes_ = 0;
};

}  // namespace epsilond::agent
