#pragma once
// The inner loops of expectation maximisation, on a block of rows held column by column, so that two rows share an
// instruction on every machine with a 128-bit unit, without compiling for a newer one.
//
// Cost for n features: n^2 operations per row for the distances, n^2 + 4 n for the moments. Bytes: none of its own.
// Hazards: exponentials are exact to 3 units in the last place and end at e^-708; a block none of whose rows has a
// share of 1e-18 in a component adds nothing to its moments.

#include <cstddef>
#include <span>

namespace epsilond::models {

inline constexpr std::size_t kBlockRows = 64;
// A block of n features has this many columns; those behind n are 0.
constexpr std::size_t block_columns(std::size_t features) { return (features + 3) / 4 * 4; }
constexpr std::size_t block_size(std::size_t features) { return block_columns(features) * kBlockRows; }

// Feature j of rows b and b + 1, b even, to block[j * kBlockRows + b] and behind it, as (value - shift_j) *
// inverse_scale_j; 0 for NaN.
void load_rows(const double* one, const double* two, std::size_t b, std::span<const double> shift,
               std::span<const double> inverse_scale, double* block);
// Column j less mean[j].
void centre_block(const double* block, std::span<const double> mean, double* centred);
// |W x|^2 per row of a centred block; `whitener` is packed (full_gaussian.h).
void block_distances(const double* centred, std::size_t features, const double* whitener, double* square);
// |x|^2 per row.
void block_squares(const double* centred, std::size_t features, double* square);

// `log_part` holds kBlockRows values per component, and gets each row's share of each component, which add up to 1 (to
// 0 for rows behind `count`). Returns the sum over rows of ln sum over components of exp(log_part). At most 128
// components.
double share_out(double* log_part, std::size_t components, std::size_t count);

// Weighted sums of 1, of each feature and of each product of two features (packed), of a centred block, added to
// `sums`: 1 + n + n (n + 1) / 2 values. `weight`: kBlockRows values. `weighted` is room for block_size(features).
void add_block_moments(const double* centred, std::size_t features, const double* weight, double* weighted,
                       double* sums);

}  // namespace epsilond::models
