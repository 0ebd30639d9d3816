#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/neurons/pass.hpp"
#include "engine/simd/dispatch.hpp"
#include "model/bind_neurons.hpp"
#include "nnpoisson/formulas/adam.hpp"

namespace nnpoisson {
namespace {

std::size_t count_of(int n) {
  return static_cast<std::size_t>(n);
}

/// Penalty, Adam, and parameters between the flat order and the packed one.
template <class T>
class NeuronCpu final : public Backend {
 public:
  NeuronCpu(const simd::Kernels<T>& kernels, int threads,
            std::shared_ptr<const NeuronProblem> problem, std::shared_ptr<const NeuronPlan> plan)
      : name_(kernels.name),
        kernels_(*kernels.neurons),
        problem_(std::move(problem)),
        plan_(std::move(plan)),
        shape_(problem_->shape),
        layout_(shape_, problem_->shrinkage),
        packing_(*problem_, layout_, *plan_, kernels_.row_lanes),
        team_(threads),
        pass_(kernels_, team_, *problem_, layout_, *plan_, packing_) {
    set_penalty();
  }

  [[nodiscard]] std::string description() const override {
    return std::string("cpu (") + name_ + ", " + (sizeof(T) == 4 ? "float" : "double") + ", " +
           std::to_string(team_.size()) + (team_.size() == 1 ? " thread)" : " threads)");
  }

  void evaluate(std::span<const std::uint32_t> batches, int models,
                std::span<const double> parameters, std::span<BatchLoss> losses,
                std::span<double> gradients) override {
    const std::size_t n = layout_.size(), count = count_of(models);
    const bool back = !gradients.empty();
    weights_.resize(packing_.size());
    for (std::size_t m = 0; m < count; ++m) {
      load(parameters.subspan(m * n, n), weights_.data());
      for (std::size_t b = 0; b < batches.size(); ++b) {
        BatchLoss& loss = losses[b * count + m];
        loss = pass_.run(batches[b], weights_.data(), back);
        if (plan_->penalty_scale > 0) add_penalty(loss, back);
        if (!back) continue;
        const auto to = gradients.subspan((b * count + m) * n, n);
        for (std::size_t i = 0; i < n; ++i)
          to[i] = static_cast<double>(pass_.gradient()[packing_.place(i)]);
      }
    }
  }

  ProgramResult train(TrainingState& state, const TrainingProgram& program,
                      const std::atomic<bool>& stop) override {
    const std::size_t n = layout_.size(), size = packing_.size(), count = count_of(state.models);
    auto& [all, first, second] = state_;
    for (auto* numbers : {&all, &first, &second}) numbers->resize(count * size);
    for (std::size_t m = 0; m < count; ++m) {
      load(std::span(state.parameters).subspan(m * n, n), all.data() + m * size);
      load(std::span(state.first_moment).subspan(m * n, n), first.data() + m * size);
      load(std::span(state.second_moment).subspan(m * n, n), second.data() + m * size);
    }
    ProgramResult result;
    result.sums.resize(count);
    for (const auto b : program.batches) {
      if (stop) return result;
      const auto step = static_cast<double>(state.step + result.steps + 1);
      for (std::size_t m = 0; m < count; ++m) {
        BatchLoss now = pass_.run(b, all.data() + m * size, true);
        const auto rate = static_cast<T>(formulas::adam_rate(program.learning_rate[m], step));
        const bool finite =
            update({all.data() + m * size, first.data() + m * size, second.data() + m * size}, rate,
                   program.held, now);
        if (result.finite && !(finite && std::isfinite(now.total))) {
          result.finite = false;
          result.failed = now;
        }
        result.sums[m] += now;
      }
      // The state handed in is left as it was: the last that is known to be good.
      if (!result.finite) return result;
      ++result.steps;
    }
    state.step += result.steps;
    for (std::size_t m = 0; m < count; ++m) {
      store(all.data() + m * size, std::span(state.parameters).subspan(m * n, n));
      store(first.data() + m * size, std::span(state.first_moment).subspan(m * n, n));
      store(second.data() + m * size, std::span(state.second_moment).subspan(m * n, n));
    }
    return result;
  }

 private:
  void set_penalty() {
    if (plan_->penalty_scale <= 0) return;
    centre_.assign(packing_.shared_size(), T(0));
    for (std::size_t i = 0; i < layout_.shared_size(); ++i)
      centre_[packing_.place(i)] = static_cast<T>(problem_->centre[i]);
    decay_c_.assign(count_of(packing_.gains()), T(0));
    decay_lnq_ = decay_c_;
    const auto loading = loading_decay(shape_);
    for (std::size_t i = 0; i < shape_.unit_region.size(); ++i) {
      using enum NeuronTensor;
      if (shape_.shared_gain)
        decay_c_[packing_.place(layout_[gain_c].offset + i) - packing_.at(gain_c)] =
            static_cast<T>(loading[i]);
      if (shape_.private_gain)
        decay_lnq_[packing_.place(layout_[gain_lnq].offset + i) - packing_.at(gain_lnq)] =
            static_cast<T>(layout_[gain_lnq].decay);
    }
  }

