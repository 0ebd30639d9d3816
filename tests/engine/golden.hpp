#pragma once

#include <string>
#include <vector>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/network.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson::golden {

/// One of the cases made by running the authors' own program: datasets, and its numbers at float64.
struct Case {
  explicit Case(const std::string& name);

  [[nodiscard]] std::vector<double> weights(const std::string& when) const;  ///< flat order
  [[nodiscard]] std::vector<double> gradient(const std::string& region,
                                             const std::string& batch) const;
  [[nodiscard]] double loss(const std::string& region, const std::string& batch,
                            const std::string& term) const;

  std::string folder;
  Hdf5Reader file;
  Dataset train, test;
  NetworkShape shape;

 private:
  [[nodiscard]] std::vector<double> tensors(const std::string& group) const;
};

inline const std::vector<std::string>& cases() {
  static const std::vector<std::string> names{"cori7", "rats5"};
  return names;
}

}  // namespace nnpoisson::golden
