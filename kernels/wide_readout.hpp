#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "kernels/plan_image.hpp"
#include "kernels/training_device.hpp"

namespace nnpoisson::kernels {

/// Readouts of many columns, as where every unit has its own. What a slab's points need of them are
/// matrix products of points x hidden by hidden x columns, and those of the adjoint; here they are
/// left to the device's library, with kernels of our own between them (wide.cuh). n2 is computed
/// before and its adjoint taken up after by the kernel of all slabs, in passes of their own:
///   forward: n2 | V = n2 E | behaviour: z = means of softplus V | heads | V = n2 E, terms, G = V
///   E', gradient n2' V | back
template <class T>
class WideReadout {
 public:
  /// For so many models side by side. The image has wide slabs. All must outlive it.
  WideReadout(TrainingDevice& device, const PlanImage<T>& image, const formulas::NetworkSizes& net,
              std::size_t models);

  /// The phase of slabs for the wide ones of a batch among those whose points are there.
  void run(ProgramView<T> program, const BatchView& batch, int blocks, std::size_t shared_bytes);

 private:
  struct Work {
    const Slab& slab;
    int range;
    std::uint32_t in_range;
  };
  void readout(WideView<T>& view, const ProgramView<T>& program, int model, const Slab& slab);
  void means(const ProgramView<T>& program, int model, const Work& work);
  void terms_and_gradient(const ProgramView<T>& program, const BatchView& batch, int model,
                          const Work& work);
  void step(WideView<T>& view, WideStep step);

  TrainingDevice& device_;
  std::unique_ptr<WideKernels> kernels_;
  const PlanImage<T>& image_;
  formulas::NetworkSizes net_;
  Buffer<T> layer_, adjoint_, z_, E_, value_[2], product_, means_;
  Buffer<double> partial_;
};

}  // namespace nnpoisson::kernels
