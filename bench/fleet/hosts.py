"""Hosts that behave as measured ones: what their agents would say, in the formats that they speak."""
import csv

import numpy as np

SLOWLY = 1 - 0.5 ** (20 / (5 * 86400))
FEATURES = ("mem_used_bytes", "load_1min", "disk_write_bytes_per_s")


def standard_scores(path=None, seed=1):
    """How far a quiet host is below its usual log super-epsilon, in its standard deviations, sample after sample: of
    the scores of `epsilonctl replay --scores` where there are some, without episodes; else a chi-squared of 42 features,
    which is what a sum of 42 squares of normal variates is."""
    if path is None:
        draws = np.random.default_rng(seed).chisquare(42, 100_000)
        return (draws - 42) / np.sqrt(84)
    with open(path, newline="") as file:
        quiet = [float(row["log_density"]) for row in csv.DictReader(file)
                 if row["flag"] == "0" and float(row["score"]) > 0]
    density = np.array(quiet)
    density = density[density > np.quantile(density, 0.001)]  # a few are as odd as an episode
    return (density.mean() - density) / density.std()


class Fleet:
    """`count` hosts; each reads the same scores from a place of its own on."""

    def __init__(self, count, scores, seed=2):
        generator = np.random.default_rng(seed)
        self.count = count
        self.scores = scores
        self.start = generator.integers(0, len(scores), count)
        self.expected = generator.normal(-20, 15, count)
        self.deviation = generator.uniform(2, 12, count)
        self.phase = generator.random(count)  # part of the period at which it sends
        self.turn = np.zeros(count, dtype=int)
        self.odd = np.zeros(count, dtype=bool)
        self.last = np.full(count, np.nan)
        self.influx_head = ["epsilond,host=host%06d.example.org,model=host,cluster=c%d,role=%s " %
                            (number, number % 4, ("web", "db", "batch")[number % 3]) for number in range(count)]
        self.labels = ['{instance="host%06d.example.org",cluster="c%d",role="%s"' %
                       (number, number % 4, ("web", "db", "batch")[number % 3]) for number in range(count)]

    def step(self, who):
        """The next log super-epsilon of the hosts with these numbers."""
        self.turn[who] += 1
        z = self.scores[(self.start[who] + self.turn[who]) % len(self.scores)] + np.where(self.odd[who], 12.0, 0.0)
        self.last[who] = self.expected[who] - self.deviation[who] * z
        if not self.odd[who].any():  # the usual follows slowly, as the agent's does with a half-life of five days
            self.expected[who] += SLOWLY * (self.last[who] - self.expected[who])
        return self.last[who], z

    def influx(self, who, now_ns):
        """One line of each host, as bytes: a datagram."""
        density, z = self.step(who)
        return [b"%slog_super_epsilon=%.10g,log_super_epsilon_expected=%.10g,log_super_epsilon_variance=%.10g,"
                b"surprise=%.10g,surprise_threshold=5.312345678,anomalous=%di,learning_ratio=1,%ssequence=%di %d\n" %
                (self.influx_head[number].encode(), density[place], self.expected[number], self.deviation[number] ** 2,
                 max(0.0, z[place]), self.odd[number], b'top_feature="mem_used_bytes",' if self.odd[number] else b"",
                 self.turn[number], now_ns) for place, number in enumerate(who)]

    def flag(self, number):
        """RAISED as syslog, 480 octets: what a storm is made of."""
        head = ("<28>1 2026-11-21T22:48:01.123Z host%06d.example.org epsilond 77 RAISED [epsilond@32473 "
                "event=\"raised\" id=\"host-20261121T224746Z-%d\" model=\"host\" surprise=\"9.2\" logSuperEpsilon=\"-83.1\" "
                "threshold=\"5.3\" feature=\"mem_used_bytes\" z=\"26.6\"][meta sequenceId=\"1\"] " % (number, number))
        return (head + "memory used 7.9 GB (usual 2.2 GB at this hour) " * 6)[:480].encode()

    def exposition(self, who):
        """/metrics of all these hosts together, each series with the labels of its host."""
        density, z = self.step(who)
        lines = []
        for place, number in enumerate(who):
            host = self.labels[number]
            model = host + ',model="host"'
            turn = self.turn[number]
            lines.append(
                f"epsilond_log_super_epsilon{model}}} {density[place]:.10g}\n"
                f"epsilond_log_super_epsilon_expected{model}}} {self.expected[number]:.10g}\n"
                f"epsilond_log_super_epsilon_variance{model}}} {self.deviation[number] ** 2:.10g}\n"
                f"epsilond_surprise{model}}} {max(0.0, z[place]):.10g}\n"
                f"epsilond_surprise_threshold{model}}} 5.312345678\n"
                f"epsilond_anomalous{model}}} {int(self.odd[number])}\nepsilond_learning_ratio{model}}} 1\n"
                f"epsilond_samples_total{host}}} {15 * turn}\nepsilond_ticks_missed_total{host}}} 0\n"
                f"epsilond_datagrams_dropped_total{host}}} 0\nepsilond_cpu_seconds_total{host}}} {0.02 * turn:.2f}\n"
                f"epsilond_resident_memory_bytes{host}}} 3145728\nepsilond_config_last_reload_successful{host}}} 1\n"
                f'epsilond_build_info{host},version="0.1.0"}} 1\n')
            for event in ("raised", "ongoing", "cleared", "learned"):
                lines.append(f'epsilond_events_total{host},event="{event}"}} {int(self.odd[number])}\n')
            if self.odd[number]:
                for feature in FEATURES:
                    lines.append(f'epsilond_feature_zscore{model},feature="{feature}"}} 12.5\n'
                                 f'epsilond_feature_share_ratio{model},feature="{feature}"}} 0.33\n')
        return "".join(lines).encode()
