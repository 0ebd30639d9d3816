#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nnpoisson {

/// One array of NumPy: little-endian; Fortran order is brought into C order.
class NpyArray {
 public:
  /// Parses the bytes of a .npy file, format versions 1 to 3; `where` is for messages. Throws
  /// DataError for anything else than an array of bool, integers, 32- or 64-bit floating point or
  /// unicode strings whose size is just that of its shape.
  NpyArray(std::string where, std::vector<char> bytes);

  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] const std::vector<std::size_t>& shape() const { return shape_; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Throws DataError unless the array has this shape.
  void require_shape(const std::vector<std::size_t>& shape) const;
  /// The same for [n] and [n, 1], as MATLAB writes columns.
  void require_column(std::size_t n) const;
  /// Throws DataError "FILE: ARRAY[index]: what".
  [[noreturn]] void refuse(const std::string& what) const;
  [[noreturn]] void refuse(std::size_t index, const std::string& what) const;

  /// Element i in C order. Throws DataError if the array's type is another, or the value does not
  /// fit.
  /// Boolean, or unsigned bytes as MATLAB writes them.
  [[nodiscard]] bool truth(std::size_t i) const;
  [[nodiscard]] std::int64_t integer(std::size_t i) const;
  [[nodiscard]] std::int32_t small_integer(std::size_t i) const;  ///< fits 32 bits
  [[nodiscard]] double real(std::size_t i) const;                 ///< integers too
  [[nodiscard]] std::string text(std::size_t i) const;            ///< UTF-8
  [[nodiscard]] std::vector<std::string> texts() const;

 private:
  void parse_header(const std::string& header);
  void parse_type(std::string_view quoted);
  void parse_shape(std::string_view tuple);
  void reorder();

  std::string where_;
  std::vector<char> bytes_;
  std::size_t start_ = 0;  ///< of the values in bytes_
  char kind_ = 0;          ///< NumPy's: b i u f U
  std::size_t width_ = 0;  ///< bytes of a value
  std::vector<std::size_t> shape_;
  std::size_t size_ = 1;
  bool fortran_ = false;  ///< until it has been reordered
};

/// A file that holds one array (.npy). ResourceError: cannot be opened. DataError: not such an
/// array.
[[nodiscard]] NpyArray read_npy(const std::filesystem::path& file);

/// Element n of an array of choices. Throws DataError unless it is +1 left, -1 right or 0 none.
[[nodiscard]] std::int8_t side_of(const NpyArray& choice, std::size_t n);

/// A NumPy archive (.npz), open for reading.
class NpzFile {
 public:
  /// ResourceError: cannot be opened. DataError: no zip archive.
  explicit NpzFile(const std::filesystem::path& file);
  ~NpzFile();
  NpzFile(NpzFile&&) noexcept;

  [[nodiscard]] const std::string& file() const;
  [[nodiscard]] bool has(const std::string& name) const;
  [[nodiscard]] NpyArray array(const std::string& name) const;
  /// A single positive number, s. DataError: anything else.
  [[nodiscard]] double duration(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nnpoisson
