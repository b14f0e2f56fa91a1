#pragma once
// From a validated configuration to the source and the emitters that do the work (make_model.h: the models).

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "agent/config/config.h"
#include "platform/emit/emitter.h"
#include "platform/host/clock.h"
#include "platform/kernel/host_source.h"
#include "platform/result.h"

namespace epsilond::agent {

// `root`: "" for this host, else a directory with proc/ and sys/ inside.
platform::Result<std::unique_ptr<platform::HostSource>> make_source(const Config& config, std::string_view root,
                                                                    const platform::Clock& clock);

// One emitter per section that carries events; with none configured, JSON lines on `stdout_fd` unless that is -1.
// `clock` must outlive them.
std::vector<std::unique_ptr<platform::Emitter>> make_emitters(const Config& config, const platform::Clock& clock,
                                                              int stdout_fd);

// Seconds of a configuration as a duration, rounded to the nanosecond.
std::chrono::nanoseconds to_nanoseconds(double seconds);

// Rows of the ring buffer that hold `history` at this interval; at least 2.
std::size_t history_rows(const Config& config);

}  // namespace epsilond::agent
