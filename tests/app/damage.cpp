#include "app/damage.hpp"

#include <hdf5.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

namespace nnpoisson::app {
namespace {

template <class T>
hid_t type_of() {
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, std::int8_t>) return H5T_NATIVE_INT8;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
}

/// The test is wrong, not the program, if a change cannot be made.
void require(bool done, const std::string& what) {
  if (!done) throw std::logic_error("cannot change " + what);
}

/// An identifier, closed by the function of its kind.
struct Id {
  hid_t id;
  herr_t (*close)(hid_t);
  Id(hid_t made, herr_t (*with)(hid_t), const std::string& what) : id(made), close(with) {
    require(id >= 0, what);
  }
  ~Id() { close(id); }
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;
  operator hid_t() const {
    return id;
  }  // NOLINT(google-explicit-constructor): what HDF5's functions take
};

Id open(const std::filesystem::path& file) {
  return {H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose, file.string()};
}

void write(const Id& file, const std::string& path, hid_t type,
           const std::vector<std::size_t>& shape, const void* values) {
  const std::vector<hsize_t> extent(shape.begin(), shape.end());
  const Id space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
                 H5Sclose, path);
  const Id groups(H5Pcreate(H5P_LINK_CREATE), H5Pclose, path);
  H5Pset_create_intermediate_group(groups, 1);
  const Id set(H5Dcreate2(file, path.c_str(), type, space, groups, H5P_DEFAULT, H5P_DEFAULT),
               H5Dclose, path);
  require(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, path);
}

void write_attribute(const Id& file, const std::string& path, const std::string& name, hid_t type,
                     const void* value) {
  if (H5Aexists_by_name(file, path.c_str(), name.c_str(), H5P_DEFAULT) > 0)
    H5Adelete_by_name(file, path.c_str(), name.c_str(), H5P_DEFAULT);
  const Id space(H5Screate(H5S_SCALAR), H5Sclose, name);
  const Id made(H5Acreate_by_name(file, path.c_str(), name.c_str(), type, space, H5P_DEFAULT,
                                  H5P_DEFAULT, H5P_DEFAULT),
                H5Aclose, name);
  require(H5Awrite(made, type, value) >= 0, name);
}

Id text_type() {
  Id type(H5Tcopy(H5T_C_S1), H5Tclose, "text");
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return {H5Tcopy(type), H5Tclose, "text"};
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  require(static_cast<bool>(stream), file.string());
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_file(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

void Damage::remove(const std::string& path) const {
  const Id file = open(file_);
  require(H5Ldelete(file, path.c_str(), H5P_DEFAULT) >= 0, path);
}

template <class T>
void Damage::replace(const std::string& path, const std::vector<T>& values,
                     const std::vector<std::size_t>& shape) const {
  remove(path);
  const Id file = open(file_);
  write(file, path, type_of<T>(), shape.empty() ? std::vector<std::size_t>{values.size()} : shape,
        values.data());
}

template <class T>
void Damage::set(const std::string& path, std::size_t index, T value) const {
  const Id file = open(file_);
  const Id set(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose, path);
  const Id space(H5Dget_space(set), H5Sclose, path);
  std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  require(index < values.size() &&
              H5Dread(set, type_of<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0,
          path);
  values[index] = value;
  require(H5Dwrite(set, type_of<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0, path);
}

template void Damage::replace(const std::string&, const std::vector<double>&,
                              const std::vector<std::size_t>&) const;
template void Damage::replace(const std::string&, const std::vector<float>&,
                              const std::vector<std::size_t>&) const;
template void Damage::replace(const std::string&, const std::vector<std::int32_t>&,
                              const std::vector<std::size_t>&) const;
template void Damage::replace(const std::string&, const std::vector<std::int64_t>&,
                              const std::vector<std::size_t>&) const;
template void Damage::set(const std::string&, std::size_t, double) const;
template void Damage::set(const std::string&, std::size_t, float) const;
template void Damage::set(const std::string&, std::size_t, std::int8_t) const;
template void Damage::set(const std::string&, std::size_t, std::int32_t) const;
template void Damage::set(const std::string&, std::size_t, std::int64_t) const;

void Damage::add(const std::string& path, const std::vector<std::int32_t>& values) const {
  write(open(file_), path, H5T_NATIVE_INT32, {values.size()}, values.data());
}

void Damage::strings(const std::string& path, const std::vector<std::string>& values) const {
  remove(path);
  const Id file = open(file_);
  std::vector<const char*> texts;
  for (const auto& value : values) texts.push_back(value.c_str());
  write(file, path, text_type(), {values.size()}, texts.data());
}

void Damage::attribute(const std::string& path, const std::string& name, double value) const {
  write_attribute(open(file_), path, name, H5T_NATIVE_DOUBLE, &value);
}
void Damage::attribute(const std::string& path, const std::string& name,
                       const std::string& value) const {
  const char* text = value.c_str();
  write_attribute(open(file_), path, name, text_type(), &text);
}
void Damage::remove_attribute(const std::string& path, const std::string& name) const {
  const Id file = open(file_);
  require(H5Adelete_by_name(file, path.c_str(), name.c_str(), H5P_DEFAULT) >= 0, name);
}

void Damage::link(const std::string& path, const std::string& target,
                  const std::string& file) const {
  const Id in = open(file_);
  require(H5Ldelete(in, path.c_str(), H5P_DEFAULT) >= 0, path);
  require((file.empty() ? H5Lcreate_soft(target.c_str(), in, path.c_str(), H5P_DEFAULT, H5P_DEFAULT)
                        : H5Lcreate_external(file.c_str(), target.c_str(), in, path.c_str(),
                                             H5P_DEFAULT, H5P_DEFAULT)) >= 0,
          path);
}

void Damage::truncate(double fraction) const {
  std::filesystem::resize_file(
      file_, static_cast<std::uintmax_t>(static_cast<double>(std::filesystem::file_size(file_)) *
                                         fraction));
}
void Damage::noise(std::size_t bytes, int seed) const {
  std::mt19937 random(static_cast<unsigned>(seed));
  std::string text(bytes, '\0');
  for (auto& c : text) c = static_cast<char>(random() & 0xff);
  write_file(file_, text);
}
void Damage::flip(std::size_t count, int seed) const {
  std::mt19937 random(static_cast<unsigned>(seed));
  std::string text = read_file(file_);
  for (std::size_t i = 0; i < count; ++i)
    text[random() % text.size()] = static_cast<char>(random() & 0xff);
  write_file(file_, text);
}

}  // namespace nnpoisson::app
