#include "engine/golden.hpp"

#include <filesystem>

namespace nnpoisson::golden {

Case::Case(const std::string& name)
    : folder(std::filesystem::path(NNPOISSON_SHARED_DIR) / "golden" / name),
      file(folder + "/golden.h5"),
      train(read_dataset(folder + "/train.h5")),
      test(read_dataset(folder + "/test.h5")) {
  shape.features = static_cast<int>(train.features());
  shape.regions = static_cast<int>(train.regions());
  shape.stimulus_bypass = true;
}

std::vector<double> Case::tensors(const std::string& group) const {
  std::vector<double> flat;
  for (int t = 0; t < tensor_count; ++t) {
    const std::string path = group + "/" + (t < 10 ? "0" : "") + std::to_string(t);
    const auto values = file.numbers<double>(path, static_cast<int>(file.shape(path).size()));
    flat.insert(flat.end(), values.begin(), values.end());
  }
  return flat;
}
std::vector<double> Case::weights(const std::string& when) const {
  return tensors("float64/weights/" + when);
}
std::vector<double> Case::gradient(const std::string& region, const std::string& batch) const {
  return tensors("float64/loss/" + region + "/" + batch + "/gradient");
}
double Case::loss(const std::string& region, const std::string& batch,
                  const std::string& term) const {
  return file.number_attribute("float64/loss/" + region + "/" + batch, term);
}

}  // namespace nnpoisson::golden
