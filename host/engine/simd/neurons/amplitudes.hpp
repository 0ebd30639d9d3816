#pragma once

#include "engine/simd/neurons/loops.hpp"

namespace nnpoisson::simd {

/// Blocks of units: what each unit's amplitudes are at each stimulus of its session, and its gains.
template <class P>
class NeuronAmplitudes {
  using T = typename P::Scalar;
  using Step = NeuronStep<T>;
  using Index = std::uint32_t;
  static constexpr int L = P::lanes;
  static constexpr int N = formulas::neuron_width;

 public:
  static void forward(const Step& s, Index number, void* memory) {
    NeuronPool<P> pool{static_cast<char*>(memory)};
    const NeuronUnits& block = s.unit_blocks[number];
    const NeuronSession& session = s.sessions[block.session];
    T* part = take<T>(pool, neuron_size(s.signals + 1) * neuron_size(s.stride));
    with_packs<P>(s.stride, [&](auto packs) {
      for (Index u = block.first; u < block.end; ++u) {
        const Index unit = session.first_unit + u;
        unit_part(s, unit, part);
        unit_amplitudes<packs.value>(s, session, u, part, s.rate[unit]);
      }
    });
    for (int k = 0; k < s.nodes; ++k)
      for (Index u = block.first; u < block.end; u += L) {
        const long at = session.first_gain + u;
        exp(formulas::log_gain(neuron_loading<P>(s, at), P(s.node[k])))
            .store(s.gain + long(k) * s.gains + at);
      }
  }

  static void back(const Step& s, Index number, void* memory) {
    NeuronPool<P> pool{static_cast<char*>(memory)};
    const NeuronUnits& block = s.unit_blocks[number];
    const NeuronSession& session = s.sessions[block.session];
    const long whole = long(s.signals + 1) * s.stride;
    T* part = take<T>(pool, neuron_size(whole));
    P* signals = take<P>(pool, neuron_size(session.pieces) * N);
    for (long k = 0; k < long(session.pieces) * N; ++k) signals[k] = P(0);
    if (s.rank > 0)
      clear<P>(s.g_beta + long(number) * s.rank * s.signals * s.stride,
               long(s.rank) * s.signals * s.stride);

    for (Index u = block.first; u < block.end; ++u) {
      const Index unit = session.first_unit + u;
      T* to = s.unit_whole + unit * whole;
      clear<P>(to, whole);
      unit_part(s, unit, part);
      with_packs<P>(s.stride, [&](auto packs) {
        exponents_back<packs.value>(s, session, u, part, to, signals);
      });
      if (s.rank > 0) shared_signals_back(s, number, unit, to);
    }
    T* out = s.g_phi + s.g_phi_first[number];
    for (long k = 0; k < long(session.pieces) * N; ++k) out[k] = lane_sum(signals[k]);
  }

 private:
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

  static const NeuronPiece& piece_of(const Step& s, const NeuronSession& session, Index p) {
    return s.pieces[session.first_piece + p];
  }
  static const T* phi_of(const Step& s, const NeuronPiece& piece) {
    return s.phi + long(piece.stimulus) * (s.signals + 1);
  }

  /// Of a unit, for the session's stimuli; two at a time, so that a row of B is loaded once.
  template <int Packs>
  static void unit_amplitudes(const Step& s, const NeuronSession& session, Index u, const T* part,
                              T base) {
    const auto to = [&](const NeuronPiece& piece) {
      return s.amplitude + long(piece.first_pair + u) * s.stride;
    };
    Index p = 0;
    for (; Packs > 0 && p + 2 <= session.pieces; p += 2) {
      const NeuronPiece &one = piece_of(s, session, p), &two = piece_of(s, session, p + 1);
      const T *phi = phi_of(s, one), *other = phi_of(s, two);
      P sum[Packs > 0 ? Packs : 1], sums[Packs > 0 ? Packs : 1];
      for (int k = 0; k < Packs; ++k) sum[k] = sums[k] = P::load(part + k * L);
      for (int q = 1; q <= s.signals; ++q) {
        const P* B = packs_at<P>(part, q, Packs);
        for (int k = 0; k < Packs; ++k) {
          sum[k] = sum[k] + B[k] * phi[q];
          sums[k] = sums[k] + B[k] * other[q];
        }
      }
      for (int k = 0; k < Packs; ++k) {
        const P weight = P::load(s.weight + k * L) * base;
        (exp(sum[k]) * weight).store(to(one) + k * L);
        (exp(sums[k]) * weight).store(to(two) + k * L);
      }
    }
    for (; p < session.pieces; ++p) {
      const NeuronPiece& piece = piece_of(s, session, p);
      amplitude_row<P>(s, part, phi_of(s, piece), base, to(piece));
    }
  }

  /// Adds a unit's adjoints of alpha and B, and what the signals of each stimulus get of it; two
  /// stimuli at a time.
  template <int Packs>
  static void exponents_back(const Step& s, const NeuronSession& session, Index u, const T* part,
                             T* to, P* signals) {
    const int packs = Packs > 0 ? Packs : s.stride / L;
    const int shown = 1 + s.features;  // rows of alpha and of the stimulus itself
    for (Index p = 0; p < session.pieces; p += 2) {
      const Index next = p + 1 < session.pieces ? p + 1 : p;
      const T once = next > p ? T(1) : T(0);  // the last of an odd number stands alone
      const NeuronPiece &one = piece_of(s, session, p), &two = piece_of(s, session, next);
      const P* g = packs_at<P>(s.g_amplitude, one.first_pair + u, packs);
      const P* h = packs_at<P>(s.g_amplitude, two.first_pair + u, packs);
      P kept[Packs > 0 ? 2 * Packs : 1];
      for (int k = 0; k < Packs; ++k) {
        kept[k] = g[k];
        kept[Packs + k] = h[k];
      }
      if (Packs > 0) {
        g = kept;
        h = kept + Packs;
      }
      for (int q = 0; q <= s.signals; ++q) {
        P* out = packs_at<P>(to, q, packs);
        const P *B = packs_at<P>(part, q, packs), a(phi_of(s, one)[q]), b(once * phi_of(s, two)[q]);
        P sum(0), sums(0);
        for (int k = 0; k < packs; ++k) {
          out[k] = out[k] + g[k] * a + h[k] * b;
          sum = sum + g[k] * B[k];
          sums = sums + h[k] * B[k];
        }
        if (q < shown) continue;
        P *first = signals + p * N + (q - shown), *second = signals + next * N + (q - shown);
        *first = *first + sum;
        if (next > p) *second = *second + sums;
      }
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
};

}  // namespace nnpoisson::simd
