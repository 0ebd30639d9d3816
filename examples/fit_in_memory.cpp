// Fits a recording that is in memory, shows its own progress, and asks the fitted model what it
// predicts. Nothing is read from a disk, and nothing is written.
#include <cstdio>
#include <nnpoisson/fit.hpp>
#include <nnpoisson/predict.hpp>
#include <nnpoisson/sample.hpp>

using namespace nnpoisson;

namespace {

/// Every tenth iteration: the loss on the test set, the speed and the time left.
void show(std::span<const FitCourse> models, const FitProgress& progress) {
  if (progress.iteration % 10 != 0) return;
  const IterationLosses& losses = models.front().history.back();
  std::printf("iteration %3d of %d: test loss %7.2f nats a trial, %.2g spikes/s, %.1f s left\n",
              progress.iteration, progress.iterations, losses.test.total,
              progress.spikes_per_second, progress.seconds_left);
}

}  // namespace

int main() {
  // 400 trials of four sessions, drawn from a model that is known.
  const Demonstration known = demonstration(400);
  const Dataset recording = sample(known.model, known.like, {.seed = 1});
  const TrialSplit split = split_trials(recording, 0.25, 0);
  const Dataset training = select_trials(recording, split.train);
  const Dataset test = select_trials(recording, split.test);

  Settings settings;
  settings.train.iterations = 50;
  FitOptions options;
  options.test = &test;
  options.observer.after_iteration = show;
  const FitResult result = fit(training, settings, options);
  const FittedModel& fitted = result.models.front();

  // What the model says of each stimulus: how likely a response to the left is, and when one comes.
  const Prediction prediction = predict(fitted.model, distinct_stimuli(fitted.model, test));
  std::printf("\n");
  for (const auto& name : prediction.stimulus_names) std::printf("%16s", name.c_str());
  std::printf("%12s%12s%16s\n", "P(left)", "P(right)", "median time, s");
  const std::size_t features = prediction.stimulus_names.size();
  for (std::size_t s = 0; s < prediction.size(); ++s) {
    for (std::size_t f = 0; f < features; ++f)
      std::printf("%16.2f", prediction.stimuli[s * features + f]);
    std::printf("%12.3f%12.3f%16.3f\n", prediction.probability[2 * s],
                prediction.probability[2 * s + 1], prediction.median_time[s]);
  }

  // Did it learn?
  return fitted.history.back().test.total < fitted.history.front().test.total ? 0 : 1;
}
