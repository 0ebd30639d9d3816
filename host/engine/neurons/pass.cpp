#include "engine/neurons/pass.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace nnpoisson {
namespace {

template <class T>
std::vector<T> region_units(const NeuronShape& shape) {
  std::vector<T> units(static_cast<std::size_t>(shape.regions));
  for (const auto g : shape.unit_region) ++units[static_cast<std::size_t>(g)];
  return units;
}

}  // namespace

template <class T>
NeuronPass<T>::NeuronPass(const simd::NeuronKernels<T>& kernels, Team& team,
                          const NeuronProblem& problem, const NeuronLayout& layout,
                          const NeuronPlan& plan, const NeuronPacking& packing)
    : kernels_(kernels),
      team_(team),
      places_{problem.shape, layout, plan, packing, region_units<T>(problem.shape)} {
  for (const NeuronBatch& batch : plan.batches)
    batches_.emplace_back(plan, batch, problem.shape, packing, kernels.lanes);
  set_sizes();
  set_constants(problem.constants);
  make_buffers();
}

// ---------------------------------------------------------------- what does not change

template <class T>
void NeuronPass<T>::set_sizes() {
  const NeuronShape& shape = places_.shape;
  step_.features = shape.features;
  step_.signals = shape.signals();
  step_.width = shape.width;
  step_.stride = places_.packing.stride();
  step_.nodes = shape.nodes;
  step_.node_stride = simd::padded(shape.nodes);
  step_.rank = shape.rank;
  step_.channels = trunk() ? 2 : shape.regions;
  step_.gains = places_.packing.gains();
  step_.shared_gain = shape.shared_gain;
  step_.private_gain = shape.private_gain;
  step_.drift = shape.drift;
  step_.heads.kind = shape.heads;
  step_.heads.hidden = shape.behaviour_width;
  step_.heads.channels = step_.channels;
}

template <class T>
void NeuronPass<T>::set_constants(const NeuronConstants& constants) {
  const NeuronPlan& plan = places_.plan;
  const double W = plan.time_limit;
  for (const Index u : plan.unit) {
    rate_.push_back(static_cast<T>(constants.rate[u] * W));
    unit_region_.push_back(places_.shape.unit_region[u]);
  }
  inputs_.assign(plan.stimuli.begin(), plan.stimuli.end());
  weight_.assign(number(step_.stride), T(0));
  std::ranges::copy(constants.weight, weight_.begin());
  node_.assign(number(step_.node_stride), T(0));
  std::ranges::copy(latent_nodes(step_.nodes), node_.begin());
  channel_base_.assign(number(step_.channels), T(1));
  for (std::size_t a = 0; a < 2; ++a) {
    step_.heads.scale[a] = static_cast<T>(constants.hazard[a] * W);
    if (trunk()) channel_base_[a] = step_.heads.scale[a];
  }

  step_.rate = rate_.data();
  step_.unit_region = unit_region_.data();
  step_.inputs = inputs_.data();
  step_.weight = weight_.data();
  step_.node = node_.data();
  step_.channel_base = channel_base_.data();
  step_.window = static_cast<T>(W);
  step_.beta_weight = static_cast<T>(plan.behaviour_weight);
  step_.rate_floor = static_cast<T>(intensity_floor * W);
}

template <class T>
void NeuronPass<T>::reserve(std::initializer_list<T * Step::*> members, std::size_t n) {
  for (const auto member : members) {
    auto found = std::ranges::find(buffers_, member, [](const auto& b) { return b.first; });
    if (found == buffers_.end()) found = buffers_.insert(found, {member, {}});
    if (found->second.size() < n) found->second.resize(n);
    step_.*member = found->second.data();
  }
}

template <class T>
void NeuronPass<T>::reserve_forward(const PackedNeuronBatch<T>& batch) {
  const auto stride = number(step_.stride), channels = number(step_.channels);
  const std::size_t S = batch.stimuli(), trials = batch.trials.size();
  reserve({&Step::h3}, S * number(step_.width));
  reserve({&Step::phi}, S * number(step_.signals + 1));
  reserve({&Step::log_prior}, S * number(step_.node_stride));
  reserve({&Step::channel}, S * channels * stride);
  reserve({&Step::wide_values}, batch.wide_values * stride);
  reserve({&Step::wide_row}, batch.wide_rows * stride);
  reserve({&Step::trial_values}, batch.of_trials.value_time.size() * stride);
  reserve({&Step::trial_row}, batch.of_trials.rows() * stride);
  reserve({&Step::amplitude}, batch.pairs() * stride);
  reserve({&Step::totals}, batch.counts.size());
  reserve({&Step::posterior}, trials * number(step_.node_stride));
  const std::size_t blocks = batch.unit_blocks.size();
  gain_sums_.resize(std::max(gain_sums_.size(), batch.gain_sums));
  losses_.resize(std::max(losses_.size(), batch.blocks.size() + blocks + 2 * batch.chunks()));
}

