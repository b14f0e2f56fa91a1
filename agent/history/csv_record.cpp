#include "agent/history/csv_record.h"

#include <algorithm>

namespace epsilond::agent {

RecordFault CsvRecord::split(std::string_view text, char separator) {
  cells_.clear();
  unescaped_.clear();
  unescaped_.reserve(text.size());  // no growth while cells point into it
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  std::size_t at = 0;
  for (;;) {
    if (at < text.size() && text[at] == '"') {
      if (const RecordFault fault = take_quoted(text, at); fault != RecordFault::kNone) return fault;
      if (at < text.size() && text[at] != separator) return RecordFault::kAfterQuote;
    } else {
      const std::size_t end = std::min(text.find(separator, at), text.size());
      cells_.push_back(text.substr(at, end - at));
      at = end;
    }
    if (at == text.size()) return RecordFault::kNone;
    ++at;
  }
}

void CsvRecord::split_at_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  cells_.clear();
  for (std::size_t end = 0;;) {
    const std::size_t begin = text.find_first_not_of(kBlanks, end);
    if (begin == std::string_view::npos) return;
    end = std::min(text.find_first_of(kBlanks, begin), text.size());
    cells_.push_back(text.substr(begin, end - begin));
  }
}

RecordFault CsvRecord::take_quoted(std::string_view text, std::size_t& at) {
  const std::size_t begin = at + 1;
  std::size_t quote = text.find('"', begin);
  if (quote == std::string_view::npos) return RecordFault::kOpenQuote;
  if (quote + 1 == text.size() || text[quote + 1] != '"') {
    cells_.push_back(text.substr(begin, quote - begin));
    at = quote + 1;
    return RecordFault::kNone;
  }
  const std::size_t unescaped_begin = unescaped_.size();
  std::size_t from = begin;
  while (quote != std::string_view::npos) {
    const bool doubled = quote + 1 < text.size() && text[quote + 1] == '"';
    unescaped_.append(text.substr(from, quote - from + (doubled ? 1 : 0)));
    if (!doubled) {
      cells_.push_back(std::string_view(unescaped_).substr(unescaped_begin));
      at = quote + 1;
      return RecordFault::kNone;
    }
    from = quote + 2;
    quote = text.find('"', from);
  }
  return RecordFault::kOpenQuote;
}

bool needs_quotes(std::string_view text) { return text.find_first_of(",\"\r\n") != std::string_view::npos; }

std::string csv_cell(std::string_view text) {
  if (!needs_quotes(text)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

}  // namespace epsilond::agent
