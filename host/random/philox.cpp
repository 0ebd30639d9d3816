#include "nnpoisson/formulas/philox.hpp"

#include <array>
#include <cstdint>

#include "nnpoisson/random.hpp"

namespace nnpoisson {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  const auto block =
      formulas::philox({{counter[0], counter[1], counter[2], counter[3]}}, key[0], key[1]);
  return {block.word[0], block.word[1], block.word[2], block.word[3]};
}

}  // namespace nnpoisson
