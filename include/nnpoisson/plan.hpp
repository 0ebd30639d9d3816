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

/// What a tile reads off the network at its points, and so which formula its weights enter.
///   value:     weight * f(t)                                         cumulative intensities at
///   trial ends rate:     -weight * log(f'(t) + eps)                             spikes, responses
///   interval: -weight * log((f(t_end) - f(t)) / kappa + eps width)   counts in bins
/// with f a region's z (Term::neural) or an action's b (Term::left, right: the two columns of
/// Term::behaviour).
enum class Reading : std::uint8_t { value, rate, interval };
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
  std::uint32_t first_column =
      0;  ///< into Plan::column, regions or units (neural) or actions 0 left, 1 right (behaviour)
  std::uint32_t columns = 0;
};
inline constexpr std::uint32_t tile_points = 256;

struct TileRange {
  std::uint32_t first = 0, end = 0;
};

/// One loss: what one training step or one line of an evaluation sums.
///   total = neural_scale * (neural + neural_constant) + action_weight * action_scale * (left +
///   right + constants)
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
  int columns = 0;  ///< of the readout: regions, or units where each has its own intensity
  double time_limit = 0;
  double eps = 1e-5;                    ///< Hz, added to every intensity
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
  authors,   ///< a batch for each (part, region): the region's spikes of that part, behaviour over
             ///< all the region's trials
  joint,     ///< a batch for each part: all regions and the behaviour of its trials
  by_region  ///< for evaluation: a neural batch for each region over all trials (alphabetical),
             ///< then one behaviour batch
};

struct PlanOptions {
  Preset preset = Preset::exact;
  NeuralTime neural_time = NeuralTime::scaled;
  Grouping grouping = Grouping::joint;
  int parts = 1;         ///< batches in a pass
  bool by_unit = false;  ///< readout by unit: every unit is a column
  double behaviour_weight = 1;
  double time_resolution =
      0;  ///< s of scaled time; spikes of one stimulus and one cell become one point
  std::uint64_t seed =
      0;            ///< partition of trials: NumPy's RandomState in `authors`, Philox in `joint`
  int threads = 1;  ///< for sorting; the plan does not depend on it
};

/// Builds the plan. Batches follow training order: part > region in alphabetical order. `trials`:
/// the trials to use (ascending); empty span: all. Throws UsageError (binned data or readout by
/// unit with Preset::authors), DataError (no trial).
[[nodiscard]] Plan make_plan(const Dataset& data, const PlanOptions& options,
                             std::span<const std::int32_t> trials = {});

/// The authors' partition: for each region in alphabetical order a permutation of its trial
/// numbers, cut by array_split. Returned as [alphabetical region][part] -> trial numbers,
/// ascending. Trials of a region: those of sessions that have units in it.
[[nodiscard]] std::vector<std::vector<std::vector<std::int32_t>>> authors_partition(
    const Dataset& data, int parts, std::uint32_t seed);

}  // namespace nnpoisson
