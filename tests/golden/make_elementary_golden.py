#!/usr/bin/python3
"""Elementary functions to 60 decimal digits, rounded once to double: rewrites elementary.csv in this folder.

Only Python's decimal arithmetic and its own exp, ln and log10 (libmpdec); erfc from its Taylor series.
A row: the function (its place in FUNCTIONS), its argument, its value.
"""
import decimal
import os
import platform
import random
from decimal import Decimal

SEED = 20261122
POINTS = 60
decimal.getcontext().prec = 60
LN2 = Decimal(2).ln()


def erfc(x):
    # The terms grow to exp(x^2) before they shrink: 600 more digits are enough to x = 26.
    with decimal.localcontext() as context:
        context.prec = 700
        term, total, n = x, x, 0
        while abs(term) > Decimal(10) ** -690:
            n += 1
            term *= -x * x / n
            total += term / (2 * n + 1)
        return 1 - total * 2 / pi().sqrt()


def pi():
    """Machin's formula, in the precision of the context."""
    def arctan_of_inverse(n):
        power, total, k = Decimal(1) / n, Decimal(0), 0
        while abs(power) > Decimal(10) ** -698:
            total += (power if k % 2 == 0 else -power) / (2 * k + 1)
            power /= n * n
            k += 1
        return total
    return 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)


def uniform(low, high):
    return lambda random: random.uniform(low, high)


def octaves(low, high, sign=1):
    return lambda random: sign * 2.0 ** random.uniform(low, high)


FUNCTIONS = (
    ("exp", Decimal.exp, (uniform(-700, 700), uniform(-1, 1))),
    ("exp2", lambda x: (x * LN2).exp(), (uniform(-1000, 1000), uniform(-1, 1))),
    ("expm1", lambda x: x.exp() - 1, (uniform(-38, 700), uniform(-1, 1), octaves(-60, -1), octaves(-60, -1, -1))),
    ("log", Decimal.ln, (octaves(-1070, 1020), octaves(-1, 1))),
    ("log2", lambda x: x.ln() / LN2, (octaves(-1070, 1020), octaves(-1, 1))),
    ("log10", Decimal.log10, (octaves(-1070, 1020), octaves(-1, 1))),
    ("log1p", lambda x: (1 + x).ln(), (octaves(-50, 60), uniform(-0.999, 1), octaves(-50, -1, -1))),
    ("erfc", erfc, (uniform(-4, 4), uniform(0, 26), octaves(-50, -1))),
)


def main():
    generator = random.Random(SEED)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "elementary.csv")
    with open(path, "w") as file:
        file.write("# make_elementary_golden.py: decimal of python %s, seed %d\n" % (platform.python_version(), SEED))
        file.write("function,argument,value\n")
        for number, (_, function, places) in enumerate(FUNCTIONS):
            for place in places:
                for _ in range(POINTS):
                    x = place(generator)
                    file.write("%d,%r,%r\n" % (number, x, float(function(Decimal(x)))))


if __name__ == "__main__":
    main()
