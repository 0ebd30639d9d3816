#pragma once

#include <string>
#include <vector>

#include "nnpoisson/correlations.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/dependencies.hpp"
#include "nnpoisson/evaluate.hpp"
#include "report/figure.hpp"
#include "report/page.hpp"
#include "report/run.hpp"

/// The sections of the page. Each is filled from what the library returns; nothing is computed here
/// but what a drawing needs.
namespace nnpoisson::report {

struct Source {
  std::string file, role;  ///< a dataset, and where it comes from in words
};

[[nodiscard]] Section summary(const Evaluation& evaluation, const Dataset& data,
                              const Source& source);
[[nodiscard]] Section learning(const Run& run);
[[nodiscard]] Section regions(const Evaluation& evaluation);
[[nodiscard]] Section rates(const Evaluation& evaluation);
[[nodiscard]] Section behaviour(const Evaluation& evaluation);
/// What predicted responses look like beside the observed ones; some trial was answered.
[[nodiscard]] std::vector<Figure> behaviour_figures(const BehaviourEvaluation& behaviour);
/// `shared`: what varies from trial to trial in the model, in a sentence.
[[nodiscard]] Section correlations(const Correlations& correlations, const std::string& shared);
/// `answered`: the training data had responses inside the window.
[[nodiscard]] Section dependence(const Dependencies& dependencies, bool answered);

}  // namespace nnpoisson::report
