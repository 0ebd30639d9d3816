#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/neuron_backend.hpp"
#include "nnpoisson/dataset.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson::golden {

/// Where the cases lie: NNPOISSON_GOLDEN_DIR, or the golden folder of the shared data.
inline std::filesystem::path folder() {
  const char* given = std::getenv("NNPOISSON_GOLDEN_DIR");
  return given != nullptr && *given != '\0'
             ? std::filesystem::path(given)
             : std::filesystem::path(NNPOISSON_SHARED_DIR) / "golden";
}

/// Folder and group, "neurons-cori/default", of every case there is.
[[nodiscard]] std::vector<std::string> neuron_cases();

/// One case of a file golden.h5 that the oracle of the model by neuron wrote.
struct NeuronCase {
  explicit NeuronCase(const std::string& name);

  /// A group's tensors in the flat order of the layout.
  [[nodiscard]] std::vector<double> tensors(const std::string& group) const;
  [[nodiscard]] std::vector<double> numbers(const std::string& path) const;
  [[nodiscard]] double number(const std::string& path) const { return numbers(path).at(0); }
  [[nodiscard]] std::shared_ptr<const NeuronPlan> plan(int parts, double beta,
                                                       double shrinkage) const;

  std::string group;
  Hdf5Reader file;
  Dataset train;
  std::shared_ptr<const NeuronProblem> problem;
  NeuronLayout layout;
  double beta, shrinkage;
};

}  // namespace nnpoisson::golden