  /// Calls use(i, place) for every parameter.
  template <class Use>
  void each_parameter(const Use& use) {
    constexpr std::size_t chunk = 65536;
    const std::size_t n = layout_.size();
    team_.run(static_cast<std::uint32_t>((n + chunk - 1) / chunk), [&](std::uint32_t t, int) {
      for (std::size_t i = t * chunk; i < std::min(n, (t + 1) * chunk); ++i)
        use(i, packing_.place(i));
    });
  }
  void load(std::span<const double> from, T* to) {
    each_parameter([&](std::size_t i, std::size_t place) { to[place] = static_cast<T>(from[i]); });
  }
  void store(const T* from, std::span<double> to) {
    each_parameter(
        [&](std::size_t i, std::size_t place) { to[i] = static_cast<double>(from[place]); });
  }

  struct Moments {
    T *weight, *first, *second;
  };

  /// What Adam needs of a part, at a learning rate.
  simd::NeuronAdamJob<T> adam_job(const NeuronPacking::Part& part, const Moments& state, T rate,
                                  std::uint32_t held) {
    const NeuronTensor t = part.tensor;
    const NeuronSlot& slot = layout_[t];
    const bool penalty = plan_->penalty_scale > 0;
    simd::NeuronAdamJob<T> job{
        .first = part.first,
        .count = part.count,
        .weight = state.weight + part.first,
        .moment1 = state.first + part.first,
        .moment2 = state.second + part.first,
        .gradient = pass_.gradient().data() + part.first,
        .centre =
            penalty && part.first < packing_.shared_size() ? centre_.data() + part.first : nullptr,
        .decay = nullptr,
        .centre_value = static_cast<T>(NeuronPenalty::unit_centre(t)),
        .decay_value = static_cast<T>(penalty ? slot.decay : 0),
        .lowest = slot.non_negative ? T(0) : std::numeric_limits<T>::lowest(),
        .penalty_scale = static_cast<T>(plan_->penalty_scale),
        .rate = rate,
        .held = is_held(held, t)};
    if (penalty && t == NeuronTensor::gain_c)
      job.decay = decay_c_.data() + part.first - packing_.at(t);
    if (t == NeuronTensor::gain_lnq) {
      job.decay_value = 0;
      if (penalty) job.decay = decay_lnq_.data() + part.first - packing_.at(t);
    }
    return job;
  }

  bool update(const Moments& state, T rate, std::uint32_t held, BatchLoss& loss) {
    const auto& parts = packing_.parts();
    adam_sums_.resize(parts.size());
    team_.run(static_cast<std::uint32_t>(parts.size()), [&](std::uint32_t t, int) {
      adam_sums_[t] = kernels_.adam(adam_job(parts[t], state, rate, held));
    });
    bool finite = true;
    double penalty = 0;
    for (const auto& sum : adam_sums_) {
      finite = finite && sum.finite;
      penalty += sum.penalty;
    }
    loss.right = plan_->penalty_scale * penalty;
    loss.total += loss.right;
    return finite;
  }

  /// Of an evaluation: no step is taken.
  void add_penalty(BatchLoss& loss, bool back) {
    std::vector<double> flat(layout_.size()), gradient(back ? layout_.size() : 0);
    store(weights_.data(), flat);
    const NeuronPenalty penalty(shape_, layout_, problem_->centre);
    loss.right = penalty.add(flat, plan_->penalty_scale, gradient);
    loss.total += loss.right;
    for (std::size_t i = 0; i < gradient.size(); ++i)
      pass_.gradient()[packing_.place(i)] += static_cast<T>(gradient[i]);
  }

  const char* name_;
  std::array<AlignedVector<T>, 3> state_;  // weights and moments of a program, packed
  const simd::NeuronKernels<T>& kernels_;
  std::shared_ptr<const NeuronProblem> problem_;
  std::shared_ptr<const NeuronPlan> plan_;
  const NeuronShape& shape_;
  NeuronLayout layout_;
  NeuronPacking packing_;
  Team team_;
  NeuronPass<T> pass_;
  AlignedVector<T> weights_, centre_, decay_c_, decay_lnq_;
  std::vector<simd::NeuronAdamSum> adam_sums_;
};

}  // namespace

std::unique_ptr<Backend> make_neuron_cpu(const BackendOptions& options,
                                         std::shared_ptr<const NeuronProblem> problem,
                                         std::shared_ptr<const NeuronPlan> plan) {
  const int threads = options.threads > 0
                          ? options.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  if (options.precision == Precision::double_precision)
    return std::make_unique<NeuronCpu<double>>(simd::kernels<double>(options.instruction_set),
                                               threads, std::move(problem), std::move(plan));
  return std::make_unique<NeuronCpu<float>>(simd::kernels<float>(options.instruction_set), threads,
                                            std::move(problem), std::move(plan));
}

}  // namespace nnpoisson
