#include "agent/config/config_keys.h"

#include <algorithm>
#include <array>
#include <limits>

#include "agent/config/config_row.h"

namespace epsilond::agent {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 3600;
constexpr double kDay = 86400;
constexpr double kHuge = std::numeric_limits<double>::max();

constexpr std::array kSections = {
    SectionSpec{SectionKind::kAgent, "agent", Naming::kNone, "[agent]"},
    SectionSpec{SectionKind::kFeatures, "features", Naming::kNone, "[features]"},
    SectionSpec{SectionKind::kModel, "model", Naming::kRequired, "[model NAME]"},
    SectionSpec{SectionKind::kEmitSyslog, "emit syslog", Naming::kOptional, "[emit syslog]"},
    SectionSpec{SectionKind::kEmitUdp, "emit udp", Naming::kOptional, "[emit udp]"},
    SectionSpec{SectionKind::kEmitJournal, "emit journal", Naming::kOptional, "[emit journal]"},
    SectionSpec{SectionKind::kEmitTextfile, "emit textfile", Naming::kOptional, "[emit textfile]"},
    SectionSpec{SectionKind::kEmitPrometheus, "emit prometheus", Naming::kNone, "[emit prometheus]"},
    SectionSpec{SectionKind::kMute, "mute", Naming::kRequired, "[mute NAME]"},
    SectionSpec{SectionKind::kWatch, "watch", Naming::kRequired, "[watch NAME]"},
};

constexpr std::array kSources = {word("auto", SourceChoice::kAuto), word("statgrab", SourceChoice::kStatgrab),
                                 word("procfs", SourceChoice::kProcfs)};
constexpr std::array kSandbox = {word("auto", true), word("off", false)};
constexpr std::array kModelKinds = {word("product", ModelKind::kProduct),
                                    word("mahalanobis", ModelKind::kMahalanobis),
                                    word("mixture", ModelKind::kMixture),
                                    word("kmeans", ModelKind::kKMeans),
                                    word("isolation_forest", ModelKind::kIsolationForest),
                                    word("zscore", ModelKind::kZscore),
                                    word("series", ModelKind::kSeries)};
constexpr std::string_view kDensityKinds = "product mahalanobis mixture";
constexpr std::string_view kScoreKinds = "kmeans isolation_forest zscore series";
constexpr std::string_view kRefittedKinds = "mixture kmeans isolation_forest zscore";
constexpr std::array kBic = {word("bic", 0)};
constexpr std::array kNever = {word("never", 0)};
constexpr std::array kYesNo = {word("yes", true), word("no", false)};
constexpr std::array kPresets = {word("none", false), word("netdata", true)};
constexpr std::array kBaselines = {word("global", models::BaselineKind::kGlobal),
                                   word("hour-of-day", models::BaselineKind::kHourOfDay),
                                   word("hour-of-week", models::BaselineKind::kHourOfWeek)};
constexpr std::array kTransforms = {word("table", true), word("none", false)};
// Contamination is the quantile by its other name, so it has a number beside those of ThresholdForm.
constexpr int kContaminationWord = 100;
constexpr std::array kThresholds = {
    word("budget", models::ThresholdForm::kBudget), word("epsilon", models::ThresholdForm::kEpsilon),
    word("quantile", models::ThresholdForm::kQuantile), word("contamination", kContaminationWord)};
// RFC 5424, section 6.2.1, table 1.
constexpr std::array kFacilities = {word("user", 1),    word("daemon", 3),  word("local0", 16), word("local1", 17),
                                    word("local2", 18), word("local3", 19), word("local4", 20), word("local5", 21),
                                    word("local6", 22), word("local7", 23)};
constexpr std::array kUdpFormats = {word("json", UdpFormat::kJson), word("influx", UdpFormat::kInflux),
                                    word("statsd", UdpFormat::kStatsd), word("graphite", UdpFormat::kGraphite)};
constexpr std::array kDetails = {word("top", FeatureDetail::kTop), word("yes", FeatureDetail::kAll),
                                 word("no", FeatureDetail::kNone)};

void set_threshold(const SectionTarget& target, double value) {
  const int chosen = static_cast<int>(value);
  target.model->contamination = chosen == kContaminationWord;
  target.model->threshold =
      target.model->contamination ? models::ThresholdForm::kQuantile : static_cast<models::ThresholdForm>(chosen);
}

double get_threshold(const SectionTarget& target) {
  return target.model->contamination ? kContaminationWord : static_cast<double>(target.model->threshold);
}

using enum SectionKind;
using enum ValueType;

constexpr auto kKeys = std::to_array<KeySpec>({
    Row(kAgent, "interval", kDuration, "1s", "100ms .. 1h", "time between samples")
        .in(0.1, kHour)
        .to<&Config::interval_s>(),
    Row(kAgent, "host", kHost, "auto", "auto, or a name of up to 64 letters, digits, dots, - and _",
        "name of this machine in events"),
    Row(kAgent, "cpu_budget", kPercent, "0.2%", "0.01% .. 100%",
        "share of one core, averaged, that costly scans may use")
        .in(0.0001, 1.0)
        .to<&Config::cpu_budget_ratio>(),
    Row(kAgent, "state", kPath, "/var/lib/epsilond/state", "an absolute path, or none",
        "file that keeps what was learned over a restart"),
    Row(kAgent, "save_every", kDuration, "10m", "10s .. 1d", "time between saves of the state file")
        .in(10, kDay)
        .to<&Config::state_every_s>(),
    Row(kAgent, "control", kControlPath, "/run/epsilond/control.sock", "an absolute path of at most 107 bytes, or none",
        "socket through which epsilonctl speaks with the agent"),
    Row(kAgent, "history", kDuration, "1h", "1m .. 30d, at least one interval and at most 2000000 intervals",
        "length of the ring buffer of samples")
        .in(kMinute, 30 * kDay)
        .to<&Config::history_s>(),
    Row(kAgent, "source", kWord, "auto", "auto, statgrab, procfs", "who reads the kernel's figures")
        .of(kSources)
        .to<&Config::source>(),
    Row(kAgent, "user", kUser, "auto", "auto, or the name of an account in /etc/passwd",
        "account that the agent becomes when root starts it"),
    Row(kAgent, "sandbox", kWord, "auto", "auto, off", "whether the agent gives up what it does not need")
        .of(kSandbox)
        .to<&Config::sandbox>(),
    Row(kAgent, "cluster", kTag, "none", "none, or up to 31 letters, digits, dots, - and _",
        "cluster of this machine, a tag of the readings that are sent"),
    Row(kAgent, "role", kTag, "none", "none, or up to 31 letters, digits, dots, - and _",
        "what this machine is there for, a tag of the readings that are sent"),

    Row(kFeatures, "disable", kDisableList, "none", "none, or names from the table of features (PREFIX* for several)",
        "features that no model uses"),

    Row(kModel, "kind", kWord, "product", "product, mahalanobis, mixture, kmeans, isolation_forest, zscore, series",
        "kind of model")
        .of(kModelKinds)
        .to<&ModelConfig::kind>(),
    Row(kModel, "features", kFeatureList, "default",
        "default, or names from the table of features (PREFIX* for several)", "features of this model"),
    Row(kModel, "baseline", kWord, "hour-of-week", "global, hour-of-day, hour-of-week", "what is usual depends on")
        .of(kBaselines)
        .only("product")
        .to<&ModelConfig::baseline>(),
    Row(kModel, "transform", kWord, "table", "table, none", "scale on which the model sees a feature")
        .of(kTransforms)
        .to<&ModelConfig::transform>(),
    Row(kModel, "warm_up", kDuration, "15m", "30s .. 7d", "time of learning before anything is flagged")
        .in(30, 7 * kDay)
        .to<&ModelConfig::warm_up_s>(),
    Row(kModel, "threshold", kWord, "budget", "budget, epsilon, quantile, contamination", "form of the cut")
        .of(kThresholds)
        .to(set_threshold, get_threshold),
    Row(kModel, "false_alarms_per_week", kNumber, "0.5", "0.001 .. 10000", "tolerated false alarms per week")
        .in(0.001, 10000)
        .with("budget")
        .to<&ModelConfig::false_alarms_per_week>(),
    Row(kModel, "log_epsilon", kNumber, "", "a finite number", "cut of log super-epsilon")
        .such_as("-60")
        .in(-kHuge, kHuge)
        .with("epsilon")
        .only(kDensityKinds)
        .to<&ModelConfig::epsilon>(),
    Row(kModel, "epsilon", kNumber, "", "a finite number", "cut of the model's own score")
        .such_as("0.99")
        .in(-kHuge, kHuge)
        .with("epsilon")
        .only(kScoreKinds)
        .to<&ModelConfig::epsilon>(),
    Row(kModel, "quantile", kNumber, "0.001", "above 0 and at most 0.5", "share of learned scores below the cut")
        .in(0, 0.5)
        .open()
        .with("quantile")
        .to<&ModelConfig::quantile>(),
    Row(kModel, "contamination", kNumber, "0.001", "above 0 and at most 0.5", "expected share of anomalies")
        .in(0, 0.5)
        .open()
        .with("contamination")
        .to<&ModelConfig::quantile>(),
    Row(kModel, "raise_after", kMofN, "1 of 1", "m of n, 1 <= m <= n <= 64", "strange samples that open an episode"),
    Row(kModel, "clear_after", kDuration, "30s", "1s .. 1d", "quiet time that ends an episode")
        .in(1, kDay)
        .to<&ModelConfig::clear_after_s>(),
    Row(kModel, "settle", kDuration, "1s", "0s .. 60s",
        "longest time that RAISED waits for a cause while only symptoms are odd")
        .in(0, kMinute)
        .to<&ModelConfig::settle_s>(),
    Row(kModel, "remind_after", kDuration, "10m", "0s (never), or 10s .. 1d", "time between ONGOING events")
        .in(10, kDay)
        .or_zero()
        .to<&ModelConfig::remind_after_s>(),
    Row(kModel, "accept_after", kDuration, "1d", "1m .. 90d", "time until a lasting new level is accepted as usual")
        .in(kMinute, 90 * kDay)
        .to<&ModelConfig::accept_after_s>(),
    Row(kModel, "grace", kDuration, "2m", "0s (none), or 1s .. 1d", "time after a break in which nothing new is raised")
        .in(1, kDay)
        .or_zero()
        .to<&ModelConfig::grace_s>(),
    Row(kModel, "critical_surprise", kNumber, "12", "1 .. 300", "surprise above which an event is critical")
        .in(1, 300)
        .to<&ModelConfig::critical_surprise>(),

    Row(kModel, "cooldown", kDuration, "0s", "0s (none), or 10s .. 1d",
        "time after a recovery in which the same trouble is told again only if it lasts or is worse")
        .in(10, kDay)
        .or_zero()
        .to<&ModelConfig::cooldown_s>(),
    Row(kModel, "flapping", kInteger, "10", "never, or 2 .. 50",
        "episodes led by one feature within flapping_window that are told as one from then on")
        .in(2, 50)
        .of(kNever)
        .to<&ModelConfig::flap_count>(),
    Row(kModel, "flapping_window", kDuration, "1h", "1m .. 1d",
        "time in which episodes are counted as flapping, and quiet that ends it")
        .in(kMinute, kDay)
        .to<&ModelConfig::flap_window_s>(),

    Row(kModel, "rarest_feature", kWord, "yes", "yes, no", "look at the rarest feature too, beside all together")
        .of(kYesNo)
        .only("product")
        .to<&ModelTuning::rarest_feature>(),
    Row(kModel, "heavy_tails", kWord, "yes", "yes, no", "densities with heavy tails in the score; no: Gaussian ones")
        .of(kYesNo)
        .only("product")
        .to<&ModelTuning::heavy_tails>(),
    Row(kModel, "change_term", kWord, "yes", "yes, no", "changes from sample to sample count too")
        .of(kYesNo)
        .only("product")
        .to<&ModelTuning::change_term>(),
    Row(kModel, "covariance_term", kWord, "yes", "yes, no", "features are looked at given all others too")
        .of(kYesNo)
        .only("product")
        .to<&ModelTuning::covariance_term>(),
    Row(kModel, "time_scales", kWord, "yes", "yes, no", "averages over several lengths of time count too")
        .of(kYesNo)
        .only("product")
        .to<&ModelTuning::time_scales>(),
    Row(kModel, "shrinkage", kNumber, "0.1", "0 .. 1", "share by which correlations are taken as weaker")
        .in(0, 1)
        .only("mahalanobis")
        .in_batch()
        .to<&ModelTuning::shrinkage>(),
    Row(kModel, "components", kInteger, "3", "1 .. 8, or bic", "Gaussians of the mixture")
        .in(1, kMostComponents)
        .of(kBic)
        .only("mixture")
        .in_batch()
        .to<&ModelTuning::components>(),
    Row(kModel, "preset", kWord, "none", "none, netdata", "known set of the seven keys below")
        .of(kPresets)
        .only("kmeans")
        .in_batch()
        .to<&ModelTuning::netdata>(),
    Row(kModel, "clusters", kInteger, "2", "2 .. 16", "clusters of the past")
        .in(2, 16)
        .only("kmeans")
        .fixed_by_preset()
        .in_batch()
        .to<&ModelTuning::clusters>(),
    Row(kModel, "smooth", kInteger, "3", "1 .. 60", "samples whose mean is looked at")
        .in(1, 60)
        .only("kmeans")
        .fixed_by_preset()
        .in_batch()
        .to<&ModelTuning::smooth>(),
    Row(kModel, "difference", kInteger, "1", "0 (the value itself) .. 60",
        "samples back to which the difference is taken")
        .in(0, 60)
        .only("kmeans")
        .fixed_by_preset()
        .in_batch()
        .to<&ModelTuning::difference>(),
    Row(kModel, "lag", kInteger, "5", "0 .. 10", "earlier differences seen beside the present one")
        .in(0, 10)
        .only("kmeans")
        .fixed_by_preset()
        .in_batch()
        .to<&ModelTuning::lag>(),
    Row(kModel, "cap", kNumber, "0", "0 (none) .. 1000", "largest score")
        .in(0, 1000)
        .only("kmeans")
        .in_batch()
        .to<&ModelTuning::cap>(),
    Row(kModel, "models", kInteger, "18", "1 .. 18", "models of different ages that must all agree")
        .in(1, 18)
        .only("kmeans")
        .fixed_by_preset()
        .to<&ModelTuning::models>(),
    Row(kModel, "trees", kInteger, "100", "1 .. 1000", "trees of the forest")
        .in(1, 1000)
        .only("isolation_forest")
        .in_batch()
        .to<&ModelTuning::trees>(),
    Row(kModel, "subsample", kInteger, "256", "2 .. 1024", "rows that a tree is grown from")
        .in(2, 1024)
        .only("isolation_forest")
        .in_batch()
        .to<&ModelTuning::subsample>(),
    Row(kModel, "robust", kWord, "no", "yes, no", "median and MAD in place of mean and standard deviation")
        .of(kYesNo)
        .only("zscore")
        .in_batch()
        .to<&ModelTuning::robust>(),
    Row(kModel, "step", kDuration, "1m", "1s .. 1h", "length of the means that are looked at")
        .in(1, kHour)
        .only("series")
        .to<&ModelTuning::step_s>(),
    Row(kModel, "train_window", kDuration, "6h", "10m .. 7d", "past that a refit looks at")
        .in(10 * kMinute, 7 * kDay)
        .only(kRefittedKinds)
        .fixed_by_preset()
        .to<&ModelTuning::train_window_s>(),
    Row(kModel, "retrain_every", kDuration, "3h", "5m .. 7d", "time between refits")
        .in(5 * kMinute, 7 * kDay)
        .only("mixture kmeans isolation_forest")
        .fixed_by_preset()
        .to<&ModelTuning::retrain_every_s>(),

    Row(kEmitSyslog, "target", kSyslogTarget, "local", "local, or udp://ADDRESS[:PORT] with a numeric address",
        "where syslog messages go"),
    Row(kEmitSyslog, "facility", kWord, "daemon", "user, daemon, local0 .. local7", "syslog facility")
        .of(kFacilities)
        .to<&EmitterConfig::facility>(),
    Row(kEmitSyslog, "max_datagram", kInteger, "480", "480 .. 2048", "octets of the longest message")
        .in(480, 2048)
        .to<&EmitterConfig::max_datagram>(),

    Row(kEmitUdp, "target", kUdpTarget, "", "ADDRESS:PORT with a numeric address", "where datagrams go")
        .such_as("192.0.2.10:8089"),
    Row(kEmitUdp, "format", kWord, "json", "json, influx, statsd, graphite", "what a datagram holds")
        .of(kUdpFormats)
        .to<&EmitterConfig::format>(),
    Row(kEmitUdp, "max_datagram", kInteger, "1432", "480 .. 2048", "octets of the longest datagram")
        .in(480, 2048)
        .to<&EmitterConfig::max_datagram>(),
    Row(kEmitUdp, "every", kDuration, "1s", "1s .. 1h", "time between readings")
        .in(1, kHour)
        .to<&EmitterConfig::every_s>(),

    Row(kEmitJournal, "socket", kSocketPath, platform::kJournalSocketPath, "an absolute path of at most 107 bytes",
        "socket of the journal"),
    Row(kEmitJournal, "facility", kWord, "daemon", "user, daemon, local0 .. local7", "syslog facility")
        .of(kFacilities)
        .to<&EmitterConfig::facility>(),

    Row(kEmitTextfile, "path", kFilePath, "", "an absolute path", "file that node_exporter reads")
        .such_as("/var/lib/prometheus/node-exporter/epsilond.prom"),
    Row(kEmitTextfile, "every", kDuration, "10s", "1s .. 1h", "time between writes")
        .in(1, kHour)
        .to<&EmitterConfig::every_s>(),
    Row(kEmitTextfile, "features", kWord, "top", "top, yes, no", "features whose z and share are told")
        .of(kDetails)
        .to<&EmitterConfig::features>(),

    Row(kEmitPrometheus, "listen", kUdpTarget, "127.0.0.1:9978", "ADDRESS:PORT with a numeric address of this machine",
        "where /metrics is served"),
    Row(kEmitPrometheus, "features", kWord, "top", "top, yes, no", "features whose z and share are told")
        .of(kDetails)
        .to<&EmitterConfig::features>(),

    Row(kMute, "when", kWindows, "", "DAYS HH:MM-HH:MM, several divided by commas; DAYS: Mon, Mon-Fri, Sat,Sun, daily",
        "local times at which nothing is sent and nothing is learned")
        .such_as("Sun 03:00-04:30"),

    Row(kWatch, "match", kMatch, "",
        "comm:NAME of at most 15 bytes, cgroup:PATH below the mount point, or pidfile:/PATH",
        "how its processes are recognised")
        .such_as("comm:nginx"),
    Row(kWatch, "features", kWatchList, "default", "default, or names from the table of features of a service (PREFIX* for several)",
        "features that are read of it"),
});

}  // namespace

