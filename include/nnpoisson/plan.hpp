#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"

namespace nnpoisson {

/// What a tile reads off the network at its points, and so which formula its weights enter. f is a
/// region's z (Term::neural) or an action's b (Term::behaviour).
enum class Reading : std::uint8_t {
  value,    ///< weight * f(t): cumulative intensities at trial ends
  rate,     ///< -weight * log(f'(t) + eps): spikes, responses
  interval  ///< -weight * log((f(t_end) - f(t)) / kappa + eps * width): counts in bins
};
enum class Term : std::uint8_t { neural, behaviour };

/// Up to `tile_points` points that a backend streams through together; points lie in stimulus
/// order.
struct Tile {
  Term term = Term::neural;
  Reading reading = Reading::value;
  std::uint32_t count = 0;           ///< points
  std::uint64_t first_point = 0;     ///< into Plan::time, stimulus
  std::uint64_t first_weight = 0;    ///< into Plan::weight, [columns x count]
  std::uint64_t first_interval = 0;  ///< into Plan::interval (Reading::interval only)
  /// Into Plan::column: regions (neural), or actions, 0 left and 1 right (behaviour).
  std::uint32_t first_column = 0;
  std::uint32_t columns = 0;
};
inline constexpr std::uint32_t tile_points = 256;

struct TileRange {
  std::uint32_t first = 0, end = 0;
};

/// One loss: what one training step or one line of an evaluation sums.
///   total = neural_scale * (neural + neural_constant)
///         + action_weight * action_scale * (left + right + constants)
struct Batch {
  std::array<TileRange, 2> tiles;  ///< neural tiles, behaviour tiles
  double neural_scale = 1;
  double action_scale = 1;
  double action_weight = 1;
  double neural_constant = 0;               ///< terms without parameters (eps * time)
  std::array<double, 2> action_constant{};  ///< left, right
  std::int32_t region = -1;  ///< the region of a by-region batch, for messages; -1: joint
};

/// The points at which the loss needs the network (docs/architecture.md): stimuli de-duplicated,
/// equal points merged, cut into tiles.
struct Plan {
  int features = 0, regions = 0;
  double time_limit = 0;
  double eps = intensity_floor;         ///< Hz, added to every intensity
  std::vector<double> stimuli;          ///< [S x F], distinct
  std::vector<double> time;             ///< [P] time the network sees, s
  std::vector<std::uint32_t> stimulus;  ///< [P]
  std::vector<double> weight;           ///< by tile, [columns x count]
  struct Interval {
    double end;            ///< time the network sees at the interval's end, s
    double inverse_scale;  ///< 1 / kappa
    double floor;          ///< eps * width
  };
  std::vector<Interval> interval;  ///< one for each point of an interval tile
  std::vector<std::uint32_t> column;
  std::vector<Tile> tiles;
  std::vector<Batch> batches;
  std::uint64_t spikes = 0;       ///< spikes (or counts) that all batches together stand for
  double mean_square_spread = 0;  ///< s^2 of scaled time, of the merged spikes about their points
  [[nodiscard]] std::size_t stimulus_count() const {
    return features ? stimuli.size() / static_cast<std::size_t>(features) : 0;
  }
};

enum class Grouping {
  /// A batch for each part and region: the region's spikes of that part, and the behaviour of all
  /// the region's trials.
  authors,
  /// A batch for each part: all regions and the behaviour of its trials.
  joint,
  /// For evaluation: a neural batch for each region over all trials, in alphabetical order, then
  /// one
  /// batch of the behaviour.
  by_region
};

struct PlanOptions {
  Preset preset = Preset::exact;
  NeuralTime neural_time = NeuralTime::scaled;
  Grouping grouping = Grouping::joint;
  int parts = 1;  ///< batches in a pass
  double behaviour_weight = 1;
  /// s of scaled time: spikes of one stimulus within one cell of this length become one point. 0:
  /// every spike has its own time.
  double time_resolution = 0;
  /// Of the partition of trials: NumPy's RandomState in `authors`, Philox in `joint`.
  std::uint64_t seed = 0;
  int threads = 1;  ///< batches planned at once; the plan does not depend on it
};

/// Builds the plan. Batches follow training order: part > region in alphabetical order. `trials`:
/// the trials to use (ascending); empty span: all. Throws UsageError (binned data with
/// Preset::authors), DataError (no trial).
[[nodiscard]] Plan make_plan(const Dataset& data, const PlanOptions& options,
                             std::span<const std::int32_t> trials = {});

/// The authors' partition: for each region in alphabetical order a permutation of its trial
/// numbers, cut by array_split. Returned as [alphabetical region][part] -> trial numbers,
/// ascending. Trials of a region: those of sessions that have units in it.
[[nodiscard]] std::vector<std::vector<std::vector<std::int32_t>>> authors_partition(
    const Dataset& data, int parts, std::uint32_t seed);

}  // namespace nnpoisson
