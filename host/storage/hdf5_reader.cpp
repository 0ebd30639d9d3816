#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "nnpoisson/error.hpp"
#include "storage/hdf5_file.hpp"
#include "storage/hdf5_handle.hpp"
#include "storage/hdf5_source.hpp"
#include "storage/readable_size.hpp"

namespace nnpoisson {

using hdf5::Handle;
using hdf5::Source;

namespace {

/// What a conversion could not represent.
struct Conversion {
  bool lossy = false;
};

H5T_conv_ret_t note_loss(H5T_conv_except_t kind, hid_t, hid_t, void*, void*, void* out) {
  if (kind != H5T_CONV_EXCEPT_RANGE_HI && kind != H5T_CONV_EXCEPT_RANGE_LOW &&
      kind != H5T_CONV_EXCEPT_PRECISION)
    return H5T_CONV_UNHANDLED;
  static_cast<Conversion*>(out)->lossy = true;
  return H5T_CONV_ABORT;
}

herr_t refuse_link(const char*, const char*, const char*, const char*, unsigned*, hid_t, void*) {
  return -1;
}

/// How objects are reached: never through a link into another file.
Handle inside_only(hid_t property_class) {
  Handle access(H5Pcreate(property_class));
  H5Pset_elink_cb(access.get(), refuse_link, nullptr);
  return access;
}

}  // namespace

struct Hdf5Reader::Impl {
  std::string name;
  std::size_t size = 0;
  Handle file;
  Handle to_dataset = inside_only(H5P_DATASET_ACCESS), to_group = inside_only(H5P_GROUP_ACCESS);

  [[nodiscard]] std::string where(const std::string& path) const { return name + ": " + path; }

  [[nodiscard]] Source dataset(const std::string& path) const {
    Source source;
    source.where = where(path);
    if (!exists(path)) source.refuse("is missing");
    source.object = Handle(H5Dopen2(file.get(), path.c_str(), to_dataset.get()));
    if (!source.object) source.refuse("is not a dataset, or is damaged");

    const Handle creation(H5Dget_create_plist(source.object.get()));
    if (H5Pget_external_count(creation.get()) != 0 ||
        H5Pget_layout(creation.get()) == H5D_VIRTUAL) {
      source.refuse(
          "keeps its values in another file, which is not opened; copy them into this one "
          "(h5repack)");
    }

    source.type = Handle(H5Dget_type(source.object.get()));
    source.space = Handle(H5Dget_space(source.object.get()));
    if (!source.type || !source.space) source.refuse("is damaged");
    return source;
  }

  /// Throws DataError where an external link lies on the way.
  [[nodiscard]] bool exists(const std::string& path) const {
    if (path == "/") return true;
    for (std::size_t end = 0; end != std::string::npos;) {
      end = path.find('/', end + 1);
      const std::string way = path.substr(0, end);
      H5L_info_t link;
      if (H5Lexists(file.get(), way.c_str(), to_dataset.get()) <= 0) return false;
      if (H5Lget_info(file.get(), way.c_str(), &link, to_dataset.get()) >= 0 &&
          link.type == H5L_TYPE_EXTERNAL) {
        throw DataError(where(way) +
                        ": is a link into another file, which is not followed; copy what it names "
                        "into this one");
      }
    }
    return H5Oexists_by_name(file.get(), path.c_str(), to_dataset.get()) > 0;
  }

  [[nodiscard]] Source attribute(const std::string& path, const std::string& attribute_name) const {
    Source source;
    source.attribute = true;
    source.where = where(path) + ", attribute " + attribute_name;
    source.object = Handle(H5Aopen_by_name(file.get(), path.c_str(), attribute_name.c_str(),
                                           H5P_DEFAULT, to_dataset.get()));
    if (!source.object) source.refuse("is missing");
    source.type = Handle(H5Aget_type(source.object.get()));
    source.space = Handle(H5Aget_space(source.object.get()));
    if (!source.type || !source.space) source.refuse("is damaged");
    return source;
  }

  template <class T>
  [[nodiscard]] std::vector<T> numbers(const Source& source) const {
    (void)source.require_number<T>();
    std::vector<T> values(source.checked_size(size));
    if (!values.empty()) source.read(hdf5::native_type<T>(), values.data());
    return values;
  }