SectionKind section_of(EmitterKind kind) {
  return static_cast<SectionKind>(static_cast<int>(kEmitSyslog) + static_cast<int>(kind));
}

std::optional<EmitterKind> emitter_of(SectionKind section) {
  for (const EmitterKind kind : {EmitterKind::kSyslog, EmitterKind::kUdp, EmitterKind::kJournal, EmitterKind::kTextfile,
                                 EmitterKind::kPrometheus})
    if (section_of(kind) == section) return kind;
  return std::nullopt;
}

std::span<const SectionSpec> config_sections() { return kSections; }

const SectionSpec& section_spec(SectionKind kind) { return kSections[static_cast<std::size_t>(kind)]; }

std::span<const KeySpec> config_keys() { return kKeys; }

std::string_view model_kind_name(ModelKind kind) {
  for (const Word& word : kModelKinds)
    if (word.value == static_cast<int>(kind)) return word.text;
  return {};
}

bool has_density(ModelKind kind) { return is_among(model_kind_name(kind), kDensityKinds); }

std::string_view threshold_name(const ModelConfig& model) {
  const int value = model.contamination ? kContaminationWord : static_cast<int>(model.threshold);
  for (const Word& word : kThresholds)
    if (word.value == value) return word.text;
  return {};
}

bool is_among(std::string_view word, std::string_view words) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

const KeySpec* find_key(SectionKind section, std::string_view name) {
  for (const KeySpec& key : kKeys)
    if (key.section == section && key.name == name) return &key;
  return nullptr;
}

}  // namespace epsilond::agent
