#pragma once

#include <cstdint>

#include "nnpoisson/formulas/elementary.hpp"

namespace nnpoisson::formulas {

struct PhiloxBlock {
  std::uint32_t word[4];
};

/// Philox 4x32-10 (Salmon et al. 2011).
NNP_FORMULA PhiloxBlock philox(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1) {
  auto& [c0, c1, c2, c3] = counter.word;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p = std::uint64_t{0xD2511F53} * c0, q = std::uint64_t{0xCD9E8D57} * c2;
    c0 = static_cast<std::uint32_t>(q >> 32) ^ c1 ^ key0;
    c1 = static_cast<std::uint32_t>(q);
    c2 = static_cast<std::uint32_t>(p >> 32) ^ c3 ^ key1;
    c3 = static_cast<std::uint32_t>(p);
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  return counter;
}

/// The words of blocks 0, 1, ... under a key; the counter's other words stay.
class PhiloxStream {
 public:
  NNP_FORMULA PhiloxStream(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1)
      : counter_(counter), key0_(key0), key1_(key1) {}
  NNP_FORMULA std::uint32_t bits() {
    if (left_ == 0) {
      block_ = philox(counter_, key0_, key1_);
      ++counter_.word[0];
      left_ = 4;
    }
    --left_;
    auto& [next, second, third, fourth] =
        block_.word;  // no index, so that a device keeps them in registers
    const std::uint32_t word = next;
    next = second;
    second = third;
    third = fourth;
    return word;
  }
  /// In (0, 1): the centres of 2^52 equal cells, so that neither 0 nor 1 can come out.
  NNP_FORMULA double uniform() {
    const std::uint64_t first = bits();
    return (static_cast<double>((first << 32 | bits()) >> 12) + 0.5) * 0x1p-52;
  }

 private:
  PhiloxBlock counter_, block_{};
  std::uint32_t key0_, key1_;
  int left_ = 0;
};

}  // namespace nnpoisson::formulas
