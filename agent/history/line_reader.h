#pragma once
// Cuts an input file into lines without copying them.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "platform/file/input_file.h"

namespace epsilond::agent {

// A longer line is not a row of any table; it is skipped without being held.
inline constexpr std::size_t kMaxLineBytes = std::size_t{1024} * 1024;
// How far a quoted cell may reach over line ends.
inline constexpr std::size_t kMaxRecordBytes = std::size_t{64} * 1024;

enum class LineStatus : std::uint8_t {
  kLine,
  kTooLong,  // a line of more than kMaxLineBytes was skipped
  kEnd,
  kError,  // reading failed: error() says why
};

// Holds kMaxLineBytes plus one read; nothing is allocated after construction.
class LineReader {
 public:
  static constexpr std::size_t kReadBytes = std::size_t{256} * 1024;

  // `read_bytes`: how much is read at once. Memory that no line and no read has reached is not resident.
  explicit LineReader(platform::InputFile input, std::size_t read_bytes = kReadBytes);

  // The next line without its '\n'. The byte behind it is always readable and is '\n', so that a parser needs no bounds
  // check; this also holds for a last line that has none in the file. Valid until the next call.
  LineStatus next(std::string_view& line);
  // Lengthens `line` by the line that follows it, for a quoted cell that holds a line end. False at the end of the
  // file and beyond kMaxRecordBytes; `line` then covers the same text as before. The data may move: `line` is set anew.
  bool extend(std::string_view& line);
  // Takes back what extend() added: next() goes on behind the first line. `line` is cut to it.
  void take_back(std::string_view& line);
  void rewind();

  // Number of the line last returned by next(), from 1.
  std::uint64_t line_number() const { return line_number_; }
  const platform::Error& error() const { return error_; }
  const platform::InputFile& input() const { return input_; }

 private:
  std::optional<std::size_t> find_line_end(std::size_t from);
  LineStatus skip_long_line();
  bool fill();
  void set_record_end(std::size_t line_end, std::string_view& line);

  platform::InputFile input_;
  std::size_t read_bytes_;
  std::size_t capacity_;
  std::unique_ptr<char[]> buffer_;
  std::size_t start_ = 0;        // of the record returned last
  std::size_t next_ = 0;         // of the record to be returned next
  std::size_t first_bytes_ = 0;  // length of the first line of the record
  std::size_t end_ = 0;          // of the bytes read
  bool at_end_ = false;          // the input gave its last byte
  bool failed_ = false;
  std::uint64_t line_number_ = 0;
  std::uint64_t lines_in_record_ = 1;
  platform::Error error_;
};

}  // namespace epsilond::agent
