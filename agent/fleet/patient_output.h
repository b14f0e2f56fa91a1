#pragma once
// Standard output that may be slow, beside a socket that must not wait.

#include <string>
#include <string_view>

#include "platform/collect/datagram_listener.h"
#include "platform/file/output_file.h"
#include "platform/host/wait.h"

namespace epsilond::agent {

// Text goes out in pieces that a pipe takes without waiting, and in between what has come is received. Where nobody
// reads, it waits for that, or for a signal, and goes on receiving. After a signal what was begun is still written, for
// as long as somebody reads.
class PatientOutput {
 public:
  // All must outlive the output.
  PatientOutput(platform::OutputFile& out, platform::Waiter& waiter, platform::DatagramListener& listener,
                platform::DatagramSink& sink)
      : out_(out), waiter_(waiter), listener_(listener), sink_(sink) {}

  void put(std::string_view text);
  // Writes all that was put; false once it has failed, or when a signal says stop.
  bool flush();
  bool stopped() const { return stopped_; }
  bool failed() const { return out_.failed(); }

 private:
  bool write_piece(std::string_view piece);
  bool gone() const { return gave_up_ || out_.failed(); }

  platform::OutputFile& out_;
  platform::Waiter& waiter_;
  platform::DatagramListener& listener_;
  platform::DatagramSink& sink_;
  std::string text_;
  bool stopped_ = false;
  bool gave_up_ = false;  // nobody reads, and a signal says stop
};

// Takes all that has come, but no more than `batches`, so that a flood leaves time for the rest; how many datagrams.
std::size_t receive_all(platform::DatagramListener& listener, platform::DatagramSink& sink, std::size_t batches = 64);

}  // namespace epsilond::agent
