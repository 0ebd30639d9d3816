#pragma once

#include "nnpoisson/random.hpp"
#include "wimmer/simd/kernels.hpp"

namespace nnpoisson::wimmer {

inline NoiseKey noise_key(std::uint64_t seed, Purpose purpose, std::uint64_t index,
                          std::uint32_t sub) {
  const auto key = philox_key(seed, purpose);
  return {{key[0], key[1]},
          {sub, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32)}};
}

}  // namespace nnpoisson::wimmer
