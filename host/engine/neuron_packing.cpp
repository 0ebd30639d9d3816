#include "engine/neuron_packing.hpp"

#include <algorithm>

namespace nnpoisson {
namespace {

std::size_t padded_size(std::size_t n) {
  return (n + simd::pad - 1) / simd::pad * simd::pad;
}

std::size_t unsigned_size(int n) {
  return static_cast<std::size_t>(n);
}

// Adam's tasks: enough work for some 10 microseconds.
constexpr std::size_t adam_chunk = 16384;

}  // namespace

NeuronPacking::NeuronPacking(const NeuronProblem& problem, const NeuronLayout& layout,
                             const NeuronPlan& plan, int lanes)
    : stride_((problem.shape.rows() + lanes - 1) / lanes * lanes), place_(layout.size()) {
  for (std::size_t s = 0; s + 1 < plan.session_first.size(); ++s) {
    first_gain_.push_back(static_cast<std::uint32_t>(gains_));
    gains_ += simd::padded(static_cast<int>(plan.session_first[s + 1] - plan.session_first[s]));
  }
  place_shared(layout);
  place_units(problem.shape, layout, plan);
  place_gains(layout, plan);
}

void NeuronPacking::take(NeuronTensor tensor, std::size_t count) {
  first_[static_cast<std::size_t>(tensor)] = size_;
  const std::size_t end = size_ + padded_size(count);
  for (std::size_t first = size_; first < end; first += adam_chunk)
    parts_.push_back({tensor, first, std::min(adam_chunk, end - first)});
  size_ = end;
}

void NeuronPacking::place_shared(const NeuronLayout& layout) {
  for (std::size_t t = 0; t < unsigned_size(int(NeuronTensor::unit_alpha)); ++t) {
    const NeuronSlot& slot = layout.slots()[t];
    take(static_cast<NeuronTensor>(t), slot.size);
    for (std::size_t i = 0; i < slot.size; ++i)
      place_[slot.offset + i] = static_cast<std::uint32_t>(first_[t] + i);
  }
  unit_ = size_;
}

void NeuronPacking::place_units(const NeuronShape& shape, const NeuronLayout& layout,
                                const NeuronPlan& plan) {
  using enum NeuronTensor;
  const auto R = unsigned_size(shape.rows()), Q = unsigned_size(shape.signals()),
             stride = unsigned_size(stride_), rank = unsigned_size(shape.rank);
  const std::size_t rows = shape.rank == 0 ? Q + 1 : 1, U = plan.unit.size();
  take(unit_alpha, U * rows * stride);
  first_[unsigned_size(int(unit_B))] = at(unit_alpha);
  take(unit_v, U * rank);
  for (std::size_t j = 0; j < U; ++j) {
    const std::size_t i = plan.unit[j], own = at(unit_alpha) + j * rows * stride;
    const auto put = [&](NeuronTensor t, std::size_t index, std::size_t to) {
      place_[layout[t].offset + index] = static_cast<std::uint32_t>(to);
    };
    for (std::size_t k = 0; k < R; ++k) {
      put(unit_alpha, i * R + k, own + k);
      for (std::size_t q = 0; q + 1 < rows; ++q)
        put(unit_B, (i * R + k) * Q + q, own + (q + 1) * stride + k);
    }
    for (std::size_t l = 0; l < rank; ++l) put(unit_v, i * rank + l, at(unit_v) + j * rank + l);
  }
}

void NeuronPacking::place_gains(const NeuronLayout& layout, const NeuronPlan& plan) {
  using enum NeuronTensor;
  const auto gains = unsigned_size(gains_);
  for (const auto t : {gain_c, gain_lnq, gain_d}) {
    const NeuronSlot& slot = layout[t];
    const auto each = unsigned_size(slot.dimensions[1]);
    take(t, slot.size > 0 ? each * gains : 0);
    if (slot.size == 0) continue;
    for (std::size_t s = 0; s + 1 < plan.session_first.size(); ++s)
      for (std::size_t j = plan.session_first[s]; j < plan.session_first[s + 1]; ++j)
        for (std::size_t k = 0; k < each; ++k)
          place_[slot.offset + plan.unit[j] * each + k] = static_cast<std::uint32_t>(
              at(t) + k * gains + first_gain_[s] + j - plan.session_first[s]);
  }
}

template <class T>
PackedNeuronBatch<T>::PackedNeuronBatch(const NeuronPlan& plan, const NeuronBatch& batch,
                                        const NeuronShape& shape, const NeuronPacking& packing,
                                        int lanes)
    : scale(static_cast<T>(batch.scale)),
      constant(batch.constant),
      stimulus(batch.stimulus),
      value_first(batch.value_first),
      rate_first(batch.rate_first),
      difference_first(batch.difference_first),
      value_time(batch.value_time.begin(), batch.value_time.end()),
      rate_time(batch.rate_time.begin(), batch.rate_time.end()),
      row_floor(batch.row_floor.begin(), batch.row_floor.end()),
      stimulus_trial_first(batch.stimulus_trial_first),
      stimulus_trial(batch.stimulus_trial),
      entry_first(batch.entry_first),
      entry_row(batch.entry_row),
      entry_weight(batch.entry_weight.begin(), batch.entry_weight.end()),
      more_first(batch.more_first),
      more(batch.more.begin(), batch.more.end()) {
  for (const auto& d : batch.difference) difference.insert(difference.end(), {d.high, d.low});
  cut_tiles(batch, shape.width, lanes);
  add_sessions(plan, batch, shape, packing);
  add_trials(batch);
  add_blocks(batch);
}

template <class T>
void PackedNeuronBatch<T>::cut_tiles(const NeuronBatch& batch, int width, int lanes) {
  const auto cut = [&](std::uint32_t s, std::uint32_t first, std::uint32_t end, bool rate) {
    for (std::uint32_t at = first; at < end; at += simd::tile_size) {
      const auto count = std::min<std::uint32_t>(simd::tile_size, end - at);
      tiles.push_back({s, at, count, batch.row_first(s) + at - first, rate, layers});
      const std::size_t points =
          (count + unsigned_size(lanes) - 1) / unsigned_size(lanes) * unsigned_size(lanes);
      layers += padded_size((rate ? 4 : 2) * unsigned_size(width) * points);
    }
  };
  tile_first.push_back(0);
  for (std::uint32_t s = 0; s < stimuli(); ++s) {
    cut(s, value_first[s], value_first[s + 1], false);
    cut(s, rate_first[s], rate_first[s + 1], true);
    tile_first.push_back(static_cast<std::uint32_t>(tiles.size()));
  }
}

template <class T>
void PackedNeuronBatch<T>::add_sessions(const NeuronPlan& plan, const NeuronBatch& batch,
                                        const NeuronShape& shape, const NeuronPacking& packing) {
  std::vector<bool> present(plan.session_first.size() - 1);
  std::uint32_t piece = 0;
  for (const auto& session : batch.sessions) {
    const auto number = static_cast<std::uint32_t>(sessions.size());
    present[session.session] = true;
    const auto stride = static_cast<std::uint32_t>(simd::padded(static_cast<int>(session.units)));
    simd::NeuronSession to{.first_block = static_cast<std::uint32_t>(unit_blocks.size()),
                           .end_block = 0,
                           .first_trial = session.first_trial,
                           .trials = session.trials,
                           .units = session.units,
                           .first_piece = piece,
                           .pieces = 0,
                           .stride = stride,
                           .first_count = counts.size(),
                           .first_unit = plan.session_first[session.session],
                           .first_gain = packing.first_gain(session.session),
                           .first_more = session.first_unit};
    for (; piece < batch.pieces.size() && batch.pieces[piece].session == session.session; ++piece) {
      const auto& from = batch.pieces[piece];
      pieces.push_back({from.stimulus, number, from.first_pair, 0, 0});
    }
    to.pieces = piece - to.first_piece;
    pieces_most = std::max(pieces_most, static_cast<int>(to.pieces));

    for (std::uint32_t u = 0; u < session.units; u += simd::unit_block) {
      unit_blocks.push_back({number, u, std::min(u + simd::unit_block, session.units)});
      gain_sums_first.push_back(gain_sums);
      gain_sums += session.trials * unsigned_size(simd::padded(shape.nodes));
      g_phi_first.push_back(g_phi);
      g_phi += to.pieces * unsigned_size(formulas::neuron_width);
    }
    to.end_block = static_cast<std::uint32_t>(unit_blocks.size());

    const std::size_t first = counts.size();
    counts.resize(first + std::size_t{session.trials} * stride);
    for (std::size_t n = 0; n < session.trials; ++n)
      for (std::size_t u = 0; u < session.units; ++u)
        counts[first + n * stride + u] =
            static_cast<T>(batch.counts[session.first_count + n * session.units + u]);
    sessions.push_back(to);
  }
  for (std::uint32_t s = 0; s < present.size(); ++s)
    if (!present[s]) absent.push_back(s);
}

template <class T>
void PackedNeuronBatch<T>::add_trials(const NeuronBatch& batch) {
  for (std::size_t n = 0; n < batch.trials.size(); ++n) {
    const auto& trial = batch.trials[n];
    // Two neighbouring cosines at most are not 0.
    std::uint32_t bump = 0;
    while (bump + 2 < trial.drift.size() && trial.drift[bump] == 0) ++bump;
    trials.push_back({pieces[trial.piece].stimulus, trial.piece, trial.end_row, trial.wait_row,
                      trial.response_row, trial.action, bump});
    for (const std::size_t k : {bump, bump + 1}) bumps.push_back(static_cast<T>(trial.drift[k]));
    auto& piece = pieces[trial.piece];
    if (piece.trials++ == 0) piece.first_trial = static_cast<std::uint32_t>(n);
  }
}

template <class T>
void PackedNeuronBatch<T>::add_blocks(const NeuronBatch& batch) {
  for (const auto& s : batch.segments) {
    segments.push_back({s.piece, s.first_pair, s.end_pair});
    entries_most = std::max(entries_most,
                            static_cast<int>(entry_first[s.end_pair] - entry_first[s.first_pair]));
    const std::uint32_t base = batch.row_first(batch.pieces[s.piece].stimulus);
    for (auto e = entry_first[s.first_pair]; e < entry_first[s.end_pair]; ++e) entry_row[e] -= base;
  }
  block_first = batch.block_first;
  for (const auto& b : batch.blocks) {
    blocks.push_back({b.stimulus, b.first_segment, b.end_segment, block_rows});
    block_rows += batch.row_first(b.stimulus + 1) - batch.row_first(b.stimulus);
  }
}

template struct PackedNeuronBatch<float>;
template struct PackedNeuronBatch<double>;

}  // namespace nnpoisson
