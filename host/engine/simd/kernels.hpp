#pragma once

#include <cstdint>

#include "nnpoisson/formulas/parameters.hpp"
#include "nnpoisson/plan.hpp"

/// What the CPU backend asks of the code that is compiled once for each instruction set. Plain
/// pointers only: a template of the standard library instantiated here under -mavx512f could be the
/// one copy that the linker keeps for every machine.
namespace nnpoisson::simd {

/// Arrays over points or stimuli are padded to a multiple of this many numbers, whatever the
/// instruction set.
inline constexpr int pad = 16;

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

/// Where the gradient of a tile goes; behaviour reads all regions.
NNP_FORMULA constexpr formulas::GradientRow tile_row(const formulas::NetworkSizes& net, Term term,
                                                     int columns) {
  const bool behaviour = term == Term::behaviour;
  return formulas::gradient_row(net, behaviour ? net.regions : columns, behaviour);
}

template <class T>
struct TileJob {
  formulas::Network<T> net;
  TileView<T> tile;
  T eps;
  const T* table;  ///< [stimuli x NetworkSizes::stimulus_row()]
  bool gradients;
  T* row;            ///< out: gradient of the tile's sum, as tile_row() says
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
  T* layers;         ///< [stimulus_layer_rows() x stimulus_group], kept from forward to adjoint
  const T* adjoint;  ///< adjoint: [stimulus_row() x stimulus_group] of the table's rows, padding 0
  T* gradient;       ///< adjoint, out: [formulas::stimulus_gradient_size()]
  T* scratch;
};
NNP_FORMULA constexpr int stimulus_layer_rows(const formulas::NetworkSizes& net) {
  return 2 * (net.width1 + net.width2) + net.time_width + net.hidden_width;
}

/// Adam over n parameters (a multiple of `pad`): trained is 0 where a parameter is held, lowest 0
/// or the least number.
template <class T>
struct AdamJob {
  int n;
  T *weight, *first, *second;
  const T *gradient, *trained, *lowest;
  T rate;
};

template <class T>
struct NeuronKernels;

template <class T>
struct Kernels {
  const char* name;
  int (*scratch_size)(const formulas::NetworkSizes&, int tile_columns);
  void (*tile)(const TileJob<T>&);
  void (*stimulus_forward)(const StimulusJob<T>&);
  void (*stimulus_adjoint)(const StimulusJob<T>&);
  /// Returns whether every gradient was finite; nothing is changed otherwise.
  bool (*adam)(const AdamJob<T>&);
  const NeuronKernels<T>* neurons;
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
