#pragma once

#include <string>

#include "nnpoisson/evaluate.hpp"

namespace nnpoisson::command {

/// Prints an evaluation as tables. `binned`: of counts, not of spike times.
void print_evaluation(const Evaluation& evaluation, bool binned);

/// One model beside another on the same dataset, for instance a fit beside the model that its data
/// were drawn from.
void print_comparison(const Evaluation& a, const Evaluation& b, const std::string& name_a,
                      const std::string& name_b);

}  // namespace nnpoisson::command
