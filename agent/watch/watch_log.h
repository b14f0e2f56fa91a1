#pragma once
// Says once what an administrator should know of a watched service, and again when it has changed.

#include <cstdint>
#include <span>

#include "agent/config/config.h"
#include "platform/watch/service_reader.h"

namespace epsilond::agent {

// Of what flaps, at most once in kReportsBetween reports. Does not allocate.
class WatchLog {
 public:
  static constexpr unsigned kReportsBetween = 60;

  void report(const WatchConfig& config, const platform::ServiceReader& reader);

 private:
  // Is `now` news?
  struct Said {
    bool last = false;
    unsigned silent_for = 0;
    bool is_news(bool now);
  };

  bool knows_service_ = false;  // it was told whether it runs
  Said there_;
  Said pid_file_;
  Said overflow_;
  Said io_denied_;
  Said pss_denied_;
  Said descriptors_denied_;
  Said too_large_;
};

}  // namespace epsilond::agent
