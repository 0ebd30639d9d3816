#include "dependencies/measures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "curves/parallel.hpp"
#include "curves/quadrature.hpp"
#include "nnpoisson/curves.hpp"

namespace nnpoisson {
namespace {

using Numbers = std::vector<double>;

/// Means over trials of z on a fine grid, between whose points it is the cubic through both ends
/// with the slopes there.
class MeanPath {
 public:
  static constexpr std::size_t cells = 256;
  MeanPath(std::size_t regions, double limit)
      : regions_(regions), width_(limit / cells), states_((cells + 1) * regions) {}

  [[nodiscard]] double time(std::size_t k) const { return width_ * static_cast<double>(k); }
  void add(std::span<const RegionState> path, double weight) {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      states_[i].z += weight * path[i].z;
      states_[i].dz += weight * path[i].dz;
    }
  }
  [[nodiscard]] RegionState at(std::size_t g, double time) const {
    const auto k = std::min(cells - 1, static_cast<std::size_t>(time / width_));
    const RegionState start = states_[k * regions_ + g], end = states_[(k + 1) * regions_ + g];
    const double u = time / width_ - static_cast<double>(k), v = 1 - u, rise = end.z - start.z;
    return {start.z + u * u * (3 - 2 * u) * rise + u * v * width_ * (v * start.dz - u * end.dz),
            6 * u * v * rise / width_ + v * (1 - 3 * u) * start.dz + u * (3 * u - 2) * end.dz};
  }
  /// Over time.
  [[nodiscard]] double mean(std::size_t g) const {
    double sum = 0;
    for (std::size_t k = 0; k < cells; ++k) {
      const RegionState start = states_[k * regions_ + g], end = states_[(k + 1) * regions_ + g];
      sum += (start.z + end.z) / 2 + width_ * (start.dz - end.dz) / 12;
    }
    return sum / cells;
  }

 private:
  std::size_t regions_;
  double width_;
  std::vector<RegionState> states_;  // [cells + 1 x regions]
};

/// One stimulus' time courses.
struct Course {
  Numbers hazard, contribution, drive, through,
      intensity;  // through: [2 x G], probability of a response that comes through a region
  std::vector<RegionState> path;
  ResponsePrediction response;
};

Course course_of(const Model& model, const Numbers& stimulus, const Numbers& times,
                 const MeanPath& grid) {
  const std::size_t G = model.region_names.size(), K = times.size();
  Curves curves(model, stimulus);
  Course out{Numbers(2 * K),
             Numbers(2 * G * K),
             Numbers(2 * G * K),
             Numbers(2 * G),
             Numbers(G * K),
             {},
             {}};
  std::vector<RegionState> states(G);
  Numbers gradients(2 * G);
  curves.regions(0, states);
  const auto at_onset = curves.heads(states);
  for (std::size_t k = 0; k < K; ++k) {
    if (k > 0) {
      for (std::size_t row = 0; row < 2 * G; ++row)
        out.contribution[row * K + k] = out.contribution[row * K + k - 1];
      for (const auto& [time, weight] : quadrature({times[k - 1], times[k]}, model.time_limit)) {
        const double survival = std::exp(-curves.response(time).cumulative);
        curves.regions(time, states);
        curves.head_gradients(states, gradients);
        for (std::size_t row = 0; row < 2 * G; ++row) {
          const double step = weight * gradients[row] * states[row % G].dz;
          out.contribution[row * K + k] += step;
          out.through[row] += survival * step;
        }
      }
    }
    curves.regions(times[k], states);
    curves.head_gradients(states, gradients);
    const auto heads = curves.heads(states);
    for (std::size_t row = 0; row < 2 * G; ++row)
      out.drive[row * K + k] = gradients[row] * states[row % G].dz;
    for (std::size_t g = 0; g < G; ++g) out.intensity[g * K + k] = states[g].dz + intensity_floor;
    for (const std::size_t a : {0U, 1U})
      out.hazard[a * K + k] = heads[a].cumulative - at_onset[a].cumulative;
  }
  out.path.resize((MeanPath::cells + 1) * G);
  for (std::size_t k = 0; k <= MeanPath::cells; ++k)
    curves.regions(grid.time(k), std::span(out.path).subspan(k * G, G));
  out.response = predict_response(curves, model.time_limit);
  return out;
}

double left_of(const ResponsePrediction& p) {
  return p.left / (p.left + p.right);
}

/// The response where region g is held.
ResponsePrediction without(Curves& curves, std::size_t g, const MeanPath& path, Lesion lesion,
                           std::size_t regions, double limit) {
  std::vector<RegionState> states(regions);
  const double mean = path.mean(g);
  const auto heads = [&](double time) {
    curves.regions(time, states);
    states[g] = lesion == Lesion::stimulus ? path.at(g, time) : RegionState{mean, 0};
    return curves.heads(states);
  };
  const auto at_onset = heads(0);
  const auto actions = [&](double time) {
    auto b = heads(time);
    for (const std::size_t a : {0U, 1U})
      b[a] = {b[a].cumulative - at_onset[a].cumulative + intensity_floor * time,
              b[a].intensity + intensity_floor};
    return b;
  };
  return predict_response(actions, limit);
}

/// When a course has first gone half of its greatest change from its first value; NaN: it never
/// changes.
double onset_of(std::span<const double> course, const Numbers& times) {
  double greatest = 0;
  for (const double value : course) greatest = std::max(greatest, std::abs(value - course[0]));
  if (greatest == 0) return std::numeric_limits<double>::quiet_NaN();
  std::size_t k = 1;
  while (std::abs(course[k] - course[0]) < greatest / 2) ++k;
  const double before = std::abs(course[k - 1] - course[0]),
               after = std::abs(course[k] - course[0]);
  return times[k - 1] + (times[k] - times[k - 1]) * (greatest / 2 - before) / (after - before);
}

void add(Numbers& sum, const Numbers& values, double weight) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += weight * values[i];
}

}  // namespace

