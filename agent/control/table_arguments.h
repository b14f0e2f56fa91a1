#pragma once
// Options that every subcommand over tables has, read in one way.

#include <optional>
#include <string>
#include <string_view>

#include "agent/control/arguments.h"
#include "agent/history/row_source.h"
#include "platform/result.h"

namespace epsilond::agent {

// "--OPTION 'VALUE': what is allowed".
platform::Error bad_value(const char* option, std::string_view value, const char* allowed);

// --format and --columns; what is not given is left as it is.
platform::Result<void> parse_table_arguments(const Arguments& arguments, TableOptions& table);
// The name of a file, for something else has standard output: `allowed` says so.
platform::Result<void> parse_output_file(
    const Arguments& arguments, const char* option, std::string& path,
    const char* allowed = "the name of a file (standard output carries the events)");
// --false-alarms-per-week: above 0.
platform::Result<std::optional<double>> parse_weekly_budget(const Arguments& arguments);

}  // namespace epsilond::agent
