#include <algorithm>
#include <cmath>

#include "engine/neurons/reference_pass.hpp"
#include "nnpoisson/formulas/adam.hpp"

namespace nnpoisson {
namespace {

class NeuronReference final : public Backend {
 public:
  NeuronReference(std::shared_ptr<const NeuronProblem> problem,
                  std::shared_ptr<const NeuronPlan> plan)
      : problem_(std::move(problem)),
        plan_(std::move(plan)),
        layout_(problem_->shape, problem_->shrinkage),
        penalty_(problem_->shape, layout_, problem_->centre) {}

  [[nodiscard]] std::string description() const override { return "reference (double, 1 thread)"; }

  void evaluate(std::span<const std::uint32_t> batches, int models,
                std::span<const double> parameters, std::span<BatchLoss> losses,
                std::span<double> gradients) override {
    const std::size_t n = layout_.size();
    for (std::size_t b = 0, k = 0; b < batches.size(); ++b)
      for (std::size_t m = 0; m < static_cast<std::size_t>(models); ++m, ++k)
        losses[k] = loss(batches[b], parameters.subspan(m * n, n),
                         gradients.empty() ? gradients : gradients.subspan(k * n, n));
  }

  ProgramResult train(TrainingState& state, const TrainingProgram& program,
                      const std::atomic<bool>& stop) override {
    const std::size_t n = layout_.size();
    const auto models = static_cast<std::size_t>(state.models);
    const TrainingState before = state;
    ProgramResult result;
    result.sums.resize(models);
    std::vector<double> gradient(n);
    for (const auto b : program.batches) {
      if (stop) {
        state = before;
        return result;
      }
      std::vector<BatchLoss> now(models);
      for (std::size_t m = 0; m < models; ++m) {
        now[m] = loss(b, {state.parameters.data() + m * n, n}, gradient);
        result.finite = std::isfinite(now[m].total) &&
                        std::ranges::all_of(gradient, [](double g) { return std::isfinite(g); });
        if (!result.finite) {
          state = before;
          result.failed = now[m];
          return result;
        }
        update(state, m, gradient, program);
      }
      for (std::size_t m = 0; m < models; ++m) result.sums[m] += now[m];
      ++state.step;
      ++result.steps;
    }
    return result;
  }

 private:
  /// Adam's step of one model.
  void update(TrainingState& state, std::size_t model, const std::vector<double>& gradient,
              const TrainingProgram& program) const {
    const std::size_t first = model * layout_.size();
    const double rate =
        formulas::adam_rate(program.learning_rate[model], static_cast<double>(state.step + 1));
    for (std::size_t t = 0; t < neuron_tensor_count; ++t) {
      if (is_held(program.held, static_cast<NeuronTensor>(t))) continue;
      const NeuronSlot& slot = layout_.slots()[t];
      for (std::size_t i = slot.offset; i < slot.offset + slot.size; ++i) {
        double& weight = state.parameters[first + i];
        formulas::adam(weight, state.first_moment[first + i], state.second_moment[first + i],
                       gradient[i], rate);
        if (slot.non_negative) weight = std::max(weight, 0.0);
      }
    }
  }

  BatchLoss loss(std::uint32_t number, std::span<const double> parameters,
                 std::span<double> gradient) const {
    NeuronReferencePass pass(*problem_, layout_, *plan_, plan_->batches[number], parameters.data());
    BatchLoss loss = pass.forward();
    if (!gradient.empty()) {
      std::ranges::fill(gradient, 0.0);
      pass.back(gradient.data());
    }
    if (plan_->penalty_scale > 0) {
      loss.right = penalty_.add(parameters, plan_->penalty_scale, gradient);
      loss.total += loss.right;
    }
    return loss;
  }

  std::shared_ptr<const NeuronProblem> problem_;
  std::shared_ptr<const NeuronPlan> plan_;
  NeuronLayout layout_;
  NeuronPenalty penalty_;
};

}  // namespace

std::vector<double> neuron_totals(const NeuronProblem& problem, const NeuronPlan& plan,
                                  const NeuronBatch& batch, std::span<const double> parameters) {
  return NeuronReferencePass(problem, NeuronLayout(problem.shape), plan, batch, parameters.data())
      .totals();
}

std::unique_ptr<Backend> make_neuron_reference(std::shared_ptr<const NeuronProblem> problem,
                                               std::shared_ptr<const NeuronPlan> plan) {
  return std::make_unique<NeuronReference>(std::move(problem), std::move(plan));
}

}  // namespace nnpoisson
