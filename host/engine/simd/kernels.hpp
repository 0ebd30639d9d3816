#pragma once

#include <cstdint>

#include "nnpoisson/formulas/network.hpp"
#include "nnpoisson/plan.hpp"

/// What the CPU backend asks of the code that is compiled once for each instruction set. Plain
/// pointers only: a template of the standard library instantiated here under -mavx512f could be the
/// one copy that the linker keeps for every machine.
namespace nnpoisson::simd {

inline constexpr int pad = 16;  ///< arrays over points or stimuli are padded to a multiple of this
                                ///< many numbers, whatever the instruction set

NNP_FORMULA constexpr int padded(int n) {
  return (n + pad - 1) / pad * pad;
}

/// A tile as the kernels read it; all arrays 64-byte aligned, [.. x stride].
template <class T>
struct TileView {
  Term term;
  Reading reading;
  int count, stride, columns;
  const T* time;                         ///< [stride]; padding repeats the last point
  const std::uint32_t* stimulus;         ///< [stride] row of the stimulus table; ascending
  const T* weight;                       ///< [columns x stride]; padding is 0
  const T *end, *inverse_scale, *floor;  ///< [stride], Reading::interval only
  const std::uint32_t* column;           ///< [columns]
};

/// Where the gradient of a tile goes: rows packed as a, C, c, E [hidden x k], e [k], then for
/// behaviour the heads as in the flat order.
struct TileRow {
  int a, C, c, E, e, heads, size;
};
template <class T>
NNP_FORMULA constexpr TileRow tile_row(const formulas::Network<T>& net, Term term, int columns) {
  const int k = term == Term::neural ? columns : net.columns;
  TileRow row{};
  row.C = net.time_width;
  row.c = row.C + net.time_width * net.hidden_width;
  row.E = row.c + net.hidden_width;
  row.e = row.E + net.hidden_width * k;
  row.heads = row.e + k;
  row.size =
      row.heads + (term == Term::behaviour ? 2 * (net.behaviour_width * (net.regions + 2) + 1) : 0);
  return row;
}

template <class T>
struct TileJob {
  formulas::Network<T> net;
  TileView<T> tile;
  T eps;
  const T* table;  ///< stimulus table, [stimuli x table_width]: h3, then the bypass if the network
                   ///< has it
  int table_width;
  bool gradients;
  T* row;            ///< out: gradient of the tile's sum, TileRow::size numbers
  T* stimulus_rows;  ///< out: adjoint of the table, one row for each distinct stimulus of the tile,
                     ///< in order
  double* losses;    ///< out: neural, left, right
  T* scratch;        ///< scratch_size() numbers, 64-byte aligned
};

/// A group of up to stimulus_group stimuli: the layers that do not depend on time.
inline constexpr int stimulus_group = 64;
template <class T>
struct StimulusJob {
  formulas::Network<T> net;
  int count;
  const T* input;             ///< [features x stimulus_group], padding 0
  const std::uint32_t* rows;  ///< [count] rows of the table
  T* table;                   ///< forward: out
  int table_width;
  T* layers;         ///< [stimulus_layer_rows() x stimulus_group], kept from forward to adjoint
  const T* adjoint;  ///< adjoint: [table_width x stimulus_group] of the table's rows, padding 0
  T* gradient;  ///< adjoint, out: A1 b1 A2 b2 A3 b3 in the flat order, then R d if the network has
                ///< the bypass
  T* scratch;
};
template <class T>
NNP_FORMULA constexpr int stimulus_layer_rows(const formulas::Network<T>& net) {
  return 2 * (net.width1 + net.width2) + net.time_width + net.hidden_width;
}
template <class T>
NNP_FORMULA constexpr int stimulus_gradient_size(const formulas::Network<T>& net) {
  return (net.features + 1) * net.width1 + (net.width1 + 1) * net.width2 +
         (net.width2 + 1) * net.time_width + (net.bypass ? 2 * net.hidden_width : 0);
}

/// Adam over n parameters (a multiple of `pad`): trained is 0 where a parameter is held, floor 0 or
/// the least number.
template <class T>
struct AdamJob {
  int n;
  T *weight, *first, *second;
  const T *gradient, *trained, *floor;
  T rate;
};

template <class T>
struct Kernels {
  const char* name;
  int (*scratch_size)(const formulas::Network<T>&, int tile_columns);
  void (*tile)(const TileJob<T>&);
  void (*stimulus_forward)(const StimulusJob<T>&);
  void (*stimulus_adjoint)(const StimulusJob<T>&);
  /// Returns whether every gradient was finite; nothing is changed otherwise.
  bool (*adam)(const AdamJob<T>&);
};

// Each is defined in a file of its own, compiled for that instruction set; null pointer: not in
// this build.
const Kernels<float>* sse_float();
const Kernels<double>* sse_double();
const Kernels<float>* avx2_float();
const Kernels<double>* avx2_double();
const Kernels<float>* avx512_float();
const Kernels<double>* avx512_double();

}  // namespace nnpoisson::simd
