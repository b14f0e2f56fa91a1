#include "platform/file/gzip_stream.h"

#include <zlib.h>

namespace epsilond::platform {

struct GzipStream::State {
  z_stream stream{};
  bool ready = false;       // inflateInit2 succeeded
  bool member_open = true;  // inside a member, or before the first
  bool padding = false;     // after the last member
  bool pending = false;

  State() { ready = ::inflateInit2(&stream, 15 + 16) == Z_OK; }  // 15: the largest window; +16: gzip framing only
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (ready) ::inflateEnd(&stream);
  }
};

GzipStream::GzipStream() : state_(std::make_unique<State>()) {}
GzipStream::GzipStream(GzipStream&&) noexcept = default;
GzipStream& GzipStream::operator=(GzipStream&&) noexcept = default;
GzipStream::~GzipStream() = default;

bool GzipStream::complete() const { return !state_->member_open; }
bool GzipStream::pending() const { return state_->pending; }

Result<GzipStream::Step> GzipStream::inflate(std::span<const char> in, std::span<char> out) {
  State& state = *state_;
  if (!state.ready) return make_error(ErrorCode::kUnavailable, 0, "gzip: no memory to inflate");
  Step step;
  if (!state.member_open) {
    while (step.consumed < in.size() && in[step.consumed] == '\0') {
      state.padding = true;
      ++step.consumed;
    }
    if (step.consumed == in.size()) return step;
    if (state.padding) return make_error(ErrorCode::kMalformed, 0, "gzip: unknown data after the end");
    ::inflateReset(&state.stream);
    state.member_open = true;
  }
  z_stream& stream = state.stream;
  // zlib's input pointer is not const for historical reasons; it does not write through it.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data() + step.consumed));
  stream.avail_in = static_cast<uInt>(in.size() - step.consumed);
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = ::inflate(&stream, Z_NO_FLUSH);
  step.consumed = in.size() - stream.avail_in;
  step.produced = out.size() - stream.avail_out;
  state.pending = status == Z_OK && stream.avail_out == 0;
  if (status == Z_STREAM_END) {
    state.member_open = false;
  } else if (status != Z_OK && status != Z_BUF_ERROR) {
    return make_error(ErrorCode::kMalformed, 0, "gzip: damaged data (%s)", stream.msg ? stream.msg : "no reason given");
  }
  return step;
}

bool looks_like_gzip(std::span<const char> head) { return head.size() >= 2 && head[0] == '\x1f' && head[1] == '\x8b'; }

}  // namespace epsilond::platform
