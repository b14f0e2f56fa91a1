#pragma once
// Past rows through the very pipeline of the agent, with the times in the file as its clock.

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config.h"
#include "agent/config/config_reader.h"
#include "agent/history/feature_columns.h"
#include "agent/history/row_clock.h"
#include "agent/history/row_source.h"
#include "agent/history/table_clock.h"
#include "agent/pipeline/pipeline.h"
#include "platform/emit/emitter.h"
#include "platform/emit/flag.h"

namespace epsilond::agent {

// What goes along with a replay and writes it down: the scores table, the events on standard output, the report.
class ReplayListener {
 public:
  ReplayListener() = default;
  ReplayListener(const ReplayListener&) = delete;
  ReplayListener& operator=(const ReplayListener&) = delete;
  virtual ~ReplayListener() = default;

  // Once for each row, after every model has judged and perhaps learned it: watcher.latest() is of this row. The events
  // of the row came before.
  virtual void on_row(const TableRow& row, std::span<const std::unique_ptr<Watcher>> watchers) {
    static_cast<void>(row);
    static_cast<void>(watchers);
  }
  // Once for each event of each model, in the order of time.
  virtual void on_event(const platform::Flag& flag) { static_cast<void>(flag); }
};

// What became of one model.
struct ReplayTally {
  std::string model;
  std::uint64_t episodes = 0;      // RAISED events
  std::uint64_t flagged_rows = 0;  // rows in an episode
};

class Replayer {
 public:
  // The local time of an instant in Unix time, as an offset from UTC.
  using UtcOffset = std::chrono::seconds (*)(const void* context, std::chrono::nanoseconds wall);
  // The listeners must outlive the replayer. `config` is for the table of `columns`, and its interval is that of
  // `clock`; its emitters and its state are not used.
  Replayer(Config config, FeatureColumns columns, const RowClock& clock, std::span<ReplayListener* const> listeners);
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  // Local time is UTC unless this says otherwise; `context` must outlive the replayer.
  void set_utc_offset(UtcOffset utc_offset, const void* context) {
    utc_offset_ = utc_offset;
    utc_context_ = context;
  }

  // The rows in their order.
  void step(const TableRow& row);

  Pipeline& pipeline() { return *pipeline_; }
  const Pipeline& pipeline() const { return *pipeline_; }
  const RowClock& clock() const { return clock_; }
  const FeatureColumns& columns() const { return columns_; }
  std::span<const ReplayTally> tallies() const { return tallies_; }
  std::uint64_t rows() const { return rows_; }
  // Of the first and the last row; 0 before any.
  double from_s() const { return from_s_; }
  double to_s() const { return clock_.time_s(); }

 private:
  // Hands every flag of the pipeline to the listeners.
  class Fan final : public platform::Emitter {
   public:
    explicit Fan(Replayer& replayer) : replayer_(replayer) {}
    platform::Result<void> emit(const platform::Flag& flag) override;
    std::string_view name() const override { return "replay"; }

   private:
    Replayer& replayer_;
  };

  FeatureColumns columns_;
  RowClock clock_;
  std::vector<ReplayListener*> listeners_;
  std::vector<ReplayTally> tallies_;
  std::unique_ptr<Pipeline> pipeline_;
  Readings readings_;
  UtcOffset utc_offset_ = nullptr;
  const void* utc_context_ = nullptr;
  std::uint64_t rows_ = 0;
  double from_s_ = 0.0;
};

// The mask of each model of `loaded` over the table of `columns`: all rows that a column feeds where the configuration
// names no features, else those that it names and a column feeds; never a feature that is disabled. An error kMalformed
// where a model is left without any.
platform::Result<void> choose_features(const LoadedConfig& loaded, const FeatureColumns& columns,
                                       std::vector<ModelConfig>& models);

}  // namespace epsilond::agent
