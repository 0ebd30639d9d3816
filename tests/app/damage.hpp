#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace nnpoisson::app {

/// Changes an HDF5 file in place, into what our own writer refuses to write.
class Damage {
 public:
  explicit Damage(std::filesystem::path file) : file_(std::move(file)) {}

  void remove(const std::string& path) const;
  /// Puts other numbers at `path`, stored as T: double, float, std::int8_t, std::int32_t,
  /// std::int64_t. `shape` empty: rank 1.
  template <class T>
  void replace(const std::string& path, const std::vector<T>& values,
               const std::vector<std::size_t>& shape = {}) const;
  /// Puts numbers where nothing was.
  void add(const std::string& path, const std::vector<std::int32_t>& values) const;
  /// Changes one element.
  template <class T>
  void set(const std::string& path, std::size_t index, T value) const;
  void strings(const std::string& path, const std::vector<std::string>& values) const;
  void attribute(const std::string& path, const std::string& name, double value) const;
  void attribute(const std::string& path, const std::string& name, const std::string& value) const;
  /// Puts a link to `target` in the place of `path`; with `file`, into that file.
  void link(const std::string& path, const std::string& target, const std::string& file = "") const;
  void remove_attribute(const std::string& path, const std::string& name) const;

  void truncate(double fraction) const;           ///< keeps that much of the file
  void noise(std::size_t bytes, int seed) const;  ///< the file becomes so many random bytes
  /// Changes `count` bytes anywhere in the file.
  void flip(std::size_t count, int seed) const;

 private:
  std::filesystem::path file_;
};

}  // namespace nnpoisson::app
