#pragma once
// The validated configuration: every value is in range, every name exists. Built whole or not at all.

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/decision/threshold.h"
#include "models/host_detector.h"
#include "models/observation.h"
#include "platform/emit/endpoint.h"
#include "platform/emit/journal_emitter.h"
#include "platform/kernel/make_host_source.h"
#include "platform/watch/service_match.h"

namespace epsilond::agent {

using platform::SourceChoice;
enum class ModelKind : std::uint8_t { kProduct, kMahalanobis, kMixture, kKMeans, kIsolationForest, kZscore, kSeries };
enum class EmitterKind : std::uint8_t { kSyslog, kUdp, kJournal, kTextfile, kPrometheus };
enum class UdpFormat : std::uint8_t { kJson, kInflux, kStatsd, kGraphite };
enum class FeatureDetail : std::uint8_t { kTop, kAll, kNone };

inline constexpr unsigned kMostComponents = 8;  // of a mixture

// What only some kinds of model have; the keys say which.
struct ModelTuning {
  bool rarest_feature = true;  // product: see models/host_detector.h, and so the next four
  bool heavy_tails = true;
  bool change_term = true;
  bool covariance_term = true;
  bool time_scales = true;
  double shrinkage = 0.1;      // mahalanobis: of the correlations towards none, 0 .. 1
  bool best_shrinkage = false;  // mahalanobis, in a batch: chosen from the rows (Ledoit and Wolf)
  unsigned components = 3;     // mixture; 0: chosen by BIC
  unsigned clusters = 2;       // kmeans
  unsigned smooth = 3;         // kmeans: mean of so many rows
  unsigned difference = 1;     // kmeans: against so many rows ago; 0 = none
  unsigned lag = 5;            // kmeans: so many earlier rows beside the present one
  unsigned models = 18;        // kmeans: of different ages, all of which must agree
  double cap = 0.0;            // kmeans: largest score; 0 = none
  bool standardise = true;     // kmeans
  bool netdata = false;        // kmeans: preset
  unsigned starts = 10;        // mixture and kmeans, in a batch
  unsigned trees = 100;        // isolation_forest
  unsigned subsample = 256;    // isolation_forest: rows per tree
  bool robust = false;         // zscore: median and MAD
  double step_s = 60.0;        // series: length of the means it looks at
  double alert_score = 1.15;   // series, in a batch: the score that is told, and then a silence
  double escalation = 0.0;     // series, in a batch: told within the silence at so many times the last; 0 = never
  std::uint64_t seed = 1;
  double train_window_s = 21600.0;   // the past that a refit looks at
  double retrain_every_s = 10800.0;

  bool operator==(const ModelTuning&) const = default;
};

struct ModelConfig {
  std::string name = "host";
  ModelKind kind = ModelKind::kProduct;
  // Bit i = row i of the table of the pipeline, which the reader takes to be features() and then those of the watches
  // (see agent/watch/watch_table.h); disabled ones are left out.
  models::PresenceMask features;
  bool transform = true;          // false: models see natural units, as the plain product of densities does
  models::BaselineKind baseline = models::BaselineKind::kHourOfWeek;
  double warm_up_s = 900.0;
  models::ThresholdForm threshold = models::ThresholdForm::kBudget;
  double false_alarms_per_week = 0.5;
  double epsilon = -60.0;      // natural log of a density, or the model's own score
  double quantile = 0.001;     // of `quantile` and `contamination`
  bool contamination = false;  // with kQuantile: the share was written as `contamination`; the cut is the same
  unsigned raise_m = 1;
  unsigned raise_n = 1;
  double clear_after_s = 30.0;
  double settle_s = 1.0;          // RAISED waits at most this long for a cause while only symptoms are odd
  double remind_after_s = 600.0;  // ONGOING each so often; 0 = never
  double accept_after_s = 86400.0;
  double grace_s = 120.0;         // after a break in the stream of samples; 0 = none
  double critical_surprise = 12.0;
  double cooldown_s = 0.0;   // after CLEARED the same feature is not told again so soon; 0 = none
  unsigned flap_count = 10;  // so many raises by one feature within flap_window_s are told as one; 0 = never
  double flap_window_s = 3600.0;
  ModelTuning tuning;

  bool operator==(const ModelConfig&) const = default;
};

struct EmitterConfig {
  EmitterKind kind = EmitterKind::kSyslog;
  std::string name;     // the word after the kind in `[emit udp second]`; empty for the first
  bool local = true;    // syslog: /dev/log
  platform::Endpoint endpoint;  // when not local; prometheus: where it listens
  UdpFormat format = UdpFormat::kJson;
  int facility = 3;                                       // syslog and journal: daemon
  std::string socket_path{platform::kJournalSocketPath};  // journal
  std::size_t max_datagram = 480;
  double every_s = 1.0;                                  // udp other than json, and textfile
  std::string path;                                      // textfile
  FeatureDetail features = FeatureDetail::kTop;          // textfile and prometheus: of which features

  bool operator==(const EmitterConfig&) const = default;
};

// Does it tell events, and not numbers?
inline bool carries_events(const EmitterConfig& emitter) {
  if (emitter.kind == EmitterKind::kUdp) return emitter.format == UdpFormat::kJson;
  return emitter.kind == EmitterKind::kSyslog || emitter.kind == EmitterKind::kJournal;
}

// A recurring window of local time in which nothing is sent and nothing is learned. A [mute NAME] section with several
// windows becomes several of these, all of that name.
struct MuteConfig {
  std::string name;
  std::bitset<7> days;   // bit 0 = Sunday: the days on which the window begins
  int start_minute = 0;  // of the local day, 0 .. 1439
  int end_minute = 0;    // exclusive, 0 .. 1439; at or before start = runs into the next day

  bool operator==(const MuteConfig&) const = default;
};

inline constexpr std::size_t kWatchFeatureCount = 14;

// A service whose features every model may have, under the prefix of its name.
struct WatchConfig {
  std::string name;
  platform::ServiceMatch match;
  std::bitset<kWatchFeatureCount> features;  // bit i = row i of watch_features()

  bool operator==(const WatchConfig&) const = default;
};

struct Config {
  double interval_s = 1.0;
  std::string host;  // empty: gethostname
  std::string cluster;  // a tag of what is pushed, as is the role; empty: none
  std::string role;
  double cpu_budget_ratio = 0.002;
  std::string state_path = "/var/lib/epsilond/state";  // empty: none
  double state_every_s = 600.0;
  std::string control_path = "/run/epsilond/control.sock";  // empty: none
  double history_s = 3600.0;  // length of the ring buffer
  SourceChoice source = SourceChoice::kAuto;
  models::PresenceMask disabled_features;  // [features] disable; already left out of every ModelConfig::features
  std::vector<ModelConfig> models;
  std::vector<EmitterConfig> emitters;
  std::vector<MuteConfig> mutes;
  std::vector<WatchConfig> watches;
  std::string user;     // whom root becomes; empty: auto
  bool sandbox = true;  // gives up what it does not need

  bool operator==(const Config&) const = default;
};

}  // namespace epsilond::agent
