#include "agent/history/sar_reader.h"

#include <algorithm>
#include <cmath>

#include "agent/history/cell.h"

namespace epsilond::agent {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

Result<SarReader> SarReader::open(RowFile file, const TableOptions& options, const ColumnPlan* lead) {
  SarReader reader(std::move(file), options);
  Survey found;
  if (Result<void> surveyed = reader.survey(found); !surveyed) return surveyed.error();
  const std::string& name = reader.malformed_.file;
  if (lead != nullptr) {
    Result<FollowedColumns> followed = follow_columns(reader.blocks_.names(), *lead);
    if (!followed) return followed.error();
    reader.plan_ = std::move(followed->plan);
    for (std::string& remark : followed->remarks) reader.notes_.push_back({name, std::move(remark)});
  } else {
    Result<ColumnPlan> plan = plan_columns(reader.blocks_.names(), found.census, options.columns, NameRules::kPlain);
    if (!plan) return plan.error();
    reader.plan_ = std::move(*plan);
  }
  if (found.no_rows > 0)
    reader.notes_.push_back({name, "restarts and comments, which are no rows: " + std::to_string(found.no_rows)});
  if (found.has_local_time) reader.notes_.push_back({name, "times without a zone are taken as UTC"});
  reader.rewind();
  return reader;
}

Result<void> SarReader::survey(Survey& found) {
  bool is_first = true;
  for (;; is_first = false) {
    std::string_view text;
    const LineStatus status = next_line(text);
    if (status == LineStatus::kError) return lines_.error();
    if (status == LineStatus::kEnd) break;
    if (status == LineStatus::kTooLong) continue;
    if (is_first)
      if (Result<void> checked = check_is_text(text); !checked) return checked.error();
    SarLine line;
    switch (blocks_.read(text, line)) {
      case SarLineKind::kData:
        found.census.resize(blocks_.names().size());
        count_values(line, found.census);
        found.has_local_time |= line.is_local_time;
        ++found.data_lines;
        break;
      case SarLineKind::kRecurringHeader:
        blocks_.begin_segment();
        blocks_.read(text, line);
        break;
      case SarLineKind::kRestart:
        blocks_.begin_segment();
        ++found.no_rows;
        break;
      case SarLineKind::kComment:
        ++found.no_rows;
        break;
      case SarLineKind::kUnusable:
        return make_error(ErrorCode::kTooLarge, 0, "line %llu: %s",
                          static_cast<unsigned long long>(lines_.line_number()), blocks_.reason().c_str());
      case SarLineKind::kHeader:
      case SarLineKind::kMalformed:
        break;
    }
  }
  if (is_first) return make_error(ErrorCode::kMalformed, 0, "the file is empty");
  if (found.data_lines == 0) return make_error(ErrorCode::kMalformed, 0, "there is no row below the header");
  return {};
}

void SarReader::count_values(const SarLine& line, std::vector<ColumnCensus>& census) {
  constexpr std::size_t kEnough = 1000;
  for (std::size_t i = 0; i < line.values.size(); ++i) {
    ColumnCensus& column = census[line.columns[i]];
    if (column.numbers + column.texts >= kEnough) continue;
    double value = 0.0;
    const CellKind kind = parse_cell(line.values[i], value);
    column.texts += kind == CellKind::kText ? 1U : 0U;
    column.numbers += kind != CellKind::kText && kind != CellKind::kAbsent ? 1U : 0U;
  }
}

void SarReader::rewind() {
  lines_.rewind();
  blocks_.rewind();
  held_.clear();
  last_.second = nullptr;
  is_draining_ = at_end_ = false;
  rows_ = malformed_rows_ = 0;
}

LineStatus SarReader::next_line(std::string_view& line) {
  for (;;) {
    const LineStatus status = lines_.next(line);
    if (status != LineStatus::kLine || !is_blank_line(line)) {
      if (status == LineStatus::kLine && lines_.line_number() == 1) line = without_byte_order_mark(line);
      return status;
    }
  }
}

RowStatus SarReader::next(TableRow& row) {
  for (;;) {
    if (is_draining_ && !held_.empty()) {
      hand_out(row);
      return RowStatus::kRow;
    }
    is_draining_ = false;
    if (at_end_) return RowStatus::kEnd;
    std::string_view line;
    switch (next_line(line)) {
      case LineStatus::kEnd:
        is_draining_ = at_end_ = true;
        break;
      case LineStatus::kError:
        error_ = lines_.error();
        return RowStatus::kError;
      case LineStatus::kTooLong:
        return reject("the line is longer than " + std::to_string(kMaxLineBytes) + " bytes");
      case LineStatus::kLine:
        if (const RowStatus status = load(line); status != RowStatus::kRow) return status;
        break;
    }
  }
}

// Takes in one line; sets is_draining_ where a segment ends. kRow: go on.
RowStatus SarReader::load(std::string_view text) {
  SarLine line;
  switch (blocks_.read(text, line)) {
    case SarLineKind::kData:
      return hold(line);
    case SarLineKind::kMalformed:
      return reject(blocks_.reason());
    case SarLineKind::kUnusable:
      error_ = make_error(ErrorCode::kTooLarge, 0, "%s", blocks_.reason().c_str());
      return RowStatus::kError;
    case SarLineKind::kRecurringHeader:
      is_draining_ = true;
      blocks_.begin_segment();
      blocks_.read(text, line);
      break;
    case SarLineKind::kRestart:
      is_draining_ = true;
      blocks_.begin_segment();
      break;
    case SarLineKind::kHeader:
    case SarLineKind::kComment:
      break;
  }
  return RowStatus::kRow;
}

RowStatus SarReader::hold(const SarLine& line) {
  new_values_.clear();
  for (std::size_t i = 0; i < line.values.size(); ++i) {
    const Column& column = plan_.columns[line.columns[i]];
    if (column.role != ColumnRole::kFeature) continue;
    double value = 0.0;
    const CellKind kind = parse_cell(line.values[i], value);
    if (kind == CellKind::kAbsent) continue;
    if (kind != CellKind::kNumber) return reject(complaint(column.name, line.values[i], kind));
    new_values_.emplace_back(column.feature, value);
  }
  HeldRow* row = row_at(line.place, line.time_text);
  if (row == nullptr) {
    error_ = make_error(ErrorCode::kTooLarge, 0,
                        "line %llu: more than %zu MiB of rows to join: take a shorter time (sadf -s, -e) or fewer "
                        "--columns",
                        static_cast<unsigned long long>(lines_.line_number()), max_joined_bytes_ >> 20U);
    return RowStatus::kError;
  }
  for (const auto& [feature, value] : new_values_) row->values[feature] = value;
  return RowStatus::kRow;
}

// Null when no further row may be held.
SarReader::HeldRow* SarReader::row_at(const SarPlace& place, std::string_view time_text) {
  if (last_.second != nullptr && last_.first == place) return last_.second;
  const auto [found, is_new] = held_.try_emplace(place);
  HeldRow& row = found->second;
  if (is_new) {
    if (held_.size() * (kRowBytes + feature_count() * sizeof(double)) > max_joined_bytes_) return nullptr;
    row.time_text.assign(time_text);
    row.values.reset(new double[feature_count()]);
    std::fill_n(row.values.get(), feature_count(), std::nan(""));
  }
  last_ = {place, &row};
  return &row;
}

void SarReader::hand_out(TableRow& row) {
  const auto first = held_.begin();
  handed_out_ = std::move(first->second);
  row.row = rows_++;
  row.label = -1;
  row.has_time = true;
  row.time_s = first->first.time_s;
  row.time_text = handed_out_.time_text.view();
  row.values.resize(static_cast<Eigen::Index>(feature_count()));
  row.present.reset();
  for (std::size_t i = 0; i < feature_count(); ++i) {
    const double value = handed_out_.values[i];
    if (std::isnan(value)) continue;
    row.values[static_cast<Eigen::Index>(i)] = value;
    row.present.set(i);
  }
  held_.erase(first);
  last_.second = nullptr;
}

RowStatus SarReader::reject(std::string reason) {
  malformed_.row = rows_++;
  malformed_.line = lines_.line_number();
  malformed_.reason = std::move(reason);
  ++malformed_rows_;
  return RowStatus::kMalformed;
}

}  // namespace epsilond::agent
