#include "nnpoisson/fit.hpp"

#include <utility>

#include "fit/fit_loop.hpp"
#include "fit/fit_problem.hpp"

namespace nnpoisson {
namespace {

/// A member's numbers are bounded like those of the settings.
void require_possible(const FitMember& member, Settings settings) {
  settings.train.learning_rate = member.learning_rate;
  settings.train.iterations = member.iterations;
  settings.train.patience = member.patience;
  check(settings);
}

}  // namespace

FitResult fit(const Dataset& training, const Settings& settings, const FitOptions& options) {
  for (const Dataset* set : {&training, options.validation, options.test})
    if (set != nullptr) validate(*set);  // a file was, an array of the caller's perhaps not

  BackendOptions backend = options.backend;
  backend.precision = settings.train.precision;
  FitProblem problem(training, settings, {options.initial, options.validation, backend});
  if (options.test != nullptr) problem.add_test(*options.test);

  auto members = options.members;
  if (members.empty()) members = {problem.member()};
  for (const FitMember& member : members) require_possible(member, settings);
  FitLoop loop(problem.plans(), std::move(members),
               {.backend = backend, .observer = options.observer});
  if (options.initial != nullptr) loop.begin_at(problem.initial_parameters());
  loop.run();

  FitResult result{.models = {},
                   .notes = problem.notes(),
                   .backend = loop.backend(),
                   .spikes_per_second = loop.spikes_per_second()};
  for (const auto& course : loop.models())
    result.models.push_back({problem.model(course.parameters()), course.history,
                             course.best.iteration, course.end, course.failure});
  return result;
}

}  // namespace nnpoisson
