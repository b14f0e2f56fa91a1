#pragma once
// A host against its peers: the odd one out, even when all of them move together.
//
// Formula: peer z of a host = (z - median) / max(1.4826 MAD, 1), with median and median absolute deviation over the
// hosts of one role; both are blind to a minority. 1.4826 = 1 / Phi^-1(3/4) makes MAD the standard deviation of a
// normal sample (F. R. Hampel, The influence curve and its role in robust estimation, JASA 69, 1974). Never below 1:
// each z is in standard deviations of its own host already, so what is closer together than that is no yardstick, and
// three hosts can be compared. Reference: SciPy, tests/golden/fleet_hosts.csv. Cost: O(n), two selections. Bytes: none
// held. Hazards: where half of a role is odd, the other half looks odd.

#include <span>

namespace epsilond::models {

struct PeerScale {
  double median = 0.0;
  double spread = 1.0;  // 1 or more

  double z(double value) const { return (value - median) / spread; }
};

// Of finite values, one or more; they are left in another order, moved by the median.
PeerScale peer_scale(std::span<double> values);

// Of finite values, one or more, that are left in another order. Of an even number, the mean of the two in the middle.
double median_of(std::span<double> values);

}  // namespace epsilond::models
