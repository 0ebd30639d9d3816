// Fits three learning rates side by side on the same trials, watches their validation losses, and
// ends all of them when a time is over, whatever they have reached.
#include <atomic>
#include <cstdio>
#include <nnpoisson/fit.hpp>
#include <nnpoisson/sample.hpp>
#include <span>

using namespace nnpoisson;

int main() {
  const Demonstration known = demonstration(400);
  const Dataset recording = sample(known.model, known.trials, {.seed = 1});
  const Settings settings =
      preset_settings(Preset::exact);  // a tenth of the trials is held back for validation

  FitOptions options;
  for (const double rate : {1e-3, 3e-3, 1e-2})
    options.members.push_back({.seed = 0, .learning_rate = rate});

  std::atomic<bool> enough = false;
  options.observer.stop = &enough;
  options.observer.after_iteration = [&](std::span<const FitCourse> models,
                                         const FitProgress& progress) {
    std::printf("%.2f s, iteration %d:", progress.seconds, progress.iteration);
    for (const FitCourse& model : models)
      std::printf("%12.3f", model.history.back().validation.total);
    std::printf("\n");
    enough = progress.seconds > 1;
  };

  const FitResult result = fit(recording, settings, options);
  for (std::size_t m = 0; m < result.models.size(); ++m)
    std::printf("learning rate %g: best after iteration %d\n", options.members[m].learning_rate,
                result.models[m].best_iteration);
  return result.models.front().best_iteration >= 0 ? 0 : 1;
}