DependencyMeasures measure(const Model& model, const Dependencies& about, int threads) {
  const std::size_t G = model.region_names.size(), K = about.times.size(), S = about.stimuli.size();
  const auto trials = static_cast<double>(
      std::accumulate(about.trials.begin(), about.trials.end(), std::size_t{0}));
  DependencyMeasures out;
  for (auto* numbers : {&out.contribution, &out.drive}) numbers->assign(2 * G * K, 0);
  for (auto* numbers : {&out.intensity, &out.sensitivity}) numbers->assign(G * K, 0);
  for (auto* numbers : {&out.lesioned_left, &out.lesioned_median}) numbers->assign(G * S, 0);
  for (auto* numbers : {&out.choice_change, &out.median_change}) numbers->assign(G, 0);
  out.hazard.assign(2 * K, 0);
  Numbers through(2 * G);
  MeanPath path(G, model.time_limit);

  double before = 0;
  constexpr std::size_t together =
      256;  // bounds the memory; sums are taken in the stimuli's order whatever the threads
  for (std::size_t first = 0; first < S; first += together) {
    std::vector<Course> courses(std::min(together, S - first));
    for_each_in_parallel(
        courses.size(), threads,
        [&](std::size_t i) {
          courses[i] = course_of(model, about.stimuli[first + i], about.times, path);
        },
        1);
    for (std::size_t i = 0; i < courses.size(); ++i) {
      const Course& course = courses[i];
      const double weight = static_cast<double>(about.trials[first + i]) / trials;
      add(out.hazard, course.hazard, weight);
      add(out.contribution, course.contribution, weight);
      add(out.drive, course.drive, weight);
      add(through, course.through, weight);
      path.add(course.path, weight);
      before += weight;
      for (std::size_t k = 0; k < G * K; ++k) {
        const double difference = course.intensity[k] - out.intensity[k];
        out.intensity[k] += difference * weight / before;
        out.sensitivity[k] += weight * difference * (course.intensity[k] - out.intensity[k]);
      }
      for (std::size_t row = 0; row < 2 * G; ++row) {
        const auto action = course.through.begin() + static_cast<std::ptrdiff_t>(row / G * G);
        out.stimulus_share.push_back(
            course.through[row] /
            std::accumulate(action, action + static_cast<std::ptrdiff_t>(G), 0.0));
      }
      out.left.push_back(left_of(course.response));
      out.median_time.push_back(course.response.median_time);
    }
  }
  for (double& s : out.sensitivity) s = std::sqrt(s);
  for (std::size_t row = 0; row < 2 * G; ++row) {
    const auto action = through.begin() + static_cast<std::ptrdiff_t>(row / G * G);
    out.share.push_back(through[row] /
                        std::accumulate(action, action + static_cast<std::ptrdiff_t>(G), 0.0));
  }
  for (std::size_t g = 0; g < G; ++g)
    out.onset.push_back(onset_of(std::span(out.intensity).subspan(g * K, K), about.times));

  for_each_in_parallel(
      S, threads,
      [&](std::size_t s) {
        Curves curves(model, about.stimuli[s]);
        for (std::size_t g = 0; g < G; ++g) {
          const auto response = without(curves, g, path, about.lesion, G, model.time_limit);
          out.lesioned_left[g * S + s] = left_of(response);
          out.lesioned_median[g * S + s] = response.median_time;
        }
      },
      1);
  for (std::size_t g = 0; g < G; ++g)
    for (std::size_t s = 0; s < S; ++s) {
      const double weight = static_cast<double>(about.trials[s]) / trials;
      out.choice_change[g] += weight * std::abs(out.lesioned_left[g * S + s] - out.left[s]);
      out.median_change[g] += weight * (out.lesioned_median[g * S + s] - out.median_time[s]);
    }
  return out;
}

}  // namespace nnpoisson
