#pragma once
// Inflates gzip data (RFC 1952) piece by piece, with zlib.

#include <cstddef>
#include <memory>
#include <span>

#include "platform/result.h"

namespace epsilond::platform {

// Several members in a row are one stream, as gzip(1) has it; zero bytes after the last member are padding.
class GzipStream {
 public:
  GzipStream();
  GzipStream(GzipStream&&) noexcept;
  GzipStream& operator=(GzipStream&&) noexcept;
  ~GzipStream();

  struct Step {
    std::size_t consumed = 0;  // bytes taken from `in`
    std::size_t produced = 0;  // bytes put into `out`
  };
  // Inflates from `in` (empty only when pending()) into `out` (not empty) until one of them is used up. kMalformed when
  // the data are not gzip or are damaged.
  Result<Step> inflate(std::span<const char> in, std::span<char> out);
  // Between members: a stream that ends here is complete.
  bool complete() const;
  // True while output is pending that needs no further input.
  bool pending() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The two bytes every gzip member begins with.
bool looks_like_gzip(std::span<const char> head);

}  // namespace epsilond::platform
