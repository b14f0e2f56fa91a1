#pragma once
// What `epsilonctl run` says at the end.

#include <string>
#include <string_view>

#include "agent/control/run_watch.h"
#include "platform/host/command.h"

namespace epsilond::agent {

// `command`: the program as it was called, of which the last part is named; never its arguments.

// "stress-ng ended with 0 after 6.0 s: ...", one line without its end.
std::string run_summary_text(std::string_view command, const platform::CommandEnd& end, const RunTotals& totals);
// One JSON line. What is not known is left out.
std::string run_summary_json(std::string_view command, const platform::CommandEnd& end, const RunTotals& totals);

}  // namespace epsilond::agent
