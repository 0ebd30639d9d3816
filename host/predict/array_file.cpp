#include "predict/array_file.hpp"

#include "storage/hdf5_file.hpp"
#include "storage/npz_writer.hpp"

namespace nnpoisson {
namespace {

template <class Array>
std::string path_of(const Array& array, const char* between) {
  return array.group.empty() ? array.name : array.group + between + array.name;
}

void write_hdf5(const std::filesystem::path& file, const ArrayFile& arrays) {
  Hdf5Writer out(file);
  out.attribute("/", "format", arrays.format);
  for (const auto& [name, value] : arrays.scalars) out.attribute("/", name, value);
  for (const auto& array : arrays.texts) out.strings(path_of(array, "/"), array.values);
  for (const auto& array : arrays.integers) out.numbers(path_of(array, "/"), array.values);
  for (const auto& array : arrays.numbers) {
    out.numbers(path_of(array, "/"), array.values, array.shape);
    out.attribute(path_of(array, "/"), "unit", array.unit);
  }
  out.commit();
}

void write_npz(const std::filesystem::path& file, const ArrayFile& arrays) {
  NpzWriter out(file);
  for (const auto& [name, value] : arrays.scalars) out.numbers(name, {value}, {});
  for (const auto& array : arrays.texts) out.strings(path_of(array, "_"), array.values);
  for (const auto& array : arrays.integers) out.integers(path_of(array, "_"), array.values);
  for (const auto& array : arrays.numbers)
    out.numbers(path_of(array, "_"), array.values, array.shape);
  out.commit();
}

}  // namespace

void write_arrays(const std::filesystem::path& file, const ArrayFile& arrays) {
  if (file.extension() == ".h5")
    write_hdf5(file, arrays);
  else
    write_npz(file, arrays);
}

}  // namespace nnpoisson
