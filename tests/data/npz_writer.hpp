#pragma once

#include <zip.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace nnpoisson::testing {

/// The bytes of a .npy file. `type` as NumPy writes it, `shape` as Python text.
inline std::string npy(const std::string& type, const std::string& shape, const std::string& values,
                       int version = 1, const std::string& order = "False") {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  const auto size = static_cast<std::uint32_t>(header.size());
  bytes.append(reinterpret_cast<const char*>(&size), version == 1 ? 2 : 4);
  return bytes + header + values;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// NumPy's U strings of `width` code points.
inline std::string ucs4(const std::vector<std::u32string>& texts, std::size_t width) {
  std::string bytes;
  for (std::u32string text : texts) {
    text.resize(width, U'\0');
    bytes.append(reinterpret_cast<const char*>(text.data()), width * 4);
  }
  return bytes;
}

using Archive = std::map<std::string, std::string>;  ///< array -> bytes of its .npy file

inline void write_npz(const std::filesystem::path& file, const Archive& arrays) {
  int error = 0;
  zip_t* archive = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  if (archive == nullptr) throw std::runtime_error("zip_open");
  for (const auto& [name, bytes] : arrays) {
    zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    zip_file_add(archive, (name + ".npy").c_str(), source, ZIP_FL_OVERWRITE);
  }
  if (zip_close(archive) != 0) throw std::runtime_error("zip_close");
}

/// Two trials of two bins (the second one used only in the second trial) and three neurons.
inline Archive binned_archive() {
  return {{"counts",
           npy("|u1", "(2, 2, 3)", bytes_of<std::uint8_t>({0, 1, 2, 0, 0, 0, 3, 0, 0, 0, 0, 4}))},
          {"bin_width", npy("<f8", "()", bytes_of<double>({0.1}))},
          {"n_bins", npy("<i4", "(2,)", bytes_of<std::int32_t>({1, 2}))},
          {"stimulus", npy("<f4", "(2, 2)", bytes_of<float>({0.25F, 1, 0.1F, 2}))},
          {"stimulus_names", npy("<U2", "(2,)", ucs4({U"a", U"bé"}, 2))},
          {"choice", npy("|i1", "(2,)", bytes_of<std::int8_t>({1, -1}))},
          {"response_time", npy("<f8", "(2,)", bytes_of<double>({0.15, 0.3}))},
          {"included", npy("|b1", "(2,)", std::string("\1\0", 2))},
          {"neuron_region", npy("<U3", "(3,)", ucs4({U"MOs", U"ACA", U"MOs"}, 3), 2)}};
}

/// Two trials; times and responses on a clock that starts before the stimulus.
inline Archive exact_archive() {
  return {{"spike_time", npy("<f8", "(6,)", bytes_of<double>({-1, 1, 1.125, 2.5, 0.5, 0.75}))},
          {"spike_unit", npy("<i4", "(6,)", bytes_of<std::int32_t>({0, 1, 0, 1, 1, 0}))},
          {"spike_offset", npy("<i8", "(3,)", bytes_of<std::int64_t>({0, 4, 6}))},
          {"stimulus_onset", npy("<f8", "(2,)", bytes_of<double>({1, 0.5}))},
          {"stimulus", npy("<f4", "(2, 1)", bytes_of<float>({3, 5}))},
          {"stimulus_names", npy("<U5", "(1,)", ucs4({U"clicks"}, 5))},
          {"choice", npy("|i1", "(2,)", bytes_of<std::int8_t>({1, 0}))},
          {"response_time",
           npy("<f8", "(2,)", bytes_of<double>({2.5, std::numeric_limits<double>::quiet_NaN()}))}};
}

}  // namespace nnpoisson::testing
