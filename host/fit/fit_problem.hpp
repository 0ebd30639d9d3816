#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fit/fit_loop.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"
#include "nnpoisson/plan.hpp"
#include "nnpoisson/settings.hpp"
#include "plan/points.hpp"

namespace nnpoisson {

/// What is to be fitted: the plans of training, validation and test trials, the network's shape and
/// where it starts. No dataset is kept, but for the sample that measures what time_resolution
/// costs.
class FitProblem {
 public:
  struct Given {
    const Model* initial = nullptr;       ///< where to start; its widths are taken
    const Dataset* validation = nullptr;  ///< null: a part of the training trials
    BackendOptions backend{};
  };

  /// Throws UsageError (settings), DataError where what is given does not fit the training set.
  FitProblem(const Dataset& training, const Settings& settings, const Given& given);
  void add_test(const Dataset& test);  ///< throws DataError where it does not fit

  [[nodiscard]] const Settings& settings() const { return settings_; }  ///< with initial's widths
  [[nodiscard]] const FitPlans& plans() const { return plans_; }
  /// Of the model given to start from; empty: there was none.
  [[nodiscard]] const std::vector<double>& initial_parameters() const { return initial_; }
  [[nodiscard]] FitMember member() const;  ///< the one model that the settings ask for
  [[nodiscard]] NetworkShape shape() const { return model_.shape; }  ///< not of neurons
  [[nodiscard]] Model model(const std::vector<double>& parameters) const;
  /// What the user should know, and what the sets hold; a line each.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  [[nodiscard]] const std::vector<std::string>& description() const { return description_; }
  [[nodiscard]] std::string planner() const;  ///< who made the plans, in words
  /// |loss at time_resolution / loss at every spike's own time - 1| on a sample of the training
  /// trials.
  [[nodiscard]] double resolution_error(const std::vector<double>& parameters,
                                        const BackendOptions& backend) const;

 private:
  void start_from(const Model& initial);
  void plan_training(const Dataset& training, const Dataset* validation);
  void plan_neurons(const Dataset& training, std::span<const std::int32_t> trials);
  /// shrinkage: of the penalty that is part of the loss (neurons).
  [[nodiscard]] FitSet plan(const Dataset& data, Grouping grouping, int batches,
                            double time_resolution, std::span<const std::int32_t> trials = {},
                            double shrinkage = 0) const;

  std::shared_ptr<const PointMerger> merger_;
  int threads_;
  Settings settings_;
  FitPlans plans_;
  Model model_;                                   // without parameters
  std::shared_ptr<const NeuronProblem> neurons_;  // of preset neurons
  std::vector<double> initial_;
  Dataset sample_;
  std::vector<std::string> notes_, description_;
};

}  // namespace nnpoisson
