#pragma once

#include "kernels/slab.cuh"
#include "kernels/stimulus_layers.hpp"
#include "nnpoisson/formulas/adam.hpp"

/// The parts of a step that come once a stimulus or once a parameter. Blocks of a model's team
/// share them out; `block` of `blocks`.
namespace nnpoisson::kernels {

/// The network whose parameters lie at `weight`.
template <class T>
NNP_DEVICE formulas::Network<T> network_at(const formulas::Network<T>& shape, const Offsets& at,
                                           const T* weight) {
  formulas::Network<T> net = shape;
  net.A1 = weight + at.A1, net.b1 = weight + at.b1, net.A2 = weight + at.A2,
  net.b2 = weight + at.b2;
  net.A3 = weight + at.A3, net.b3 = weight + at.b3, net.a = weight + at.a, net.C = weight + at.C,
  net.c = weight + at.c;
  net.R = weight + at.R, net.d = weight + at.d, net.E = weight + at.E, net.e = weight + at.e;
  const T* F = weight + at.heads;
  const int G = net.regions, W = net.behaviour_width;
  for (int k = 0; k < 2; ++k) {
    net.head[k].F1 = F + k * (G + 1) * W;
    net.head[k].f1 = net.head[k].F1 + G * W;
    net.head[k].F2 = F + 2 * (G + 1) * W + k * (W + 1);
    net.head[k].f2 = net.head[k].F2 + W;
  }
  return net;
}

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
        const auto x = at(k);
        unit(net_.A1, net_.b1, net_.features, net_.width1, const_cast<T*>(input(k)), x.u1, j);
        column(x.h1)[j] = formulas::softplus(column(x.u1)[j]);
      });
      for_units(first, count, net_.width2, [&](std::uint32_t k, int j) {
        const auto x = at(k);
        unit(net_.A2, net_.b2, net_.width1, net_.width2, x.h1, x.u2, j);
        column(x.h2)[j] = formulas::softplus(column(x.u2)[j]);
      });
      for_units(first, count, net_.time_width, [&](std::uint32_t k, int j) {
        unit(net_.A3, net_.b3, net_.width2, net_.time_width, at(k).h2, row(k), j);
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
      const int width = table_width();
      for_units(first, count, width, [&](std::uint32_t k, int j) {
        T sum = T(0);
        for (std::uint32_t i = source_first[k]; i < source_first[k + 1]; ++i) {
          const std::uint32_t source = program_.plan.source[i];
          sum += scale[source & behaviour_source ? 1 : 0] *
                 stimulus_rows[static_cast<std::uint64_t>(source & ~behaviour_source) *
                                   static_cast<unsigned>(width) +
                               static_cast<unsigned>(j)];
        }
        const auto x = at(k);
        (j < net_.time_width ? x.gh3[j] : x.gp[j - net_.time_width]) = sum;
      });
      for_units(first, count, net_.width2, [&](std::uint32_t k, int i) {
        const auto x = at(k);
        back(net_.A3, net_.time_width, x.gh3, x.gu2, i);
        column(x.gu2)[i] = column(x.gu2)[i] * formulas::logistic(column(x.u2)[i]);
      });
      for_units(first, count, net_.width1, [&](std::uint32_t k, int i) {
        const auto x = at(k);
        back(net_.A2, net_.width2, x.gu2, x.gu1, i);
        column(x.gu1)[i] = column(x.gu1)[i] * formulas::logistic(column(x.u1)[i]);
      });
    });
  }

 private:
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
    formulas::dense_rows<false, 1>(kernel, bias, in, out, column(x), column(x), column(y),
                                   column(y), j);
  }
  NNP_DEVICE static void back(const T* kernel, int out, T* gy, T* gx, int i) {
    formulas::dense_input_rows<false, false, 1>(kernel, out, column(gy), column(gy), column(gx),
                                                column(gx), i);
  }
  NNP_DEVICE int table_width() const {
    return net_.time_width + (net_.bypass ? net_.hidden_width : 0);
  }
  NNP_DEVICE std::uint32_t number(std::uint32_t k) const {
    return program_.plan.batch_stimulus[batch_.first_stimulus + k];
  }
  NNP_DEVICE const T* input(std::uint32_t k) const {
    return program_.plan.stimuli +
           static_cast<std::uint64_t>(number(k)) * static_cast<unsigned>(net_.features);
  }
  NNP_DEVICE T* row(std::uint32_t k) const {
    return table_ + static_cast<std::uint64_t>(number(k)) * static_cast<unsigned>(table_width());
  }
  NNP_DEVICE StimulusLayers<T> at(std::uint32_t k) const { return {layers_, net_, k}; }

  const ProgramView<T>& program_;
  const BatchView& batch_;
  const formulas::Network<T>& net_;
  T *table_, *layers_;
  unsigned block_, blocks_;
};

