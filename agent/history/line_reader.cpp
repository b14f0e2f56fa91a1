#include "agent/history/line_reader.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

namespace epsilond::agent {

LineReader::LineReader(platform::InputFile input, std::size_t read_bytes)
    : input_(std::move(input)),
      read_bytes_(read_bytes),
      capacity_(kMaxLineBytes + read_bytes),
      buffer_(new char[capacity_ + 1]) {}  // one more for the '\n' that a last line may lack; left uninitialised

void LineReader::rewind() {
  input_.rewind();
  start_ = next_ = first_bytes_ = end_ = 0;
  at_end_ = failed_ = false;
  line_number_ = 0;
  lines_in_record_ = 1;
}

LineStatus LineReader::next(std::string_view& line) {
  start_ = next_;
  line_number_ += lines_in_record_;
  lines_in_record_ = 1;
  const std::optional<std::size_t> line_end = find_line_end(0);
  if (!line_end) {
    if (failed_) return LineStatus::kError;
    if (end_ == start_) return LineStatus::kEnd;
    return skip_long_line();
  }
  if (*line_end > kMaxLineBytes) {
    next_ = std::min(start_ + *line_end + 1, end_);
    return LineStatus::kTooLong;
  }
  first_bytes_ = *line_end;
  set_record_end(*line_end, line);
  return LineStatus::kLine;
}

bool LineReader::extend(std::string_view& line) {
  const std::size_t bytes = line.size();
  const std::optional<std::size_t> line_end =
      next_ - start_ > bytes ? find_line_end(bytes + 1) : std::nullopt;  // else the last line had no '\n'
  if (!line_end || *line_end > kMaxRecordBytes) {
    set_record_end(bytes, line);
    return false;
  }
  set_record_end(*line_end, line);
  ++lines_in_record_;
  return true;
}

void LineReader::take_back(std::string_view& line) {
  set_record_end(first_bytes_, line);
  lines_in_record_ = 1;
}

void LineReader::set_record_end(std::size_t line_end, std::string_view& line) {
  line = {buffer_.get() + start_, line_end};
  next_ = std::min(start_ + line_end + 1, end_);
}

// The distance from start_ of the first '\n' at `from` or behind, reading on as needed; a last line that has none is
// given one. Nothing when no line is left, when a read failed, or when what is held has passed kMaxLineBytes.
std::optional<std::size_t> LineReader::find_line_end(std::size_t from) {
  std::size_t searched = from;
  for (;;) {
    const std::size_t held = end_ - start_;
    if (held > searched) {
      const char* begin = buffer_.get() + start_;
      if (const void* found = std::memchr(begin + searched, '\n', held - searched))
        return static_cast<std::size_t>(static_cast<const char*>(found) - begin);
      searched = held;
    }
    if (held > kMaxLineBytes) return std::nullopt;
    if (fill()) continue;
    if (failed_ || held <= from) return std::nullopt;
    buffer_[end_] = '\n';
    return held;
  }
}

LineStatus LineReader::skip_long_line() {
  for (;;) {
    start_ = end_;
    if (!fill()) {
      next_ = end_;
      return failed_ ? LineStatus::kError : LineStatus::kTooLong;
    }
    const char* begin = buffer_.get() + start_;
    if (const void* found = std::memchr(begin, '\n', end_ - start_)) {
      next_ = start_ + static_cast<std::size_t>(static_cast<const char*>(found) - begin) + 1;
      return LineStatus::kTooLong;
    }
  }
}

// Reads once more. What is held is moved to the front first: it is usually a part of one line, and the bytes stay in
// the cache. False at the end and on failure.
bool LineReader::fill() {
  if (at_end_ || failed_) return false;
  if (start_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + start_, end_ - start_);
    end_ -= start_;
    next_ -= std::min(next_, start_);
    start_ = 0;
  }
  platform::Result<std::size_t> count =
      input_.read(std::span(buffer_.get() + end_, std::min(read_bytes_, capacity_ - end_)));
  if (!count) {
    error_ = count.error();
    failed_ = true;
    return false;
  }
  at_end_ = *count == 0;
  end_ += *count;
  return !at_end_;
}

}  // namespace epsilond::agent