template <class T>
void NeuronPass<T>::reserve_back(const PackedNeuronBatch<T>& batch) {
  const auto stride = number(step_.stride), channels = number(step_.channels);
  const std::size_t blocks = batch.unit_blocks.size();
  reserve({&Step::g_log_prior}, batch.stimuli() * number(step_.node_stride));
  reserve({&Step::g_channel}, batch.stimuli() * channels * stride);
  reserve({&Step::g_amplitude}, batch.pairs() * stride);
  reserve({&Step::gx, &Step::gy}, batch.trials.size() * channels);
  reserve({&Step::g_wide_row}, batch.wide_rows * stride);
  reserve({&Step::g_trial_row}, batch.of_trials.rows() * stride);
  reserve({&Step::entry_parts}, batch.entry_parts * stride);
  reserve({&Step::trial_parts}, batch.trial_parts * stride);
  reserve({&Step::tile_sums}, batch.tile_sums * batch.pack_lanes * number(step_.tile_sum_size()));
  reserve({&Step::g_h3},
          (batch.of_entries.tiles.size() + batch.of_trials.tiles.size()) * number(step_.width));
  reserve({&Step::lone_sums}, batch.lone_blocks * number(step_.lone_sum_size()));
  reserve({&Step::g_phi}, batch.g_phi);
  reserve({&Step::g_stimulus}, groups(batch) * number(step_.stimulus_sum_size()));
  reserve({&Step::g_heads}, batch.chunks() * number(step_.head_sum_size()));
  reserve({&Step::g_beta}, blocks * number(step_.rank * step_.signals) * stride);
}

template <class T>
void NeuronPass<T>::make_buffers() {
  const auto channels = number(step_.channels),
             whole = number(step_.signals + 1) * number(step_.stride);
  std::size_t bytes = 0;
  for (const auto& batch : batches_) {
    reserve_forward(batch);
    bytes = std::max(bytes, kernels_.scratch(step_, batch.pieces_most, batch.entries_most));
  }
  scratch_.assign(number(team_.size()), AlignedVector<char>(room_bytes() + bytes));
  reserve({&Step::gain}, number(step_.nodes) * number(step_.gains));
  reserve({&Step::boost}, number(step_.node_stride) * channels);
  step_.gain_sums = gain_sums_.data();
  step_.losses = losses_.data();

  region_.resize(number(places_.shape.regions) * whole);
  channel_part_.resize(trunk() ? channels * whole : 0);
  beta_.resize(number(step_.rank * step_.signals) * number(step_.stride));
  mean_.resize(channels);
  step_.region = region_.data();
  step_.channel_part = trunk() ? channel_part_.data() : region_.data();
  step_.beta = beta_.data();
  step_.mean_loading = mean_.data();
}

template <class T>
void NeuronPass<T>::make_gradient() {
  using enum NeuronTensor;
  for (const auto& batch : batches_) reserve_back(batch);
  gradient_.resize(places_.packing.size());
  const auto at = [&](NeuronTensor t) { return gradient_.data() + places_.packing.at(t); };
  step_.g_unit = at(unit_alpha);
  step_.unit_whole = step_.g_unit;
  if (step_.rank > 0)
    reserve({&Step::unit_whole},
            places_.plan.unit.size() * number(step_.signals + 1) * number(step_.stride));
  step_.g_v = at(unit_v);
  step_.g_c = at(gain_c);
  step_.g_lnq = at(gain_lnq);
  step_.g_d = at(gain_d);
}

// ---------------------------------------------------------------- a pass

template <class T>
BatchLoss NeuronPass<T>::run(std::uint32_t batch, const T* weights, bool back) {
  if (back && gradient_.empty()) make_gradient();
  batch_ = &batches_[batch];
  batch_->bind(step_);
  bind_weights(weights);
  forward(back);
  const BatchLoss loss = sum_losses();
  if (back) backward();
  return loss;
}

template <class T>
void NeuronPass<T>::bind_weights(const T* weights) {
  using enum NeuronTensor;
  weights_ = weights;
  const auto at = [&](NeuronTensor t) { return weights + places_.packing.at(t); };
  step_.trunk = {step_.features, step_.width, at(A1), at(b1), at(A2), at(b2),
                 at(A3),         at(b3),      at(a),  at(C),  at(c)};
  step_.heads.delta = at(head_delta);
  step_.heads.F1 = at(head_F1);
  step_.heads.f1 = at(head_f1);
  step_.heads.F2 = at(head_F2);
  step_.unit = at(unit_alpha);
  step_.v = at(unit_v);
  step_.prior = at(prior_P);
  step_.c = at(gain_c);
  step_.lnq = at(gain_lnq);
  step_.d = at(gain_d);
}

