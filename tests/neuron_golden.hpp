#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/neuron_backend.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/model.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson::golden {

/// Folder and group, "neurons-cori/default", of every case that the golden folder of the shared
/// data has, or the folder that the variable NNPOISSON_GOLDEN_DIR names.
[[nodiscard]] std::vector<std::string> neuron_cases();

/// A case's name as one of a test.
inline std::string case_name(const ::testing::TestParamInfo<std::string>& which) {
  std::string name = which.param;
  for (char& c : name)
    if (c == '-' || c == '/') c = '_';
  return name;
}

/// One case of a file golden.h5 that the oracle of the model by neuron wrote.
struct NeuronCase {
  explicit NeuronCase(const std::string& name);

  /// A group's tensors in the flat order of the layout.
  [[nodiscard]] std::vector<double> tensors(const std::string& group) const;
  [[nodiscard]] std::vector<double> numbers(const std::string& path) const;
  [[nodiscard]] double number(const std::string& path) const { return numbers(path).at(0); }
  [[nodiscard]] std::shared_ptr<const NeuronPlan> plan(int parts, double beta,
                                                       double shrinkage) const;

  /// The case as a model that was read from a file.
  [[nodiscard]] Model model() const;

  std::string group;
  Hdf5Reader file;
  Dataset train;
  std::shared_ptr<const NeuronProblem> problem;
  NeuronLayout layout;
  double beta, shrinkage;
};

}  // namespace nnpoisson::golden
