#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/simd/kernels.hpp"
#include "engine/simd/neuron_jobs.hpp"
#include "nnpoisson/formulas/adam.hpp"

/// The phases of a step of the model by neuron, on packs. What a task computes depends on the plan
/// alone, and each sum has its own place, so that threads do not change a bit.
namespace nnpoisson::simd {

/// The sum of a pack's lanes, by halves.
template <class P>
NNP_FORMULA typename P::Scalar lane_sum(P x) {
  using T = typename P::Scalar;
  constexpr int N = P::lanes;
#if defined(NNP_X86) && defined(__AVX2__) && !defined(__AVX512F__)
  if constexpr (N == 8 && sizeof(T) == 4) {
    const __m256 v = (__m256)x.v;
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
#endif
#if defined(NNP_X86) && defined(__AVX512F__)
  if constexpr (N == 16 && sizeof(T) == 4) return _mm512_reduce_add_ps((__m512)x.v);
  if constexpr (N == 8 && sizeof(T) == 8) return _mm512_reduce_add_pd((__m512d)x.v);
#endif
  T part[N];
  x.store(part);
  for (int half = N / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) part[i] += part[i + half];
  return part[0];
}

template <class P>
class NeuronKernel {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  using Col = formulas::Column<P>;
  using Dual = formulas::DualColumn<P>;
  static constexpr int L = P::lanes;
  static constexpr int N = formulas::neuron_width;

  /// Pieces of a worker's scratch, one after the other.
  struct Pool {
    char* at;
    template <class X>
    X* take(std::size_t n) {
      X* piece = reinterpret_cast<X*>(at);
      at += (n * sizeof(X) + 63) / 64 * 64;
      return piece;
    }
  };
  static std::size_t z(long n) { return static_cast<std::size_t>(n); }
  static long i(std::size_t n) { return static_cast<long>(n); }

 public:
  static std::size_t scratch(const Step& s, int pieces_most, int entries_most) {
    const std::size_t H = z(s.width), F = z(s.features), points = tile_size + L;
    const std::size_t stimuli = (F + 8 * N + 4 * H + z(s.stimulus_sum_size())) * L;
    const std::size_t tile = (12 * H + z(s.tile_sum_size()) + 4) * L + 4 * H * points;
    const std::size_t units = 2 * z(s.signals + 1) * z(s.stride) + z(pieces_most) * N * L;
    const std::size_t gains = z(s.node_stride + 16) * L * 2;
    const std::size_t trials =
        (6 * z(s.heads.hidden) + 6 * z(s.channels) + z(s.head_sum_size()) + 8) * L +
        6 * z(s.node_stride);
    std::size_t most = 2 * z(entries_most) + 64;
    for (const std::size_t n : {stimuli, tile, units, gains, trials}) most = n > most ? n : most;
    return most * sizeof(double) + 8192;
  }

  // -------------------------------------------------------------- stimuli

  static void stimuli(const Step& s, Index group, void* memory) {
    Pool pool{static_cast<char*>(memory)};
    StimulusLayers x(s, pool);
    x.load(s, group);
    formulas::neuron_stimulus(s.trunk, x.columns());
    const int Q = s.signals;
    for (Index lane = 0; lane < L && group * L + lane < s.stimuli; ++lane) {
      const long k = group * L + lane;
      for (int h = 0; h < s.width; ++h) s.h3[k * s.width + h] = x.h3[h].v[lane];
      T* phi = s.phi + k * (Q + 1);
      phi[0] = T(1);
      for (int f = 0; f < s.features; ++f) phi[1 + f] = x.s[f].v[lane];
      for (int j = 0; j < N; ++j) phi[1 + s.features + j] = x.signal[j].v[lane];
      log_prior(s, k);
      for (int c = 0; c < s.channels; ++c)
        amplitude_row(s, s.channel_part + long(c) * (Q + 1) * s.stride, phi, s.channel_base[c],
                      s.channel + (k * s.channels + c) * s.stride);
    }
  }

  static void stimuli_back(const Step& s, Index group, void* memory) {
    Pool pool{static_cast<char*>(memory)};
    StimulusLayers x(s, pool);
    x.load(s, group);
    formulas::neuron_stimulus(s.trunk, x.columns());
    P* gh3 = pool.take<P>(z(s.width));
    P *gsignal = pool.take<P>(N), *gu2 = pool.take<P>(N), *gu1 = pool.take<P>(N);
    for (int h = 0; h < s.width; ++h) gh3[h] = P(0);
    for (int j = 0; j < N; ++j) gsignal[j] = P(0);
    for (Index lane = 0; lane < L && group * L + lane < s.stimuli; ++lane) {
      const Index k = group * L + lane;
      for (Index t = s.tile_first[k]; t < s.tile_first[k + 1]; ++t) {
        const T* sums = s.tile_sums + t * s.tile_sum_size() + long(s.width) * (s.width + 2);
        for (int h = 0; h < s.width; ++h) gh3[h].v[lane] += sums[h];
      }
      channel_signals(s, k, gsignal, lane);
    }
    // What the units' amplitudes read: by session, then by block of units.
    add_unit_signals(s, group, gsignal);

    formulas::neuron_stimulus_adjoint(s.trunk, x.columns(), Col{gh3, 1}, Col{gsignal, 1},
                                      Col{gu2, 1}, Col{gu1, 1});
    T* out = s.g_stimulus + group * s.stimulus_sum_size();
    const auto layer = [&](const P* in, const P* g, int ins, int outs) {
      for (int k = 0; k < ins; ++k)
        for (int j = 0; j < outs; ++j) *out++ = lane_sum(in[k] * g[j]);
      for (int j = 0; j < outs; ++j) *out++ = lane_sum(g[j]);
    };
    layer(x.s, gu1, s.features, N);
    layer(x.h1, gu2, N, N);
    layer(x.h2, gh3, N, s.width);
  }

  // -------------------------------------------------------------- features

  static void tile(const Step& s, Index number, void* memory) {
    const NeuronTile& t = s.tiles[number];
    if (t.rate)
      tile_forward<true>(s, t, memory);
    else
      tile_forward<false>(s, t, memory);
  }
  static void tile_back(const Step& s, Index number, void* memory) {
    if (s.tiles[number].rate)
      tile_adjoint<true>(s, number, memory);
    else
      tile_adjoint<false>(s, number, memory);
  }

  static void differences(const Step& s, Index k) {
    const Index first = s.difference_first[k], end = s.difference_first[k + 1];
    T* row = s.row + long(s.row_first(k) + s.rate_first[k + 1] - s.rate_first[k]) * s.stride;
    for (Index d = first; d < end; ++d, row += s.stride) {
      const T* high = s.values + long(s.difference[2 * d]) * s.stride;
      const T* low = s.values + long(s.difference[2 * d + 1]) * s.stride;
      for (int k2 = 0; k2 < s.stride; k2 += L)
        (P::load(high + k2) - P::load(low + k2)).store(row + k2);
    }
  }

  // -------------------------------------------------------------- amplitudes

  static void amplitudes(const Step& s, Index number, void* memory) {
    Pool pool{static_cast<char*>(memory)};
    const NeuronUnits& block = s.unit_blocks[number];
    const NeuronSession& session = s.sessions[block.session];
    T* part = pool.take<T>(z(s.signals + 1) * z(s.stride));
    for (Index u = block.first; u < block.end; ++u) {
      const Index unit = session.first_unit + u;
      unit_part(s, unit, part);
      for (Index p = session.first_piece; p < session.first_piece + session.pieces; ++p)
        amplitude_row(s, part, s.phi + long(s.pieces[p].stimulus) * (s.signals + 1), s.rate[unit],
                      s.amplitude + long(s.pieces[p].first_pair + u) * s.stride);
    }
    for (int k = 0; k < s.nodes; ++k)
      for (Index u = block.first; u < block.end; u += L) {
        const long at = session.first_gain + u;
        exp(formulas::log_gain(loading(s, at), P(s.node[k])))
            .store(s.gain + long(k) * s.gains + at);
      }
  }

  static void amplitudes_back(const Step& s, Index number, void* memory) {
    Pool pool{static_cast<char*>(memory)};
    const NeuronUnits& block = s.unit_blocks[number];
    const NeuronSession& session = s.sessions[block.session];
    const long whole = long(s.signals + 1) * s.stride;
    T* part = pool.take<T>(z(whole));
    P* signals = pool.take<P>(z(session.pieces) * N);
    for (long k = 0; k < long(session.pieces) * N; ++k) signals[k] = P(0);
    if (s.rank > 0)
      clear(s.g_beta + long(number) * s.rank * s.signals * s.stride,
            long(s.rank) * s.signals * s.stride);

    for (Index u = block.first; u < block.end; ++u) {
      const Index unit = session.first_unit + u;
      T* to = s.unit_whole + unit * whole;
      clear(to, whole);
      unit_part(s, unit, part);
      for (Index p = 0; p < session.pieces; ++p) {
        const NeuronPiece& piece = s.pieces[session.first_piece + p];
        const T* g = s.g_amplitude + long(piece.first_pair + u) * s.stride;
        exponent_back(s, g, s.phi + long(piece.stimulus) * (s.signals + 1), to);
        const T* B = part + long(1 + s.features) * s.stride;
        for (int j = 0; j < N; ++j) {
          P sum = signals[p * N + j];
          for (int k = 0; k < s.stride; k += L)
            sum = sum + P::load(g + k) * P::load(B + long(j) * s.stride + k);
          signals[p * N + j] = sum;
        }
      }
      if (s.rank > 0) shared_signals_back(s, number, unit, to);
    }
    T* out = s.g_phi + s.g_phi_first[number];
    for (long k = 0; k < long(session.pieces) * N; ++k) out[k] = lane_sum(signals[k]);
  }

  // -------------------------------------------------------------- spikes

  static double events(const Step& s, Index number, bool back, void* memory) {
    const NeuronBlock& block = s.blocks[number];
    const long rows = s.row_first(block.stimulus);
    const T* row = s.row + rows * s.stride;
    T* g_row = s.row_sums + i(block.rows) * s.stride;
    if (back)
      clear(g_row, long(s.row_first(block.stimulus + 1) - s.row_first(block.stimulus)) * s.stride);
    T* v = static_cast<T*>(memory);
    double loss = 0;
    for (Index seg = block.first_segment; seg < block.end_segment; ++seg) {
      const NeuronSegment& segment = s.segments[seg];
      const Index first = s.entry_first[segment.first_pair];
      const Index count = s.entry_first[segment.end_pair] - first;
      products(s, segment, row, s.row_floor + rows, v);
      loss += logarithms(s, first, count, v, back);
      if (back) products_back(s, segment, row, v, g_row);
    }
    return loss;
  }

  static void totals_back(const Step& s, Index number) {
    const NeuronBlock& block = s.blocks[number];
    const T* row = s.row + long(s.row_first(block.stimulus)) * s.stride;
    T* g_row = s.row_sums + i(block.rows) * s.stride;
    for (Index seg = block.first_segment; seg < block.end_segment; ++seg) {
      const NeuronSegment& segment = s.segments[seg];
      const NeuronPiece& piece = s.pieces[segment.piece];
      const auto& session = session_of(s, piece);
      const Index base = s.row_first(block.stimulus);
      for (Index n = piece.first_trial; n < piece.first_trial + piece.trials; ++n) {
        const long end = long(s.trials[n].end_row - base) * s.stride;
        const T* g = s.totals + session.first_count +
                     long(n - session.first_trial) * session.stride - piece.first_pair;
        for (Index pair = segment.first_pair; pair < segment.end_pair; ++pair)
          add_product(s, s.amplitude + long(pair) * s.stride, row + end, P(g[pair]),
                      s.g_amplitude + long(pair) * s.stride, g_row + end);
      }
      // From the amplitudes to their exponents.
      for (long k = long(segment.first_pair) * s.stride; k < long(segment.end_pair) * s.stride;
           k += L)
        (P::load(s.g_amplitude + k) * P::load(s.amplitude + k)).store(s.g_amplitude + k);
    }
  }

  // -------------------------------------------------------------- gains

  /// The part of a block of units in log p(spikes | node), trial by trial; returns what no node
  /// enters, as a loss.
  static double gains(const Step& s, Index number, void* memory) {
    const NeuronUnits& block = s.unit_blocks[number];
    const NeuronSession& session = s.sessions[block.session];
    P* sum = static_cast<P*>(memory);
    double loss = 0;
    for (Index n = 0; n < session.trials; ++n) {
      unit_totals(s, session, block, n);
      for (int k = 0; k < s.nodes; ++k) sum[k] = P(0);
      P linear(0), square(0), drifted(0);
      for (Index u = block.first; u < block.end; u += L) {
        const UnitGain g(s, session, n, u);
        const P c = loading(s, g.at);
        linear = linear + g.count * c;
        square = square + g.count * c * c * P(T(0.5));
        drifted = drifted + g.count * g.drift;
        const T* gain = s.gain + g.at;
        if (s.private_gain) {
          for (int k = 0; k < s.nodes; ++k)
            sum[k] = sum[k] - g.weight * log1p(g.over_q * P::load(gain + long(k) * s.gains));
        } else {
          for (int k = 0; k < s.nodes; ++k)
            sum[k] = sum[k] - g.expected * P::load(gain + long(k) * s.gains);
        }
      }
      double* to = s.gain_sums + s.gain_sums_first[number] + z(n) * z(s.node_stride);
      const double of_c = lane_sum(linear), of_square = lane_sum(square);
      for (int k = 0; k < s.node_stride; ++k)
        to[k] = k < s.nodes ? double(lane_sum(sum[k])) + of_c * double(s.node[k]) - of_square : 0;
      loss -= double(lane_sum(drifted));
    }
    if (s.private_gain)
      for (Index u = block.first; u < block.end; ++u) loss -= more_spikes(s, session, u).value;
    return loss;
  }

  static void gains_back(const Step& s, Index number, void*) {
    const NeuronUnits& block = s.unit_blocks[number];
    const NeuronSession& session = s.sessions[block.session];
    for (Index u = block.first; u < block.end; u += L) {
      P gc(0), gq(0), gd[formulas::drift_bumps];
      for (P& g : gd) g = P(0);
      for (Index n = 0; n < session.trials; ++n) {
        const UnitGain g(s, session, n, u);
        const long t = session.first_trial + n;
        const T* posterior = s.posterior + t * s.node_stride;
        P all(0), mean(0), pulled(0), pulled_node(0), logs(0);
        for (int k = 0; k < s.nodes; ++k) {
          const P w(posterior[k]), gain = P::load(s.gain + long(k) * s.gains + g.at);
          const P x = g.over_q * gain;
          const P share = s.private_gain ? gain / (P(1) + x) : gain;
          all = all + w;
          mean = mean + w * s.node[k];
          pulled = pulled + w * share;
          pulled_node = pulled_node + w * share * s.node[k];
          if (s.private_gain) logs = logs + w * log1p(x);
        }
        // In M, the expected count with drift: minus the slope of the log-likelihood.
        const P pull = s.private_gain ? g.weight * g.inverse_q * pulled : pulled;
        const P pull_node = s.private_gain ? g.weight * g.inverse_q * pulled_node : pulled_node;
        const P c = loading(s, g.at);
        gc = gc - g.count * (mean - c * all) + g.expected * (pull_node - c * pull);
        if (s.private_gain) gq = gq - g.expected * pull + g.q * logs;
        const P of_drift = g.expected * pull - g.count * all;
        (pull * g.growth).store(s.totals + session.first_count + long(n) * session.stride + u);
        if (s.drift) {
          const Index bump = s.trials[t].bump;
          gd[bump] = gd[bump] + of_drift * s.bumps[2 * t];
          gd[bump + 1] = gd[bump + 1] + of_drift * s.bumps[2 * t + 1];
        }
      }
      const long at = session.first_gain + u;
      if (s.shared_gain) gc.store(s.g_c + at);
      if (s.private_gain) gq.store(s.g_lnq + at);
      for (int j = 0; s.drift && j < formulas::drift_bumps; ++j)
        gd[j].store(s.g_d + long(j) * s.gains + at);
    }
    if (s.private_gain)
      for (Index u = block.first; u < block.end; ++u)
        s.g_lnq[session.first_gain + u] -= T(double(s.scale) * more_spikes(s, session, u).slope);
  }

  // -------------------------------------------------------------- behaviour

  static void trials(const Step& s, Index chunk, bool back, double* losses, void* memory) {
    Pool pool{static_cast<char*>(memory)};
    TrialWork work(s, pool);
    losses[0] = losses[1] = 0;
    const Index end =
        (chunk + 1) * trial_chunk < s.trial_count ? (chunk + 1) * trial_chunk : s.trial_count;
    for (Index n = chunk * trial_chunk; n < end; ++n) one_trial(s, n, back, losses, work);
    if (!back) return;
    T* out = s.g_heads + chunk * s.head_sum_size();
    for (long k = 0; k < s.head_sum_size(); ++k) out[k] = lane_sum(work.sums[k]);
  }

  /// Everything that reads a stimulus' rows: blocks of spikes, then its trials' behaviour.
  static void rows_back(const Step& s, Index k) {
    const long first = s.row_first(k), rows = long(s.row_first(k + 1)) - first;
    T* g_row = s.g_row + first * s.stride;
    clear(g_row, rows * s.stride);
    for (Index b = s.block_first[k]; b < s.block_first[k + 1]; ++b) {
      const T* part = s.row_sums + i(s.blocks[b].rows) * s.stride;
      for (long j = 0; j < rows * s.stride; j += L)
        (P::load(g_row + j) + P::load(part + j)).store(g_row + j);
    }
    behaviour_rows(s, k, g_row - first * s.stride);

    const Index values = s.value_first[k];
    clear(s.g_values + long(values) * s.stride, long(s.value_first[k + 1] - values) * s.stride);
    const T* g = g_row + long(s.rate_first[k + 1] - s.rate_first[k]) * s.stride;
    for (Index d = s.difference_first[k]; d < s.difference_first[k + 1]; ++d, g += s.stride) {
      T* high = s.g_values + long(s.difference[2 * d]) * s.stride;
      T* low = s.g_values + long(s.difference[2 * d + 1]) * s.stride;
      for (int j = 0; j < s.stride; j += L) {
        const P change = P::load(g + j);
        (P::load(high + j) + change).store(high + j);
        (P::load(low + j) - change).store(low + j);
      }
    }
  }

  // -------------------------------------------------------------- parameters

  static NeuronAdamSum adam(const NeuronAdamJob<T>& job) {
    P zero(0);
    double penalty = 0;
    for (std::size_t k = 0; k < job.count; k += L) {
      P weight = P::load(job.weight + k);
      const P away = weight - (job.centre ? P::load(job.centre + k) : P(job.centre_value));
      const P decay = job.decay ? P::load(job.decay + k) : P(job.decay_value);
      const P g = P::load(job.gradient + k) + away * decay * P(job.penalty_scale);
      penalty += double(lane_sum(away * away * decay)) / 2;
      zero = zero + g * T(0);
      if (job.held) continue;
      P first = P::load(job.moment1 + k), second = P::load(job.moment2 + k);
      formulas::adam(weight, first, second, g, job.rate);
      max(P(job.lowest), weight).store(job.weight + k);
      first.store(job.moment1 + k);
      second.store(job.moment2 + k);
    }
    return {penalty, lane_sum(zero) == T(0)};
  }

 private:
  static void clear(T* to, long n) {
    for (long k = 0; k < n; k += L) P(0).store(to + k);
  }

  // -------------------------------------------------------------- stimuli

  struct StimulusLayers {
    StimulusLayers(const Step& step, Pool& pool)
        : s(pool.take<P>(z(step.features))),
          u1(pool.take<P>(N)),
          h1(pool.take<P>(N)),
          u2(pool.take<P>(N)),
          h2(pool.take<P>(N)),
          h3(pool.take<P>(z(step.width))),
          signal(pool.take<P>(N)) {}
    void load(const Step& step, Index group) {
      for (int f = 0; f < step.features; ++f) s[f] = P(0);
      for (Index lane = 0; lane < L && group * L + lane < step.stimuli; ++lane)
        for (int f = 0; f < step.features; ++f)
          s[f].v[lane] = step.inputs[long(step.stimulus[group * L + lane]) * step.features + f];
    }
    formulas::NeuronStimulus<P> columns() {
      return {{s, 1}, {u1, 1}, {h1, 1}, {u2, 1}, {h2, 1}, {h3, 1}, {signal, 1}};
    }
    P *s, *u1, *h1, *u2, *h2, *h3, *signal;
  };

  static void log_prior(const Step& s, long k) {
    const T* input = s.phi + k * (s.signals + 1) + 1;
    T* to = s.log_prior + k * s.node_stride;
    T most = T(-1e30);
    for (int j = 0; j < s.node_stride; ++j) {
      to[j] = T(-1e30);
      if (j >= s.nodes) continue;
      T sum = 0;
      for (int f = 0; f < s.features; ++f) sum += s.prior[j * s.features + f] * input[f];
      to[j] = sum;
      most = sum > most ? sum : most;
    }
    const T norm = most + T(std::log(double(sum_of_exponentials(s, to, most))));
    for (int j = 0; j < s.nodes; ++j) to[j] -= norm;
  }
  static T sum_of_exponentials(const Step& s, const T* values, T most) {
    P sum(0);
    for (int j = 0; j < s.node_stride; j += L) sum = sum + exp(P::load(values + j) - P(most));
    return lane_sum(sum);
  }

  static void channel_signals(const Step& s, Index k, P* gsignal, Index lane) {
    for (int c = 0; c < s.channels; ++c) {
      const T* g = s.g_channel + (long(k) * s.channels + c) * s.stride;
      const T* B = s.channel_part + (long(c) * (s.signals + 1) + 1 + s.features) * s.stride;
      for (int j = 0; j < N; ++j) {
        P sum(0);
        for (int n = 0; n < s.stride; n += L)
          sum = sum + P::load(g + n) * P::load(B + long(j) * s.stride + n);
        gsignal[j].v[lane] += lane_sum(sum);
      }
    }
  }
  static void add_unit_signals(const Step& s, Index group, P* gsignal) {
    const Index first = group * L, end = first + L;
    for (Index block = 0; block < s.unit_block_count; ++block) {
      const NeuronSession& session = s.sessions[s.unit_blocks[block].session];
      const T* part = s.g_phi + s.g_phi_first[block];
      for (Index p = 0; p < session.pieces; ++p) {
        const Index k = s.pieces[session.first_piece + p].stimulus;
        if (k < first || k >= end) continue;
        for (int j = 0; j < N; ++j) gsignal[j].v[k - first] += part[p * N + Index(j)];
      }
    }
  }

  // -------------------------------------------------------------- features

  static std::size_t packs_of(const NeuronTile& t) { return (t.count + L - 1) / L; }

  template <bool Rate>
  static formulas::FeatureColumns<P> layers(const Step& s, const NeuronTile& t, long p) {
    const long packs = i(packs_of(t)), size = packs * s.width;
    P* kept = reinterpret_cast<P*>(s.layers + t.kept) + p;
    const auto column = [&](long k) { return Col{kept + k * size, int(packs)}; };
    if constexpr (Rate)
      return {{column(0), column(1)}, {column(2), column(3)}};
    else
      return {{column(0), {nullptr, 0}}, {column(1), {nullptr, 0}}};
  }

  static P times(const NeuronTile& t, const T* time, long p) {
    P tau;
    for (int lane = 0; lane < L; ++lane) {
      const Index at = Index(p * L + lane);
      tau.v[lane] = time[t.first + (at < t.count ? at : t.count - 1)];
    }
    return tau;
  }

  template <bool Rate>
  static void tile_forward(const Step& s, const NeuronTile& t, void* memory) {
    Pool pool{static_cast<char*>(memory)};
    P *h3 = pool.take<P>(z(s.width)), *f = pool.take<P>(z(s.width));
    for (int h = 0; h < s.width; ++h) h3[h] = P(s.h3[long(t.stimulus) * s.width + h]);
    T* out = Rate ? s.row + long(t.row) * s.stride : s.values + long(t.first) * s.stride;
    const T* time = Rate ? s.rate_time : s.value_time;
    for (long p = 0; p < i(packs_of(t)); ++p) {
      const P tau = times(t, time, p);
      formulas::neuron_features<Rate>(s.trunk, tau, Col{h3, 1}, layers<Rate>(s, t, p), Col{f, 1});
      for (int lane = 0; lane < L && p * L + lane < long(t.count); ++lane, out += s.stride) {
        for (int h = 0; h < s.width; ++h) out[h] = f[h].v[lane];
        out[s.width] = Rate ? T(1) : tau.v[lane];
      }
    }
  }

  template <bool Rate>
  static void tile_adjoint(const Step& s, Index number, void* memory) {
    const NeuronTile& t = s.tiles[number];
    Pool pool{static_cast<char*>(memory)};
    const long packs = i(packs_of(t)), H = s.width;
    P *gf = pool.take<P>(z(H)), *gm = pool.take<P>(z(H)), *dgm = pool.take<P>(z(H)),
      *ga = pool.take<P>(z(H));
    P *gn = pool.take<P>(z(H * packs)), *dgn = pool.take<P>(z(H * packs));
    P* sums = pool.take<P>(z(s.tile_sum_size()));
    for (long k = 0; k < s.tile_sum_size(); ++k) sums[k] = P(0);
    P *of_c = sums + H * H, *of_a = of_c + H, *of_h3 = of_a + H;

    const T* in = Rate ? s.g_row + long(t.row) * s.stride : s.g_values + long(t.first) * s.stride;
    const T* time = Rate ? s.rate_time : s.value_time;
    for (long p = 0; p < packs; ++p) {
      for (int h = 0; h < H; ++h) gf[h] = P(0);
      for (int lane = 0; lane < L && p * L + lane < long(t.count); ++lane, in += s.stride)
        for (int h = 0; h < H; ++h) gf[h].v[lane] = in[h];
      const Dual to_n{{gn + p, int(packs)}, {dgn + p, int(packs)}};
      formulas::neuron_features_adjoint<Rate>(s.trunk, times(t, time, p), layers<Rate>(s, t, p),
                                              Col{gf, 1}, to_n, Dual{{gm, 1}, {dgm, 1}},
                                              Col{ga, 1});
      for (int h = 0; h < H; ++h) {
        of_h3[h] = of_h3[h] + gm[h];
        of_a[h] = of_a[h] + ga[h];
      }
    }
    const auto x = layers<Rate>(s, t, 0);
    const Dual g{{gn, int(packs)}, {dgn, int(packs)}};
    formulas::dense_kernel_adjoint<Rate>(int(packs), s.width, s.width, x.m, g, sums);
    formulas::dense_bias_adjoint(int(packs), s.width, g.value, of_c);
    T* out = s.tile_sums + number * s.tile_sum_size();
    for (long k = 0; k < s.tile_sum_size(); ++k) out[k] = lane_sum(sums[k]);
  }

  // -------------------------------------------------------------- amplitudes

  /// alpha and B of a unit with its region's, [(Q+1) x stride].
  static void unit_part(const Step& s, Index unit, T* to) {
    const long whole = long(s.signals + 1) * s.stride;
    const T* region = s.region + s.unit_region[unit] * whole;
    if (s.rank == 0) {
      const T* own = s.unit + unit * whole;
      for (long k = 0; k < whole; k += L) (P::load(region + k) + P::load(own + k)).store(to + k);
      return;
    }
    for (long k = 0; k < whole; k += L) P::load(region + k).store(to + k);
    for (int k = 0; k < s.stride; k += L)
      (P::load(to + k) + P::load(s.unit + long(unit) * s.stride + k)).store(to + k);
    const long size = long(s.signals) * s.stride;
    for (int l = 0; l < s.rank; ++l) {
      const P v(s.v[long(unit) * s.rank + l]);
      for (long k = 0; k < size; k += L)
        (P::load(to + s.stride + k) + v * P::load(s.beta + l * size + k)).store(to + s.stride + k);
    }
  }

  static void amplitude_row(const Step& s, const T* part, const T* phi, T base, T* to) {
    for (int k = 0; k < s.stride; k += L) {
      P sum = P::load(part + k);
      for (int q = 1; q <= s.signals; ++q)
        sum = sum + P::load(part + long(q) * s.stride + k) * phi[q];
      (exp(sum) * P::load(s.weight + k) * base).store(to + k);
    }
  }
  /// Adds phi times g, the adjoint of the exponents.
  static void exponent_back(const Step& s, const T* g, const T* phi, T* to) {
    for (int q = 0; q <= s.signals; ++q)
      for (int k = 0; k < s.stride; k += L) {
        T* at = to + long(q) * s.stride + k;
        (P::load(at) + P::load(g + k) * phi[q]).store(at);
      }
  }
  static void shared_signals_back(const Step& s, Index block, Index unit, const T* whole) {
    const long size = long(s.signals) * s.stride;
    for (int k = 0; k < s.stride; k += L)
      P::load(whole + k).store(s.g_unit + long(unit) * s.stride + k);
    for (int l = 0; l < s.rank; ++l) {
      const P v(s.v[long(unit) * s.rank + l]);
      T* to = s.g_beta + (long(block) * s.rank + l) * size;
      P sum(0);
      for (long k = 0; k < size; k += L) {
        const P g = P::load(whole + s.stride + k);
        sum = sum + g * P::load(s.beta + l * size + k);
        (P::load(to + k) + v * g).store(to + k);
      }
      s.g_v[long(unit) * s.rank + l] = lane_sum(sum);
    }
  }

  // -------------------------------------------------------------- spikes

  static void products(const Step& s, const NeuronSegment& segment, const T* row, const T* floor,
                       T* v) {
    const Index first = s.entry_first[segment.first_pair];
    for (Index pair = segment.first_pair; pair < segment.end_pair; ++pair) {
      const T* A = s.amplitude + long(pair) * s.stride;
      for (Index e = s.entry_first[pair]; e < s.entry_first[pair + 1]; ++e) {
        const long r = s.entry_row[e];
        v[e - first] = dot(s, A, row + r * s.stride) + floor[r];
      }
    }
  }
  static T dot(const Step& s, const T* a, const T* b) {
    P sum = P::load(a) * P::load(b);
    for (int k = L; k < s.stride; k += L) sum = sum + P::load(a + k) * P::load(b + k);
    return lane_sum(sum);
  }

  /// The loss of entries whose products are in v; leaves their adjoints there.
  static double logarithms(const Step& s, Index first, Index count, T* v, bool back) {
    double loss = 0;
    for (Index e = 0; e < count; e += L) {
      P x, w;
      for (Index lane = 0; lane < L; ++lane) {
        const bool there = e + lane < count;
        x.v[lane] = there ? v[e + lane] : T(1);
        w.v[lane] = there ? s.entry_weight[first + e + lane] : T(0);
      }
      const auto term = formulas::event_term(x, w);
      loss += double(lane_sum(term.loss));
      if (back) (-(term.pull * s.scale)).store(v + e);
    }
    return loss;
  }

  static void products_back(const Step& s, const NeuronSegment& segment, const T* row, const T* v,
                            T* g_row) {
    const Index first = s.entry_first[segment.first_pair];
    for (Index pair = segment.first_pair; pair < segment.end_pair; ++pair) {
      const T* A = s.amplitude + long(pair) * s.stride;
      T* gA = s.g_amplitude + long(pair) * s.stride;
      clear(gA, s.stride);
      for (Index e = s.entry_first[pair]; e < s.entry_first[pair + 1]; ++e) {
        const long at = long(s.entry_row[e]) * s.stride;
        add_product(s, A, row + at, P(v[e - first]), gA, g_row + at);
      }
    }
  }
  /// The adjoint of A . row.
  static void add_product(const Step& s, const T* A, const T* row, P g, T* gA, T* g_row) {
    for (int k = 0; k < s.stride; k += L) {
      (P::load(gA + k) + g * P::load(row + k)).store(gA + k);
      (P::load(g_row + k) + g * P::load(A + k)).store(g_row + k);
    }
  }

  static const NeuronSession& session_of(const Step& s, const NeuronPiece& piece) {
    return s.sessions[piece.session];
  }

  // -------------------------------------------------------------- gains

  static P loading(const Step& s, long at) { return s.shared_gain ? P::load(s.c + at) : P(0); }

  /// A pack of units in a trial.
  struct UnitGain {
    UnitGain(const Step& s, const NeuronSession& session, Index n, Index u)
        : at(long(session.first_gain) + u), drift(0), growth(1), q(1), inverse_q(1) {
      const long t = session.first_trial + n,
                 cell = i(session.first_count) + long(n) * session.stride + u;
      count = P::load(s.counts + cell);
      if (s.drift) {
        const T* d = s.d + long(s.trials[t].bump) * s.gains + at;
        drift = P::load(d) * s.bumps[2 * t] + P::load(d + s.gains) * s.bumps[2 * t + 1];
        growth = exp(drift);
      }
      expected = P::load(s.totals + cell) * growth;
      over_q = expected;
      weight = P(1);
      if (s.private_gain) {
        const P lnq = P::load(s.lnq + at);
        q = exp(lnq);
        inverse_q = exp(-lnq);
        over_q = expected * inverse_q;
        weight = q + count;
      }
    }
    long at;
    P count, drift, growth, expected, q, inverse_q, over_q, weight;
  };

  /// Lambda at the trial's end, of a block's units.
  static void unit_totals(const Step& s, const NeuronSession& session, const NeuronUnits& block,
                          Index n) {
    const NeuronTrial& trial = s.trials[session.first_trial + n];
    const T* row = s.row + long(trial.end_row) * s.stride;
    const T* A = s.amplitude + long(s.pieces[trial.piece].first_pair) * s.stride;
    T* to = s.totals + session.first_count + long(n) * session.stride;
    for (Index u = block.first; u < block.end; ++u)
      to[u] = dot(s, A + long(u) * s.stride, row) + s.row_floor[trial.end_row];
    for (Index u = block.end; u % L != 0; ++u) to[u] = T(0);
  }

  static formulas::ValueAndSlope<double> more_spikes(const Step& s, const NeuronSession& session,
                                                     Index u) {
    const Index first = s.more_first[session.first_more + u],
                end = s.more_first[session.first_more + u + 1];
    const P q = exp(P(s.lnq[session.first_gain + u]));
    double value = 0, slope = 0;
    for (Index k = first; k < end; k += L) {
      P j, times;
      for (Index lane = 0; lane < L; ++lane) {
        j.v[lane] = T(k - first + lane + 1);
        times.v[lane] = k + lane < end ? s.more[k + lane] : T(0);
      }
      const auto factor = formulas::count_factor(j, q);
      value += double(lane_sum(times * factor.value));
      slope += double(lane_sum(times * factor.slope));
    }
    return {value, slope};
  }

  // -------------------------------------------------------------- behaviour

  struct TrialWork {
    TrialWork(const Step& s, Pool& pool)
        : units(pool.take<formulas::HeadUnit<P>>(2 * z(s.heads.hidden))),
          gx(pool.take<P>(z(s.channels))),
          gy(pool.take<P>(z(s.channels))),
          sums(pool.take<P>(z(s.head_sum_size()))),
          x(pool.take<T>(z(s.channels))),
          y(pool.take<T>(z(s.channels))),
          spikes(pool.take<double>(z(s.node_stride))),
          joint(pool.take<T>(z(s.node_stride))),
          value(pool.take<T>(z(s.node_stride))) {
      for (long k = 0; k < s.head_sum_size(); ++k) sums[k] = P(0);
    }
    formulas::HeadUnit<P>* units;
    P *gx, *gy, *sums;
    T *x, *y;
    double* spikes;
    T *joint, *value;
  };

  static void one_trial(const Step& s, Index n, bool back, double* losses, TrialWork& work) {
    const NeuronTrial& trial = s.trials[n];
    const bool responded = trial.action >= 0;
    for (int c = 0; c < s.channels; ++c) {
      const T* amplitude = s.channel + (long(trial.stimulus) * s.channels + c) * s.stride;
      work.x[c] = dot(s, amplitude, s.row + long(trial.wait_row) * s.stride);
      work.y[c] = responded ? dot(s, amplitude, s.row + long(trial.response_row) * s.stride) : T(0);
    }
    const P wait_floor(T(2) * s.row_floor[trial.wait_row]);
    for (int k = 0; k < s.node_stride; k += L) {
      const auto h = formulas::node_hazards(s.heads, boost(s, k), work.x, work.y, work.units);
      P value = -h.total[0] - h.total[1] - wait_floor;
      if (responded)
        value = value + log((h.rate[trial.action] + P(s.hazard_floor)) * (T(1) / s.window));
      value.store(work.value + k);
    }
    posterior(s, n, losses, work);
    if (back) one_trial_back(s, n, work);
  }
  static const P* boost(const Step& s, int k) {
    return reinterpret_cast<const P*>(s.boost + long(k) * s.channels);
  }

  static void posterior(const Step& s, Index n, double* losses, TrialWork& work) {
    gain_sum(s, n, work.spikes);
    const T* prior = s.log_prior + long(s.trials[n].stimulus) * s.node_stride;
    double most = -1e300;
    for (int k = 0; k < s.nodes; ++k) {
      work.spikes[k] += double(prior[k]);
      most = work.spikes[k] > most ? work.spikes[k] : most;
    }
    // Against the largest part of the spikes, so that float keeps what tells the nodes apart.
    T top = T(-1e30);
    for (int k = 0; k < s.node_stride; ++k) {
      const T rest = k < s.nodes ? T(work.spikes[k] - most) : T(-1e30);
      work.joint[k] = rest + (k < s.nodes ? s.beta_weight * work.value[k] : T(0));
      top = work.joint[k] > top ? work.joint[k] : top;
      work.value[k] = rest;
    }
    const double without = std::log(double(sum_of_exponentials(s, work.value, T(0))));
    const T sum = sum_of_exponentials(s, work.joint, top);
    losses[0] -= most + without;
    losses[1] -= double(top) + std::log(double(sum)) - without;
    T* to = s.posterior + long(n) * s.node_stride;
    for (int k = 0; k < s.node_stride; k += L)
      (exp(P::load(work.joint + k) - P(top)) * P(s.scale / sum)).store(to + k);
    for (int k = s.nodes; k < s.node_stride; ++k) to[k] = T(0);
  }
  static void gain_sum(const Step& s, Index n, double* to) {
    for (int k = 0; k < s.node_stride; ++k) to[k] = 0;
    const NeuronSession& session = s.sessions[s.pieces[s.trials[n].piece].session];
    for (Index b = session.first_block; b < session.end_block; ++b) {
      const double* part =
          s.gain_sums + s.gain_sums_first[b] + z(n - session.first_trial) * z(s.node_stride);
      for (int k = 0; k < s.nodes; ++k) to[k] += part[k];
    }
  }

  static void one_trial_back(const Step& s, Index n, TrialWork& work) {
    const NeuronTrial& trial = s.trials[n];
    const bool trunk = s.heads.kind == formulas::HeadKind::trunk;
    const long F1 = 2L * s.heads.hidden * s.channels, f1 = 2L * s.heads.hidden;
    P* means = work.sums + (trunk ? 0 : F1 + 2 * f1);
    T *gx = s.gx + long(n) * s.channels, *gy = s.gy + long(n) * s.channels;
    for (int c = 0; c < s.channels; ++c) gx[c] = gy[c] = T(0);
    for (int k = 0; k < s.node_stride; k += L) {
      const P w = P::load(s.posterior + long(n) * s.node_stride + k) * s.beta_weight;
      const auto h = formulas::node_hazards(s.heads, boost(s, k), work.x, work.y, work.units);
      formulas::NodeHazards<P> g{{w, w}, {P(0), P(0)}};
      if (trial.action >= 0) g.rate[trial.action] = -w / (h.rate[trial.action] + P(s.hazard_floor));
      for (int c = 0; c < s.channels; ++c) work.gx[c] = work.gy[c] = P(0);
      formulas::node_hazards_adjoint(
          s.heads, boost(s, k), work.x, work.y, work.units, g,
          {work.gx, work.gy, work.sums, work.sums + F1, work.sums + F1 + f1});
      for (int c = 0; c < s.channels; ++c) {
        const P b = boost(s, k)[c], x = work.gx[c] * b, y = work.gy[c] * b;
        gx[c] += lane_sum(x);
        gy[c] += lane_sum(y);
        const P node = P::load(s.node + k) - (trunk ? P(0) : P(s.mean_loading[c]));
        means[c] = means[c] + (x * work.x[c] + y * work.y[c]) * node;
      }
    }
  }

  /// Adds what the trials of a stimulus read of its rows, and leaves the channels' exponents'
  /// adjoint and that of the prior's logits.
  static void behaviour_rows(const Step& s, Index k, T* g_row) {
    clear(s.g_channel + long(k) * s.channels * s.stride, long(s.channels) * s.stride);
    T* logits = s.g_log_prior + long(k) * s.node_stride;
    clear(logits, s.node_stride);
    for (Index at = s.stimulus_trial_first[k]; at < s.stimulus_trial_first[k + 1]; ++at) {
      const Index n = s.stimulus_trial[at];
      const NeuronTrial& trial = s.trials[n];
      for (int c = 0; c < s.channels; ++c) {
        const long channel = (long(k) * s.channels + c) * s.stride;
        const auto add = [&](Index row, T g) {
          add_product(s, s.channel + channel, s.row + long(row) * s.stride, P(g),
                      s.g_channel + channel, g_row + long(row) * s.stride);
        };
        add(trial.wait_row, s.gx[long(n) * s.channels + c]);
        if (trial.action >= 0) add(trial.response_row, s.gy[long(n) * s.channels + c]);
      }
      const T* prior = s.log_prior + long(k) * s.node_stride;
      for (int j = 0; j < s.node_stride; j += L)
        (P::load(logits + j) + exp(P::load(prior + j)) * s.scale -
         P::load(s.posterior + long(n) * s.node_stride + j))
            .store(logits + j);
    }
    T* g = s.g_channel + long(k) * s.channels * s.stride;
    const T* amplitude = s.channel + long(k) * s.channels * s.stride;
    for (long j = 0; j < long(s.channels) * s.stride; j += L)
      (P::load(g + j) * P::load(amplitude + j)).store(g + j);
  }
};

/// P's tag must be local to the file.
template <class P>
const NeuronKernels<typename P::Scalar>* instantiate_neurons() {
  using T = typename P::Scalar;
  using Kernel = NeuronKernel<P>;
  static const NeuronKernels<T> kernels{
      P::lanes,           Kernel::scratch,         Kernel::stimuli,      Kernel::tile,
      Kernel::amplitudes, Kernel::differences,     Kernel::events,       Kernel::gains,
      Kernel::trials,     Kernel::gains_back,      Kernel::totals_back,  Kernel::rows_back,
      Kernel::tile_back,  Kernel::amplitudes_back, Kernel::stimuli_back, Kernel::adam};
  return &kernels;
}

}  // namespace nnpoisson::simd
