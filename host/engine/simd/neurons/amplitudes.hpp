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
    for (Index u = block.first; u < block.end; ++u) {
      const Index unit = session.first_unit + u;
      unit_part(s, unit, part);
      for (Index p = session.first_piece; p < session.first_piece + session.pieces; ++p)
        amplitude_row<P>(s, part, s.phi + long(s.pieces[p].stimulus) * (s.signals + 1),
                         s.rate[unit], s.amplitude + long(s.pieces[p].first_pair + u) * s.stride);
    }
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
};

}  // namespace nnpoisson::simd
