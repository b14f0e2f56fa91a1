#include "agent/pipeline/saved_episode.h"

#include <chrono>
#include <cstring>
#include <type_traits>

namespace epsilond::agent {
namespace {

static_assert(std::is_trivially_copyable_v<SavedEpisode>);
static_assert(models::kMaxFeatures == 64, "the present rows are bits of a word");

}  // namespace

void save_moment(const Snapshot& moment, SavedEpisode& out) {
  out.peak_ns = moment.wall.count();
  out.surprise = moment.score.surprise;
  out.log_density = moment.score.log_density;
  out.threshold = moment.verdict.threshold;
  out.cause_leads = moment.cause_leads ? 1 : 0;
  out.leading = moment.leading;
  out.present = moment.readings.present.to_ullong();
  out.values = moment.readings.values;
  const models::Score& score = moment.score;
  const std::array<const models::FeatureVector*, 4> vectors = {&score.mean, &score.sd, &score.z, &score.share};
  for (std::size_t v = 0; v < vectors.size(); ++v)
    std::memcpy(out.by_column[v].data(), vectors[v]->data(),
                static_cast<std::size_t>(vectors[v]->size()) * sizeof(double));
}

Snapshot load_moment(const SavedEpisode& saved, std::size_t columns) {
  Snapshot moment;
  moment.wall = std::chrono::nanoseconds(saved.peak_ns);
  moment.score.status = models::ScoreStatus::kScored;
  moment.score.surprise = saved.surprise;
  moment.score.log_density = saved.log_density;
  moment.verdict = {true, true, saved.threshold};
  moment.cause_leads = saved.cause_leads != 0;
  moment.leading = saved.leading < columns ? static_cast<std::uint8_t>(saved.leading) : kNoColumn;
  moment.readings.present = models::PresenceMask(saved.present);
  moment.readings.values = saved.values;
  models::Score& score = moment.score;
  const std::array<models::FeatureVector*, 4> vectors = {&score.mean, &score.sd, &score.z, &score.share};
  for (std::size_t v = 0; v < vectors.size(); ++v) {
    vectors[v]->resize(static_cast<Eigen::Index>(columns));
    std::memcpy(vectors[v]->data(), saved.by_column[v].data(), columns * sizeof(double));
  }
  return moment;
}

}  // namespace epsilond::agent
