#include "agent/control/doctor_report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "agent/control/agent_link.h"
#include "agent/history/json_line.h"
#include "agent/pipeline/explanation.h"
#include "platform/emit/escape.h"

namespace epsilond::agent {
namespace {

constexpr std::array<std::string_view, 4> kHealthNames = {"ok", "note", "off", "wrong"};
constexpr std::size_t kHealthWidth = 5;
constexpr std::size_t kWidestSubject = 36;  // a longer one pushes its own line only

std::string_view name_of(Health health) { return kHealthNames[static_cast<std::size_t>(health)]; }

void put_finding(const Finding& finding, std::string& text) {
  JsonLine json(text);
  json.string("health", name_of(finding.health));
  json.string("about", finding.about);
  json.string("subject", finding.subject);
  json.string("text", finding.text);
  json.string("advice", finding.advice);
  if (!finding.features.empty()) {
    json.key("features");
    text += '[';
    for (const std::string_view feature : finding.features) {
      if (!text.ends_with('[')) text += ',';
      text += '"';
      text += feature;
      text += '"';
    }
    text += ']';
  }
  for (const auto& [name, value] : finding.numbers) json.number(name, value);
}

}  // namespace

bool DoctorReport::healthy() const {
  return std::none_of(findings_.begin(), findings_.end(),
                      [](const Finding& finding) { return finding.health == Health::kWrong; });
}

std::string DoctorReport::for_people() const {
  std::size_t width = 0;
  for (const Finding& finding : findings_)
    if (finding.subject.size() <= kWidestSubject) width = std::max(width, finding.subject.size());
  std::string text;
  for (const Finding& finding : findings_) {
    std::string line =
        padded(name_of(finding.health), kHealthWidth) + "  " + padded(finding.subject, width) + "  " + finding.text;
    if (!finding.advice.empty()) line += "; " + finding.advice;
    text += platform::escape_text(line, platform::Escape::kMessage) + '\n';
  }
  return text;
}

std::string DoctorReport::for_machines() const {
  std::string text = "{";
  JsonLine json(text);
  json.count("v", 1);
  json.boolean("healthy", healthy());
  json.key("findings");
  text += '[';
  for (const Finding& finding : findings_) {
    text += text.ends_with('[') ? "{" : ",{";
    put_finding(finding, text);
    text += '}';
  }
  text += "]}\n";
  return text;
}

std::string cost_text(double microseconds) {
  std::array<char, 32> text;
  if (microseconds < 1000.0)
    std::snprintf(text.data(), text.size(), "%.1f us", microseconds);
  else
    std::snprintf(text.data(), text.size(), "%.1f ms", microseconds / 1000.0);
  return text.data();
}

std::string names_text(const std::vector<std::string_view>& names) {
  constexpr std::size_t kMostNames = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) {
    if (i > 0) text += ", ";
    text += names[i];
  }
  if (names.size() > kMostNames) text += " and " + std::to_string(names.size() - kMostNames) + " more";
  return text;
}

std::string duration_text(double seconds) { return std::string(format_duration(seconds).view()); }

}  // namespace epsilond::agent
