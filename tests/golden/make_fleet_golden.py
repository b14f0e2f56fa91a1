#!/usr/bin/python3
"""Expected values for the sums over a fleet, from SciPy and NumPy; never from our own output.

Run it in this folder; it rewrites fleet_hosts.csv, whose first line says tool versions and seed. One row a host: fleet,
log super-epsilon, its expectation and variance, peer z; then, the same in each row of a fleet: sum, mean, z, median z.
"""
import math
import platform

import numpy as np
import scipy
from scipy import stats

SEED = 20261122

rng = np.random.default_rng(SEED)
with open("fleet_hosts.csv", "w") as out:
    print("# numpy %s, scipy %s, python %s, seed %d" % (np.__version__, scipy.__version__, platform.python_version(), SEED),
          file=out)
    print("fleet,log_density,expected,variance,peer_z,sum,mean,z,median_z", file=out)
    for fleet, (hosts, spread) in enumerate([(1, 1.0), (2, 1.0), (3, 0.1), (27, 1.0), (200, 3.0), (501, 0.01)]):
        expected = rng.normal(-20, 30, hosts)
        variance = rng.gamma(2.0, 4.0, hosts)
        density = expected - np.sqrt(variance) * spread * rng.standard_t(3, hosts)
        density[0] -= 40
        z = (expected - density) / np.sqrt(variance)
        scale = max(stats.median_abs_deviation(z, scale="normal"), 1.0)
        peer = (z - np.median(z)) / scale
        total = math.fsum(density)
        fleet_z = (math.fsum(expected) - total) / math.sqrt(math.fsum(variance))
        median_z = np.median(z) * math.sqrt(hosts) / math.sqrt(math.pi / 2)
        for i in range(hosts):
            print(fleet, *("%.17g" % value for value in (density[i], expected[i], variance[i], peer[i], total,
                                                         total / hosts, fleet_z, median_z)), sep=",", file=out)
