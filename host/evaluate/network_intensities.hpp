#pragma once

#include <memory>
#include <span>
#include <utility>

#include "baselines/intensity_model.hpp"
#include "curves/matched_trials.hpp"

namespace nnpoisson {

/// The network as an IntensityModel; the columns are its own.
class NetworkIntensities final : public IntensityModel {
 public:
  NetworkIntensities(const Model& model, const Dataset& data, const MatchedTrials& trials)
      : model_(model), data_(data), trials_(trials) {}

  [[nodiscard]] std::unique_ptr<TrialIntensity> trial(std::size_t n) const override {
    return std::make_unique<Trial>(trials_.curves(n),
                                   time_scale(model_, data_.trial.observed_until[n]));
  }

 private:
  class Trial final : public TrialIntensity {
   public:
    Trial(Curves curves, double scale) : curves_(std::move(curves)), scale_(scale) {}
    Growth at(std::size_t column, double time) override {
      return curves_.column(column, time, scale_);
    }
    void at(std::span<const std::size_t> columns, double time, std::span<Growth> out) override {
      curves_.columns(time, scale_, columns, out);
    }

   private:
    Curves curves_;
    double scale_;
  };
  const Model& model_;
  const Dataset& data_;
  const MatchedTrials& trials_;
};

}  // namespace nnpoisson
