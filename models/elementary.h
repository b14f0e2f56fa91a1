#pragma once
// The elementary functions, the same to the last bit on every processor. Those of the C library are not: they are built
// with and without fused multiplication, and on one processor even chosen at run time.
//
// Formulas: Cody and Waite's reduction by ln 2 in two parts, then the rational or polynomial approximations of
// fdlibm 5.3 (Sun Microsystems, 1993: exp, expm1, log, log1p), log2 and log10 from log with the leading part exact in
// two words (FreeBSD's e_log2.c and e_log10.c), erfc by W. J. Cody, Rational Chebyshev approximation for the error
// function, Mathematics of Computation 23 (1969), as in his CALERF.
// Golden data: 60-digit decimal arithmetic (tests/golden/make_elementary_golden.py). Errors: below 1 ulp, exp2 1.1,
// erfc 7 (1e-15 relative).
// Cost: 5 to 15 ns a call. No state, no errno; needs -ffp-contract=off and rounding to nearest.
//
// Non-finite input: NaN gives NaN, and an infinity the limit. Outside of the domain: log of a negative number is NaN,
// of 0 minus infinity. Overflow is infinity, underflow gradual.

namespace epsilond::models {

double exp(double x);
double exp2(double x);
double expm1(double x);  // exp(x) - 1
double log(double x);
double log2(double x);   // exact for powers of two
double log10(double x);  // exact for powers of ten
double log1p(double x);  // log(1 + x)
double erfc(double x);

}  // namespace epsilond::models
