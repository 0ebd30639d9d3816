#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "nnpoisson/random.hpp"

namespace nnpoisson {
namespace {

std::uint32_t low(std::uint64_t x) {
  return static_cast<std::uint32_t>(x);
}
std::uint32_t high(std::uint64_t x) {
  return static_cast<std::uint32_t>(x >> 32);
}

std::uint64_t bits64(RandomStream& stream) {
  const std::uint64_t first = stream.bits();
  return first << 32 | stream.bits();
}

// Search from 0 upwards: a few steps for a small mean.
std::uint64_t poisson_by_inversion(RandomStream& stream, double mean) {
  double rest = stream.uniform();
  double probability = std::exp(-mean);
  std::uint64_t count = 0;
  // The bound is far above any count of such a mean; it ends the search where rounding leaves a
  // rest that no term can use up.
  while (rest > probability && count < 200) {
    rest -= probability;
    probability *= mean / static_cast<double>(++count);
  }
  return count;
}

// Transformed rejection with squeeze, PTRS of Hoermann (1993); exact for mean >= 10.
std::uint64_t poisson_by_rejection(RandomStream& stream, double mean) {
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double v_r = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = stream.uniform() - 0.5;
    const double v = stream.uniform();
    const double distance = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / distance + b) * u + mean + 0.43);

    if (distance >= 0.07 && v <= v_r) return static_cast<std::uint64_t>(k);
    if (k < 0 || (distance < 0.013 && v > distance)) continue;
    if (std::log(v * inverse_alpha / (a / (distance * distance) + b)) <=
        k * std::log(mean) - mean - std::lgamma(k + 1))
      return static_cast<std::uint64_t>(k);
  }
}

}  // namespace

// The counter has room for block, sub-index and index; the purpose goes into the key through Philox
// itself, so that no seed of one purpose is another purpose's seed.
std::array<std::uint32_t, 2> philox_key(std::uint64_t seed, Purpose purpose) {
  const auto key =
      philox4x32({static_cast<std::uint32_t>(purpose), 0, 0, 0}, {low(seed), high(seed)});
  return {key[0], key[1]};
}

RandomStream::RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t index,
                           std::uint32_t sub)
    : RandomStream(philox_key(seed, purpose), index, sub) {}
RandomStream::RandomStream(std::array<std::uint32_t, 2> key, std::uint64_t index, std::uint32_t sub)
    : words_({{0, sub, low(index), high(index)}}, key[0], key[1]) {}

std::uint32_t RandomStream::bits() {
  return words_.bits();
}

double RandomStream::uniform() {
  return words_.uniform();
}

double RandomStream::normal() {
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

double RandomStream::exponential() {
  return -std::log(uniform());
}

std::uint64_t RandomStream::below(std::uint64_t n) {
  const std::uint64_t mask = ~std::uint64_t{0} >> std::countl_zero((n - 1) | 1);
  while (true) {
    const std::uint64_t value = (mask > 0xFFFFFFFFU ? bits64(*this) : bits()) & mask;
    if (value < n) return value;
  }
}

std::uint64_t RandomStream::poisson(double mean) {
  if (mean == 0) return 0;
  return mean < 10 ? poisson_by_inversion(*this, mean) : poisson_by_rejection(*this, mean);
}

// Marsaglia and Tsang (2000), ACM Trans. Math. Softw. 26:363; below shape 1 from shape + 1, as they
// say in section 6.
double RandomStream::gamma(double shape) {
  if (shape < 1) {
    const double above = gamma(shape + 1);
    return above * std::pow(uniform(), 1 / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(), root = 1 + c * x;
    if (!(root > 0)) continue;
    const double v = root * root * root, u = uniform();
    if (u < 1 - 0.0331 * x * x * x * x) return d * v;
    if (std::log(u) < 0.5 * x * x + d * (1 - v + std::log(v))) return d * v;
  }
}

}  // namespace nnpoisson
