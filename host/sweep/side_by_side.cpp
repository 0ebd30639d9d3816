#include "sweep/side_by_side.hpp"

#include <fmt/format.h>

#include <cmath>
#include <span>

#include "train/best_model.hpp"
#include "train/problem.hpp"

namespace nnpoisson {
namespace {

class SideBySide {
 public:
  SideBySide(const Launch& launch, const std::function<int()>& threads,
             const std::atomic<bool>& stop)
      : launch_(launch),
        threads_(threads),
        stop_(stop),
        fitted_(launch.members.size()),
        best_(launch.members.size()) {
    for (std::size_t m = 0; m < launch.members.size(); ++m) {
      const auto first = initial_parameters(launch.shape, launch.members[m].seed);
      size_ = first.size();
      state_.parameters.insert(state_.parameters.end(), first.begin(), first.end());
      running_.push_back(m);
    }
    state_.models = static_cast<int>(running_.size());
    state_.first_moment.assign(state_.parameters.size(), 0.0);
    state_.second_moment = state_.first_moment;
    for (int episode = 0; episode < launch.episodes; ++episode)
      for (std::uint32_t b = 0; b < launch.training->batches.size(); ++b) order_.push_back(b);
  }

  std::optional<std::vector<Fitted>> run() {
    for (int iteration = 0; !running_.empty(); ++iteration) {
      use_threads(threads_());
      if (!train()) return std::nullopt;
      if (running_.empty()) break;
      validate(iteration);
    }
    if (launch_.test) test();
    return fitted_;
  }

 private:
  void use_threads(int threads) {
    if (training_ && (threads == backend_.threads || chosen_kind(backend_) != BackendKind::cpu))
      return;
    backend_ = launch_.backend;
    backend_.threads = threads;
    training_ = make_backend(backend_, launch_.shape, launch_.training);
    validation_ = make_backend(backend_, launch_.shape, launch_.validation);
  }

  /// An iteration of all that run. False: stopped.
  bool train() {
    const auto result = training_->train(state_, {order_, rates()}, stop_);
    if (result.finite) return result.steps == order_.size();
    if (running_.size() == 1) {
      fail(0, fmt::format("a loss or gradient of training is not finite in iteration {}",
                          fitted_[running_[0]].iterations));
      return true;
    }
    return train_one_by_one();
  }

  /// After a failure, which leaves the state as it was: finds out whose it is.
  bool train_one_by_one() {
    TrainingState all = state_;
    std::vector<std::size_t> failed;
    for (std::size_t k = 0; k < running_.size(); ++k) {
      TrainingState one = slice(state_, k);
      const double rate = launch_.members[running_[k]].learning_rate;
      const auto result = training_->train(one, {order_, {&rate, 1}}, stop_);
      if (!result.finite) {
        failed.push_back(k);
        continue;
      }
      if (result.steps != order_.size()) return false;
      put(all, k, one);
    }
    state_ = std::move(all);
    for (auto k = failed.rbegin(); k != failed.rend(); ++k)
      fail(*k, fmt::format("a loss or gradient of training is not finite in iteration {}",
                           fitted_[running_[*k]].iterations));
    return true;
  }

  void validate(int iteration) {
    const auto losses =
        sums_of_losses(*validation_, *launch_.validation, state_.models, state_.parameters);
    for (std::size_t k = running_.size(); k-- > 0;) {
      const auto m = running_[k];
      const auto& member = launch_.members[m];
      if (!std::isfinite(losses[k].total)) {
        fail(k, fmt::format("the validation loss is not finite after iteration {}", iteration));
        continue;
      }
      fitted_[m].iterations = iteration + 1;
      if (best_[m].offer(iteration, losses[k].total,
                         std::span(state_.parameters).subspan(k * size_, size_))) {
        fitted_[m].best_iteration = iteration;
        fitted_[m].validation = losses[k];
      }
      if (iteration + 1 == member.iterations ||
          best_[m].out_of_patience(iteration + 1, member.patience))
        leave(k);
    }
  }

  void test() {
    const auto backend = make_backend(backend_, launch_.shape, launch_.test);
    for (std::size_t m = 0; m < fitted_.size(); ++m) {
      if (!fitted_[m].failure.empty()) continue;
      fitted_[m].test = sum_of_losses(*backend, *launch_.test, best_[m].parameters);
    }
  }

  void fail(std::size_t k, const std::string& why) {
    fitted_[running_[k]].failure = why;
    leave(k);
  }

  /// Takes the k-th of those that run out of the state.
  void leave(std::size_t k) {
    for (auto* values : {&state_.parameters, &state_.first_moment, &state_.second_moment}) {
      const auto at = values->begin() + static_cast<std::ptrdiff_t>(k * size_);
      values->erase(at, at + static_cast<std::ptrdiff_t>(size_));
    }
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(k));
    --state_.models;
  }

  [[nodiscard]] TrainingState slice(const TrainingState& all, std::size_t k) const {
    const auto part = [&](const std::vector<double>& values) {
      const auto at = values.begin() + static_cast<std::ptrdiff_t>(k * size_);
      return std::vector<double>(at, at + static_cast<std::ptrdiff_t>(size_));
    };
    return {1, all.step, part(all.parameters), part(all.first_moment), part(all.second_moment)};
  }
  void put(TrainingState& all, std::size_t k, const TrainingState& one) const {
    const auto at = static_cast<std::ptrdiff_t>(k * size_);
    std::copy(one.parameters.begin(), one.parameters.end(), all.parameters.begin() + at);
    std::copy(one.first_moment.begin(), one.first_moment.end(), all.first_moment.begin() + at);
    std::copy(one.second_moment.begin(), one.second_moment.end(), all.second_moment.begin() + at);
    all.step = one.step;
  }

  std::span<const double> rates() {
    rates_.clear();
    for (const auto m : running_) rates_.push_back(launch_.members[m].learning_rate);
    return rates_;
  }

  const Launch& launch_;
  const std::function<int()>& threads_;
  const std::atomic<bool>& stop_;
  std::size_t size_ = 0;              // parameters of a model
  std::vector<std::size_t> running_;  // members, in the order of the state
  TrainingState state_;
  std::vector<double> rates_;
  std::vector<std::uint32_t> order_;
  std::vector<Fitted> fitted_;
  std::vector<BestModel> best_;
  BackendOptions backend_;
  std::unique_ptr<Backend> training_, validation_;
};

}  // namespace

std::optional<std::vector<Fitted>> fit_side_by_side(const Launch& launch,
                                                    const std::function<int()>& threads,
                                                    const std::atomic<bool>& stop) {
  return SideBySide(launch, threads, stop).run();
}

}  // namespace nnpoisson
