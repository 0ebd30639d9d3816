#include "storage/hdf5_source.hpp"

#include <algorithm>
#include <utility>

#include "nnpoisson/error.hpp"

namespace nnpoisson::hdf5 {
namespace {

/// More than any filter in use can unfold; a dataset that claims more holds nothing, or was made to
/// exhaust memory.
constexpr std::size_t largest_compression = 4096;

}  // namespace

void Source::refuse(const std::string& what) const {
  throw DataError(where + ": " + what);
}

std::vector<std::size_t> Source::shape() const {
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0 || H5Sget_simple_extent_type(space.get()) == H5S_NULL) refuse("has no values");
  std::vector<hsize_t> extent(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr);
  return {extent.begin(), extent.end()};
}

void Source::require_rank(int rank) const {
  const auto extent = shape();
  if (extent.size() == static_cast<std::size_t>(rank)) return;
  refuse("has " + std::to_string(extent.size()) + " dimensions, not " + std::to_string(rank));
}

std::size_t Source::checked_size(std::size_t file_size) const {
  std::size_t elements = 1;
  for (const std::size_t extent : shape()) {
    if (__builtin_mul_overflow(elements, extent, &elements)) refuse("is larger than any memory");
  }
  std::size_t bytes = 0;
  const std::size_t width = std::max({H5Tget_size(type.get()), sizeof(double), sizeof(char*)});
  if (__builtin_mul_overflow(elements, width, &bytes)) refuse("is larger than any memory");
  if (attribute || elements == 0) return elements;

  const std::size_t stored = H5Dget_storage_size(object.get());
  if (stored > file_size || bytes / largest_compression > stored || stored == 0) {
    refuse("claims " + std::to_string(elements) + " values, but the file holds " +
           std::to_string(stored) + " bytes of them; the file is damaged or was never finished");
  }
  return elements;
}

void Source::read(hid_t memory_type, void* out, hid_t transfer) const {
  const herr_t status = attribute
                            ? H5Aread(object.get(), memory_type, out)
                            : H5Dread(object.get(), memory_type, H5S_ALL, H5S_ALL, transfer, out);
  if (status < 0) refuse("cannot be read (" + last_reason().text + "); the file is damaged");
}

bool Source::is_truth() const {
  return H5Tget_class(type.get()) == H5T_ENUM && H5Tget_size(type.get()) == 1;
}

bool Source::require_number(bool whole) const {
  const H5T_class_t kind = H5Tget_class(type.get());
  const bool integer = kind == H5T_INTEGER || is_truth();
  if (!integer && (kind != H5T_FLOAT || whole)) {
    refuse(whole ? "must be an integer type" : "must be a number type");
  }
  if (H5Tget_size(type.get()) > sizeof(double)) refuse("has numbers wider than 64 bits");
  return integer;
}

std::vector<std::string> Source::strings(std::size_t file_size) const {
  if (H5Tget_class(type.get()) != H5T_STRING) refuse("must be a string type");
  const std::size_t count = checked_size(file_size);
  if (count == 0) return {};
  return H5Tis_variable_str(type.get()) > 0 ? variable_strings(count) : padded_strings(count);
}

std::vector<std::string> Source::variable_strings(std::size_t count) const {
  const Handle memory(H5Tcopy(type.get()));
  std::vector<char*> pointers(count, nullptr);
  const auto release = [&] {
    H5Dvlen_reclaim(memory.get(), space.get(), H5P_DEFAULT, pointers.data());
  };

  std::vector<std::string> values;
  values.reserve(count);
  try {
    read(memory.get(), pointers.data());
    for (const char* text : pointers) values.emplace_back(text != nullptr ? text : "");
  } catch (...) {
    release();
    throw;
  }
  release();
  return values;
}

std::vector<std::string> Source::padded_strings(std::size_t count) const {
  const Handle memory(H5Tcopy(type.get()));
  const std::size_t width = H5Tget_size(type.get());
  std::vector<char> text(count * width);
  read(memory.get(), text.data());

  std::vector<std::string> values;
  values.reserve(count);
  const bool space_padded = H5Tget_strpad(type.get()) == H5T_STR_SPACEPAD;
  for (std::size_t i = 0; i < count; ++i) {
    const char* first = text.data() + i * width;
    std::string value(first, std::find(first, first + width, '\0'));
    if (space_padded) value.erase(value.find_last_not_of(' ') + 1);
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace nnpoisson::hdf5
