#pragma once

#include <algorithm>
#include <cstddef>

namespace nnpoisson::kernels {

/// How long a device should work on a piece of a program. The host cannot be heard before its end,
/// and a display that the device drives stands still; systems end what takes some 2 s.
inline constexpr double piece_seconds = 0.075;

/// How many steps take about so long, found from those that were timed. They differ much: 10 us to
/// 10 ms.
class PieceSteps {
 public:
  /// Of so many models side by side, whose steps' numbers are sent with a piece.
  [[nodiscard]] std::size_t steps(std::size_t models) const {
    const std::size_t fitting =
        models > models_ ? first : fitting_;  // more models than were timed are slower
    return std::clamp<std::size_t>(fitting, 1, std::max<std::size_t>(1, most_step_models / models));
  }
  void took(std::size_t steps, std::size_t models, double seconds) {
    if (models > models_) fitting_ = first;
    models_ = models;
    const double fitting =
        seconds > 0 ? static_cast<double>(steps) * piece_seconds / seconds : most_step_models;
    // Few steps tell little of many; that they are too slow for a piece, they tell.
    const double most = static_cast<double>(std::max(fitting_, 8 * steps));
    fitting_ = static_cast<std::size_t>(std::clamp(fitting, 1.0, most));
  }

 private:
  static constexpr std::size_t first = 1, most_step_models = 1 << 18;
  std::size_t fitting_ = first, models_ = 0;
};

}  // namespace nnpoisson::kernels
