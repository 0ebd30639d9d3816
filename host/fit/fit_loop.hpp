#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fit/fit_set.hpp"
#include "fit/losses.hpp"
#include "nnpoisson/fit.hpp"

namespace nnpoisson {

/// How a fit differs from one iteration to the next; `iterations`: how many there will be.
struct FitSchedule {
  /// Of the learning rate; empty: 1.
  std::function<double(int iteration, int iterations)> rate{};
  /// As TrainingProgram::held; empty: none.
  std::function<std::uint32_t(int iteration, int iterations)> held{};
  /// Before an iteration: other parameters to go on from, or none; empty: never any.
  std::function<std::optional<std::vector<double>>(int iteration, int iterations,
                                                   const std::vector<double>& parameters)>
      begin{};
};

/// What is fitted, and the trials as plans.
struct FitPlans {
  Preset preset = Preset::exact;
  int episodes = 1;                       ///< passes in an iteration
  std::vector<std::string> region_names;  ///< as batches number them
  /// Initial weights by seed.
  std::function<std::vector<double>(std::uint64_t seed)> start{};
  FitSet training{}, validation{}, test{};  ///< the last two may be none
  FitSchedule schedule{};
};

/// How a fit goes on, beside its members.
struct LoopOptions {
  enum class Test { every_iteration, best_weights };
  BackendOptions backend{};
  Test test = Test::every_iteration;  ///< when test losses are taken
  /// CPU threads for the next iteration, asked before each; empty: backend.threads. Other fits may
  /// have left some idle, and the numbers do not depend on it.
  std::function<int()> threads{};
  FitObserver observer{};
};

/// The one training loop: M models of one shape on the same plans, each as if it were alone.
class FitLoop {
 public:
  /// Makes the backends. Throws ResourceError, UsageError as make_backend.
  FitLoop(FitPlans plans, std::vector<FitMember> members, LoopOptions options);

  /// Where a member starts: at its seed's weights, or as told by `begin_at` or `resume`.
  [[nodiscard]] const std::vector<FitCourse>& models() const { return models_; }
  void begin_at(const std::vector<double>& parameters);  ///< all members
  void resume(std::size_t member, FitCourse course);

  /// Runs until every member has ended. May be called once.
  void run();

  [[nodiscard]] std::string backend() const;  ///< what computes, in words
  [[nodiscard]] double spikes_per_second() const { return spikes_per_second_; }
  /// With LoopOptions::Test::best_weights: of the weights that FitCourse::parameters gives.
  [[nodiscard]] const std::vector<BatchLoss>& test_at_best() const { return test_at_best_; }

 private:
  struct Trained;

  void make_backends(int threads);
  /// Ends members that have all their iterations or no patience left; those that go on.
  [[nodiscard]] std::vector<std::size_t> end_what_is_done();
  [[nodiscard]] Trained begin_iteration(std::size_t member);
  void take_back(Trained& one);  ///< the member's state is as before the iteration
  [[nodiscard]] TrainingState join(std::span<const std::size_t> members) const;
  /// An iteration of these members, whose states then are new. False: stopped before its end.
  [[nodiscard]] bool train(std::span<const std::size_t> members, std::vector<Trained>& trained);
  void measure(std::vector<Trained>& trained) const;  ///< losses of the other sets
  bool commit(std::vector<Trained>& trained);         ///< whether any member's iteration is sound
  void test_best_weights();
  [[nodiscard]] FitProgress progress(double seconds, int iterations_here) const;
  [[nodiscard]] FitFailure failure(const ProgramResult& result, int iteration) const;
  [[nodiscard]] FitFailure failure(const char* set, const FitSet& plan, const PlanLoss& loss,
                                   int iteration) const;
  [[nodiscard]] std::string name(std::int32_t region) const;  ///< in words

  FitPlans plans_;
  std::vector<FitMember> members_;
  LoopOptions options_;
  std::vector<std::uint32_t> order_;  // batches of an iteration
  std::vector<FitCourse> models_;
  BackendOptions backend_options_;
  std::unique_ptr<Backend> training_, validation_, test_;
  std::vector<BatchLoss> test_at_best_;
  double spikes_per_second_ = 0;
};

}  // namespace nnpoisson
