#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "nnpoisson/baselines.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"
#include "nnpoisson/neuron_evaluation.hpp"
#include "nnpoisson/progress.hpp"

namespace nnpoisson {

/// 95 % of a statistic over trials resampled within their sessions; NaN where none were drawn.
struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

/// The normal distribution's 97.5 % quantile: an interval of 95 % is so many standard errors to
/// either side.
inline constexpr double normal_95 = 1.959963984540054;

/// One number and its interval.
struct Estimate {
  double value = std::numeric_limits<double>::quiet_NaN();
  Interval interval;
};

/// What is judged on spikes: the network and its baselines (docs/evaluation.md).
enum class SpikeModel { network, glm, psth, constant };
[[nodiscard]] const char* to_string(SpikeModel model);

/// How well one model describes some spikes (docs/evaluation.md has the definitions).
struct SpikeScore {
  SpikeModel model{};
  double log_likelihood = 0;  ///< nats
  double expected = 0;        ///< spikes
  double deviance = 0;        ///< of counts in the bins of `bin_edges`
  Estimate bits_per_spike;    ///< over the constant rate
  Estimate pseudo_r2;         ///< 1 - deviance / deviance of the constant rate
  Estimate network_bits;      ///< bits a spike of the network over this model
  Estimate network_r2;        ///< 1 - deviance of the network / deviance of this model
};

/// The network's score first, then the baselines' in the order of SpikeModel; the constant rate is
/// always there, the others where they were fitted.
using SpikeScores = std::vector<SpikeScore>;

/// Time rescaling: sorted u against the uniform distribution's quantiles, a few hundred points of
/// them.
struct QuantilePlot {
  std::vector<double> uniform, rescaled;
};

/// Rates of one region over time in a group of trials, Hz a unit; NaN where no trial is observed.
/// Arrays: [bins].
struct Psth {
  std::vector<double> exposure;  ///< s, summed over units and trials still observed
  std::vector<double> observed, standard_error, predicted;
};

/// What the trials of a group have in common.
enum class TrialGrouping { all, stimulus, choice, response_time };
/// "all", "stimulus", "choice" or "response time".
[[nodiscard]] const char* to_string(TrialGrouping grouping);

/// Trials that a figure shows together.
struct TrialGroup {
  TrialGrouping grouping = TrialGrouping::all;
  std::string name;
  std::size_t trials = 0;
  std::int8_t choice = 0;  ///< of a grouping by choice: +1 left, -1 right, 0 none
};

/// Numbers that a dataset cannot give (no spikes, no responses, counts where spike times are
/// needed) are NaN.
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
  double ks = 0;       ///< Kolmogorov-Smirnov distance of the rescaled intervals from uniform
  double ks_band = 0;  ///< 95 % of such distances lie below it where the model is true
  QuantilePlot quantiles;
  SpikeScores scores;
  std::vector<Psth> psth;  ///< as Evaluation::groups
};

/// One unit, judged by its column's intensity.
struct UnitEvaluation {
  std::string session;
  std::int64_t id = 0;
  std::size_t region = 0;
  std::uint64_t spikes = 0;
  double exposure = 0;         ///< s
  double ks = 0, ks_band = 0;  ///< as a region's
  SpikeScores scores;          ///< without intervals
};

/// Answered trials at one place of the stimulus axis, or in one range of it.
struct PsychometricPoint {
  double axis = 0;  ///< mean over the answered trials
  std::string name;
  std::size_t answered = 0, left = 0;
  double observed = 0;  ///< share of left answers
  Interval binomial;    ///< Wilson's 95 %
  double predicted = 0;
};

/// Answered trials whose predicted share of left lies in one of ten equal ranges.
struct CalibrationBin {
  std::size_t answered = 0;
  double predicted = 0, observed = 0;  ///< means
  Interval binomial;
};

inline constexpr std::array<double, 5> response_quantiles{0.1, 0.3, 0.5, 0.7, 0.9};

/// Responses of one action in a group of trials, observed and predicted for the same trials.
struct ActionTimes {
  std::size_t answered = 0;
  /// Of this response inside the window.
  double observed_probability = 0, predicted_probability = 0;
  /// s, at response_quantiles, given this response.
  std::array<double, 5> observed_quantiles{}, predicted_quantiles{};
  /// Defective distributions at BehaviourEvaluation::response_time_grid.
  std::vector<double> observed_cumulative, predicted_cumulative;
};
struct ResponseTimes {
  std::string name;  ///< "all", or a psychometric point's
  double axis = 0;
  std::size_t trials = 0;
  std::array<ActionTimes, 2> action;  ///< left, right
};

/// What is judged on choices: the network and its baselines.
enum class ChoiceModel { network, logistic_regression, constant };
[[nodiscard]] const char* to_string(ChoiceModel model);

/// A model of the choice given that there was one, over answered trials.
struct ChoiceScore {
  ChoiceModel model{};
  double log_likelihood = 0;
  Estimate bits_per_choice;  ///< over ChoiceModel::constant
  Estimate accuracy, auc;    ///< as BehaviourEvaluation's
};

/// What is judged on choices and response times together: the network and its baselines.
enum class ResponseModel { network, log_normal_race, constant_hazards };
[[nodiscard]] const char* to_string(ResponseModel model);

/// A model of choice and response time together.
struct ResponseScore {
  ResponseModel model{};
  std::array<double, 2> log_likelihood{};  ///< left, right
  Estimate bits_per_trial;                 ///< over ResponseModel::constant_hazards
};

