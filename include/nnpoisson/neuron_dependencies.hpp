#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/dependencies.hpp"

namespace nnpoisson {

/// A mean over trials and models, and its standard errors: over trials, and over models (NaN for
/// one). NaN where there is nothing to average.
struct DependencyMean {
  double mean = std::numeric_limits<double>::quiet_NaN();
  double trial_error = std::numeric_limits<double>::quiet_NaN();
  double model_error = std::numeric_limits<double>::quiet_NaN();
};

/// What the spikes of some units say of choice and response time, nats a trial.
struct SpikeInformation {
  std::size_t trials = 0;  ///< those of the sessions that the units are in
  DependencyMean lost;     ///< without them: log p(behaviour | all spikes) less that given the rest
  DependencyMean alone;    ///< log p(behaviour | their spikes) - log p(behaviour)
};

/// What drives choice and response time under models by neuron (docs/analysis.md): spikes tell of
/// the trial's latent, and the latent of behaviour.
struct NeuronDependencies {
  std::size_t models = 0, trials = 0;
  /// Nats a trial: log p(behaviour | spikes) - log p(behaviour).
  DependencyMean total;

  struct Region {
    std::string name;
    std::size_t units = 0;   ///< of the dataset
    DependencyMean loading;  ///< mean of c over them; no error over trials
    SpikeInformation information;
  };
  struct Unit {
    std::string session;
    std::int64_t id = 0;
    std::size_t region = 0;  ///< in `regions`
    DependencyMean loading;  ///< c
    SpikeInformation information;
  };
  std::vector<Region> regions;  ///< the dataset's order
  std::vector<Unit> units;      ///< the dataset's order
  /// The same, those first that say most alone; NaN last.
  std::vector<std::size_t> regions_by_information, units_by_information;

  /// Which regions drive which action, where the heads of all models read regions.
  std::optional<Dependencies> drive;
};

/// Over the trials of a dataset, held out or not. `models`: at least one, all by neuron
/// (UsageError); all must know the dataset's units. Lesion and steps of the options are those of
/// `drive`. Throws DataError where models and dataset do not fit together; Interrupted where
/// `watch` ends it.
[[nodiscard]] NeuronDependencies neuron_dependencies(std::span<const Model> models,
                                                     const Dataset& data,
                                                     const DependencyOptions& options = {},
                                                     const Watch& watch = {});

/// All of it as JSON; NaN becomes null.
[[nodiscard]] std::string to_json(const NeuronDependencies& dependencies);
/// Writes to_json under a temporary name and renames it. Throws ResourceError.
void write_dependencies(const std::filesystem::path& file, const NeuronDependencies& dependencies);

}  // namespace nnpoisson