/// alpha and B of `count` regions or channels as rows over features.
template <class T>
void NeuronPass<T>::pack_rows(NeuronTensor alpha, NeuronTensor B, std::size_t count,
                              AlignedVector<T>& to) {
  const auto rows = number(step_.width + 1), stride = number(step_.stride),
             Q = number(step_.signals), whole = (Q + 1) * stride;
  const T *a = weights_ + places_.packing.at(alpha), *b = weights_ + places_.packing.at(B);
  for (std::size_t g = 0; g < count; ++g)
    for (std::size_t k = 0; k < rows; ++k) {
      to[g * whole + k] = *a++;
      for (std::size_t q = 0; q < Q; ++q) to[g * whole + (q + 1) * stride + k] = *b++;
    }
}

template <class T>
void NeuronPass<T>::pack_shared() {
  using enum NeuronTensor;
  pack_rows(region_alpha, region_B, number(places_.shape.regions), region_);
  if (trunk()) pack_rows(head_alpha, head_B, 2, channel_part_);
  const auto rows = number(step_.width + 1), stride = number(step_.stride),
             Q = number(step_.signals);
  const T* beta = weights_ + places_.packing.at(signal_beta);
  for (std::size_t l = 0; l < number(step_.rank); ++l)
    for (std::size_t k = 0; k < rows; ++k)
      for (std::size_t q = 0; q < Q; ++q) beta_[(l * Q + q) * stride + k] = *beta++;
  boost_channels();
}

/// The channels' gains at each node, by pack of nodes.
template <class T>
void NeuronPass<T>::boost_channels() {
  const NeuronShape& shape = places_.shape;
  const auto channels = number(step_.channels), lanes = number(kernels_.lanes);
  std::ranges::fill(mean_, T(0));
  if (!trunk() && shape.shared_gain) {
    const std::size_t first = places_.layout[NeuronTensor::gain_c].offset;
    for (std::size_t i = 0; i < shape.unit_region.size(); ++i)
      mean_[number(shape.unit_region[i])] += weights_[places_.packing.place(first + i)];
    for (std::size_t g = 0; g < channels; ++g) mean_[g] /= std::max(places_.region_units[g], T(1));
  }
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t k = 0; k < node_.size(); ++k)
      step_.boost[k / lanes * lanes * channels + c * lanes + k % lanes] = std::exp(
          trunk() ? step_.heads.delta[c] * node_[k] : formulas::log_gain(mean_[c], node_[k]));
}

/// body(stimulus, worker, whether it is wide).
template <class T>
template <class Body>
void NeuronPass<T>::each_stimulus(const Body& body) {
  const auto& [runs, wide] = std::tie(batch_->runs, batch_->wide_stimuli);
  team_.run(static_cast<Index>(runs.size() + wide.size()), [&](Index t, int w) {
    if (t >= runs.size()) return body(wide[t - runs.size()], w, true);
    for (Index k = runs[t].first; k < runs[t].second; ++k) body(k, w, false);
  });
}

/// Rows, and everything that entries read of them; with `back` also the way back of it, which gains
/// do not enter.
template <class T>
void NeuronPass<T>::entries(bool back) {
  const auto& b = *batch_;
  const auto size = [](const auto& list) { return static_cast<Index>(list.size()); };
  const auto block = [&](Index t, int w, const Room& room) {
    double& loss = step_.losses[t];
    loss = 0;
    if (b.blocks[t].lone != simd::no_lone_points)
      loss = kernels_.lone_points(step_, t, back, scratch(w));
    loss += kernels_.events(step_, t, back, room, scratch(w));
  };
  const auto &own = step_.of_entries, &trial = step_.of_trials;
  const Index own_wide = size(b.wide_entry_tiles);
  const auto room_of = [&](Index tile) { return wide_room(own.tiles[tile].stimulus); };
  team_.run(own_wide + size(b.wide_trial_tiles), [&](Index t, int w) {
    const Index at = t < own_wide ? b.wide_entry_tiles[t] : b.wide_trial_tiles[t - own_wide];
    if (t < own_wide)
      kernels_.tile(step_, own, at, room_of(at), scratch(w));
    else
      kernels_.tile(step_, trial, at, step_.trial_room(), scratch(w));
  });
  each_stimulus([&](Index k, int w, bool wide) {
    const Room room = wide ? wide_room(k) : this->room(k, w);
    for (Index t = own.tile_first[k]; !wide && t < own.tile_first[k + 1]; ++t)
      kernels_.tile(step_, own, t, room, scratch(w));
    for (Index t = trial.tile_first[k]; !wide && t < trial.tile_first[k + 1]; ++t)
      kernels_.tile(step_, trial, t, step_.trial_room(), scratch(w));
    kernels_.differences(step_, own, k, room);
    kernels_.differences(step_, trial, k, step_.trial_room());
    if (wide) return;
    for (Index t = b.block_first[k]; t < b.block_first[k + 1]; ++t) block(t, w, room);
    if (!back) return;
    kernels_.entry_rows_back(step_, k, room);
    for (Index t = own.tile_first[k]; t < own.tile_first[k + 1]; ++t)
      kernels_.tile_back(step_, own, t, room, scratch(w));
  });
  team_.run(size(b.wide_blocks), [&](Index t, int w) {
    const Index at = b.wide_blocks[t];
    block(at, w, wide_room(b.blocks[at].stimulus));
  });
  if (!back) return;
  team_.run(size(b.wide_stimuli), [&](Index t, int) {
    kernels_.entry_rows_back(step_, b.wide_stimuli[t], wide_room(b.wide_stimuli[t]));
  });
  team_.run(own_wide, [&](Index t, int w) {
    const Index at = b.wide_entry_tiles[t];
    kernels_.tile_back(step_, own, at, room_of(at), scratch(w));
  });
}

