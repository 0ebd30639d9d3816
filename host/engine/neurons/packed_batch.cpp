#include "engine/neurons/packed_batch.hpp"

#include <algorithm>

namespace nnpoisson {
namespace {

std::size_t size_of(int n) {
  return static_cast<std::size_t>(n);
}

}  // namespace

template <class T>
PackedNeuronBatch<T>::PackedNeuronBatch(const NeuronPlan& plan, const NeuronBatch& batch,
                                        const NeuronShape& shape, const NeuronPacking& packing,
                                        int lanes)
    : scale(static_cast<T>(batch.scale)),
      constant(batch.constant),
      stimulus(batch.stimulus),
      value_first(batch.value_first),
      difference_first(batch.difference_first),
      value_time(batch.value_time.begin(), batch.value_time.end()),
      stimulus_trial_first(batch.stimulus_trial_first),
      stimulus_trial(batch.stimulus_trial),
      more_first(batch.more_first),
      more(batch.more.begin(), batch.more.end()) {
  pack_lanes = size_of(lanes);
  for (const auto& d : batch.difference) difference.insert(difference.end(), {d.high, d.low});
  place_rows(batch);
  place_entries(batch);
  cut_tiles();
  add_sessions(plan, batch, shape, packing);
  add_trials(batch);
  add_blocks(batch);
  gather_runs();
}

/// Rows without those of lone points, unless these are few: a block's sums of them cost as much as
/// some points.
template <class T>
void PackedNeuronBatch<T>::place_rows(const NeuronBatch& batch) {
  constexpr std::size_t few = 32;  // in a block
  for (std::size_t s = 0; s < stimuli(); ++s) {
    const std::size_t all = batch.rate_first[s + 1] - batch.rate_first[s],
                      blocks_of_s = batch.block_first[s + 1] - batch.block_first[s];
    const bool own_way = all - batch.shared_rates[s] >= few * blocks_of_s;
    const std::size_t kept = own_way ? batch.shared_rates[s] : all;
    const auto copy = [](const std::vector<double>& from, std::size_t first, std::size_t count,
                         std::vector<T>& to) {
      for (std::size_t i = first; i < first + count; ++i) to.push_back(static_cast<T>(from[i]));
    };
    copy(batch.rate_time, batch.rate_first[s], kept, rate_time);
    copy(batch.row_floor, batch.row_first(s), kept, row_floor);
    copy(batch.row_floor, batch.row_first(s) + all,
         batch.difference_first[s + 1] - batch.difference_first[s], row_floor);
    rate_first.push_back(static_cast<std::uint32_t>(rate_time.size()));
  }
}

/// Of a row of the plan among a stimulus' rows here; no_row: a lone point.
template <class T>
std::uint32_t PackedNeuronBatch<T>::place(const NeuronBatch& batch, std::size_t s,
                                          std::uint32_t row) const {
  const std::uint32_t at = row - batch.row_first(s), kept = rate_first[s + 1] - rate_first[s],
                      all = batch.rate_first[s + 1] - batch.rate_first[s];
  if (at < kept) return at;
  return at < all ? no_row : at - (all - kept);
}

template <class T>
void PackedNeuronBatch<T>::place_entries(const NeuronBatch& batch) {
  for (const auto& piece : batch.pieces)
    for (auto pair = piece.first_pair; pair < piece.first_pair + piece.units; ++pair) {
      for (auto e = batch.entry_first[pair]; e < batch.entry_first[pair + 1]; ++e) {
        const std::uint32_t s = piece.stimulus, row = batch.entry_row[e], to = place(batch, s, row);
        if (to == no_row) {
          lone_pair.push_back(pair);
          lone_time.push_back(
              static_cast<T>(batch.rate_time[batch.rate_first[s] + row - batch.row_first(s)]));
        } else {
          entry_row.push_back(to);
          entry_weight.push_back(static_cast<T>(batch.entry_weight[e]));
        }
      }
      entry_first.push_back(static_cast<std::uint32_t>(entry_row.size()));
      lone_first.push_back(static_cast<std::uint32_t>(lone_time.size()));
    }
}

template <class T>
void PackedNeuronBatch<T>::cut_tiles() {
  const auto cut = [&](std::uint32_t s, std::uint32_t first, std::uint32_t end, bool rate) {
    for (std::uint32_t at = first; at < end; at += simd::tile_size) {
      const auto count = std::min<std::uint32_t>(simd::tile_size, end - at);
      tiles.push_back({s, at, count, row_first(s) + at - first, rate, 0, false});
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
      gain_sums += session.trials * size_of(simd::padded(shape.nodes));
      g_phi_first.push_back(g_phi);
      g_phi += to.pieces * size_of(formulas::neuron_width);
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
    const std::uint32_t s = pieces[trial.piece].stimulus;
    const auto to = [&](std::uint32_t row) {
      return row == no_row ? no_row : row_first(s) + place(batch, s, row);
    };
    trials.push_back({s, trial.piece, to(trial.end_row), to(trial.wait_row), to(trial.response_row),
                      trial.action, bump});
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
  }
  block_first = batch.block_first;
  block_rows = row_floor.size();
  for (const auto& b : batch.blocks) {
    const std::uint32_t s = b.stimulus, first = row_first(s);
    const bool alone = block_first[s + 1] - block_first[s] == 1;
    std::uint32_t lone = simd::no_lone_points;
    for (auto k = b.first_segment; k < b.end_segment; ++k)
      if (lone_first[segments[k].first_pair] < lone_first[segments[k].end_pair])
        lone = static_cast<std::uint32_t>(lone_blocks);
    lone_blocks += lone != simd::no_lone_points;
    blocks.push_back({s, b.first_segment, b.end_segment, alone ? first : block_rows, lone});
    if (!alone) block_rows += row_first(s + 1) - first;
  }
}

template <class T>
void PackedNeuronBatch<T>::gather_runs() {
  constexpr std::uint32_t most = simd::run_points;
  std::uint32_t points = most;
  for (std::uint32_t s = 0; s < stimuli(); ++s) {
    const std::uint32_t of_s =
        value_first[s + 1] - value_first[s] + rate_first[s + 1] - rate_first[s];
    const bool wide = block_first[s + 1] - block_first[s] > 1 || of_s > most;
    if (wide) wide_stimuli.push_back(s);
    if (!wide && (points + of_s > most || runs.back().second < s)) {
      runs.emplace_back(s, s);
      points = 0;
    }
    if (!wide) runs.back().second = s + 1;
    points += of_s;
    for (auto t = tile_first[s]; t < tile_first[s + 1]; ++t) {
      if (wide) wide_tiles.push_back(t);
      tiles[t].opens = wide || (runs.back().first == s && t == tile_first[s]);
      tile_sums += tiles[t].opens;
      tiles[t].sums = static_cast<std::uint32_t>(tile_sums - 1);
    }
    for (auto b = block_first[s]; wide && b < block_first[s + 1]; ++b) wide_blocks.push_back(b);
  }
}

template <class T>
void PackedNeuronBatch<T>::bind(simd::NeuronStep<T>& step) const {
  step.scale = scale;
  step.stimuli = static_cast<std::uint32_t>(stimuli());
  step.stimulus = stimulus.data();
  step.value_time = value_time.data();
  step.rate_time = rate_time.data();
  step.row_floor = row_floor.data();
  step.value_first = value_first.data();
  step.rate_first = rate_first.data();
  step.difference_first = difference_first.data();
  step.difference = difference.data();
  step.tiles = tiles.data();
  step.tile_first = tile_first.data();
  step.unit_blocks = unit_blocks.data();
  step.unit_block_count = static_cast<std::uint32_t>(unit_blocks.size());
  step.pieces = pieces.data();
  step.sessions = sessions.data();
  step.trials = trials.data();
  step.bumps = bumps.data();
  step.trial_count = static_cast<std::uint32_t>(trials.size());
  step.stimulus_trial_first = stimulus_trial_first.data();
  step.stimulus_trial = stimulus_trial.data();
  step.segments = segments.data();
  step.blocks = blocks.data();
  step.block_first = block_first.data();
  step.entry_first = entry_first.data();
  step.entry_row = entry_row.data();
  step.entry_weight = entry_weight.data();
  step.lone_first = lone_first.data();
  step.lone_pair = lone_pair.data();
  step.lone_time = lone_time.data();
  step.counts = counts.data();
  step.more_first = more_first.data();
  step.more = more.data();
  step.gain_sums_first = gain_sums_first.data();
  step.g_phi_first = g_phi_first.data();
}

template struct PackedNeuronBatch<float>;
template struct PackedNeuronBatch<double>;

}  // namespace nnpoisson
