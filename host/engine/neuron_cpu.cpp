#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/neuron_backend.hpp"
#include "engine/neuron_packing.hpp"
#include "engine/simd/dispatch.hpp"
#include "engine/team.hpp"
#include "model/bind_neurons.hpp"
#include "nnpoisson/formulas/adam.hpp"

namespace nnpoisson {
namespace {

using Index = std::uint32_t;

std::size_t count_of(long n) {
  return static_cast<std::size_t>(n);
}

/// The buffers of a step: large enough for every batch.
template <class T>
struct NeuronBuffers {
  AlignedVector<T> h3, phi, log_prior, channel, layers, values, row, amplitude, gain, totals, boost,
      posterior, gx, gy, g_amplitude, row_sums, g_row, g_values, g_channel, g_log_prior, tile_sums,
      g_phi, g_stimulus, g_heads, g_beta, whole, region, channel_part, beta, mean;
  AlignedVector<double> gain_sums;
  std::vector<double> losses;
};

/// A step's phases, each shared out to the team (simd/neuron_kernels.hpp). Every sum is over fixed
/// pieces in fixed order, so the numbers do not depend on the team.
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
        layout_(shape_),
        packing_(*problem_, layout_, *plan_, kernels_.lanes),
        team_(threads) {
    for (const NeuronBatch& batch : plan_->batches)
      batches_.emplace_back(*plan_, batch, shape_, packing_, kernels_.lanes);
    set_constants();
    set_sizes();
    make_buffers();
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
    for (std::size_t m = 0; m < count; ++m) {
      load(parameters.subspan(m * n, n), weights_);
      for (std::size_t b = 0; b < batches.size(); ++b) {
        BatchLoss& loss = losses[b * count + m];
        loss = pass(batches[b], weights_.data(), back);
        if (plan_->penalty_scale > 0) add_penalty(loss, back);
        if (!back) continue;
        const auto to = gradients.subspan((b * count + m) * n, n);
        for (std::size_t i = 0; i < n; ++i)
          to[i] = static_cast<double>(gradient_[packing_.place(i)]);
      }
    }
  }

