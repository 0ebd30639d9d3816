#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/wimmer.hpp"
#include "wimmer/constants.hpp"

namespace nnpoisson::wimmer {

/// Steps in so many seconds, which are whole ms.
[[nodiscard]] int steps_in(double seconds);
/// The opposite, of any step.
[[nodiscard]] constexpr double seconds_in(int steps) {
  return static_cast<double>(steps) / (1000 * steps_per_ms);
}

/// The place of a trial's coherence in Conditions::coherences, and the coherence itself.
[[nodiscard]] std::size_t coherence_number(const Conditions& conditions, std::size_t trial);
[[nodiscard]] double coherence_of(const Conditions& conditions, std::size_t trial);

/// All that decides what a trial's spikes are: as attributes of a file, and the same as text, a
/// line each.
[[nodiscard]] std::vector<Attribute> attributes_of(const Conditions& conditions);
[[nodiscard]] std::string text_of(const std::vector<Attribute>& attributes);

}  // namespace nnpoisson::wimmer
