#include "dependencies/region_drive.hpp"

#include <algorithm>

#include "nnpoisson/error.hpp"
#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson {
namespace {

class NetworkDrive : public RegionDrive {
 public:
  NetworkDrive(const Model& model, std::span<const double> stimulus)
      : curves_(model, stimulus), states_(model.region_names.size()) {}
  void regions(double time, std::span<RegionState> out) override { curves_.regions(time, out); }
  std::array<Growth, 2> heads(std::span<const RegionState> regions) override {
    return curves_.heads(regions);
  }
  void head_gradients(std::span<const RegionState> regions, std::span<double> out) override {
    curves_.head_gradients(regions, out);
  }
  void intensities(double time, std::span<double> out) override {
    curves_.regions(time, states_);
    for (std::size_t g = 0; g < out.size(); ++g) out[g] = states_[g].dz + intensity_floor;
  }

 private:
  Curves curves_;
  std::vector<RegionState> states_;
};

class NeuronDrive : public RegionDrive {
 public:
  NeuronDrive(const Model& model, std::span<const double> stimulus)
      : region_(model.neuron_shape.unit_region),
        units_(model.region_names.size()),
        curves_(model, stimulus) {
    for (const auto g : region_) ++units_[static_cast<std::size_t>(g)];
  }
  void regions(double time, std::span<RegionState> out) override {
    std::ranges::copy(curves_.regions(time), out.begin());
  }
  std::array<Growth, 2> heads(std::span<const RegionState> regions) override {
    return curves_.heads(regions);
  }
  void head_gradients(std::span<const RegionState> regions, std::span<double> out) override {
    curves_.head_gradients(regions, out);
  }
  /// The mean over the region's units, without gains; NaN where it has none.
  void intensities(double time, std::span<double> out) override {
    const auto of_unit = curves_.intensities(time);
    std::ranges::fill(out, 0.0);
    for (std::size_t i = 0; i < region_.size(); ++i)
      out[static_cast<std::size_t>(region_[i])] += of_unit[i];
    for (std::size_t g = 0; g < out.size(); ++g) out[g] /= units_[g];
  }

 private:
  const std::vector<std::int32_t>& region_;
  std::vector<double> units_;  // of each region
  NeuronCurves curves_;
};

}  // namespace

void require_region_heads(const Model& model) {
  if (model.preset == Preset::neurons && model.neuron_shape.heads != HeadKind::regions)
    throw UsageError(model.source +
                     ": its actions do not read regions (model.heads = \"trunk\"); which region "
                     "drives them can be asked of a model fitted with model.heads = \"regions\"");
}

std::unique_ptr<RegionDrive> region_drive(const Model& model, std::span<const double> stimulus) {
  if (model.preset != Preset::neurons) return std::make_unique<NetworkDrive>(model, stimulus);
  require_region_heads(model);
  return std::make_unique<NeuronDrive>(model, stimulus);
}

std::array<Growth, 2> hazards_of(std::array<Growth, 2> heads, const std::array<Growth, 2>& at_onset,
                                 double time) {
  for (const std::size_t a : {0U, 1U}) heads[a] = hazard_of(heads[a], at_onset[a].cumulative, time);
  return heads;
}

}  // namespace nnpoisson
