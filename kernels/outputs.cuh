#pragma once

#include "kernels/step.cuh"
#include "nnpoisson/formulas/outputs.hpp"

/// Cumulative intensities and hazards, and their time derivatives, at any points: a thread a point.
namespace nnpoisson::kernels {

/// Two launches: the stimuli's layers first, then the points.
enum class OutputPhase { stimuli, points };

template <class T>
class OutputKernel {
  using P = typename PointOf<T>::Type;
  using Col = formulas::Column<P>;

 public:
  NNP_DEVICE explicit OutputKernel(const OutputView<T>& view) : v_(view) {}

  NNP_DEVICE void run(OutputPhase phase) {
    const auto net = network_at(v_.program.shape, v_.program.at, v_.program.weight);
    if (phase == OutputPhase::stimuli)
      return StimulusPhase<T>(v_.program, v_.batch, net, v_.program.table, v_.program.layers,
                              blockIdx.x, gridDim.x)
          .forward();
    P* rows = reinterpret_cast<P*>(v_.rows) +
              static_cast<std::uint64_t>(blockIdx.x) *
                  static_cast<unsigned>(formulas::output_rows(net)) * block_threads;
    const auto x = formulas::output_columns(net, rows + threadIdx.x, block_threads);
    const int table_width = net.time_width + (net.bypass ? net.hidden_width : 0), K = net.columns;
    for (std::uint64_t p = blockIdx.x * block_threads + threadIdx.x; p < v_.points;
         p += gridDim.x * block_threads) {
      P* stimulus =
          reinterpret_cast<P*>(v_.program.table + static_cast<std::uint64_t>(v_.stimulus[p]) *
                                                      static_cast<unsigned>(table_width));
      formulas::region_outputs(net, P(v_.time[p]), Col{stimulus, 1},
                               Col{stimulus + net.time_width, 1}, x);
      T* value = v_.value + p * static_cast<unsigned>(K + 2);
      T* rate = v_.rate + p * static_cast<unsigned>(K + 2);
      for (int k = 0; k < K; ++k) {
        value[k] = plain(x.readout.zu[k]);
        rate[k] = plain(x.readout.dzu[k]);
      }
      for (int a = 0; a < 2; ++a) {
        const auto b = formulas::action_output(net, a, x);
        value[K + a] = plain(b.value);
        rate[K + a] = plain(b.rate);
      }
    }
  }

 private:
  const OutputView<T>& v_;
};

}  // namespace nnpoisson::kernels
