#include "dependencies/course.hpp"

#include <array>
#include <cmath>
#include <span>

#include "curves/quadrature.hpp"

namespace nnpoisson {
namespace {

/// Fills the course of one stimulus, time after time.
class CourseFiller {
 public:
  CourseFiller(Course& out, RegionDrive& drive, const std::vector<double>& times,
               std::size_t regions)
      : out_(out),
        drive_(drive),
        times_(times),
        G_(regions),
        K_(times.size()),
        states_(regions),
        intensities_(regions),
        gradients_(2 * regions) {
    out.hazard.resize(2 * K_);
    out.contribution.resize(2 * G_ * K_);
    out.drive.resize(2 * G_ * K_);
    out.through.resize(2 * G_);
    out.intensity.resize(G_ * K_);
    drive.regions(0, states_);
    at_onset_ = drive.heads(states_);
  }

  /// What is an integral over time, from time k - 1 to time k.
  void integrate_to(std::size_t k, double limit) {
    for (std::size_t row = 0; row < 2 * G_; ++row)
      out_.contribution[row * K_ + k] = out_.contribution[row * K_ + k - 1];

    for (const auto& [time, weight] : quadrature({times_[k - 1], times_[k]}, limit)) {
      move_to(time);
      const auto [left, right] = hazards_of(drive_.heads(states_), at_onset_, time);
      const double survival = std::exp(-(left.cumulative + right.cumulative));
      for (std::size_t row = 0; row < 2 * G_; ++row) {
        const double step = weight * gradients_[row] * states_[row % G_].dz;
        out_.contribution[row * K_ + k] += step;
        out_.through[row] += survival * step;
      }
    }
  }

  /// What is a value at time k.
  void fill_at(std::size_t k) {
    move_to(times_[k]);
    const auto heads = drive_.heads(states_);
    drive_.intensities(times_[k], intensities_);
    for (std::size_t row = 0; row < 2 * G_; ++row)
      out_.drive[row * K_ + k] = gradients_[row] * states_[row % G_].dz;
    for (std::size_t g = 0; g < G_; ++g) out_.intensity[g * K_ + k] = intensities_[g];
    for (const std::size_t a : {0U, 1U})
      out_.hazard[a * K_ + k] = heads[a].cumulative - at_onset_[a].cumulative;
  }

 private:
  void move_to(double time) {
    drive_.regions(time, states_);
    drive_.head_gradients(states_, gradients_);
  }

  Course& out_;
  RegionDrive& drive_;
  const std::vector<double>& times_;
  std::size_t G_, K_;
  std::vector<RegionState> states_;  // [G] at the time moved to
  std::vector<double> intensities_;  // [G] there
  std::vector<double> gradients_;    // [2 x G] there
  std::array<Growth, 2> at_onset_;
};

}  // namespace

ResponsePrediction response_of(RegionDrive& drive, std::size_t regions, double limit,
                               const Hold& hold) {
  std::vector<RegionState> states(regions);
  const auto heads = [&](double time) {
    drive.regions(time, states);
    hold(time, states);
    return drive.heads(states);
  };
  const auto at_onset = heads(0);
  return predict_response([&](double time) { return hazards_of(heads(time), at_onset, time); },
                          limit);
}

Course course_of(const Model& model, const std::vector<double>& stimulus,
                 const std::vector<double>& times, const MeanPath& grid) {
  const std::size_t G = model.region_names.size();
  const auto drive = region_drive(model, stimulus);
  Course course;
  CourseFiller filler(course, *drive, times, G);
  for (std::size_t k = 0; k < times.size(); ++k) {
    if (k > 0) filler.integrate_to(k, model.time_limit);
    filler.fill_at(k);
  }

  course.path.resize((MeanPath::cells + 1) * G);
  for (std::size_t k = 0; k <= MeanPath::cells; ++k)
    drive->regions(grid.time(k), std::span(course.path).subspan(k * G, G));
  course.response = response_of(*drive, G, model.time_limit, [](double, auto&&) {});
  return course;
}

}  // namespace nnpoisson
