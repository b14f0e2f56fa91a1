#pragma once
// Cuts one record of a csv or tsv file into cells, by RFC 4180.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace epsilond::agent {

enum class RecordFault : std::uint8_t {
  kNone,
  kOpenQuote,   // the last cell begins with a quote that is not closed: the record may go on in the next line
  kAfterQuote,  // text between a closing quote and the separator
};

// Holds the cells of one record; reused, so that a long file costs no allocation per row.
class CsvRecord {
 public:
  // Splits `text`, a record without its final line end; one '\r' at its end is dropped. A cell that begins with `"` is
  // quoted: it may hold separators, line ends, and quotes written twice. A quote elsewhere is an ordinary character.
  RecordFault split(std::string_view text, char separator);
  // Splits `text` at runs of blanks and tabs; a quote has no meaning, and there is no empty cell.
  void split_at_blanks(std::string_view text);

  // Valid until the next split(), and only as long as the text is.
  const std::vector<std::string_view>& cells() const { return cells_; }

 private:
  RecordFault take_quoted(std::string_view text, std::size_t& at);

  std::vector<std::string_view> cells_;
  std::string unescaped_;  // cells that held doubled quotes; reserved for the whole record before it is filled
};

// Does `text` need quotes as a cell of a csv file?
bool needs_quotes(std::string_view text);
// `text` as a cell of a csv file, quoted if need be.
std::string csv_cell(std::string_view text);

}  // namespace epsilond::agent
