#pragma once

#include "engine/batch_terms.hpp"
#include "kernels/slab.cuh"
#include "kernels/stimulus_layers.hpp"
#include "nnpoisson/formulas/adam.hpp"

/// The parts of a step that come once a stimulus or once a parameter. Blocks of a model's team
/// share them out; `block` of `blocks`.
namespace nnpoisson::kernels {

template <class T>
class StimulusPhase {
  using P = typename PointOf<T>::Type;
  using Col = formulas::Column<P>;
  /// Stimuli that a block takes together, a thread a unit.
  static constexpr std::uint32_t group = 16;

 public:
  NNP_DEVICE StimulusPhase(const ProgramView<T>& program, const BatchView& batch,
                           const formulas::Network<T>& net, T* table, T* layers, unsigned block,
                           unsigned blocks)
      : program_(program),
        batch_(batch),
        net_(net),
        table_(table),
        layers_(layers),
        block_(block),
        blocks_(blocks) {}

  NNP_DEVICE void forward() {
    for_groups([&](std::uint32_t first, std::uint32_t count) {
      for_units(first, count, net_.width1, [&](std::uint32_t k, int j) {
        const auto x = layers_of(k);
        unit(net_.A1, net_.b1, net_.features, net_.width1, const_cast<T*>(input(k)), x.u1, j);
        column(x.h1)[j] = formulas::softplus(column(x.u1)[j]);
      });
      for_units(first, count, net_.width2, [&](std::uint32_t k, int j) {
        const auto x = layers_of(k);
        unit(net_.A2, net_.b2, net_.width1, net_.width2, x.h1, x.u2, j);
        column(x.h2)[j] = formulas::softplus(column(x.u2)[j]);
      });
      for_units(first, count, net_.time_width, [&](std::uint32_t k, int j) {
        unit(net_.A3, net_.b3, net_.width2, net_.time_width, layers_of(k).h2, row(k), j);
      });
      if (net_.bypass)
        for_units(first, count, net_.hidden_width, [&](std::uint32_t k, int j) {
          row(k)[net_.time_width + j] =
              plain(formulas::bypass_unit(net_, P(input(k)[net_.features - 1]), j));
        });
    });
  }

  /// Gathers what the slabs left for each stimulus, in their order, and takes it back through the
  /// layers.
  NNP_DEVICE void adjoint(const T* stimulus_rows) {
    const T scale[2] = {static_cast<T>(batch_.scale[0]), static_cast<T>(batch_.scale[1])};
    const std::uint32_t* source_first = program_.plan.source_first + batch_.first_source;
    for_groups([&](std::uint32_t first, std::uint32_t count) {
      const int width = net_.stimulus_row();
      for_units(first, count, width, [&](std::uint32_t k, int j) {
        T sum = T(0);
        for (std::uint32_t i = source_first[k]; i < source_first[k + 1]; ++i) {
          const std::uint32_t source = program_.plan.source[i];
          sum += scale[source & behaviour_source ? 1 : 0] *
                 stimulus_rows[static_cast<std::uint64_t>(source & ~behaviour_source) *
                                   static_cast<unsigned>(width) +
                               static_cast<unsigned>(j)];
        }
        const auto x = layers_of(k);
        (j < net_.time_width ? x.gh3[j] : x.gp[j - net_.time_width]) = sum;
      });
      for_units(first, count, net_.width2, [&](std::uint32_t k, int i) {
        const auto x = layers_of(k);
        back(net_.A3, net_.time_width, x.gh3, x.gu2, i);
        column(x.gu2)[i] = column(x.gu2)[i] * formulas::logistic(column(x.u2)[i]);
      });
      for_units(first, count, net_.width1, [&](std::uint32_t k, int i) {
        const auto x = layers_of(k);
        back(net_.A2, net_.width2, x.gu2, x.gu1, i);
        column(x.gu1)[i] = column(x.gu1)[i] * formulas::logistic(column(x.u1)[i]);
      });
    });
  }

 private:
  /// body(the first of a group's stimuli, their number)
  template <class Body>
  NNP_DEVICE void for_groups(const Body& body) {
    for (std::uint32_t first = block_ * group; first < batch_.stimuli; first += blocks_ * group)
      body(first, batch_.stimuli - first < group ? batch_.stimuli - first : group);
  }
  template <class Body>
  NNP_DEVICE void for_units(std::uint32_t first, std::uint32_t count, int units, const Body& body) {
    for (unsigned i = threadIdx.x; i < count * static_cast<unsigned>(units); i += block_threads)
      body(first + i / static_cast<unsigned>(units),
           static_cast<int>(i % static_cast<unsigned>(units)));
    __syncthreads();
  }
  static NNP_DEVICE Col column(T* x) { return {reinterpret_cast<P*>(x), 1}; }
  NNP_DEVICE static void unit(const T* kernel, const T* bias, int in, int out, T* x, T* y, int j) {
    formulas::dense_rows<false, 1>(kernel, bias, in, out, formulas::values_only(column(x)),
                                   formulas::values_only(column(y)), j);
  }
  NNP_DEVICE static void back(const T* kernel, int out, T* gy, T* gx, int i) {
    formulas::dense_input_rows<false, false, 1>(kernel, out, formulas::values_only(column(gy)),
                                                formulas::values_only(column(gx)), i);
  }
  NNP_DEVICE std::uint32_t number(std::uint32_t k) const {
    return program_.plan.batch_stimulus[batch_.first_stimulus + k];
  }
  NNP_DEVICE const T* input(std::uint32_t k) const {
    return program_.plan.stimuli +
           static_cast<std::uint64_t>(number(k)) * static_cast<unsigned>(net_.features);
  }
  NNP_DEVICE T* row(std::uint32_t k) const {
    return table_ +
           static_cast<std::uint64_t>(number(k)) * static_cast<unsigned>(net_.stimulus_row());
  }
  NNP_DEVICE StimulusLayers<T> layers_of(std::uint32_t k) const { return {layers_, net_, k}; }

