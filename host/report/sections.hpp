#pragma once

#include <string>

#include "nnpoisson/correlations.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/dependencies.hpp"
#include "nnpoisson/evaluate.hpp"
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
[[nodiscard]] Section correlations(const Correlations& correlations);
/// `answered`: the training data had responses inside the window.
[[nodiscard]] Section dependence(const Dependencies& dependencies, bool answered);

}  // namespace nnpoisson::report