  ProgramResult train(TrainingState& state, const TrainingProgram& program,
                      const std::atomic<bool>& stop) override {
    const std::size_t n = layout_.size(), size = packing_.size(), count = count_of(state.models);
    AlignedVector<T> all(count * size), first(count * size), second(count * size);
    for (std::size_t m = 0; m < count; ++m) {
      load(std::span(state.parameters).subspan(m * n, n), all, m * size);
      load(std::span(state.first_moment).subspan(m * n, n), first, m * size);
      load(std::span(state.second_moment).subspan(m * n, n), second, m * size);
    }
    ProgramResult result;
    result.sums.resize(count);
    for (const auto b : program.batches) {
      if (stop) break;
      const auto step = static_cast<double>(state.step + result.steps + 1);
      for (std::size_t m = 0; m < count; ++m) {
        BatchLoss now = pass(b, all.data() + m * size, true);
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
      store(all, m * size, std::span(state.parameters).subspan(m * n, n));
      store(first, m * size, std::span(state.first_moment).subspan(m * n, n));
      store(second, m * size, std::span(state.second_moment).subspan(m * n, n));
    }
    return result;
  }

 private:
  // -------------------------------------------------------------- what does not change

  void set_constants() {
    const auto& fixed = problem_->constants;
    const double W = plan_->time_limit;
    for (const Index u : plan_->unit) {
      rate_.push_back(static_cast<T>(fixed.rate[u] * W));
      unit_region_.push_back(shape_.unit_region[u]);
    }
    inputs_.assign(plan_->stimuli.begin(), plan_->stimuli.end());
    weight_.assign(count_of(packing_.stride()), T(0));
    for (std::size_t k = 0; k < fixed.weight.size(); ++k)
      weight_[k] = static_cast<T>(fixed.weight[k]);
    const auto node = latent_nodes(shape_.nodes);
    node_.assign(count_of(simd::padded(shape_.nodes)), T(0));
    for (std::size_t k = 0; k < node.size(); ++k) node_[k] = static_cast<T>(node[k]);
  }

  void set_sizes() {
    step_.features = shape_.features;
    step_.signals = shape_.signals();
    step_.width = shape_.width;
    step_.stride = packing_.stride();
    step_.nodes = shape_.nodes;
    step_.node_stride = simd::padded(shape_.nodes);
    step_.rank = shape_.rank;
    step_.channels = shape_.heads == HeadKind::trunk ? 2 : shape_.regions;
    step_.gains = packing_.gains();
    step_.shared_gain = shape_.shared_gain;
    step_.private_gain = shape_.private_gain;
    step_.drift = shape_.drift;
    step_.node = node_.data();
    step_.rate = rate_.data();
    step_.weight = weight_.data();
    step_.unit_region = unit_region_.data();
    step_.inputs = inputs_.data();
    step_.window = static_cast<T>(plan_->time_limit);
    step_.beta_weight = static_cast<T>(plan_->behaviour_weight);
    step_.hazard_floor = static_cast<T>(intensity_floor * plan_->time_limit);
    for (std::size_t c = 0; c < count_of(step_.channels); ++c)
      channel_base_.push_back(
          shape_.heads == HeadKind::trunk
              ? static_cast<T>(problem_->constants.hazard[c] * plan_->time_limit)
              : T(1));
    step_.channel_base = channel_base_.data();
    step_.heads.kind = shape_.heads;
    step_.heads.hidden = shape_.behaviour_width;
    step_.heads.channels = step_.channels;
    whole_ = count_of(step_.signals + 1) * count_of(step_.stride);
  }

  void make_buffers() {
    const auto stride = count_of(step_.stride), channels = count_of(step_.channels),
               nodes = count_of(step_.node_stride);
    auto& b = buffers_;
    const auto most = [](auto& buffer, std::size_t n) {
      if (buffer.size() < n) buffer.resize(n);
    };
    std::size_t scratch = 0;
    for (const auto& batch : batches_) {
      const std::size_t S = batch.stimuli(), T_n = batch.trials.size();
      most(b.h3, S * count_of(step_.width));
      most(b.phi, S * count_of(step_.signals + 1));
      for (auto* a : {&b.log_prior, &b.g_log_prior}) most(*a, S * nodes);
      for (auto* a : {&b.channel, &b.g_channel}) most(*a, S * channels * stride);
      most(b.layers, batch.layers);
      for (auto* a : {&b.values, &b.g_values}) most(*a, batch.value_time.size() * stride);
      for (auto* a : {&b.row, &b.g_row}) most(*a, batch.row_floor.size() * stride);
      for (auto* a : {&b.amplitude, &b.g_amplitude})
        most(*a, (batch.entry_first.size() - 1) * stride);
      most(b.totals, batch.counts.size());
      most(b.gain_sums, batch.gain_sums);
      most(b.posterior, T_n * nodes);
      for (auto* a : {&b.gx, &b.gy}) most(*a, T_n * channels);
      most(b.row_sums, batch.block_rows * stride);
      most(b.tile_sums, batch.tiles.size() * count_of(step_.tile_sum_size()));
      most(b.g_phi, batch.g_phi);
      most(b.g_stimulus, groups(batch) * count_of(step_.stimulus_sum_size()));
      most(b.g_heads, chunks(batch) * count_of(step_.head_sum_size()));
      most(b.g_beta, batch.unit_blocks.size() * count_of(step_.rank * step_.signals) * stride);
      most(b.losses, batch.blocks.size() + batch.unit_blocks.size() + 2 * chunks(batch));
      scratch = std::max(scratch, kernels_.scratch(step_, batch.pieces_most, batch.entries_most));
    }
    b.gain.resize(count_of(step_.nodes) * count_of(step_.gains));
    b.boost.resize(nodes * channels);
    b.mean.resize(channels);
    b.region.resize(count_of(shape_.regions) * whole_);
    b.channel_part.resize(channels * whole_);
    b.beta.resize(count_of(step_.rank * step_.signals) * stride);
    if (shape_.rank > 0) b.whole.resize(plan_->unit.size() * whole_);
    gradient_.resize(packing_.size());
    weights_.resize(packing_.size());
    scratch_.assign(count_of(team_.size()), AlignedVector<char>(scratch));
    bind_buffers();
  }

  void bind_buffers() {
    auto& b = buffers_;
    step_.h3 = b.h3.data();
    step_.phi = b.phi.data();
    step_.log_prior = b.log_prior.data();
    step_.channel = b.channel.data();
    step_.layers = b.layers.data();
    step_.values = b.values.data();
    step_.row = b.row.data();
    step_.amplitude = b.amplitude.data();
    step_.gain = b.gain.data();
    step_.totals = b.totals.data();
    step_.gain_sums = b.gain_sums.data();
    step_.boost = b.boost.data();
    step_.posterior = b.posterior.data();
    step_.gx = b.gx.data();
    step_.gy = b.gy.data();
    step_.g_amplitude = b.g_amplitude.data();
    step_.row_sums = b.row_sums.data();
    step_.g_row = b.g_row.data();
    step_.g_values = b.g_values.data();
    step_.g_channel = b.g_channel.data();
    step_.g_log_prior = b.g_log_prior.data();
    step_.tile_sums = b.tile_sums.data();
    step_.g_phi = b.g_phi.data();
    step_.g_stimulus = b.g_stimulus.data();
    step_.g_heads = b.g_heads.data();
    step_.g_beta = b.g_beta.data();
    step_.losses = b.losses.data();
    step_.region = b.region.data();
    step_.channel_part = shape_.heads == HeadKind::trunk ? b.channel_part.data() : b.region.data();
    step_.beta = b.beta.data();
    step_.mean_loading = b.mean.data();
    using enum NeuronTensor;
    T* g = gradient_.data();
    step_.g_unit = g + packing_.at(unit_alpha);
    step_.unit_whole = shape_.rank > 0 ? b.whole.data() : step_.g_unit;
    step_.g_v = g + packing_.at(unit_v);
    step_.g_c = g + packing_.at(gain_c);
    step_.g_lnq = g + packing_.at(gain_lnq);
    step_.g_d = g + packing_.at(gain_d);
  }

  void set_penalty() {
    if (plan_->penalty_scale <= 0) return;
    centre_.assign(packing_.shared_size(), T(0));
    for (std::size_t i = 0; i < layout_.shared_size(); ++i)
      centre_[packing_.place(i)] = static_cast<T>(problem_->centre[i]);
    decay_c_.assign(count_of(step_.gains), T(0));
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

  void load(std::span<const double> from, AlignedVector<T>& to, std::size_t first = 0) {
    for (std::size_t i = 0; i < from.size(); ++i)
      to[first + packing_.place(i)] = static_cast<T>(from[i]);
  }
  void store(const AlignedVector<T>& from, std::size_t first, std::span<double> to) const {
    for (std::size_t i = 0; i < to.size(); ++i)
      to[i] = static_cast<double>(from[first + packing_.place(i)]);
  }

  // -------------------------------------------------------------- a step

  static std::size_t chunks(const PackedNeuronBatch<T>& batch) {
    return (batch.trials.size() + simd::trial_chunk - 1) / simd::trial_chunk;
  }
  [[nodiscard]] std::size_t groups(const PackedNeuronBatch<T>& batch) const {
    const auto lanes = count_of(kernels_.lanes);
    return (batch.stimuli() + lanes - 1) / lanes;
  }
  void* scratch(int worker) { return scratch_[count_of(worker)].data(); }

  /// A batch's loss without penalty, and with `back` its gradient.
  BatchLoss pass(std::uint32_t number, const T* weights, bool back) {
    batch_ = &batches_[number];
    bind(*batch_, weights);
    forward(back);
    const BatchLoss loss = sum_losses();
    if (back) backward();
    return loss;
  }

  void bind(const PackedNeuronBatch<T>& batch, const T* weights) {
    using enum NeuronTensor;
    const auto at = [&](NeuronTensor t) { return weights + packing_.at(t); };
    weights_now_ = weights;
    step_.trunk = {shape_.features, shape_.width, at(A1), at(b1), at(A2), at(b2),
                   at(A3),          at(b3),       at(a),  at(C),  at(c)};
    step_.heads.delta = at(head_delta);
    step_.heads.F1 = at(head_F1);
    step_.heads.f1 = at(head_f1);
    step_.heads.F2 = at(head_F2);
    for (std::size_t a = 0; a < 2; ++a)
      step_.heads.scale[a] = static_cast<T>(problem_->constants.hazard[a] * plan_->time_limit);
    step_.unit = at(unit_alpha);
    step_.v = at(unit_v);
    step_.prior = at(prior_P);
    step_.c = at(gain_c);
    step_.lnq = at(gain_lnq);
    step_.d = at(gain_d);

    step_.scale = batch.scale;
    step_.stimuli = static_cast<Index>(batch.stimuli());
    step_.stimulus = batch.stimulus.data();
    step_.value_time = batch.value_time.data();
    step_.rate_time = batch.rate_time.data();
    step_.row_floor = batch.row_floor.data();
    step_.value_first = batch.value_first.data();
    step_.rate_first = batch.rate_first.data();
    step_.difference_first = batch.difference_first.data();
    step_.difference = batch.difference.data();
    step_.tiles = batch.tiles.data();
    step_.tile_first = batch.tile_first.data();
    step_.unit_blocks = batch.unit_blocks.data();
    step_.unit_block_count = static_cast<Index>(batch.unit_blocks.size());
    step_.pieces = batch.pieces.data();
    step_.sessions = batch.sessions.data();
    step_.trials = batch.trials.data();
    step_.bumps = batch.bumps.data();
    step_.trial_count = static_cast<Index>(batch.trials.size());
    step_.stimulus_trial_first = batch.stimulus_trial_first.data();
    step_.stimulus_trial = batch.stimulus_trial.data();
    step_.segments = batch.segments.data();
    step_.blocks = batch.blocks.data();
    step_.block_first = batch.block_first.data();
    step_.entry_first = batch.entry_first.data();
    step_.entry_row = batch.entry_row.data();
    step_.entry_weight = batch.entry_weight.data();
    step_.counts = batch.counts.data();
    step_.more_first = batch.more_first.data();
    step_.more = batch.more.data();
    step_.gain_sums_first = batch.gain_sums_first.data();
    step_.g_phi_first = batch.g_phi_first.data();
  }

  /// alpha and B of `count` regions or channels as rows over features.
  void pack_rows(NeuronTensor alpha, NeuronTensor B, std::size_t count, AlignedVector<T>& to) {
    const auto rows = count_of(shape_.rows()), stride = count_of(step_.stride),
               Q = count_of(step_.signals);
    const T *a = weights_now_ + packing_.at(alpha), *b = weights_now_ + packing_.at(B);
    for (std::size_t g = 0; g < count; ++g)
      for (std::size_t k = 0; k < rows; ++k) {
        to[g * whole_ + k] = a[g * rows + k];
        for (std::size_t q = 0; q < Q; ++q)
          to[g * whole_ + (q + 1) * stride + k] = b[(g * rows + k) * Q + q];
      }
  }
  void unpack_rows(const T* from, std::size_t g, NeuronTensor alpha, NeuronTensor B) {
    const auto rows = count_of(shape_.rows()), stride = count_of(step_.stride),
               Q = count_of(step_.signals);
    T *a = gradient_.data() + packing_.at(alpha), *b = gradient_.data() + packing_.at(B);
    for (std::size_t k = 0; k < rows; ++k) {
      a[g * rows + k] = from[k];
      for (std::size_t q = 0; q < Q; ++q) b[(g * rows + k) * Q + q] = from[(q + 1) * stride + k];
    }
  }

  void pack_shared() {
    using enum NeuronTensor;
    pack_rows(region_alpha, region_B, count_of(shape_.regions), buffers_.region);
    if (shape_.heads == HeadKind::trunk) pack_rows(head_alpha, head_B, 2, buffers_.channel_part);
    const auto rows = count_of(shape_.rows()), stride = count_of(step_.stride),
               Q = count_of(step_.signals);
    for (std::size_t l = 0; l < count_of(shape_.rank); ++l)
      for (std::size_t k = 0; k < rows; ++k)
        for (std::size_t q = 0; q < Q; ++q)
          buffers_.beta[(l * Q + q) * stride + k] =
              weights_now_[packing_.at(signal_beta) + (l * rows + k) * Q + q];
    boost_channels();
  }

  /// The channels' gains at each node, by pack of nodes.
  void boost_channels() {
    const auto channels = count_of(step_.channels), lanes = count_of(kernels_.lanes);
    auto& mean = buffers_.mean;
    std::ranges::fill(mean, T(0));
    if (shape_.heads == HeadKind::regions && shape_.shared_gain)
      for (std::size_t i = 0; i < shape_.unit_region.size(); ++i)
        mean[count_of(shape_.unit_region[i])] +=
            weights_now_[packing_.place(layout_[NeuronTensor::gain_c].offset + i)];
    const auto units = region_units();
    for (std::size_t c = 0; c < channels; ++c) {
      if (shape_.heads == HeadKind::regions) mean[c] /= std::max(units[c], T(1));
      for (std::size_t k = 0; k < count_of(step_.node_stride); ++k)
        buffers_.boost[k / lanes * lanes * channels + c * lanes + k % lanes] =
            shape_.heads == HeadKind::trunk ? std::exp(step_.heads.delta[c] * node_[k])
                                            : std::exp(formulas::log_gain(mean[c], node_[k]));
    }
  }
  [[nodiscard]] std::vector<T> region_units() const {
    std::vector<T> units(count_of(shape_.regions));
    for (const auto g : shape_.unit_region) ++units[count_of(g)];
    return units;
  }

  void forward(bool back) {
    const auto& b = *batch_;
    pack_shared();
    team_.run(static_cast<Index>(groups(b)),
              [&](Index t, int w) { kernels_.stimuli(step_, t, scratch(w)); });
    const auto tiles = static_cast<Index>(b.tiles.size()),
               blocks = static_cast<Index>(b.unit_blocks.size());
    team_.run(tiles + blocks, [&](Index t, int w) {
      if (t < blocks)
        kernels_.amplitudes(step_, t, scratch(w));
      else
        kernels_.tile(step_, t - blocks, scratch(w));
    });
    team_.run(step_.stimuli, [&](Index t, int) { kernels_.differences(step_, t); });
    const auto spikes = static_cast<Index>(b.blocks.size());
    double* losses = step_.losses;
    team_.run(spikes + blocks, [&](Index t, int w) {
      losses[t] = t < spikes ? kernels_.events(step_, t, back, scratch(w))
                             : kernels_.gains(step_, t - spikes, scratch(w));
    });
    team_.run(static_cast<Index>(chunks(b)), [&](Index t, int w) {
      kernels_.trials(step_, t, back, losses + spikes + blocks + 2 * t, scratch(w));
    });
  }

  BatchLoss sum_losses() const {
    const std::size_t parts = batch_->blocks.size() + batch_->unit_blocks.size();
    double spikes = batch_->constant, behaviour = 0;
    for (std::size_t t = 0; t < parts; ++t) spikes += step_.losses[t];
    for (std::size_t t = 0; t < chunks(*batch_); ++t) {
      spikes += step_.losses[parts + 2 * t];
      behaviour += step_.losses[parts + 2 * t + 1];
    }
    const auto trials = static_cast<double>(batch_->trials.size());
    return {spikes / trials, behaviour / trials, 0, (spikes + behaviour) / trials};
  }

  void backward() {
    const auto& b = *batch_;
    clear_absent();
    const auto blocks = static_cast<Index>(b.unit_blocks.size());
    team_.run(blocks, [&](Index t, int w) { kernels_.gains_back(step_, t, scratch(w)); });
    team_.run(static_cast<Index>(b.blocks.size()),
              [&](Index t, int) { kernels_.totals_back(step_, t); });
    team_.run(step_.stimuli, [&](Index t, int) { kernels_.rows_back(step_, t); });
    team_.run(static_cast<Index>(b.tiles.size()) + blocks, [&](Index t, int w) {
      if (t < blocks)
        kernels_.amplitudes_back(step_, t, scratch(w));
      else
        kernels_.tile_back(step_, t - blocks, scratch(w));
    });

    const auto stimuli = static_cast<Index>(groups(b)),
               regions = static_cast<Index>(shape_.regions);
    const auto actions = static_cast<Index>(shape_.heads == HeadKind::trunk ? 2 : 0);
    team_.run(stimuli + regions + actions + 1, [&](Index t, int w) {
      if (t < stimuli)
        kernels_.stimuli_back(step_, t, scratch(w));
      else if (t < stimuli + regions)
        sum_region(t - stimuli);
      else if (t < stimuli + regions + actions)
        sum_action(t - stimuli - regions);
      else
        sum_prior_and_times();
    });
    sum_rest();
  }

  /// Units of sessions without a trial in the batch.
  void clear_absent() {
    using enum NeuronTensor;
    for (const Index s : batch_->absent) {
      const std::size_t first = plan_->session_first[s], end = plan_->session_first[s + 1];
      const auto clear = [](T* to, std::size_t from, std::size_t until) {
        std::fill(to + from, to + until, T(0));
      };
      clear(step_.unit_whole, first * whole_, end * whole_);
      if (shape_.rank > 0) {
        clear(step_.g_unit, first * count_of(step_.stride), end * count_of(step_.stride));
        clear(step_.g_v, first * count_of(step_.rank), end * count_of(step_.rank));
      }
      const std::size_t gain = packing_.first_gain(s), gains = gain + end - first;
      if (shape_.shared_gain) clear(step_.g_c, gain, gains);
      if (shape_.private_gain) clear(step_.g_lnq, gain, gains);
      for (std::size_t j = 0; shape_.drift && j < formulas::drift_bumps; ++j)
        clear(step_.g_d + j * count_of(step_.gains), gain, gains);
    }
  }

  void sum_region(std::size_t g) {
    std::vector<T> sum(whole_);
    for (std::size_t j = 0; j < unit_region_.size(); ++j) {
      if (count_of(unit_region_[j]) != g) continue;
      const T* part = step_.unit_whole + j * whole_;
      for (std::size_t k = 0; k < whole_; ++k) sum[k] += part[k];
    }
    if (shape_.heads == HeadKind::regions) add_channel(g, sum);
    unpack_rows(sum.data(), g, NeuronTensor::region_alpha, NeuronTensor::region_B);
  }
  void sum_action(std::size_t a) {
    std::vector<T> sum(whole_);
    add_channel(a, sum);
    unpack_rows(sum.data(), a, NeuronTensor::head_alpha, NeuronTensor::head_B);
  }
  void add_channel(std::size_t c, std::vector<T>& sum) const {
    const auto channels = count_of(step_.channels), stride = count_of(step_.stride),
               signals = count_of(step_.signals + 1);
    for (std::size_t s = 0; s < step_.stimuli; ++s) {
      const T* g = step_.g_channel + (s * channels + c) * stride;
      for (std::size_t q = 0; q < signals; ++q)
        for (std::size_t k = 0; k < stride; ++k)
          sum[q * stride + k] += step_.phi[s * signals + q] * g[k];
    }
  }

  void sum_prior_and_times() {
    using enum NeuronTensor;
    const auto F = count_of(step_.features), H = count_of(step_.width),
               nodes = count_of(step_.node_stride);
    T* prior = gradient_.data() + packing_.at(prior_P);
    std::fill(prior, prior + count_of(step_.nodes) * F, T(0));
    for (std::size_t s = 0; s < step_.stimuli; ++s)
      for (std::size_t k = 0; k < count_of(step_.nodes); ++k)
        for (std::size_t f = 0; f < F; ++f)
          prior[k * F + f] += step_.g_log_prior[s * nodes + k] *
                              step_.phi[s * (count_of(step_.signals) + 1) + 1 + f];

    const auto sum = [&](NeuronTensor t, std::size_t first, std::size_t n) {
      T* to = gradient_.data() + packing_.at(t);
      std::fill(to, to + n, T(0));
      for (std::size_t tile = 0; tile < batch_->tiles.size(); ++tile) {
        const T* part = step_.tile_sums + tile * count_of(step_.tile_sum_size()) + first;
        for (std::size_t k = 0; k < n; ++k) to[k] += part[k];
      }
    };
    sum(C, 0, H * H);
    sum(c, H * H, H);
    sum(a, H * H + H, H);
  }

  /// The small sums that are left.
  void sum_rest() {
    using enum NeuronTensor;
    T* to = gradient_.data();
    const auto F = count_of(step_.features), H = count_of(step_.width);
    constexpr std::size_t n = formulas::neuron_width;
    std::size_t first = 0;
    const auto from_groups = [&](NeuronTensor t, std::size_t size) {
      add_rows(step_.g_stimulus + first, groups(*batch_), count_of(step_.stimulus_sum_size()),
               to + packing_.at(t), size);
      first += size;
    };
    from_groups(A1, F * n);
    from_groups(b1, n);
    from_groups(A2, n * n);
    from_groups(b2, n);
    from_groups(A3, n * H);
    from_groups(b3, H);

    first = 0;
    const auto from_heads = [&](T* sum, std::size_t size) {
      add_rows(step_.g_heads + first, chunks(*batch_), count_of(step_.head_sum_size()), sum, size);
      first += size;
    };
    if (shape_.heads == HeadKind::trunk) {
      from_heads(to + packing_.at(head_delta), 2);
    } else {
      const auto hidden = 2 * count_of(shape_.behaviour_width), G = count_of(step_.channels);
      from_heads(to + packing_.at(head_F1), hidden * G);
      from_heads(to + packing_.at(head_f1), hidden);
      from_heads(to + packing_.at(head_F2), hidden);
      std::vector<T> means(G);
      from_heads(means.data(), G);
      const auto units = region_units();
      for (std::size_t i = 0; shape_.shared_gain && i < shape_.unit_region.size(); ++i) {
        const auto g = count_of(shape_.unit_region[i]);
        to[packing_.place(layout_[gain_c].offset + i)] += means[g] / units[g];
      }
    }
    sum_signals();
  }
  void sum_signals() {
    using enum NeuronTensor;
    const auto rows = count_of(shape_.rows()), stride = count_of(step_.stride),
               Q = count_of(step_.signals), L = count_of(shape_.rank);
    if (L == 0) return;
    std::vector<T> sum(L * Q * stride);
    add_rows(step_.g_beta, batch_->unit_blocks.size(), sum.size(), sum.data(), sum.size());
    for (std::size_t l = 0; l < L; ++l)
      for (std::size_t k = 0; k < rows; ++k)
        for (std::size_t q = 0; q < Q; ++q)
          gradient_[packing_.at(signal_beta) + (l * rows + k) * Q + q] =
              sum[(l * Q + q) * stride + k];
  }
  /// to = the sum over rows, `size` numbers of each.
  static void add_rows(const T* from, std::size_t rows, std::size_t stride, T* to,
                       std::size_t size) {
    std::fill(to, to + size, T(0));
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < size; ++k) to[k] += from[r * stride + k];
  }

  // -------------------------------------------------------------- penalty and Adam

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
        .gradient = gradient_.data() + part.first,
        .centre =
            penalty && part.first < packing_.shared_size() ? centre_.data() + part.first : nullptr,
        .decay = nullptr,
        .centre_value = static_cast<T>(NeuronPenalty::unit_centre(t)),
        .decay_value = static_cast<T>(penalty ? slot.decay : 0),
        .lowest = slot.non_negative ? T(0) : std::numeric_limits<T>::lowest(),
        .penalty_scale = static_cast<T>(plan_->penalty_scale),
        .rate = rate,
        .held = (held >> static_cast<unsigned>(t) & 1U) != 0};
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
    team_.run(static_cast<Index>(parts.size()), [&](Index t, int) {
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
    store(weights_, 0, flat);
    const NeuronPenalty penalty(shape_, layout_, problem_->centre);
    loss.right = penalty.add(flat, plan_->penalty_scale, gradient);
    loss.total += loss.right;
    for (std::size_t i = 0; i < gradient.size(); ++i)
      gradient_[packing_.place(i)] += static_cast<T>(gradient[i]);
  }

  const char* name_;
  const simd::NeuronKernels<T>& kernels_;
  std::shared_ptr<const NeuronProblem> problem_;
  std::shared_ptr<const NeuronPlan> plan_;
  const NeuronShape& shape_;
  NeuronLayout layout_;
  NeuronPacking packing_;
  Team team_;
  std::vector<PackedNeuronBatch<T>> batches_;
  const PackedNeuronBatch<T>* batch_ = nullptr;
  const T* weights_now_ = nullptr;
  std::size_t whole_ = 0;  // alpha and B of a unit

  std::vector<T> rate_, channel_base_, inputs_;
  std::vector<std::int32_t> unit_region_;
  AlignedVector<T> weight_, node_, centre_, decay_c_, decay_lnq_;
  simd::NeuronStep<T> step_{};
  NeuronBuffers<T> buffers_;
  AlignedVector<T> weights_, gradient_;
  std::vector<simd::NeuronAdamSum> adam_sums_;
  std::vector<AlignedVector<char>> scratch_;
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
