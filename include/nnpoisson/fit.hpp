#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/backend.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"
#include "nnpoisson/settings.hpp"

namespace nnpoisson {

/// What may differ between models that are fitted side by side.
struct FitMember {
  std::uint64_t seed = 0;  ///< of its initial weights
  double learning_rate = 5e-3;
  int iterations = 1000;  ///< at most
  int patience = 300;     ///< iterations without a better validation loss before it ends
};

/// The losses of one iteration. All NaN where there is no such set.
struct IterationLosses {
  BatchLoss train;       ///< preset exact: mean over the iteration's steps; authors: their sum
  BatchLoss validation;  ///< after the iteration
  BatchLoss test;        ///< after the iteration
  std::vector<double> test_regions;  ///< neural test loss of each region, alphabetical
};

/// The weights that did best on the validation trials.
struct BestWeights {
  double validation = std::numeric_limits<double>::infinity();  ///< total loss
  int iteration = -1;              ///< counted from 0; -1: there is no validation loss yet
  std::vector<double> parameters;  ///< empty until there is a validation loss

  /// Takes these weights if they did better.
  void offer(int iteration_now, double loss, std::span<const double> weights);
  [[nodiscard]] bool out_of_patience(int iterations_done, int patience) const;
};

/// Where a loss or gradient stopped being finite.
struct FitFailure {
  std::string what;   ///< "neural loss", "left action's loss", "right action's loss", "gradient"
  std::string where;  ///< "at step 3 of iteration 7 (region VISp)", counted from 1 and from 0

  /// "gradient is not finite at step 3 of iteration 7 (region VISp)"
  [[nodiscard]] std::string message() const;
};

enum class FitEnd {
  running,     ///< not yet
  iterations,  ///< all that were asked for are done
  patience,    ///< the validation loss has not improved for so long
  stopped,     ///< the caller wanted no more
  not_finite   ///< FitCourse::failure says what and where
};

/// How far one model has come: always the end of an iteration.
struct FitCourse {
  TrainingState state;                   ///< of one model
  std::vector<IterationLosses> history;  ///< one for each finished iteration
  BestWeights best;
  FitEnd end = FitEnd::running;
  std::optional<FitFailure> failure{};  ///< where the end is not_finite; `state` is as before it

  [[nodiscard]] int iterations() const { return static_cast<int>(history.size()); }
  /// The best weights where there are some, else the last ones.
  [[nodiscard]] const std::vector<double>& parameters() const {
    return best.parameters.empty() ? state.parameters : best.parameters;
  }
};

struct FitProgress {
  int iteration = 0, iterations = 0;  ///< finished; at most, of the model that has most
  double seconds = 0;                 ///< since training began
  double spikes_per_second = 0;       ///< of the training passes, of all models together
  double seconds_left = 0;            ///< to the last iteration, if no early stop
};

/// What hears of a fit while it runs, and may end it. `models` are in the order of the members.
struct FitObserver {
  std::function<void(std::span<const FitCourse> models)> before_iteration{};
  std::function<void(std::span<const FitCourse> models, const FitProgress&)> after_iteration{};
  /// Once it is true the fit ends soon: the iteration under way is given up.
  const std::atomic<bool>* stop = nullptr;
};

/// The sets and what to start from must outlive the call.
struct FitOptions {
  /// Trials to stop early by; null: a part of the training trials, `settings.train.validation`.
  const Dataset* validation = nullptr;
  const Dataset* test = nullptr;     ///< evaluated after every iteration
  const Model* initial = nullptr;    ///< where all members start; null: initial_parameters by seed
  std::vector<FitMember> members{};  ///< models to fit side by side; empty: one, as settings say
  BackendOptions backend{};          ///< its precision is that of the settings
  FitObserver observer{};
};

struct FittedModel {
  Model model;                           ///< with the best weights on validation, else the last
  std::vector<IterationLosses> history;  ///< one for each finished iteration
  int best_iteration = -1;               ///< counted from 0; -1: no validation
  FitEnd end = FitEnd::running;
  std::optional<FitFailure> failure{};  ///< where the end is not_finite
};

struct FitResult {
  std::vector<FittedModel> models;  ///< in the order of the members
  std::vector<std::string> notes;   ///< what the user should know, a line each
  std::string backend;              ///< what computed, in words
  double spikes_per_second = 0;     ///< of the training passes
};

/// Fits the network to a dataset, in memory; nothing is written. Members are fitted side by side,
/// each as if it were alone; one whose loss is not finite ends and leaves the others as they are.
/// Throws UsageError (settings, members), DataError where a set is not valid, or sets or the
/// initial model do not fit the training set, ResourceError (the backend asked for is not there).
[[nodiscard]] FitResult fit(const Dataset& training, const Settings& settings,
                            const FitOptions& options = {});

}  // namespace nnpoisson