  const ProgramView<T>& program_;
  const BatchView& batch_;
  const formulas::Network<T>& net_;
  T *table_, *layers_;
  unsigned block_, blocks_;
};

/// The gradient of the batch's total in one parameter at a time, from what the other phases left.
template <class T>
class GradientSums {
  using Layers = StimulusLayers<T>;

 public:
  NNP_DEVICE GradientSums(const ProgramView<T>& program, const BatchView& batch,
                          const formulas::Network<T>& net, T* layers, const double* rows)
      : program_(program), batch_(batch), net_(net), layers_(layers), rows_(rows) {}

  /// Of parameter i, in T's precision, as Adam takes it; held parameters have theirs too.
  NNP_DEVICE T operator()(int i) const {
    using enum Tensor;
    const formulas::TensorOffsets& begin = program_.tensors;
    double sum = 0;
    if (i < begin[a])
      sum = of_stimulus_layers(i);
    else if (i < begin[R])
      sum = of_trunk(i - begin[a]);
    else if (i < begin[E])
      sum = net_.bypass ? of_bypass(i) : 0;
    else if (i < begin[F1_left])
      sum = of_readout(i - begin[E]);
    else
      sum = of_slabs(1, row_.heads + i - begin[F1_left]);
    return static_cast<T>(sum);
  }

 private:
  /// A kernel's gradient is the sum of what comes in times the adjoint of what goes out, a bias'
  /// that of the adjoint.
  NNP_DEVICE double of_stimulus_layers(int i) const {
    using enum Tensor;
    const formulas::TensorOffsets& begin = program_.tensors;
    const int w1 = net_.width1, w2 = net_.width2, w3 = net_.time_width;
    if (i < begin[b1]) {
      const int k = i - begin[A1];
      return of_stimuli([&](const T* s, const Layers& x) { return s[k / w1] * x.gu1[k % w1]; });
    }
    if (i < begin[A2])
      return of_stimuli([&](const T*, const Layers& x) { return x.gu1[i - begin[b1]]; });
    if (i < begin[b2]) {
      const int k = i - begin[A2];
      return of_stimuli([&](const T*, const Layers& x) { return x.h1[k / w2] * x.gu2[k % w2]; });
    }
    if (i < begin[A3])
      return of_stimuli([&](const T*, const Layers& x) { return x.gu2[i - begin[b2]]; });
    if (i < begin[b3]) {
      const int k = i - begin[A3];
      return of_stimuli([&](const T*, const Layers& x) { return x.h2[k / w3] * x.gh3[k % w3]; });
    }
    return of_stimuli([&](const T*, const Layers& x) { return x.gh3[i - begin[b3]]; });
  }

  NNP_DEVICE double of_bypass(int i) const {
    using enum Tensor;
    const formulas::TensorOffsets& begin = program_.tensors;
    const int last = net_.features - 1;
    if (i < begin[d])
      return of_stimuli([&](const T* s, const Layers& x) { return s[last] * x.gp[i - begin[R]]; });
    return of_stimuli([&](const T*, const Layers& x) { return x.gp[i - begin[d]]; });
  }

  /// a, C, c lie in a slab's row as in the flat vector.
  NNP_DEVICE double of_trunk(int place) const { return of_slabs(0, place) + of_slabs(1, place); }

  /// Of E, then e: a slab of neural terms has its own columns of them, one of behaviour all.
  NNP_DEVICE double of_readout(int place) const {
    const int row = place / net_.regions, column = place % net_.regions;
    const std::uint32_t* first = program_.plan.column_first + batch_.first_column + column;
    double sum = 0;
    NNP_NO_UNROLL
    for (std::uint32_t s = first[0]; s < first[1]; ++s) {
      const ColumnSource source = program_.plan.column_source[s];
      const Slab& slab = program_.plan.slabs[batch_.range[0].first + source.slab];
      sum += batch_.scale[0] * rows_[slab.row + static_cast<unsigned>(row_.E) +
                                     static_cast<unsigned>(row) * slab.columns + source.k];
    }
    return sum + of_slabs(1, row_.E + place);
  }

  /// body(the stimulus, its layers)
  template <class Body>
  NNP_DEVICE double of_stimuli(const Body& body) const {
    double sum = 0;
    NNP_NO_UNROLL
    for (std::uint32_t k = 0; k < batch_.stimuli; ++k)
      sum += static_cast<double>(body(stimulus(k), Layers(layers_, net_, k)));
    return sum;
  }
  /// Of a place in the rows of a range's slabs.
  NNP_DEVICE double of_slabs(int range, int place) const {
    double sum = 0;
    const SlabRange& slabs = batch_.range[range];
    const double* rows = rows_ + (range == 1 ? batch_.range[0].rows : 0) + place;
    for (std::uint32_t s = 0; s < slabs.count; ++s)
      sum += rows[program_.plan.slabs[slabs.first + s].row];
    return batch_.scale[range] * sum;
  }
  NNP_DEVICE const T* stimulus(std::uint32_t k) const {
    return program_.plan.stimuli +
           static_cast<std::uint64_t>(program_.plan.batch_stimulus[batch_.first_stimulus + k]) *
               static_cast<unsigned>(net_.features);
  }

  const ProgramView<T>& program_;
  const BatchView& batch_;
  const formulas::Network<T>& net_;
  T* layers_;
  const double* rows_;
  /// Of behaviour's slabs.
  formulas::GradientRow row_ = formulas::gradient_row(net_, net_.regions, true);
};

}  // namespace nnpoisson::kernels