  template <class T>
  [[nodiscard]] T single(const std::string& path, const std::string& attribute_name) const {
    const Source source = attribute(path, attribute_name);
    const auto values = numbers<T>(source);
    if (values.size() != 1) source.refuse("must be one number");
    return values.front();
  }
};

Hdf5Reader::Hdf5Reader(const std::filesystem::path& file) {
  hdf5::quiet();  // before anything of HDF5, the properties in Impl too
  impl_ = std::make_unique<Impl>();
  impl_->name = file.string();
  impl_->size = readable_size(file, "an HDF5 file");
  impl_->file = Handle(H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  if (impl_->file) return;
  const hdf5::Reason reason = hdf5::last_reason();
  if (reason.system) throw ResourceError(impl_->name + ": cannot be opened (" + reason.text + ")");
  throw DataError(impl_->name + ": is not an HDF5 file, or was cut off (" + reason.text + ")");
}

Hdf5Reader::~Hdf5Reader() = default;
Hdf5Reader::Hdf5Reader(Hdf5Reader&&) noexcept = default;
Hdf5Reader& Hdf5Reader::operator=(Hdf5Reader&&) noexcept = default;

const std::string& Hdf5Reader::file() const {
  return impl_->name;
}

bool Hdf5Reader::exists(const std::string& path) const {
  return impl_->exists(path);
}

bool Hdf5Reader::is_group(const std::string& path) const {
  return exists(path) && Handle(H5Gopen2(impl_->file.get(), path.c_str(), impl_->to_group.get()));
}

Hdf5Kind Hdf5Reader::kind(const std::string& path) const {
  const Source source = impl_->dataset(path);
  switch (H5Tget_class(source.type.get())) {
    case H5T_INTEGER:
    case H5T_FLOAT:
      return Hdf5Kind::number;
    case H5T_STRING:
      return Hdf5Kind::text;
    default:
      return source.is_truth() ? Hdf5Kind::truth : Hdf5Kind::other;
  }
}

std::vector<std::string> Hdf5Reader::members(const std::string& group) const {
  if (!exists(group)) throw DataError(impl_->where(group) + ": is missing");
  const Handle handle(H5Gopen2(impl_->file.get(), group.c_str(), impl_->to_group.get()));
  if (!handle) throw DataError(impl_->where(group) + ": is not a group");

  std::vector<std::string> names;
  const auto append = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  if (H5Literate(handle.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, append, &names) < 0) {
    throw DataError(impl_->where(group) + ": cannot be read (" + hdf5::last_reason().text +
                    "); the file is damaged");
  }
  return names;
}

std::vector<std::size_t> Hdf5Reader::shape(const std::string& path) const {
  return impl_->dataset(path).shape();
}

template <class T>
std::vector<T> Hdf5Reader::numbers(const std::string& path, int rank) const {
  const Source source = impl_->dataset(path);
  const bool integer = source.require_number<T>();
  source.require_rank(rank);
  std::vector<T> values(source.checked_size(impl_->size));
  if (values.empty()) return values;

  // HDF5 clips what does not fit; its call-back is the only way to hear of it without a second
  // copy.
  Conversion conversion;
  const Handle transfer(H5Pcreate(H5P_DATASET_XFER));
  if (integer) H5Pset_type_conv_cb(transfer.get(), note_loss, &conversion);

  try {
    source.read(hdf5::native_type<T>(), values.data(), transfer.get());
  } catch (const DataError&) {
    if (conversion.lossy) {
      source.refuse("holds a number out of the range of " + std::to_string(8 * sizeof(T)) +
                    "-bit " + (std::is_integral_v<T> ? "integers" : "floating point"));
    }
    throw;
  }
  return values;
}

template <>
std::vector<float> Hdf5Reader::numbers<float>(const std::string& path, int rank) const {
  const std::vector<double> wide = numbers<double>(path, rank);
  for (std::size_t i = 0; i < wide.size(); ++i) {
    if (std::isfinite(wide[i]) &&
        std::abs(wide[i]) > static_cast<double>(std::numeric_limits<float>::max())) {
      throw DataError(impl_->where(path) + "[" + std::to_string(i) +
                      "]: does not fit into 32-bit floating point");
    }
  }

  std::vector<float> values(wide.size());
  std::transform(wide.begin(), wide.end(), values.begin(),
                 [](double value) { return static_cast<float>(value); });
  return values;
}

template std::vector<double> Hdf5Reader::numbers(const std::string&, int) const;
template std::vector<std::int8_t> Hdf5Reader::numbers(const std::string&, int) const;
template std::vector<std::int32_t> Hdf5Reader::numbers(const std::string&, int) const;
template std::vector<std::int64_t> Hdf5Reader::numbers(const std::string&, int) const;

struct Hdf5Series::Impl {
  Source source;
  std::size_t size = 0, piece = 0;
};

Hdf5Series::Hdf5Series(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Hdf5Series::~Hdf5Series() = default;
Hdf5Series::Hdf5Series(Hdf5Series&&) noexcept = default;

std::size_t Hdf5Series::size() const {
  return impl_->size;
}
std::size_t Hdf5Series::piece() const {
  return impl_->piece;
}

void Hdf5Series::read(std::size_t first, std::span<double> values) const {
  if (first > size() || values.size() > size() - first)
    throw std::out_of_range(impl_->source.where + ": no such piece");
  if (values.empty()) return;
  const hsize_t start = first, count = values.size();
  const Handle memory(H5Screate_simple(1, &count, nullptr));
  H5Sselect_hyperslab(impl_->source.space.get(), H5S_SELECT_SET, &start, nullptr, &count, nullptr);
  if (H5Dread(impl_->source.object.get(), H5T_NATIVE_DOUBLE, memory.get(),
              impl_->source.space.get(), H5P_DEFAULT, values.data()) < 0) {
    impl_->source.refuse("cannot be read (" + hdf5::last_reason().text + "); the file is damaged");
  }
}

Hdf5Series Hdf5Reader::series(const std::string& path) const {
  constexpr std::size_t least = 1 << 20;
  auto series = std::make_unique<Hdf5Series::Impl>();
  series->source = impl_->dataset(path);
  (void)series->source.require_number<double>();
  series->source.require_rank(1);
  series->size = series->source.checked_size(impl_->size);

  series->piece = least;
  hsize_t chunk = 0;
  const Handle creation(H5Dget_create_plist(series->source.object.get()));
  if (H5Pget_layout(creation.get()) == H5D_CHUNKED &&
      H5Pget_chunk(creation.get(), 1, &chunk) == 1 && chunk > 0) {
    // A chunk may reach past the end, and nothing stops a file from claiming a vast one.
    series->piece = chunk >= series->size ? series->size : (least + chunk - 1) / chunk * chunk;
  }
  return Hdf5Series(std::move(series));
}

std::vector<std::string> Hdf5Reader::strings(const std::string& path) const {
  const Source source = impl_->dataset(path);
  source.require_rank(1);
  return source.strings(impl_->size);
}

bool Hdf5Reader::has_attribute(const std::string& path, const std::string& name) const {
  return exists(path) && H5Aexists_by_name(impl_->file.get(), path.c_str(), name.c_str(),
                                           impl_->to_dataset.get()) > 0;
}

double Hdf5Reader::number_attribute(const std::string& path, const std::string& name) const {
  return impl_->single<double>(path, name);
}

std::vector<double> Hdf5Reader::numbers_attribute(const std::string& path,
                                                  const std::string& name) const {
  return impl_->numbers<double>(impl_->attribute(path, name));
}

std::int64_t Hdf5Reader::integer_attribute(const std::string& path, const std::string& name) const {
  return impl_->single<std::int64_t>(path, name);
}

std::string Hdf5Reader::string_attribute(const std::string& path, const std::string& name) const {
  const Source source = impl_->attribute(path, name);
  const std::vector<std::string> values = source.strings(impl_->size);
  if (values.size() != 1) source.refuse("must be one string");
  return values.front();
}

std::vector<std::string> Hdf5Reader::strings_attribute(const std::string& path,
                                                       const std::string& name) const {
  const Source source = impl_->attribute(path, name);
  source.require_rank(1);
  return source.strings(impl_->size);
}

}  // namespace nnpoisson
