#pragma once

#include <cstdint>

#include "nnpoisson/formulas/network.hpp"

namespace nnpoisson::kernels {

/// Numbers of one stimulus: its layers and their adjoints.
NNP_FORMULA int stimulus_layers_size(const formulas::NetworkSizes& net) {
  return 3 * (net.width1 + net.width2) + net.time_width + net.hidden_width;
}

/// One stimulus' layers and their adjoints, one after the other; of the k-th stimulus of a batch.
template <class T>
struct StimulusLayers {
  T *u1, *h1, *u2, *h2, *gu1, *gu2, *gh3, *gp;
  NNP_FORMULA StimulusLayers(T* layers, const formulas::NetworkSizes& net, std::uint32_t k) {
    u1 = layers + static_cast<std::uint64_t>(k) * static_cast<unsigned>(stimulus_layers_size(net));
    h1 = u1 + net.width1;
    u2 = h1 + net.width1;
    h2 = u2 + net.width2;
    gu1 = h2 + net.width2;
    gu2 = gu1 + net.width1;
    gh3 = gu2 + net.width2;
    gp = gh3 + net.time_width;
  }
};

}  // namespace nnpoisson::kernels