/// Responses inside the window, by competing risks in absolute time. Pairs are left, right.
struct BehaviourEvaluation {
  std::size_t trials = 0, left = 0, right = 0;  ///< of all trials, those answered inside the window
  std::array<double, 2> log_likelihood{};       ///< nats; each action's own events and survival
  std::array<double, 2> null_rate{};            ///< Hz; constant hazards fitted on this dataset
  std::array<double, 2> null_log_likelihood{};
  double bits_per_trial = 0;
  double accuracy = 0;           ///< of the likelier action, over answered trials; ties count half
  double base_rate = 0;          ///< of always giving the more frequent action
  double auc = 0;                ///< of P(left), left against right trials; ties count half
  double median_error = 0;       ///< s; |response time - predicted median|
  double null_median_error = 0;  ///< s; against the median response time of this dataset
  std::array<double, 2> exact_terms{};    ///< as a loss: preset exact, nats a trial
  std::array<double, 2> authors_terms{};  ///< the same responses in preset authors' form
  std::string axis;                       ///< what the psychometric curve runs along, in words
  std::vector<PsychometricPoint> psychometric;
  std::vector<CalibrationBin> calibration;
  /// Expected: mean over answered trials of their bin's |observed - predicted|.
  double calibration_error = 0;
  std::vector<double> response_time_grid;     ///< s
  std::vector<ResponseTimes> response_times;  ///< all trials first, then each psychometric point's
  std::vector<ChoiceScore> choice_models;  ///< the network first; baselines where they are fitted
  std::vector<ResponseScore> response_models;  ///< the same
};

/// The trials of one stimulus.
struct StimulusEvaluation {
  std::vector<double> stimulus;  ///< [F] in the model's order
  std::size_t trials = 0, left = 0, right = 0;
  double median_time = 0;  ///< s, of the answered trials
  /// Probability of that response inside the window.
  double predicted_left = 0, predicted_right = 0;
  double predicted_median_time = 0;  ///< s, of responses inside the window
};

/// One term of the joint log-likelihood: a region's spikes, or an action; nats.
struct JointTerm {
  std::string name;
  double log_likelihood = 0, null_log_likelihood = 0;
};

struct Evaluation {
  std::string null;       ///< what null_rate is, in words
  std::string fitted_on;  ///< what baselines were fitted on, in words; empty: there are none
  std::vector<RegionEvaluation> regions;  ///< the dataset's order
  std::vector<UnitEvaluation> units;      ///< the dataset's order
  std::uint64_t spikes = 0;
  double log_likelihood = 0, null_log_likelihood = 0, bits_per_spike = 0;  ///< all regions
  SpikeScores scores;                                                      ///< all regions
  std::vector<double> bin_edges;  ///< s; of Psth, of deviances and of the baselines' time
  std::vector<TrialGroup> groups;
  BehaviourEvaluation behaviour;
  std::vector<StimulusEvaluation> stimuli;  ///< distinct ones
  std::vector<JointTerm> joint;             ///< regions, left, right, total
  GlmFit glm;                               ///< columns are the model's
  /// A model by neuron (preset neurons) has this, and nothing else.
  std::optional<NeuronEvaluation> neurons;
};

struct EvaluationOptions {
  /// Baselines are fitted on it; else cross-validated over the dataset evaluated.
  const Dataset* training = nullptr;
  bool baselines = true;  ///< fit the baselines, but for the constant rate, which is always there
  /// Of preset neurons; false: only the GLM without gains, at a ridge of 10, in a second or two.
  bool all_baselines = true;
  std::size_t bins = 25;  ///< of time, about
  std::size_t folds = 5;
  std::size_t bases = 8;  ///< raised cosines of the GLM
  double glm_ridge = 1;
  double behaviour_ridge = 0.01;  ///< of logistic regression and log-normal race
  std::size_t resamples = 1000;
  std::uint64_t seed = 0;  ///< of folds and resamples
  int threads = 0;         ///< 0: one for each processor; the result does not depend on it
};

/// How well a model describes a dataset, in the exact meaning of Curves whatever preset it was
/// fitted with. Spikes are taken at their own times, counts by the exact likelihood of counts. The
/// null model of a region is a constant rate: the model's constant_rate, else one fitted on the
/// dataset itself; `null` says which.
///
/// KS: every spike ends an interval of its unit's own train (the first begins at onset). By time
/// rescaling (Brown et al. 2002, Neural Comput. 14:325) it is exponential with mean 1 in units of
/// Lambda, but only intervals that end before the trial does are seen: with R the Lambda left to
/// the trial's end when the interval begins, u = (1 - exp(-tau)) / (1 - exp(-R)) is uniform given
/// that the spike came (Wiener 2003, Neural Comput. 15:2565), however short the trials. u is pooled
/// over the region's units and trials; the band is the limit distribution's with Stephens' (1970)
/// correction for small numbers.
///
/// A model by neuron is judged otherwise (NeuronEvaluation); its baselines are fitted on `training`
/// alone.
///
/// Throws DataError, naming the dataset's `source`, where model and dataset do not fit together
/// (another time limit, a region that the model does not know, other stimulus features), UsageError
/// (options), Interrupted (`watch`).
[[nodiscard]] Evaluation evaluate(const Model& model, const Dataset& data,
                                  const EvaluationOptions& options = {}, const Watch& watch = {});

/// All of an evaluation as JSON; NaN and infinity become null.
[[nodiscard]] std::string to_json(const Evaluation& evaluation);
/// Writes to_json under a temporary name and renames it. Throws ResourceError.
void write_evaluation(const std::filesystem::path& file, const Evaluation& evaluation);

}  // namespace nnpoisson
