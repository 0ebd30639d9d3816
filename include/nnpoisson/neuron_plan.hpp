#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/neurons.hpp"

namespace nnpoisson {

inline constexpr std::uint32_t no_row = std::numeric_limits<std::uint32_t>::max();

/// One step's trials, as the model by neuron reads them. Everything is an inner product of a unit's
/// amplitudes with a row of features: a row is made once, for all units that need it.
///
/// Rows lie by stimulus: first its rates, df/dtau at a time, then its differences f(high) - f(low).
/// An intensity is amplitudes . rate + floor (times 1 / W); an expected count, or a cumulative
/// intensity, amplitudes . difference + floor.
struct NeuronBatch {
  double scale = 1;     ///< of the sum over trials: 1 / trials
  double constant = 0;  ///< of minus the log-likelihood: sum of log y! + spikes log W

  // Stimuli, and the points at which features are needed; times in units of W.
  std::vector<std::uint32_t> stimulus;        ///< [S] rows of NeuronPlan::stimuli
  std::vector<std::uint32_t> value_first{0};  ///< [S+1]; a stimulus' first value is at 0
  std::vector<double> value_time;
  std::vector<std::uint32_t> rate_first{0};  ///< [S+1]
  /// [S] so many of a stimulus' rates come first, by time; each of the others is read by one entry
  /// alone, of weight 1, and they lie in the order of their entries.
  std::vector<std::uint32_t> shared_rates;
  std::vector<double> rate_time;
  struct Difference {
    std::uint32_t high, low;  ///< of value_time
  };
  std::vector<std::uint32_t> difference_first{0};  ///< [S+1]
  std::vector<Difference> difference;
  std::vector<double> row_floor;  ///< eps W, or eps times the interval in s

  [[nodiscard]] std::uint32_t row_first(std::size_t s) const {
    return rate_first[s] + difference_first[s];
  }
  /// Whether one entry alone reads a row of stimulus s.
  [[nodiscard]] bool is_lone(std::size_t s, std::uint32_t row) const {
    const std::uint32_t place = row - row_first(s);
    return place >= shared_rates[s] && place < rate_first[s + 1] - rate_first[s];
  }
  [[nodiscard]] std::size_t stimuli() const { return stimulus.size(); }
  [[nodiscard]] std::size_t rows() const { return row_floor.size(); }

  /// A stimulus in a session, ordered by session. Its pairs are the session's units.
  struct Piece {
    std::uint32_t stimulus, session, first_pair, units;
  };
  std::vector<Piece> pieces;
  [[nodiscard]] std::size_t pairs() const { return entry_first.size() - 1; }

  // Spikes or counts: weight times log(amplitudes . row + floor). By pair, then row.
  std::vector<std::uint32_t> entry_first{0};  ///< [pairs+1]
  std::vector<std::uint32_t> entry_row;
  std::vector<float> entry_weight;

  /// Ordered by session, then stimulus.
  struct Trial {
    std::uint32_t number;                  ///< of the dataset
    std::uint32_t piece, end_row;          ///< the row up to the trial's end
    std::uint32_t wait_row, response_row;  ///< up to the time waited; rate there, or no_row
    int action;                            ///< 0 left, 1 right, -1: no response inside W
    int choice;                            ///< +1 left, -1 right, 0 none, whenever it came
    std::array<double, formulas::drift_bumps> drift;
  };
  std::vector<Trial> trials;
  std::vector<std::uint32_t> stimulus_trial_first{0}, stimulus_trial;  ///< [S+1]; trials by it

  /// The trials of a session, their counts [trials x units] from first_count on.
  struct Session {
    std::uint32_t session, first_trial, trials, units;
    std::size_t first_count;
    std::uint32_t first_unit;  ///< of more_first
  };
  std::vector<Session> sessions;
  std::vector<float> counts;

  /// In how many trials unit k of a session had more than j spikes, j = 1, 2, ...: the numbers
  /// from more_first[first_unit + k] on. Of a private gain they give what no node enters.
  std::vector<std::uint32_t> more_first{0};
  std::vector<float> more;

  /// Parts of one stimulus' pairs, so that threads share them out: [first_pair, end_pair).
  struct Segment {
    std::uint32_t piece, first_pair, end_pair;
  };
  struct Block {
    std::uint32_t stimulus, first_segment, end_segment;
  };
  std::vector<Segment> segments;
  std::vector<Block> blocks;
  std::vector<std::uint32_t> block_first{0};  ///< [S+1] blocks of a stimulus
};

/// What the model by neuron computes on, batch by batch.
struct NeuronPlan {
  int features = 0;
  double time_limit = 0;                           ///< W, s
  double behaviour_weight = 1;                     ///< beta
  double penalty_scale = 0;                        ///< shrinkage / trials; 0: no penalty
  std::vector<double> stimuli;                     ///< [distinct x F], standardised
  std::vector<std::uint32_t> session_first, unit;  ///< [sessions+1]; units by session
  std::vector<NeuronBatch> batches;
  std::uint64_t spikes = 0;
};

struct NeuronPlanOptions {
  int parts = 1;  ///< batches in a pass; at most as many as there are trials
  double behaviour_weight = 1;
  double shrinkage = 0;  ///< of the penalty; 0: none
  /// s: spikes of one stimulus within one cell of this length become one. 0: each its own time.
  double time_resolution = 0;
  std::uint64_t seed = 0;  ///< of the partition of trials
  int threads = 1;         ///< the plan does not depend on it
};

/// What the trials fix of a model, and its shape's sizes. width 0: 20 where a trial was answered
/// inside W, else 10. `trials`: as make_plan.
struct NeuronData {
  NeuronShape shape;
  NeuronConstants constants;
};
[[nodiscard]] NeuronData neuron_data(const Dataset& data, NeuronShape switches,
                                     std::span<const std::int32_t> trials = {});

/// Throws DataError (no trial).
[[nodiscard]] NeuronPlan make_neuron_plan(const Dataset& data, const NeuronConstants& constants,
                                          const NeuronPlanOptions& options,
                                          std::span<const std::int32_t> trials = {});

}  // namespace nnpoisson