template <class T>
void NeuronPass<T>::forward(bool back) {
  const auto& b = *batch_;
  pack_shared();
  team_.run(static_cast<Index>(groups(b)),
            [&](Index t, int w) { kernels_.stimuli(step_, t, scratch(w)); });
  const auto blocks = static_cast<Index>(b.unit_blocks.size());
  team_.run(blocks, [&](Index t, int w) { kernels_.amplitudes(step_, t, scratch(w)); });
  entries(back);
  double* losses = step_.losses;
  const auto spikes = static_cast<Index>(b.blocks.size());
  team_.run(blocks,
            [&](Index t, int w) { losses[spikes + t] = kernels_.gains(step_, t, scratch(w)); });
  team_.run(static_cast<Index>(b.chunks()), [&](Index t, int w) {
    kernels_.trials(step_, t, back, losses + spikes + blocks + 2 * t, scratch(w));
  });
}

template <class T>
BatchLoss NeuronPass<T>::sum_losses() const {
  const std::size_t parts = batch_->blocks.size() + batch_->unit_blocks.size();
  double spikes = batch_->constant, behaviour = 0;
  for (std::size_t t = 0; t < parts; ++t) spikes += losses_[t];
  for (std::size_t t = 0; t < batch_->chunks(); ++t) {
    spikes += losses_[parts + 2 * t];
    behaviour += losses_[parts + 2 * t + 1];
  }
  const auto trials = static_cast<double>(batch_->trials.size());
  return {spikes / trials, behaviour / trials, 0, (spikes + behaviour) / trials};
}

template <class T>
void NeuronPass<T>::backward() {
  const auto& b = *batch_;
  NeuronGradientSums<T> sums(places_, step_, b, groups(b), gradient_);
  sums.clear_absent();
  const auto blocks = static_cast<Index>(b.unit_blocks.size());
  team_.run(blocks, [&](Index t, int w) { kernels_.gains_back(step_, t, scratch(w)); });
  team_.run(static_cast<Index>(b.wide_blocks.size()),
            [&](Index t, int) { kernels_.totals_back(step_, b.wide_blocks[t]); });
  const auto& trial = step_.of_trials;
  each_stimulus([&](Index k, int w, bool wide) {
    for (Index t = b.block_first[k]; !wide && t < b.block_first[k + 1]; ++t)
      kernels_.totals_back(step_, t);
    kernels_.trial_rows_back(step_, k);
    for (Index t = trial.tile_first[k]; !wide && t < trial.tile_first[k + 1]; ++t)
      kernels_.tile_back(step_, trial, t, step_.trial_room(), scratch(w));
  });
  team_.run(static_cast<Index>(b.wide_trial_tiles.size()) + blocks, [&](Index t, int w) {
    if (t < blocks)
      kernels_.amplitudes_back(step_, t, scratch(w));
    else
      kernels_.tile_back(step_, trial, b.wide_trial_tiles[t - blocks], step_.trial_room(),
                         scratch(w));
  });

  const auto stimuli = static_cast<Index>(groups(b)),
             regions = static_cast<Index>(places_.shape.regions);
  const Index actions = trunk() ? 2 : 0;
  team_.run(stimuli + regions + actions + 1, [&](Index t, int w) {
    if (t == 0)  // the longest first
      sums.sum_prior_and_times();
    else if (t <= regions)
      sums.sum_region(t - 1);
    else if (t <= regions + actions)
      sums.sum_action(t - 1 - regions);
    else
      kernels_.stimuli_back(step_, t - 1 - regions - actions, scratch(w));
  });
  sums.sum_rest();
}

template class NeuronPass<float>;
template class NeuronPass<double>;

}  // namespace nnpoisson
