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
  CourseFiller(Course& out, Curves& curves, const std::vector<double>& times, std::size_t regions)
      : out_(out),
        curves_(curves),
        times_(times),
        G_(regions),
        K_(times.size()),
        states_(regions),
        gradients_(2 * regions) {
    out.hazard.resize(2 * K_);
    out.contribution.resize(2 * G_ * K_);
    out.drive.resize(2 * G_ * K_);
    out.through.resize(2 * G_);
    out.intensity.resize(G_ * K_);
    curves.regions(0, states_);
    at_onset_ = curves.heads(states_);
  }

  /// What is an integral over time, from time k - 1 to time k.
  void integrate_to(std::size_t k, double limit) {
    for (std::size_t row = 0; row < 2 * G_; ++row)
      out_.contribution[row * K_ + k] = out_.contribution[row * K_ + k - 1];

    for (const auto& [time, weight] : quadrature({times_[k - 1], times_[k]}, limit)) {
      const double survival = std::exp(-curves_.response(time).cumulative);
      move_to(time);
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
    const auto heads = curves_.heads(states_);
    for (std::size_t row = 0; row < 2 * G_; ++row)
      out_.drive[row * K_ + k] = gradients_[row] * states_[row % G_].dz;
    for (std::size_t g = 0; g < G_; ++g)
      out_.intensity[g * K_ + k] = states_[g].dz + intensity_floor;
    for (const std::size_t a : {0U, 1U})
      out_.hazard[a * K_ + k] = heads[a].cumulative - at_onset_[a].cumulative;
  }

 private:
  void move_to(double time) {
    curves_.regions(time, states_);
    curves_.head_gradients(states_, gradients_);
  }

  Course& out_;
  Curves& curves_;
  const std::vector<double>& times_;
  std::size_t G_, K_;
  std::vector<RegionState> states_;  // [G] at the time moved to
  std::vector<double> gradients_;    // [2 x G] there
  std::array<Growth, 2> at_onset_;
};

}  // namespace

Course course_of(const Model& model, const std::vector<double>& stimulus,
                 const std::vector<double>& times, const MeanPath& grid) {
  const std::size_t G = model.region_names.size();
  Curves curves(model, stimulus);
  Course course;
  CourseFiller filler(course, curves, times, G);
  for (std::size_t k = 0; k < times.size(); ++k) {
    if (k > 0) filler.integrate_to(k, model.time_limit);
    filler.fill_at(k);
  }

  course.path.resize((MeanPath::cells + 1) * G);
  for (std::size_t k = 0; k <= MeanPath::cells; ++k)
    curves.regions(grid.time(k), std::span(course.path).subspan(k * G, G));
  course.response = predict_response(curves, model.time_limit);
  return course;
}

}  // namespace nnpoisson
