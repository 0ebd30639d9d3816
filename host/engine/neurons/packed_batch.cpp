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
      stimulus_trial_first(batch.stimulus_trial_first),
      stimulus_trial(batch.stimulus_trial),
      more_first(batch.more_first),
      more(batch.more.begin(), batch.more.end()) {
  pack_lanes = size_of(lanes);
  place_entries(batch, place_entry_rows(batch));
  add_sessions(plan, batch, shape, packing);
  add_trials(batch, place_trial_rows(batch));
  add_blocks(batch);
  gather_runs();
}

/// Without those of lone points, unless these are few: a block's sums of them cost as much as some
/// points.
template <class T>
typename PackedNeuronBatch<T>::Places PackedNeuronBatch<T>::place_entry_rows(
    const NeuronBatch& batch) {
  constexpr std::size_t few = 32;  // in a block
  std::vector<char> kept(batch.rows());
  for (const auto row : batch.entry_row) kept[row] = 1;
  Places places(batch.rows(), no_row);
  for (std::size_t s = 0; s < stimuli(); ++s) {
    const std::uint32_t first = batch.row_first(s),
                        end = first + batch.rate_first[s + 1] - batch.rate_first[s];
    const std::size_t lone = end - first - batch.shared_rates[s];
    if (lone >= few * (batch.block_first[s + 1] - batch.block_first[s]))
      std::fill(kept.begin() + first + batch.shared_rates[s], kept.begin() + end, char{0});
    of_entries.add(batch, s, kept, places);
  }
  return places;
}

template <class T>
typename PackedNeuronBatch<T>::Places PackedNeuronBatch<T>::place_trial_rows(
    const NeuronBatch& batch) {
  std::vector<char> kept(batch.rows());
  for (const auto& trial : batch.trials)
    for (const auto row : {trial.end_row, trial.wait_row, trial.response_row})
      if (row != no_row) kept[row] = 1;
  Places places(batch.rows(), no_row);
  for (std::size_t s = 0; s < stimuli(); ++s) of_trials.add(batch, s, kept, places);
  return places;
}

template <class T>
void PackedNeuronBatch<T>::place_entries(const NeuronBatch& batch, const Places& places) {
  for (const auto& piece : batch.pieces)
    for (auto pair = piece.first_pair; pair < piece.first_pair + piece.units; ++pair) {
      for (auto e = batch.entry_first[pair]; e < batch.entry_first[pair + 1]; ++e) {
        const std::uint32_t s = piece.stimulus, row = batch.entry_row[e];
        if (places[row] == no_row) {
          lone_pair.push_back(pair);
          lone_time.push_back(
              static_cast<T>(batch.rate_time[batch.rate_first[s] + row - batch.row_first(s)]));
        } else {
          entry_row.push_back(places[row]);
          entry_weight.push_back(static_cast<T>(batch.entry_weight[e]));
        }
      }
      entry_first.push_back(static_cast<std::uint32_t>(entry_row.size()));
      lone_first.push_back(static_cast<std::uint32_t>(lone_time.size()));
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
void PackedNeuronBatch<T>::add_trials(const NeuronBatch& batch, const Places& places) {
  for (std::size_t n = 0; n < batch.trials.size(); ++n) {
    const auto& trial = batch.trials[n];
    // Two neighbouring cosines at most are not 0.
    std::uint32_t bump = 0;
    while (bump + 2 < trial.drift.size() && trial.drift[bump] == 0) ++bump;
    const std::uint32_t s = pieces[trial.piece].stimulus;
    const auto to = [&](std::uint32_t row) {
      return row == no_row ? no_row : of_trials.row_first(s) + places[row];
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
  for (const auto& b : batch.blocks) {
    const std::uint32_t s = b.stimulus;
    std::uint32_t lone = simd::no_lone_points;
    for (auto k = b.first_segment; k < b.end_segment; ++k)
      if (lone_first[segments[k].first_pair] < lone_first[segments[k].end_pair])
        lone = static_cast<std::uint32_t>(lone_blocks);
    lone_blocks += lone != simd::no_lone_points;
    blocks.push_back({s, b.first_segment, b.end_segment, entry_parts, trial_parts, lone});
    if (block_first[s + 1] - block_first[s] == 1) continue;
    entry_parts += of_entries.row_first(s + 1) - of_entries.row_first(s);
    trial_parts += of_trials.row_first(s + 1) - of_trials.row_first(s);
  }
}

template <class T>
bool PackedNeuronBatch<T>::is_wide(std::size_t s) const {
  const auto& rows = of_entries;
  const std::uint32_t values = rows.value_first[s + 1] - rows.value_first[s],
                      own = rows.row_first(s + 1) - rows.row_first(s);
  return block_first[s + 1] - block_first[s] > 1 || std::max(values, own) > simd::room_points;
}

template <class T>
void PackedNeuronBatch<T>::gather_runs() {
  std::uint32_t points = 0;
  for (std::uint32_t s = 0; s < stimuli(); ++s) {
    std::uint32_t of_s = of_entries.value_first[s + 1] - of_entries.value_first[s] +
                         of_entries.rate_first[s + 1] - of_entries.rate_first[s];
    for (auto b = block_first[s]; b < block_first[s + 1]; ++b)
      for (auto k = blocks[b].first_segment; k < blocks[b].end_segment; ++k)
        of_s += lone_first[segments[k].end_pair] - lone_first[segments[k].first_pair];
    wide_value_first.push_back(wide_values);
    wide_row_first.push_back(wide_rows);
    if (is_wide(s)) {
      wide_stimuli.push_back(s);
      wide_values += of_entries.value_first[s + 1] - of_entries.value_first[s];
      wide_rows += of_entries.row_first(s + 1) - of_entries.row_first(s);
      for (auto t = of_entries.tile_first[s]; t < of_entries.tile_first[s + 1]; ++t)
        wide_entry_tiles.push_back(t);
      for (auto t = of_trials.tile_first[s]; t < of_trials.tile_first[s + 1]; ++t)
        wide_trial_tiles.push_back(t);
      for (auto b = block_first[s]; b < block_first[s + 1]; ++b) wide_blocks.push_back(b);
      continue;
    }
    if (runs.empty() || runs.back().second < s || points + of_s > simd::run_points) {
      runs.emplace_back(s, s);
      points = 0;
    }
    runs.back().second = s + 1;
    points += of_s;
  }
  number_sums(of_entries);
  number_sums(of_trials);
}

/// Tiles that one task takes add to the same sums.
template <class T>
void PackedNeuronBatch<T>::number_sums(PackedNeuronRows<T>& rows) {
  std::size_t run = 0;
  bool begun = false;
  for (std::uint32_t s = 0; s < stimuli(); ++s) {
    if (run < runs.size() && s == runs[run].second) {
      ++run;
      begun = false;
    }
    const bool wide = is_wide(s);
    for (auto t = rows.tile_first[s]; t < rows.tile_first[s + 1]; ++t) {
      rows.tiles[t].opens = wide || !begun;
      tile_sums += rows.tiles[t].opens;
      rows.tiles[t].sums = static_cast<std::uint32_t>(tile_sums - 1);
      begun = begun || !wide;
    }
  }
}

template <class T>
void PackedNeuronBatch<T>::bind(simd::NeuronStep<T>& step) const {
  step.scale = scale;
  step.stimuli = static_cast<std::uint32_t>(stimuli());
  step.stimulus = stimulus.data();
  step.of_entries = of_entries.bound(0);
  step.of_trials = of_trials.bound(of_entries.tiles.size());
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
