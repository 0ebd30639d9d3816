// Fits a recording that is in memory, shows its own progress, and asks the fitted model what it
// predicts. Nothing is read from a disk, and nothing is written.
#include <cstdio>
#include <nnpoisson/dataset_builder.hpp>
#include <nnpoisson/fit.hpp>
#include <nnpoisson/predict.hpp>
#include <random>

using namespace nnpoisson;

namespace {

constexpr double time_between_trials = 2, time_limit = 0.6;  // s
constexpr int trial_count = 400;

/// Hz, of a unit after the onset of a stimulus: cells of V1 prefer one of the two stimuli, cells of
/// M1 fire the more the longer the trial lasts.
double rate(bool visual, double stimulus, double since_onset) {
  if (visual) return stimulus > 0 ? 30 : 10;
  return 5 + 40 * since_onset;
}

/// One session of 20 units. The animal answers four of five stimuli rightly, after 0.2 to 0.5 s.
Dataset make_recording() {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> uniform;

  TrialTable trials;
  for (int n = 0; n < trial_count; ++n) {
    const double stimulus = n % 2 == 0 ? 1 : -1;
    const bool right_answer = uniform(random) < 0.8;
    trials.onset.push_back(n * time_between_trials);
    trials.stimulus.push_back(stimulus);
    trials.response_time.push_back(0.2 + 0.3 * uniform(random));
    trials.choice.push_back(right_answer == (stimulus > 0) ? 1 : -1);
  }

  DatasetBuilder builder({.time_limit = time_limit, .stimulus_names = {"stimulus"}});
  const auto session = builder.add_session("simulated", trials);
  for (int unit = 0; unit < 20; ++unit) {
    const bool visual = unit < 10;
    std::vector<double> spikes;
    constexpr double step = 1e-3;  // s
    for (double time = 0; time < trial_count * time_between_trials; time += step) {
      const auto n = static_cast<std::size_t>(time / time_between_trials);
      const double now = rate(visual, trials.stimulus[n], time - trials.onset[n]);
      if (uniform(random) < now * step) spikes.push_back(time);
    }
    builder.add_unit(session, {.id = unit, .region = visual ? "V1" : "M1"}, spikes);
  }
  return builder.build();
}

/// Every 20th iteration: the loss on the test set, the speed and the time left.
void show(std::span<const FitCourse> models, const FitProgress& progress) {
  if (progress.iteration % 20 != 0) return;
  const IterationLosses& losses = models.front().history.back();
  std::printf("iteration %3d of %d: test loss %8.3f nats a trial, %.2g spikes/s, %.1f s left\n",
              progress.iteration, progress.iterations, losses.test.total,
              progress.spikes_per_second, progress.seconds_left);
}

/// For each stimulus: how likely a response to the left is, when one comes, and how often a unit of
/// each region fires 0.2 s after the onset.
void print(const Prediction& prediction) {
  const std::size_t regions = prediction.region_names.size();
  for (std::size_t s = 0; s < prediction.size(); ++s) {
    std::printf("stimulus %2.0f: left %.2f, right %.2f, median time %.2f s;", prediction.stimuli[s],
                prediction.probability[2 * s], prediction.probability[2 * s + 1],
                prediction.median_time[s]);
    for (std::size_t g = 0; g < regions; ++g)
      std::printf(" %s %.1f Hz", prediction.region_names[g].c_str(),
                  prediction.region_intensity[s * regions + g]);
    std::printf("\n");
  }
}

}  // namespace

int main() {
  const Dataset recording = make_recording();
  const TrialSplit split = split_trials(recording, 0.25, 0);
  const Dataset training = select_trials(recording, split.train);
  const Dataset test = select_trials(recording, split.test);

  const Settings settings;
  FitOptions options;
  options.test = &test;
  options.observer.after_iteration = show;
  const FitResult result = fit(training, settings, options);

  const Model& model = result.models.front().model;
  print(predict(model, {{-1.0}, {1.0}}, {.times = {0.2}}));
}
