#pragma once
// The page of the report as it was built: our markup, style and script with the plotting library in it.

#include <string_view>

namespace epsilond::agent {

// Stands once in the page, where the data of a report go.
inline constexpr std::string_view kPageDataMarker = "@@REPORT_DATA@@";

// Empty in a build that had no plotting library.
std::string_view report_page();

}  // namespace epsilond::agent
