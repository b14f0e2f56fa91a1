// Any text and number as JSON between <script> and </script>: nothing in it could end the script, begin a comment or an
// entity, or is a raw control character; and it reads as what it was.
//
// The input: a double, a count, and the text.

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/report/page_json.h"
#include "platform/file/output_file.h"
#include "platform/fixed_string.h"
#include "tests/support/flag_parse.h"
#include "tests/support/fuzz_source.h"

using epsilond::agent::PageJson;
using epsilond::platform::OutputFile;
using epsilond::tests::FuzzSource;
using epsilond::tests::require_promise;
using epsilond::tests::Scanner;
using epsilond::tests::valid_utf8;

namespace {

constexpr std::size_t kLargestText = 8192;

std::string written(std::string_view text, double number, std::uint64_t count) {
  static const int fd = ::memfd_create("page", 0);
  require_promise(::ftruncate(fd, 0) == 0 && ::lseek(fd, 0, SEEK_SET) == 0);
  OutputFile out = OutputFile::to_descriptor(fd);
  PageJson json(out);
  json.begin_object();
  json.string("t", text);
  json.number("n", number);
  json.count("c", count);
  json.end_object();
  require_promise(static_cast<bool>(out.flush()));
  std::string result(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  require_promise(::pread(fd, result.data(), result.size(), 0) == static_cast<ssize_t>(result.size()));
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzSource source(data, size);
  double number = 0.0;
  std::uint64_t count = 0;
  source.number(number);
  source.number(count);
  const std::string_view text = source.rest().substr(0, kLargestText);
  const std::string page = written(text, number, count);
  require_promise(valid_utf8(page) && page.find_first_of("<>&") == std::string::npos);
  for (const char byte : page) require_promise(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F);

  static epsilond::platform::FixedString<3 * kLargestText> read_text;  // what is not UTF-8 becomes three bytes
  Scanner in(page);
  in.take("{\"t\":");
  in.json_string(read_text);
  in.take(",\"n\":");
  const double read_number = in.number_or_null();
  in.take(",\"c\":");
  const double read_count = in.number();
  in.take("}");
  require_promise(in.ok() && in.at_end());
  require_promise(!valid_utf8(text) || read_text.view() == text);
  require_promise(std::isfinite(number) ? read_number == number : std::isnan(read_number));
  require_promise(read_count == static_cast<double>(count));
  return 0;
}
