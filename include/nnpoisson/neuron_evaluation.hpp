#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "nnpoisson/baselines.hpp"
#include "nnpoisson/trial_mean.hpp"

namespace nnpoisson {

/// How well a model by neuron describes some units' spikes (docs/evaluation.md).
struct NeuronSpikeScore {
  double spikes = 0;
  double log_likelihood = 0;       ///< nats, given nothing else of the trial
  double null_log_likelihood = 0;  ///< each unit at its constant rate on the training set
  TrialMean bits;                  ///< a spike, over the constant rate
  TrialMean bits_given_others;     ///< the same given the spikes of the trial's other units
};

struct NeuronRegionScore {
  std::string name;
  std::size_t units = 0;
  NeuronSpikeScore score;
};

struct NeuronUnitScore {
  std::string session;
  std::int64_t id = 0;
  std::size_t region = 0;
  NeuronSpikeScore score;
};

/// Nats a trial over constant hazards, of choice and response time together.
struct NeuronBehaviourScore {
  /// s: spikes before it are given, and that there was no response; infinity: all spikes that were
  /// observed, and nothing else.
  double from = std::numeric_limits<double>::infinity();
  std::size_t trials = 0;
  TrialMean alone, given_spikes;
  TrialMean of_spikes;  ///< given the spikes less alone
};

/// A model of the choice of answered trials.
struct NeuronChoiceScore {
  std::string name;
  TrialMean log_likelihood;    ///< nats an answered trial
  TrialMean accuracy;          ///< of the likelier action; ties count half
  TrialMean model_over;        ///< the model given the spikes less this one, nats
  TrialMean model_alone_over;  ///< the model alone less this one, nats
};

/// A baseline of spikes, fitted by unit.
struct NeuronBaselineScore {
  std::string name;
  double ridge = 0;
  TrialMean bits;        ///< a spike, over the constant rate
  TrialMean model_over;  ///< bits a spike of the model over this baseline
  std::vector<TrialMean> region_bits, region_model_over;  ///< as NeuronEvaluation::regions
  std::vector<double> log_likelihood;                     ///< [T] nats
};

/// What `evaluate` says of a model by neuron. Trials are those of the dataset evaluated.
struct NeuronEvaluation {
  std::string fitted_on;  ///< what baselines were fitted on; empty: there are none
  NeuronSpikeScore spikes;
  std::vector<NeuronRegionScore> regions;       ///< the dataset's order
  std::vector<NeuronUnitScore> units;           ///< the dataset's order
  std::vector<NeuronBehaviourScore> behaviour;  ///< all spikes first, then from earlier times on
  std::size_t answered = 0;
  std::vector<NeuronChoiceScore> choice;  ///< the model alone, given the spikes, baselines
  std::vector<RidgeTrial> choice_ridges;  ///< of the regression on counts
  std::vector<NeuronBaselineScore> baselines;
  std::vector<RidgeTrial> glm_ridges;

  struct Trials {
    std::vector<double> spikes;                               ///< how many
    std::vector<double> log_likelihood, null_log_likelihood;  ///< of spikes, nats
    std::vector<double> behaviour_alone, behaviour_given_spikes, null_behaviour;
  } trial;  ///< [T] each
};

}  // namespace nnpoisson
