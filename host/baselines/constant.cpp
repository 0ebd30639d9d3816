#include <utility>

#include "baselines/spike_baselines.hpp"

namespace nnpoisson {
namespace {

class Constant final : public IntensityModel {
 public:
  explicit Constant(std::vector<double> rate) : rate_(std::move(rate)) {}

  [[nodiscard]] std::unique_ptr<TrialIntensity> trial(std::size_t) const override {
    return std::make_unique<Trial>(rate_);
  }

 private:
  struct Trial final : TrialIntensity {
    explicit Trial(const std::vector<double>& rates) : rate(rates) {}
    Growth at(std::size_t column, double time) override {
      return {rate[column] * time, rate[column]};
    }
    const std::vector<double>& rate;
  };
  std::vector<double> rate_;
};

}  // namespace

std::unique_ptr<IntensityModel> constant_baseline(std::vector<double> rate) {
  return std::make_unique<Constant>(std::move(rate));
}

}  // namespace nnpoisson
