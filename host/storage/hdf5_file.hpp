#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nnpoisson {

/// What a dataset's values are.
enum class Hdf5Kind { number, truth, text, other };

/// A dataset of numbers of one dimension, read piece by piece; the file stays open as long as it is
/// there.
class Hdf5Series {
 public:
  ~Hdf5Series();
  Hdf5Series(Hdf5Series&&) noexcept;

  [[nodiscard]] std::size_t size() const;
  /// Values in one piece: whole chunks, so that each is unpacked once.
  [[nodiscard]] std::size_t piece() const;
  void read(std::size_t first, std::span<double> values) const;  ///< DataError

 private:
  friend class Hdf5Reader;
  struct Impl;
  explicit Hdf5Series(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// An HDF5 file open for reading. All errors are DataError naming the file and the path inside it;
/// HDF5's own error stack is never printed. HDF5's serial build is not thread-safe: use from one
/// thread at a time. What lies in other files (external links, external or virtual storage) is
/// refused: a file must not make the program open others.
class Hdf5Reader {
 public:
  /// ResourceError: not there, not readable. DataError: no HDF5, truncated.
  explicit Hdf5Reader(const std::filesystem::path& file);
  ~Hdf5Reader();
  Hdf5Reader(Hdf5Reader&&) noexcept;
  Hdf5Reader& operator=(Hdf5Reader&&) noexcept;

  [[nodiscard]] const std::string& file() const;
  [[nodiscard]] bool exists(const std::string& path) const;
  [[nodiscard]] std::vector<std::string> members(const std::string& group) const;
  [[nodiscard]] std::vector<std::size_t> shape(const std::string& path) const;

  [[nodiscard]] bool is_group(const std::string& path) const;
  [[nodiscard]] Hdf5Kind kind(const std::string& path) const;
  [[nodiscard]] Hdf5Series series(const std::string& path) const;

  /// The whole dataset, converted from the file's own number type (integer for integer T, integer
  /// or float for float T; booleans as h5py writes them are 0 and 1). T: double, float,
  /// std::int8_t, std::int32_t, std::int64_t. `rank` is checked; a value that T cannot hold is
  /// refused.
  template <class T>
  [[nodiscard]] std::vector<T> numbers(const std::string& path, int rank) const;
  /// Of fixed or variable length, rank 1.
  [[nodiscard]] std::vector<std::string> strings(const std::string& path) const;

  /// Attributes of the object at `path` ("/" for the root).
  [[nodiscard]] bool has_attribute(const std::string& path, const std::string& name) const;
  [[nodiscard]] double number_attribute(const std::string& path, const std::string& name) const;
  [[nodiscard]] std::vector<double> numbers_attribute(const std::string& path,
                                                      const std::string& name) const;
  [[nodiscard]] std::int64_t integer_attribute(const std::string& path,
                                               const std::string& name) const;
  [[nodiscard]] std::string string_attribute(const std::string& path,
                                             const std::string& name) const;
  [[nodiscard]] std::vector<std::string> strings_attribute(const std::string& path,
                                                           const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An HDF5 file being written: under a temporary name beside its final one until commit() syncs and
/// renames it. Without commit() it is removed. Errors (read-only folder, full disk) are
/// ResourceError naming the file. Groups on the way to a path are made.
class Hdf5Writer {
 public:
  explicit Hdf5Writer(const std::filesystem::path& file);
  ~Hdf5Writer();
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  void group(const std::string& path);
  /// T: double, float, std::int8_t, std::int32_t, std::int64_t, std::uint64_t; stored as the same
  /// type, little endian. `shape` empty: rank 1.
  template <class T>
  void numbers(const std::string& path, const std::vector<T>& values,
               const std::vector<std::size_t>& shape = {});
  /// UTF-8, each padded to the longest.
  void strings(const std::string& path, const std::vector<std::string>& values);
  void attribute(const std::string& path, const std::string& name, double value);
  void attribute(const std::string& path, const std::string& name, std::int32_t value);
  void attribute(const std::string& path, const std::string& name, std::int64_t value);
  void attribute(const std::string& path, const std::string& name, const std::string& value);
  /// Fixed-length strings, rank 1, as Keras stores `weight_names`.
  void attribute(const std::string& path, const std::string& name,
                 const std::vector<std::string>& values);

  /// For other programs, which expect strings of variable length and references: NWB.
  void text(const std::string& path, const std::string& value);                 ///< a scalar
  void texts(const std::string& path, const std::vector<std::string>& values);  ///< rank 1
  void text_attribute(const std::string& path, const std::string& name, const std::string& value);
  void text_attribute(const std::string& path, const std::string& name,
                      const std::vector<std::string>& values);
  /// `target`: the path of an object that is there.
  void reference_attribute(const std::string& path, const std::string& name,
                           const std::string& target);
  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Writes a text file under a temporary name, syncs and renames it. Throws ResourceError.
void write_text_file(const std::filesystem::path& file, const std::string& text);

}  // namespace nnpoisson
