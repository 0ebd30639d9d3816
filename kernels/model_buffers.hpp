#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/device.hpp"
#include "kernels/plan_image.hpp"
#include "kernels/stimulus_layers.hpp"

namespace nnpoisson::kernels {

/// What so many models side by side need in the device's memory: their parameters with Adam's
/// moments, each padded, and what a step leaves between its phases.
template <class T>
class ModelBuffers {
 public:
  ModelBuffers() = default;
  /// stimuli: of the whole plan.
  ModelBuffers(Device& device, const PlanImage<T>& image, const formulas::NetworkSizes& sizes,
               std::size_t padded_size, std::size_t stimuli, std::size_t models)
      : weight(device, models * padded_size),
        first(device, models * padded_size),
        second(device, models * padded_size),
        status(device, models),
        padded_size_(padded_size),
        models_(models) {
    const auto row = static_cast<std::size_t>(sizes.stimulus_row());
    table_stride_ = stimuli * row;
    layers_stride_ = image.most_stimuli * static_cast<std::size_t>(stimulus_layers_size(sizes));
    stimulus_rows_stride_ = image.most_stimulus_rows * row;
    rows_stride_ = image.most_rows;
    losses_stride_ = std::size_t{3} * image.most_slabs;
    table_ = Buffer<T>(device, models * table_stride_);
    layers_ = Buffer<T>(device, models * layers_stride_);
    stimulus_rows_ = Buffer<T>(device, models * stimulus_rows_stride_);
    rows_ = Buffer<double>(device, models * rows_stride_);
    losses_ = Buffer<double>(device, models * losses_stride_);
  }

  [[nodiscard]] std::size_t models() const { return models_; }

  /// Makes a program that of the models from `model` on.
  void place(std::size_t model, ProgramView<T>& program) const {
    program.padded_size = static_cast<int>(padded_size_);
    program.table_stride = table_stride_;
    program.layers_stride = layers_stride_;
    program.stimulus_rows_stride = stimulus_rows_stride_;
    program.rows_stride = rows_stride_;
    program.losses_stride = losses_stride_;
    program.weight = weight.data() + model * padded_size_;
    program.first = first.data() + model * padded_size_;
    program.second = second.data() + model * padded_size_;
    program.table = table_.data() + model * table_stride_;
    program.layers = layers_.data() + model * layers_stride_;
    program.stimulus_rows = stimulus_rows_.data() + model * stimulus_rows_stride_;
    program.rows = rows_.data() + model * rows_stride_;
    program.losses = losses_.data() + model * losses_stride_;
    program.status = status.data() + model;
  }

  Buffer<T> weight, first, second;
  Buffer<TeamStatus> status;

 private:
  std::size_t padded_size_ = 0, models_ = 0;
  std::size_t table_stride_ = 0, layers_stride_ = 0, stimulus_rows_stride_ = 0, rows_stride_ = 0,
              losses_stride_ = 0;
  Buffer<T> table_, layers_, stimulus_rows_;
  Buffer<double> rows_, losses_;
};

}  // namespace nnpoisson::kernels
