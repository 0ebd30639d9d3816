#include "dependencies/measures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "curves/parallel.hpp"
#include "dependencies/course.hpp"
#include "nnpoisson/curves.hpp"

namespace nnpoisson {
namespace {

double left_of(const ResponsePrediction& p) {
  return p.left / (p.left + p.right);
}

/// The response where region g is held.
ResponsePrediction without(RegionDrive& drive, std::size_t g, const MeanPath& path, Lesion lesion,
                           std::size_t regions, double limit) {
  const double mean = path.mean(g);
  return response_of(drive, regions, limit, [&](double time, std::span<RegionState> states) {
    states[g] = lesion == Lesion::stimulus ? path.at(g, time) : RegionState{mean, 0};
  });
}

/// When a course has first gone half of its greatest change from its first value; NaN: it never
/// changes.
double onset_of(std::span<const double> course, const std::vector<double>& times) {
  double greatest = 0;
  for (const double value : course) greatest = std::max(greatest, std::abs(value - course[0]));
  if (greatest == 0) return std::numeric_limits<double>::quiet_NaN();

  std::size_t k = 1;
  while (std::abs(course[k] - course[0]) < greatest / 2) ++k;
  const double before = std::abs(course[k - 1] - course[0]),
               after = std::abs(course[k] - course[0]);
  return times[k - 1] + (times[k] - times[k - 1]) * (greatest / 2 - before) / (after - before);
}

void add(std::vector<double>& sum, const std::vector<double>& values, double weight) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += weight * values[i];
}

/// Appends `through` [2 x G] divided by each action's sum over regions.
void append_shares(std::vector<double>& shares, const std::vector<double>& through) {
  const auto G = static_cast<std::ptrdiff_t>(through.size() / 2);
  for (auto action = through.begin(); action != through.end(); action += G) {
    const double sum = std::accumulate(action, action + G, 0.0);
    for (auto region = action; region != action + G; ++region) shares.push_back(*region / sum);
  }
}

/// The measures of one model, stimulus after stimulus.
class Measuring {
 public:
  Measuring(const Model& model, const Dependencies& about)
      : model_(model),
        about_(about),
        G_(model.region_names.size()),
        K_(about.times.size()),
        S_(about.stimuli.size()),
        path_(G_, model.time_limit),
        through_(2 * G_) {
    const auto trials = static_cast<double>(
        std::accumulate(about.trials.begin(), about.trials.end(), std::size_t{0}));
    for (const auto count : about.trials) weight_.push_back(static_cast<double>(count) / trials);
    for (auto* numbers : {&out_.contribution, &out_.drive}) numbers->assign(2 * G_ * K_, 0);
    for (auto* numbers : {&out_.intensity, &out_.sensitivity}) numbers->assign(G_ * K_, 0);
    for (auto* numbers : {&out_.lesioned_left, &out_.lesioned_median}) numbers->assign(G_ * S_, 0);
    for (auto* numbers : {&out_.choice_change, &out_.median_change}) numbers->assign(G_, 0);
    out_.hazard.assign(2 * K_, 0);
  }

  void measure_courses(int threads, ProgressCounter& progress) {
    // A chunk at a time bounds the memory; sums are taken in the stimuli's order whatever the
    // threads.
    constexpr std::size_t chunk = 256;
    for (std::size_t first = 0; first < S_; first += chunk) {
      std::vector<Course> courses(std::min(chunk, S_ - first));
      const auto measure_one = [&](std::size_t i) {
        courses[i] = course_of(model_, about_.stimuli[first + i], about_.times, path_);
        progress.count();
      };
      for_each_in_parallel(courses.size(), threads, measure_one, 1);
      for (std::size_t i = 0; i < courses.size(); ++i) add_course(courses[i], weight_[first + i]);
    }

    for (double& s : out_.sensitivity) s = std::sqrt(s);
    append_shares(out_.share, through_);
    for (std::size_t g = 0; g < G_; ++g)
      out_.onset.push_back(onset_of(std::span(out_.intensity).subspan(g * K_, K_), about_.times));
  }

  /// After the courses, whose mean path the lesioned regions are held at.
  void measure_lesions(int threads, ProgressCounter& progress) {
    const auto measure_one = [&](std::size_t s) {
      const auto drive = region_drive(model_, about_.stimuli[s]);
      for (std::size_t g = 0; g < G_; ++g) {
        const auto response = without(*drive, g, path_, about_.lesion, G_, model_.time_limit);
        out_.lesioned_left[g * S_ + s] = left_of(response);
        out_.lesioned_median[g * S_ + s] = response.median_time;
      }
      progress.count();
    };
    for_each_in_parallel(S_, threads, measure_one, 1);

    for (std::size_t g = 0; g < G_; ++g)
      for (std::size_t s = 0; s < S_; ++s) {
        const std::size_t cell = g * S_ + s;
        out_.choice_change[g] += weight_[s] * std::abs(out_.lesioned_left[cell] - out_.left[s]);
        out_.median_change[g] += weight_[s] * (out_.lesioned_median[cell] - out_.median_time[s]);
      }
  }

  [[nodiscard]] const DependencyMeasures& measures() const { return out_; }

 private:
  void add_course(const Course& course, double weight) {
    add(out_.hazard, course.hazard, weight);
    add(out_.contribution, course.contribution, weight);
    add(out_.drive, course.drive, weight);
    add(through_, course.through, weight);
    path_.add(course.path, weight);

    // Weighted mean and variance, updated course by course (West 1979).
    weight_so_far_ += weight;
    for (std::size_t k = 0; k < G_ * K_; ++k) {
      const double difference = course.intensity[k] - out_.intensity[k];
      out_.intensity[k] += difference * weight / weight_so_far_;
      out_.sensitivity[k] += weight * difference * (course.intensity[k] - out_.intensity[k]);
    }

    append_shares(out_.stimulus_share, course.through);
    out_.left.push_back(left_of(course.response));
    out_.median_time.push_back(course.response.median_time);
  }

  const Model& model_;
  const Dependencies& about_;
  std::size_t G_, K_, S_;
  MeanPath path_;
  std::vector<double> through_;  // [2 x G] mean over trials, as of a course
  std::vector<double> weight_;   // [S] of the stimuli, in sum 1
  double weight_so_far_ = 0;
  DependencyMeasures out_;
};

}  // namespace

DependencyMeasures measure(const Model& model, const Dependencies& about, int threads,
                           ProgressCounter& progress) {
  Measuring measuring(model, about);
  measuring.measure_courses(threads, progress);
  measuring.measure_lesions(threads, progress);
  return measuring.measures();
}

}  // namespace nnpoisson
