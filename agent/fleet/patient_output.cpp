#include "agent/fleet/patient_output.h"

#include <limits.h>
#include <poll.h>

#include <array>

namespace epsilond::agent {
namespace {

// poll(2) promises a pipe room for so much; a terminal takes it too.
constexpr std::size_t kPieceBytes = PIPE_BUF;
constexpr std::size_t kGatherBytes = 4 * kPieceBytes;
constexpr std::chrono::milliseconds kLastPatience{500};

}  // namespace

std::size_t receive_all(platform::DatagramListener& listener, platform::DatagramSink& sink, std::size_t batches) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < batches; ++i) {
    const std::size_t got = listener.receive(sink);
    total += got;
    if (got < platform::DatagramListener::kBatch) break;
  }
  return total;
}

void PatientOutput::put(std::string_view text) {
  text_ += text;
  if (text_.size() >= kGatherBytes) static_cast<void>(flush());
}

bool PatientOutput::flush() {
  std::string_view rest = text_;
  while (!rest.empty() && !gone()) {
    const std::string_view piece = rest.substr(0, kPieceBytes);
    if (write_piece(piece)) rest.remove_prefix(piece.size());
  }
  text_.clear();
  return !stopped_ && !out_.failed();
}

// False: not yet.
bool PatientOutput::write_piece(std::string_view piece) {
  std::array<pollfd, 2> rows = {pollfd{stopped_ ? -1 : listener_.fd(), POLLIN, 0},
                                pollfd{out_.descriptor(), POLLOUT, 0}};
  const auto wake = waiter_.wait(rows, stopped_ ? kLastPatience : platform::Waiter::kForever);
  const bool stop = !wake || *wake == platform::Wake::kStop || *wake == platform::Wake::kReload;
  const bool nobody_reads = stopped_ && rows[1].revents == 0;
  gave_up_ = !wake || nobody_reads || (stop && stopped_);
  stopped_ = stopped_ || stop;
  if (stop || gave_up_ || *wake != platform::Wake::kOther) return false;
  if (rows[0].revents != 0) receive_all(listener_, sink_);
  if (rows[1].revents == 0) return false;
  out_.write(piece);
  return static_cast<bool>(out_.flush()) || out_.failed();
}

}  // namespace epsilond::agent
