#pragma once
// Network traffic as fast as one process can make it, between addresses of this machine.

namespace epsilond::bench {

// Each returns an exit code: 0, or 1 with the reason on stderr. `port` is 1 to 65535.

// Sends datagrams of 64 bytes to an IPv4 address for `seconds`. That nobody takes them is no error.
int flood_udp(const char* address, unsigned long port, unsigned long seconds);

// Opens connections to an IPv4 address for `seconds`, sends 16 KiB through each and closes it.
int flood_tcp(const char* address, unsigned long port, unsigned long seconds);

// Takes whatever arrives at `port` of any address for `seconds`, by UDP and by TCP, and throws it away.
int sink(unsigned long port, unsigned long seconds);

}  // namespace epsilond::bench
