#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nnpoisson/plan.hpp"
#include "nnpoisson/train.hpp"
#include "plan/points.hpp"

namespace nnpoisson {

/// Sum, over all batches of a plan, of their losses, for each of the models [M x n]; the neural
/// losses of by-region batches go to `regions`, of the first model.
[[nodiscard]] std::vector<BatchLoss> sums_of_losses(Backend& backend, const Plan& plan, int models,
                                                    std::span<const double> parameters,
                                                    std::vector<double>* regions = nullptr);
/// The same of one model.
[[nodiscard]] BatchLoss sum_of_losses(Backend& backend, const Plan& plan,
                                      std::span<const double> parameters,
                                      std::vector<double>* regions = nullptr);

/// What is to be fitted: the plans of training, validation and test trials, the network's shape and
/// first weights. The recordings themselves are let go once they are planned, but for the sample
/// that measures what time_resolution costs.
class Problem {
 public:
  /// Reads and plans. Throws DataError where test or init do not fit the training set.
  Problem(const TrainRequest& request, const std::function<void(const std::string&)>& message);

  [[nodiscard]] const Settings& settings() const {
    return settings_;
  }  ///< with the widths of --init
  [[nodiscard]] const NetworkShape& shape() const { return shape_; }
  [[nodiscard]] const std::vector<double>& first_parameters() const { return first_parameters_; }
  [[nodiscard]] std::shared_ptr<const Plan> training() const { return training_; }
  [[nodiscard]] std::shared_ptr<const Plan> validation() const {
    return validation_;
  }                                                                         ///< null: none
  [[nodiscard]] std::shared_ptr<const Plan> test() const { return test_; }  ///< null: none
  [[nodiscard]] const std::vector<std::string>& regions() const {
    return regions_;
  }  ///< alphabetical
  [[nodiscard]] const std::vector<std::string>& file_regions() const { return model_.region_names; }
  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }
  [[nodiscard]] std::string config() const;                    ///< config.toml
  [[nodiscard]] std::vector<std::string> description() const;  ///< for the log
  [[nodiscard]] Model model(const std::vector<double>& parameters) const;
  /// |loss at time_resolution / loss at every spike's own time - 1| on a sample of the training
  /// trials.
  [[nodiscard]] double resolution_error(const std::vector<double>& parameters,
                                        const BackendOptions& backend) const;

 private:
  void take_init(const std::function<void(const std::string&)>& message);
  [[nodiscard]] bool by_unit() const { return settings_.model.readout == Readout::unit; }
  [[nodiscard]] PlanOptions options(Grouping grouping, int parts, double time_resolution) const;

  const TrainRequest& request_;
  std::shared_ptr<const PointMerger> merger_;
  Settings settings_;
  NetworkShape shape_;
  Model model_;  // without parameters
  std::vector<double> first_parameters_;
  std::shared_ptr<const Plan> training_, validation_, test_;
  std::vector<std::string> regions_;
  Dataset sample_;
  std::uint64_t fingerprint_ = 0;
  std::vector<std::string> description_;
};

}  // namespace nnpoisson
