// Gzip data in pieces of any size: the same bytes and the same verdict as in large pieces, and as from a file.
//
// The input: a word for the size of a piece that goes in, one for a piece that comes out, and the data.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/file/gzip_stream.h"
#include "platform/file/input_file.h"
#include "tests/support/fuzz_source.h"

using epsilond::platform::ErrorCode;
using epsilond::platform::GzipStream;
using epsilond::platform::InputFile;
using epsilond::tests::FuzzSource;
using epsilond::tests::require_promise;

namespace {

constexpr std::size_t kLargePiece = 65536;
constexpr std::size_t kEnough = std::size_t{4} * kLargePiece;  // a bomb is let go when so much has come out

struct Inflated {
  std::string text;
  bool whole = false;    // to the end of a last member
  bool stopped = false;  // at kEnough
};

Inflated inflate(std::string_view data, std::size_t in_piece, std::size_t out_piece) {
  Inflated result;
  GzipStream stream;
  std::vector<char> out(out_piece);
  std::string_view piece;
  for (;;) {
    if (result.text.size() >= kEnough) {
      result.stopped = true;
      return result;
    }
    if (piece.empty() && !stream.pending()) {
      piece = data.substr(0, in_piece);
      data.remove_prefix(piece.size());
      if (piece.empty()) {
        result.whole = stream.complete();
        return result;
      }
    }
    const bool was_pending = stream.pending();
    const auto step = stream.inflate(std::span<const char>(piece.data(), piece.size()), out);
    if (!step) {
      require_promise(step.error().code == ErrorCode::kMalformed && !step.error().context.empty());
      return result;
    }
    require_promise(step->consumed <= piece.size() && step->produced <= out.size());
    require_promise(step->consumed > 0 || step->produced > 0 || was_pending);
    piece.remove_prefix(step->consumed);
    result.text.append(out.data(), step->produced);
  }
}

// One pass; false where the file ended in an error.
bool read_all(InputFile& file, std::string& text) {
  static std::array<char, kLargePiece> buffer;
  for (;;) {
    const auto count = file.read(buffer);
    if (!count) return false;
    if (*count == 0 || text.size() >= kEnough) return true;
    text.append(buffer.data(), *count);
  }
}

void check_file(std::string_view data, const Inflated& expected) {
  static const int fd = ::memfd_create("gzip", 0);
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, data.data(), data.size(), 0) != static_cast<ssize_t>(data.size())) return;
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
  auto file = InputFile::open(path.data());
  require_promise(static_cast<bool>(file));
  for (int pass = 0; pass < 2; ++pass) {
    std::string text;
    const bool whole = read_all(*file, text);
    if (!epsilond::platform::looks_like_gzip({data.data(), data.size()})) {
      require_promise(whole && text == data);
    } else if (!expected.stopped && text.size() < kEnough) {
      require_promise(whole == expected.whole && (!whole || text == expected.text));
    }
    require_promise(file->progress() >= 0.0 && file->progress() <= 1.0);
    file->rewind();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzSource source(data, size);
  const std::size_t in_piece = 1 + source.below(512);
  const std::size_t out_piece = 1 + source.below(512);
  const Inflated large = inflate(source.rest(), kLargePiece, kLargePiece);
  const Inflated small = inflate(source.rest(), in_piece, out_piece);
  // What came before an error depends on the pieces; what is whole does not.
  if (!large.stopped && !small.stopped)
    require_promise(large.whole == small.whole && (!large.whole || large.text == small.text));
  check_file(source.rest(), large);
  return 0;
}
