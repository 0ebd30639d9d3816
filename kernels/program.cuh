#pragma once

#include "kernels/step.cuh"

/// The persistent kernel: a whole program of steps in one launch. Every model has a team of blocks
/// to itself, which meets at a barrier between the phases of a step. Where not all blocks can be
/// resident together, the phases are launched one by one.
namespace nnpoisson::kernels {

/// Instead of a phase's number.
inline constexpr int whole_program = -1;

/// The meeting place of one model's blocks.
class TeamBarrier {
 public:
  NNP_DEVICE TeamBarrier(unsigned* count, unsigned blocks) : count_(count), blocks_(blocks) {}
  NNP_DEVICE void meet() {
    __syncthreads();
    if (blocks_ == 1) return;
    if (threadIdx.x == 0) {
      target_ += blocks_;
      add_release(count_, 1U);
      wait_for(count_, target_);
    }
    __syncthreads();
  }

 private:
  unsigned* count_;
  unsigned blocks_, target_ = 0;
};

template <class T>
class ProgramKernel {
 public:
  NNP_DEVICE explicit ProgramKernel(const ProgramView<T>& program)
      : p_(program),
        model_(static_cast<int>(blockIdx.x) / program.team_blocks),
        block_(blockIdx.x % static_cast<unsigned>(program.team_blocks)),
        blocks_(static_cast<unsigned>(program.team_blocks)),
        barrier_(program.barrier + model_, blocks_),
        status_(program.status[model_]) {}

  /// The whole program, for which all blocks must be resident together; or one phase alone, of step
  /// `*p_.step`, where blocks need not meet: the next launch waits for this one. One loop for both,
  /// so that a kernel holds the code once.
  NNP_DEVICE void run(int which) {
    const bool all = which == whole_program;
    const std::uint32_t first = all ? 0 : *p_.step, end = all ? p_.steps : first + 1;
    for (std::uint32_t step = first; step < end; ++step) {
      if (given_up_before(step)) return;
      for (int k = all ? 0 : which; k < (all ? phases : which + 1); ++k) {
        phase(step, k);
        if (all) barrier_.meet();
      }
    }
  }

 private:
  NNP_DEVICE std::uint64_t model() const { return static_cast<std::uint64_t>(model_); }
  NNP_DEVICE T* weight() const {
    return p_.weight + model() * static_cast<unsigned>(p_.padded_size);
  }
  NNP_DEVICE T* table() const { return p_.table + model() * p_.table_stride; }
  NNP_DEVICE T* layers() const { return p_.layers + model() * p_.layers_stride; }
  NNP_DEVICE T* stimulus_rows() const {
    return p_.stimulus_rows + model() * p_.stimulus_rows_stride;
  }
  NNP_DEVICE double* rows() const { return p_.rows + model() * p_.rows_stride; }
  NNP_DEVICE double* losses() const { return p_.losses + model() * p_.losses_stride; }
  /// Whether an earlier step was not finite; the same for all threads, also while some thread finds
  /// that this one is not.
  NNP_DEVICE bool given_up_before(std::uint32_t step) const {
    const std::uint32_t failed = *static_cast<volatile std::uint32_t*>(&status_.failed);
    return p_.update && failed != 0 && failed <= step;
  }
  NNP_DEVICE void give_up(std::uint32_t step) {
    *static_cast<volatile std::uint32_t*>(&status_.failed) = step + 1;
  }

  NNP_DEVICE void phase(std::uint32_t step, int number) {
    const BatchView& batch = p_.plan.batches[p_.batches[step]];
    // The compiler cannot know that Adam moves the weights between steps: the network's pointers
    // stay, its numbers are read anew.
    const auto net = formulas::network_at(p_.sizes, p_.tensors, weight());
    StimulusPhase<T> stimuli(p_, batch, net, table(), layers(), block_, blocks_);
    switch (static_cast<Phase>(number)) {
      case Phase::stimuli_forward:
        return stimuli.forward();
      case Phase::slabs:
        return slabs(batch, net);
      case Phase::stimuli_back:
        if (p_.gradients) stimuli.adjoint(stimulus_rows());
        return;
      case Phase::update:
        if (p_.gradients) gradient_and_update(batch, net, step);
        if (block_ == 0 && warp_number() == 0) loss(batch, step);
    }
  }

