#include "agent/report/ranked_scores.h"

#include <algorithm>
#include <cmath>

namespace epsilond::agent {

void RankedScores::add(double score, bool flagged) {
  if (!std::isfinite(score)) return;
  const Kept kept{sign_ * score, flagged};
  if (strangest_.size() < kStrangest) {
    strangest_.push_back(kept);
    std::push_heap(strangest_.begin(), strangest_.end(), stranger);
    return;
  }
  if (!stranger(kept, strangest_.front())) {
    offer(kept);
    return;
  }
  std::pop_heap(strangest_.begin(), strangest_.end(), stranger);
  offer(strangest_.back());
  strangest_.back() = kept;
  std::push_heap(strangest_.begin(), strangest_.end(), stranger);
}

void RankedScores::offer(const Kept& kept) {
  if (offered_++ < kSample) {
    sample_.push_back(kept);
    return;
  }
  const std::uint64_t place = random_.next() % offered_;
  if (place < kSample) sample_[static_cast<std::size_t>(place)] = kept;
}

std::vector<RankedScore> RankedScores::ranked() const {
  std::vector<Kept> kept = strangest_;
  std::sort(kept.begin(), kept.end(), stranger);
  std::vector<Kept> sample = sample_;
  std::sort(sample.begin(), sample.end(), stranger);
  std::vector<RankedScore> ranked;
  ranked.reserve(kept.size() + sample.size());
  for (const Kept& one : kept)
    ranked.push_back({static_cast<double>(ranked.size() + 1), sign_ * one.strangeness, one.flagged});
  // The i-th of m in a uniform sample out of n has the expected rank i (n + 1) / (m + 1), which is i where m = n.
  const double step = static_cast<double>(offered_ + 1) / static_cast<double>(sample.size() + 1);
  for (std::size_t i = 0; i < sample.size(); ++i)
    ranked.push_back({static_cast<double>(kept.size()) + static_cast<double>(i + 1) * step,
                      sign_ * sample[i].strangeness, sample[i].flagged});
  return ranked;
}

}  // namespace epsilond::agent