/// The gradient of the batch's total in one parameter at a time, from what the other phases left.
template <class T>
class GradientSums {
 public:
  NNP_DEVICE GradientSums(const ProgramView<T>& program, const BatchView& batch,
                          const formulas::Network<T>& net, T* layers, const double* rows)
      : program_(program), batch_(batch), net_(net), layers_(layers), rows_(rows) {}

  /// In T's precision, as Adam takes it; held parameters have theirs too.
  NNP_DEVICE T operator()(int i) const {
    const Offsets& at = program_.at;
    const int F = net_.features, w1 = net_.width1, w2 = net_.width2, T_ = net_.time_width,
              H = net_.hidden_width, K = net_.columns;
    using L = StimulusLayers<T>;
    double sum = 0;
    if (i < at.b1)
      sum = of_stimuli([&](std::uint32_t k, const L& x) {
        return input(k)[(i - at.A1) / w1] * x.gu1[(i - at.A1) % w1];
      });
    else if (i < at.A2)
      sum = of_stimuli([&](std::uint32_t, const L& x) { return x.gu1[i - at.b1]; });
    else if (i < at.b2)
      sum = of_stimuli([&](std::uint32_t, const L& x) {
        return x.h1[(i - at.A2) / w2] * x.gu2[(i - at.A2) % w2];
      });
    else if (i < at.A3)
      sum = of_stimuli([&](std::uint32_t, const L& x) { return x.gu2[i - at.b2]; });
    else if (i < at.b3)
      sum = of_stimuli([&](std::uint32_t, const L& x) {
        return x.h2[(i - at.A3) / T_] * x.gh3[(i - at.A3) % T_];
      });
    else if (i < at.a)
      sum = of_stimuli([&](std::uint32_t, const L& x) { return x.gh3[i - at.b3]; });
    else if (i < at.R)  // a, C, c: in one order in the rows and here
      sum = of_slabs(0, i - at.a) + of_slabs(1, i - at.a);
    else if (i < at.E) {
      if (net_.bypass && i < at.d)
        sum = of_stimuli(
            [&](std::uint32_t k, const L& x) { return input(k)[F - 1] * x.gp[i - at.R]; });
      if (net_.bypass && i >= at.d)
        sum = of_stimuli([&](std::uint32_t, const L& x) { return x.gp[i - at.d]; });
    } else if (i < at.heads) {
      const int row = (i - at.E) / K, column = (i - at.E) % K;  // row H is the bias
      const std::uint32_t* first = program_.plan.column_first + batch_.first_column + column;
      NNP_NO_UNROLL
      for (std::uint32_t s = first[0]; s < first[1]; ++s) {
        const ColumnSource source = program_.plan.column_source[s];
        const Slab& slab = program_.plan.slabs[batch_.range[0].first + source.slab];
        const unsigned columns = slab.columns;
        sum += batch_.scale[0] * rows_[slab.row + static_cast<unsigned>(head_of_readout(T_, H)) +
                                       static_cast<unsigned>(row) * columns + source.k];
      }
      sum += of_slabs(1, head_of_readout(T_, H) + i - at.E);
    } else {
      sum = of_slabs(1, head_of_readout(T_, H) + i - at.E);
    }
    return static_cast<T>(sum);
  }

 private:
  static NNP_DEVICE int head_of_readout(int time_width, int hidden) {
    return time_width + time_width * hidden + hidden;
  }
  template <class Body>
  NNP_DEVICE double of_stimuli(const Body& body) const {
    double sum = 0;
    NNP_NO_UNROLL
    for (std::uint32_t k = 0; k < batch_.stimuli; ++k)
      sum += static_cast<double>(body(k, StimulusLayers<T>(layers_, net_, k)));
    return sum;
  }
  NNP_DEVICE double of_slabs(int range, int place) const {
    double sum = 0;
    const SlabRange& slabs = batch_.range[range];
    const double* rows = rows_ + (range == 1 ? batch_.range[0].rows : 0) + place;
    for (std::uint32_t s = 0; s < slabs.count; ++s)
      sum += rows[program_.plan.slabs[slabs.first + s].row];
    return batch_.scale[range] * sum;
  }
  NNP_DEVICE const T* input(std::uint32_t k) const {
    return program_.plan.stimuli +
           static_cast<std::uint64_t>(program_.plan.batch_stimulus[batch_.first_stimulus + k]) *
               static_cast<unsigned>(net_.features);
  }

  const ProgramView<T>& program_;
  const BatchView& batch_;
  const formulas::Network<T>& net_;
  T* layers_;
  const double* rows_;
};

}  // namespace nnpoisson::kernels
