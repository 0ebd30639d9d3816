#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nnpoisson/wimmer.hpp"

namespace nnpoisson::wimmer {

struct Decision {
  std::int8_t choice = 0;  ///< +1 left (DE2), -1 right (DE1), 0 none by the end of the run
  double time = 0;         ///< s from stimulus onset, NaN for none; may be after the stimulus
};

/// Neurons that a decision is read from, those of DE1 and of DE2, by their numbers in the circuit.
struct Readers {
  std::vector<std::uint16_t> de1, de2;
};
[[nodiscard]] Readers all_readers();
/// A third of each, drawn for this trial.
[[nodiscard]] Readers third_of_readers(std::uint64_t seed, std::size_t trial);

/// The published rule: the population whose rate in windows of 50 ms, both ends included, that
/// begin at every ms from stimulus onset first exceeds 40 Hz. Its time is the end of that window;
/// DE2 wins a tie.
[[nodiscard]] Decision decide(std::span<const std::uint32_t> integration_spikes,
                              const Conditions& conditions, const Readers& readers);

/// `count` numbers out of [0, n), ascending, all subsets equally likely.
[[nodiscard]] std::vector<std::int32_t> draw_subset(std::uint64_t seed, std::uint64_t index,
                                                    std::uint32_t sub, std::int32_t n,
                                                    std::int32_t count);

}  // namespace nnpoisson::wimmer
