#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"

namespace nnpoisson {

/// Numbers that a dataset cannot give (no spikes, no responses, counts where spike times are needed) are NaN.
struct RegionEvaluation {
  std::string name;
  std::size_t units = 0;
  std::uint64_t spikes = 0;
  double exposure = 0;        ///< s, summed over units and their trials
  double expected = 0;        ///< spikes that the model expects
  double log_likelihood = 0;  ///< nats
  double null_rate = 0;       ///< Hz, of one unit
  double null_log_likelihood = 0;
  double bits_per_spike = 0;  ///< (log_likelihood - null_log_likelihood) / (spikes log 2)
  double ks = 0;              ///< Kolmogorov-Smirnov distance of the rescaled intervals from uniform
  double ks_band = 0;         ///< 95 % of such distances lie below it where the model is true
};

/// Responses inside the window, by competing risks in absolute time.
struct BehaviourEvaluation {
  std::size_t trials = 0, left = 0, right = 0;  ///< of all trials, those answered inside the window
  std::array<double, 2> log_likelihood{};       ///< nats; left, right: each action's own events and survival
  std::array<double, 2> null_rate{};            ///< Hz; constant hazards fitted on this dataset
  std::array<double, 2> null_log_likelihood{};
  double bits_per_trial = 0;
  double accuracy = 0;                    ///< of the likelier action, over answered trials; ties count half
  double base_rate = 0;                   ///< of always giving the more frequent action
  double auc = 0;                         ///< of P(left), left against right trials
  double median_error = 0;                ///< s; |response time - predicted median|
  double null_median_error = 0;           ///< s; against the median response time of this dataset
  std::array<double, 2> exact_terms{};    ///< left, right as a loss: preset exact, nats a trial
  std::array<double, 2> authors_terms{};  ///< the same responses in preset authors' form
};

/// The trials of one stimulus.
struct StimulusEvaluation {
  std::vector<double> stimulus;  ///< [F] in the model's order
  std::size_t trials = 0, left = 0, right = 0;
  double median_time = 0;                          ///< s, of the answered trials
  double predicted_left = 0, predicted_right = 0;  ///< probability of that response inside the window
  double predicted_median_time = 0;                ///< s, of responses inside the window
};

struct Evaluation {
  std::string null;                       ///< what null_rate is, in words
  std::vector<RegionEvaluation> regions;  ///< the dataset's order
  std::uint64_t spikes = 0;
  double log_likelihood = 0, null_log_likelihood = 0, bits_per_spike = 0;  ///< all regions
  BehaviourEvaluation behaviour;
  std::vector<StimulusEvaluation> stimuli;  ///< distinct ones
};

/// How well a model describes a dataset, in the exact meaning of Curves whatever preset it was fitted with. Spikes are taken at their own
/// times, counts by the exact likelihood of counts. The null model of a region is a constant rate: the model's constant_rate, else one
/// fitted on the dataset itself; `null` says which.
///
/// KS: every spike ends an interval of its unit's own train (the first begins at onset). By time rescaling (Brown et al. 2002, Neural
/// Comput. 14:325) it is exponential with mean 1 in units of Lambda, but only intervals that end before the trial does are seen: with R the
/// Lambda left to the trial's end when the interval begins, u = (1 - exp(-tau)) / (1 - exp(-R)) is uniform given that the spike came
/// (Wiener 2003, Neural Comput. 15:2565), however short the trials. u is pooled over the region's units and trials; the band is the limit
/// distribution's with Stephens' (1970) correction for small numbers.
///
/// `threads` 0: one for each processor; the result does not depend on it. `file` names the dataset in messages. Throws DataError where
/// model and dataset do not fit together: another time limit, a region that the model does not know, other stimulus features.
[[nodiscard]] Evaluation evaluate(const Model& model, const Dataset& data, const std::string& file = "dataset", int threads = 0);

/// All of an evaluation as JSON; NaN and infinity become null.
[[nodiscard]] std::string to_json(const Evaluation& evaluation);
/// Writes to_json under a temporary name and renames it. Throws ResourceError.
void write_evaluation(const std::filesystem::path& file, const Evaluation& evaluation);

}  // namespace nnpoisson
