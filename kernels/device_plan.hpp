#pragma once

#include "kernels/device.hpp"
#include "kernels/plan_image.hpp"

namespace nnpoisson::kernels {

/// The plan in the device's memory, its points only where `with_points`.
template <class T>
class DevicePlan {
 public:
  DevicePlan(Device& device, const PlanImage<T>& image, double eps, bool with_points)
      : stimuli_(device, image.stimuli),
        column_(device, image.column),
        batch_stimulus_(device, image.batch_stimulus),
        source_first_(device, image.source_first),
        source_(device, image.source),
        column_first_(device, image.column_first),
        tiles_(device, image.tiles),
        slabs_(device, image.slabs),
        batches_(device, image.batches),
        column_source_(device, image.column_source),
        eps_(static_cast<T>(eps)) {
    if (!with_points) return;
    time_ = Buffer<T>(device, image.time);
    weight_ = Buffer<T>(device, image.weight);
    end_ = Buffer<T>(device, image.end);
    inverse_scale_ = Buffer<T>(device, image.inverse_scale);
    floor_ = Buffer<T>(device, image.floor);
    stimulus_ = Buffer<std::uint32_t>(device, image.stimulus);
    rank_ = Buffer<std::uint16_t>(device, image.rank);
  }

  [[nodiscard]] PlanView<T> view() const {
    return {.eps = eps_,
            .stimuli = stimuli_.data(),
            .time = time_.data(),
            .stimulus = stimulus_.data(),
            .rank = rank_.data(),
            .weight = weight_.data(),
            .end = end_.data(),
            .inverse_scale = inverse_scale_.data(),
            .floor = floor_.data(),
            .column = column_.data(),
            .tiles = tiles_.data(),
            .slabs = slabs_.data(),
            .batches = batches_.data(),
            .batch_stimulus = batch_stimulus_.data(),
            .source_first = source_first_.data(),
            .source = source_.data(),
            .column_first = column_first_.data(),
            .column_source = column_source_.data()};
  }

 private:
  Buffer<T> stimuli_, time_, weight_, end_, inverse_scale_, floor_;
  Buffer<std::uint32_t> stimulus_, column_, batch_stimulus_, source_first_, source_, column_first_;
  Buffer<std::uint16_t> rank_;
  Buffer<TileSpan> tiles_;
  Buffer<Slab> slabs_;
  Buffer<BatchView> batches_;
  Buffer<ColumnSource> column_source_;
  T eps_;
};

}  // namespace nnpoisson::kernels
