#include <algorithm>
#include <utility>

#include "nnpoisson/error.hpp"
#include "storage/hdf5_file.hpp"
#include "storage/hdf5_handle.hpp"
#include "storage/pending_file.hpp"

namespace nnpoisson {

using hdf5::Handle;

struct Hdf5Writer::Impl {
  explicit Impl(const std::filesystem::path& name) : pending(name) {}

  PendingFile pending;
  Handle file;

  [[noreturn]] void fail(const std::string& path) const {
    throw ResourceError(pending.final_name().string() + ": " + path + ": cannot be written (" +
                        hdf5::last_reason().text + ")");
  }
  void check(bool done, const std::string& path) const {
    if (!done) fail(path);
  }

  /// An empty shape: a scalar.
  void dataset(const std::string& path, hid_t type, const std::vector<std::size_t>& shape,
               const void* values) const {
    const std::vector<hsize_t> extent(shape.begin(), shape.end());
    const Handle space(
        shape.empty() ? H5Screate(H5S_SCALAR)
                      : H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr));

    const Handle links(H5Pcreate(H5P_LINK_CREATE));
    H5Pset_create_intermediate_group(links.get(), 1);
    // Without time stamps, the same values give the same file.
    const Handle creation(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_obj_track_times(creation.get(), false);

    Handle object(H5Dcreate2(file.get(), path.c_str(), type, space.get(), links.get(),
                             creation.get(), H5P_DEFAULT));
    check(static_cast<bool>(object), path);
    if (std::find(shape.begin(), shape.end(), 0U) == shape.end()) {
      check(H5Dwrite(object.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, path);
    }
    check(object.close(), path);
  }

  void attribute(const std::string& path, const std::string& name, hid_t type, const Handle& space,
                 const void* value) const {
    const std::string what = path + ", attribute " + name;
    Handle object(H5Acreate_by_name(file.get(), path.c_str(), name.c_str(), type, space.get(),
                                    H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    check(static_cast<bool>(object), what);
    check(H5Awrite(object.get(), type, value) >= 0, what);
    check(object.close(), what);
  }
};

namespace {

/// Strings side by side, each padded to the longest. Fixed lengths, because HDF5 1.10 crashes or
/// hangs on a damaged file where lengths vary: what it keeps for those strings is read without a
/// check.
struct PaddedStrings {
  explicit PaddedStrings(const std::vector<std::string>& values, H5T_cset_t characters)
      : type(H5Tcopy(H5T_C_S1)) {
    std::size_t width = 1;
    for (const std::string& value : values) width = std::max(width, value.size());
    text.assign(values.size() * width, '\0');
    for (std::size_t i = 0; i < values.size(); ++i)
      text.replace(i * width, values[i].size(), values[i]);
    H5Tset_size(type.get(), width);
    H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
    H5Tset_cset(type.get(), characters);
  }
  Handle type;
  std::string text;
};

Handle variable_text() {
  Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

std::vector<const char*> pointers_to(const std::vector<std::string>& values) {
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  return pointers;
}

}  // namespace

Hdf5Writer::Hdf5Writer(const std::filesystem::path& file) {
  hdf5::quiet();
  impl_ = std::make_unique<Impl>(file);
  impl_->file = Handle(
      H5Fcreate(impl_->pending.temporary_name().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  impl_->check(static_cast<bool>(impl_->file), "/");
}

Hdf5Writer::~Hdf5Writer() = default;

void Hdf5Writer::group(const std::string& path) {
  if (path == "/" || H5Oexists_by_name(impl_->file.get(), path.c_str(), H5P_DEFAULT) > 0) return;
  const Handle links(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(links.get(), 1);
  Handle group(H5Gcreate2(impl_->file.get(), path.c_str(), links.get(), H5P_DEFAULT, H5P_DEFAULT));
  impl_->check(group && group.close(), path);
}

template <class T>
void Hdf5Writer::numbers(const std::string& path, const std::vector<T>& values,
                         const std::vector<std::size_t>& shape) {
  std::size_t elements = 1;
  for (const std::size_t extent : shape) elements *= extent;
  if (!shape.empty() && elements != values.size())
    throw std::logic_error(path + ": shape and number of values differ");
  impl_->dataset(path, hdf5::native_type<T>(),
                 shape.empty() ? std::vector<std::size_t>{values.size()} : shape, values.data());
}

template void Hdf5Writer::numbers(const std::string&, const std::vector<double>&,
                                  const std::vector<std::size_t>&);
template void Hdf5Writer::numbers(const std::string&, const std::vector<float>&,
                                  const std::vector<std::size_t>&);
template void Hdf5Writer::numbers(const std::string&, const std::vector<std::int8_t>&,
                                  const std::vector<std::size_t>&);
template void Hdf5Writer::numbers(const std::string&, const std::vector<std::int32_t>&,
                                  const std::vector<std::size_t>&);
template void Hdf5Writer::numbers(const std::string&, const std::vector<std::int64_t>&,
                                  const std::vector<std::size_t>&);
template void Hdf5Writer::numbers(const std::string&, const std::vector<std::uint64_t>&,
                                  const std::vector<std::size_t>&);

void Hdf5Writer::strings(const std::string& path, const std::vector<std::string>& values) {
  const PaddedStrings padded(values, H5T_CSET_UTF8);
  impl_->dataset(path, padded.type.get(), {values.size()}, padded.text.data());
}

void Hdf5Writer::attribute(const std::string& path, const std::string& name, double value) {
  impl_->attribute(path, name, H5T_NATIVE_DOUBLE, Handle(H5Screate(H5S_SCALAR)), &value);
}

void Hdf5Writer::attribute(const std::string& path, const std::string& name, std::int32_t value) {
  impl_->attribute(path, name, H5T_NATIVE_INT32, Handle(H5Screate(H5S_SCALAR)), &value);
}

void Hdf5Writer::attribute(const std::string& path, const std::string& name, std::int64_t value) {
  impl_->attribute(path, name, H5T_NATIVE_INT64, Handle(H5Screate(H5S_SCALAR)), &value);
}

void Hdf5Writer::attribute(const std::string& path, const std::string& name,
                           const std::string& value) {
  const PaddedStrings padded({value}, H5T_CSET_UTF8);
  impl_->attribute(path, name, padded.type.get(), Handle(H5Screate(H5S_SCALAR)),
                   padded.text.data());
}

void Hdf5Writer::attribute(const std::string& path, const std::string& name,
                           const std::vector<std::string>& values) {
  const PaddedStrings padded(values, H5T_CSET_ASCII);
  const hsize_t extent = values.size();
  impl_->attribute(path, name, padded.type.get(), Handle(H5Screate_simple(1, &extent, nullptr)),
                   padded.text.data());
}

void Hdf5Writer::text(const std::string& path, const std::string& value) {
  const char* pointer = value.c_str();
  impl_->dataset(path, variable_text().get(), {}, &pointer);
}

void Hdf5Writer::texts(const std::string& path, const std::vector<std::string>& values) {
  impl_->dataset(path, variable_text().get(), {values.size()}, pointers_to(values).data());
}

void Hdf5Writer::text_attribute(const std::string& path, const std::string& name,
                                const std::string& value) {
  const char* pointer = value.c_str();
  impl_->attribute(path, name, variable_text().get(), Handle(H5Screate(H5S_SCALAR)), &pointer);
}

void Hdf5Writer::text_attribute(const std::string& path, const std::string& name,
                                const std::vector<std::string>& values) {
  const hsize_t extent = values.size();
  impl_->attribute(path, name, variable_text().get(), Handle(H5Screate_simple(1, &extent, nullptr)),
                   pointers_to(values).data());
}

void Hdf5Writer::reference_attribute(const std::string& path, const std::string& name,
                                     const std::string& target) {
  hobj_ref_t reference{};
  impl_->check(H5Rcreate(&reference, impl_->file.get(), target.c_str(), H5R_OBJECT, -1) >= 0,
               target);
  impl_->attribute(path, name, H5T_STD_REF_OBJ, Handle(H5Screate(H5S_SCALAR)), &reference);
}

void Hdf5Writer::commit() {
  impl_->check(H5Fflush(impl_->file.get(), H5F_SCOPE_GLOBAL) >= 0 && impl_->file.close(), "/");
  impl_->pending.commit();
}

}  // namespace nnpoisson
