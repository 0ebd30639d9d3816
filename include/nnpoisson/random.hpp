#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "nnpoisson/formulas/philox.hpp"

namespace nnpoisson {

/// Philox 4x32-10 (Salmon et al. 2011): a random function of (key, counter), the same on CPU and
/// GPU.
[[nodiscard]] std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                      std::array<std::uint32_t, 2> key);

/// What a stream of random numbers is for; part of its key, so that no two purposes share numbers.
enum class Purpose : std::uint32_t {
  initial_weights = 1,
  trial_split = 2,
  batches = 3,
  response = 4,
  spikes = 5,
  bootstrap = 6,
  folds = 7,
  gains = 8,
  wimmer_network = 16,
  wimmer_start = 17,
  wimmer_input = 18,
  wimmer_external = 19,
  wimmer_stimulus = 20,
  wimmer_sample = 21,
  wimmer_weights = 22
};

/// The key of RandomStream(seed, purpose, index, sub), whose block number b is philox4x32({b, sub,
/// index, index >> 32}, key).
[[nodiscard]] std::array<std::uint32_t, 2> philox_key(std::uint64_t seed, Purpose purpose);

/// A stream of Philox numbers keyed by (seed, purpose, index, sub-index): independent of the order
/// in which streams are used.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t index = 0, std::uint32_t sub = 0);
  std::uint32_t bits();
  double uniform();                      ///< in (0, 1), 53 bits
  double normal();                       ///< mean 0, variance 1
  double exponential();                  ///< mean 1
  std::uint64_t below(std::uint64_t n);  ///< unbiased in [0, n); n > 0
  std::uint64_t poisson(double mean);    ///< mean >= 0
  double gamma(double shape);            ///< mean and variance `shape` > 0

 private:
  RandomStream(std::array<std::uint32_t, 2> key, std::uint64_t index, std::uint32_t sub);
  formulas::PhiloxStream words_;
};

/// NumPy's legacy RandomState(seed).permutation(n): MT19937 with masked rejection, so that a seed
/// gives the authors' own batches.
class NumpyRandomState {
 public:
  explicit NumpyRandomState(std::uint32_t seed);
  [[nodiscard]] std::vector<std::int32_t> permutation(std::int32_t n);

 private:
  std::uint32_t next();
  std::array<std::uint32_t, 624> state_{};
  int position_ = 624;
};

}  // namespace nnpoisson
