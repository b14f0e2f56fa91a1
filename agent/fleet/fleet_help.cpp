#include "agent/fleet/fleet_command.h"

namespace epsilond::agent {

std::string_view fleet_help() {
  return R"(usage: epsilonctl fleet [--listen ADDRESS:PORT] [--json] [--once]
           [--for DURATION] [--interval DURATION] [--silent-after DURATION]
           [--cluster NAME] [--model NAME] [--from NETWORK]... [--expect N]
           [--rows N] [--rate N] [--buffer BYTES]

Many hosts as one, without a time-series engine: takes what their agents send
over UDP, the Influx lines of every interval and the JSON events, and shows a
table of the hosts, the oddest first, and what they are together: who reports
and who is silent, the sum and the mean of log super-epsilon, z (the sum against
what is usual, over the hosts that have learned), the largest surprise, the
share that is flagged, and the odd one out (a host against the median of its
role). On a terminal it fills the screen; otherwise it prints what happens and a
table each interval.

  --listen ADDRESS:PORT    numeric, IPv6 as [ADDRESS]:PORT; 0.0.0.0 or [::] is
                           every address of this machine (default:
                           127.0.0.1:8089)
  --json                   one JSON object each interval
  --once                   print once, after one interval or the time of --for
  --for DURATION           end after so long
  --interval DURATION      from table to table, 100ms .. 1h (default 10s)
  --silent-after DURATION  a host is silent after so long without a line
                           (default: 1m, or five of its own intervals; 5m
                           where those are not known yet)
  --cluster NAME           only hosts whose lines say cluster=NAME
  --model NAME             the model that is looked at (default: host)
  --from NETWORK           only datagrams from there, such as 10.0.0.0/8 or
                           2001:db8::/32; may be given several times
  --expect N               --once: fewer reporting hosts than that are exit 2
  --rows N                 hosts in a table (default: 50; with --json all)
  --rate N                 datagrams a second from one sender (default 20000)
  --buffer BYTES           of the socket, as far as the kernel allows (default
                           4194304; 0: what the kernel gives)
  --help                   this text

Keys: q quit, s sort by oddness, name or age, arrows scroll, space pause.
No colour with NO_COLOR set or when the output is no terminal.

Whoever can send a datagram can send a wrong one: UDP knows no sender for sure.
See epsilonctl(1).

Exit: 0 fine, 64 usage, 69 the address is taken, 74 write error, 77 permission.
With --once: 0 all is well, 1 a host is flagged or the odd one out or all are a
little odd, 2 hosts are silent or missing, 3 nothing was heard.

Examples:
  epsilonctl fleet --listen 192.0.2.10:8089 --from 192.0.2.0/24
  epsilonctl fleet --json --interval 1m | jq .cluster.z
  epsilonctl fleet --once --for 30s --expect 27 || page-somebody

The agents' side, in /etc/epsilond/epsilond.ini:
  [emit udp]
  target = 192.0.2.10:8089
  format = influx
)";
}

}  // namespace epsilond::agent
