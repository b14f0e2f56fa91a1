// Sends what a fleet of agents sends: Influx lines, one a datagram, evenly over time or all at once.
//
// usage: fleet_receive_send PORT HOSTS RATE SECONDS
// To 127.0.0.1:PORT. RATE: datagrams a second, from one host after the other; 0: SECONDS storms, in each of which all
// hosts send at once, a second apart. Prints what was sent and what the kernel refused.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr std::size_t kAtOnce = 32;

std::int64_t now_ns(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void sleep_until(std::int64_t monotonic_ns) {
  timespec until{};
  until.tv_sec = monotonic_ns / 1'000'000'000;
  until.tv_nsec = static_cast<decltype(until.tv_nsec)>(monotonic_ns % 1'000'000'000);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) continue;
}

class Sender {
 public:
  Sender(int fd, std::uint64_t hosts) : fd_(fd), hosts_(hosts) {
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      pieces_[i].iov_base = texts_[i].data();
      messages_[i].msg_hdr.msg_iov = &pieces_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  void send(std::uint64_t count) {
    while (count > 0) {
      const auto batch = static_cast<std::size_t>(std::min<std::uint64_t>(count, kAtOnce));
      const std::int64_t wall = now_ns(CLOCK_REALTIME);
      for (std::size_t i = 0; i < batch; ++i) write_line(i, wall);
      const int done = ::sendmmsg(fd_, messages_.data(), static_cast<unsigned>(batch), 0);
      sent_ += done > 0 ? static_cast<std::uint64_t>(done) : 0;
      count -= batch;
    }
  }

  std::uint64_t made() const { return made_; }
  std::uint64_t sent() const { return sent_; }

 private:
  void write_line(std::size_t place, std::int64_t wall_ns) {
    const std::uint64_t host = made_ % hosts_;
    const std::uint64_t sequence = made_ / hosts_ + 1;
    ++made_;
    const int size = std::snprintf(
        texts_[place].data(), texts_[place].size(),
        "epsilond,host=host-%05llu.example.org,model=host,cluster=bench,role=role%llu "
        "log_super_epsilon=-%llu.123456789,"
        "log_super_epsilon_expected=-52.12345678,log_super_epsilon_variance=9.123456789,surprise=0.%07llu,"
        "surprise_threshold=5.312345678,anomalous=0i,learning_ratio=1,top_feature=\"disk_write_bytes_per_s\",sequence=%"
        "llui "
        "%lld\n",
        static_cast<unsigned long long>(host), static_cast<unsigned long long>(host % 10),
        static_cast<unsigned long long>(50 + host % 7), static_cast<unsigned long long>(made_ * 7919 % 10'000'000),
        static_cast<unsigned long long>(sequence), static_cast<long long>(wall_ns));
    pieces_[place].iov_len = static_cast<std::size_t>(size);
  }

  int fd_;
  std::uint64_t hosts_;
  std::uint64_t made_ = 0;
  std::uint64_t sent_ = 0;
  std::array<std::array<char, 512>, kAtOnce> texts_{};
  std::array<iovec, kAtOnce> pieces_{};
  std::array<mmsghdr, kAtOnce> messages_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: fleet_receive_send PORT HOSTS RATE SECONDS\n", stderr);
    return 64;
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  const auto hosts = static_cast<std::uint64_t>(std::atoll(argv[2]));
  const double rate = std::atof(argv[3]);
  const double seconds = std::atof(argv[4]);
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (hosts == 0 || fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return 70;

  Sender sender(fd, hosts);
  const std::int64_t start = now_ns(CLOCK_MONOTONIC);
  if (rate <= 0.0) {
    for (int storm = 0; storm < static_cast<int>(seconds); ++storm) {
      sleep_until(start + storm * std::int64_t{1'000'000'000});
      sender.send(hosts);
    }
  } else {
    const auto total = static_cast<std::uint64_t>(rate * seconds);
    for (std::int64_t at = start; sender.made() < total; at += 1'000'000) {
      sleep_until(at);
      // By the time that has really passed: a sender that was not let run catches up.
      const double passed_s = 1e-9 * static_cast<double>(now_ns(CLOCK_MONOTONIC) - start);
      const auto due = std::min(total, static_cast<std::uint64_t>(passed_s * rate) + 1);
      sender.send(due - std::min(due, sender.made()));
    }
  }
  std::printf("made %llu sent %llu in %.2f s\n", static_cast<unsigned long long>(sender.made()),
              static_cast<unsigned long long>(sender.sent()),
              1e-9 * static_cast<double>(now_ns(CLOCK_MONOTONIC) - start));
  return 0;
}