  NNP_DEVICE void slabs(const BatchView& batch, const formulas::Network<T>& net) {
    const std::uint32_t behaviour = batch.range[1].count, all = batch.range[0].count + behaviour;
    // Behaviour first: its slabs take longest, and the team should end together.
    for (std::uint32_t s = block_; s < all; s += blocks_)
      slab(batch, net, s < behaviour ? 1 : 0, s < behaviour ? s : s - behaviour);
  }

  /// One slab of a range, if its points are there.
  NNP_DEVICE void slab(const BatchView& batch, const formulas::Network<T>& net, int range,
                       std::uint32_t in_range) {
    const std::uint32_t number = batch.range[range].first + in_range;
    if (number < p_.first_slab || number >= p_.end_slab) return;
    const Slab& slab = p_.plan.slabs[number];

    const bool second = range == 1;  // its rows follow those of the first range
    double* row = rows() + (second ? batch.range[0].rows : 0) + slab.row;
    const std::uint32_t stimulus_row =
        (second ? batch.range[0].stimulus_rows : 0) + slab.stimulus_row;
    const std::uint32_t loss = (second ? batch.range[0].count : 0) + in_range;
    const SlabPlaces<T> places{
        table(), row,
        stimulus_rows() + std::uint64_t{stimulus_row} * static_cast<unsigned>(net.stimulus_row()),
        losses() + 3 * std::uint64_t{loss}};
    if constexpr (sizeof(T) == 4)
      if (slab.kind == SlabKind::paper_widths)
        return run_slab<T, paper_width>(p_, net, slab, places, nullptr);
    run_slab<T, 0>(p_, net, slab, places,
                   slab.bytes <= p_.shared_bytes
                       ? shared_memory()
                       : p_.block_scratch + blockIdx.x * p_.block_scratch_stride);
  }

  /// This model's place among what all models have for a step.
  NNP_DEVICE std::uint64_t place_of_step(std::uint32_t step) const {
    return std::uint64_t{step} * static_cast<unsigned>(p_.models) + model();
  }

  NNP_DEVICE void gradient_and_update(const BatchView& batch, const formulas::Network<T>& net,
                                      std::uint32_t step) {
    const GradientSums<T> gradient(p_, batch, net, layers(), rows());
    const auto size = static_cast<unsigned>(p_.tensors.size);
    for (unsigned i = block_ * block_threads + threadIdx.x; i < size;
         i += blocks_ * block_threads) {
      const T g = gradient(static_cast<int>(i));
      if (p_.step_gradients)
        p_.step_gradients[place_of_step(step) * size + i] = static_cast<double>(g * p_.trained[i]);
      if (!p_.update) continue;

      if (!(g * T(0) == T(0))) give_up(step);
      const std::uint64_t k = model() * static_cast<unsigned>(p_.padded_size) + i;
      T& w = p_.weight[k];
      formulas::adam(w, p_.first[k], p_.second[k], g * p_.trained[i], p_.rate[place_of_step(step)]);
      // In this order NaN stays NaN, and the next step finds it.
      w = formulas::max(p_.lowest[i], w);
    }
  }

  /// By one warp: the slabs' losses in a fixed order, combined as Batch words it.
  NNP_DEVICE void loss(const BatchView& batch, std::uint32_t step) {
    double sum[3] = {0, 0, 0};
    const std::uint32_t slabs = batch.range[0].count + batch.range[1].count;
    for (std::uint32_t s = static_cast<unsigned>(lane_number()); s < slabs; s += warp_threads)
      for (int k = 0; k < 3; ++k)
        sum[k] += losses()[3 * static_cast<std::uint64_t>(s) + static_cast<unsigned>(k)];
    for (double& s : sum) s = lane_sum(s);
    if (lane_number() != 0) return;
    const BatchLoss now = formulas::batch_loss(batch, sum[0], sum[1], sum[2]);
    if (p_.step_losses) p_.step_losses[place_of_step(step)] = now;
    if (!p_.update) return;
    if (!(now.total * 0 == 0)) give_up(step);
    status_.failed_loss = now;
    status_.sum += now;
  }

  const ProgramView<T>& p_;
  int model_;
  unsigned block_, blocks_;
  TeamBarrier barrier_;
  TeamStatus& status_;
};

}  // namespace nnpoisson::kernels
