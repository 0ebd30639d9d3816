#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace nnpoisson {

/// A NumPy archive being written, under a temporary name until commit(). np.load reads it without
/// pickles. Throws ResourceError.
class NpzWriter {
 public:
  explicit NpzWriter(const std::filesystem::path& file);
  ~NpzWriter();
  NpzWriter(const NpzWriter&) = delete;
  NpzWriter& operator=(const NpzWriter&) = delete;

  /// float64, C order.
  void numbers(const std::string& name, const std::vector<double>& values,
               const std::vector<std::size_t>& shape);
  /// int64, rank 1.
  void integers(const std::string& name, const std::vector<std::int64_t>& values);
  /// Unicode, rank 1.
  void strings(const std::string& name, const std::vector<std::string>& values);
  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nnpoisson
