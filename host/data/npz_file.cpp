#include "data/npz_file.hpp"

#include <zip.h>

#include <cmath>
#include <utility>

#include "nnpoisson/error.hpp"
#include "storage/readable_size.hpp"

namespace nnpoisson {
namespace {

/// Deflate unfolds one byte to no more than 1032; an entry that claims more lies about its size.
constexpr std::uint64_t largest_deflation = 1032;

struct Close {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

}  // namespace

struct NpzFile::Impl {
  std::string name;
  std::uint64_t size = 0;
  std::unique_ptr<zip_t, Close> archive;

  [[nodiscard]] zip_int64_t find(const std::string& array) const {
    return zip_name_locate(archive.get(), (array + ".npy").c_str(), ZIP_FL_ENC_GUESS);
  }
};

NpzFile::NpzFile(const std::filesystem::path& file) : impl_(std::make_unique<Impl>()) {
  impl_->name = file.string();
  impl_->size = readable_size(file, "a NumPy archive");
  int reason = 0;
  impl_->archive.reset(zip_open(file.c_str(), ZIP_RDONLY, &reason));
  if (impl_->archive) return;
  zip_error_t text;
  zip_error_init_with_code(&text, reason);
  const std::string what = zip_error_strerror(&text);
  zip_error_fini(&text);
  throw DataError(impl_->name + ": is not a NumPy archive (.npz), or was cut off (" + what + ")");
}

NpzFile::~NpzFile() = default;
NpzFile::NpzFile(NpzFile&&) noexcept = default;

const std::string& NpzFile::file() const {
  return impl_->name;
}

bool NpzFile::has(const std::string& name) const {
  return impl_->find(name) >= 0;
}

double NpzFile::duration(const std::string& name) const {
  const NpyArray array = this->array(name);
  if (array.size() != 1) array.refuse("must be one number");
  const double value = array.real(0);
  if (!(std::isfinite(value) && value > 0)) array.refuse("must be a positive number of seconds");
  return value;
}

NpyArray NpzFile::array(const std::string& name) const {
  const std::string where = impl_->name + ": " + name;
  const auto refuse = [&](const std::string& what) { throw DataError(where + ": " + what); };
  const zip_int64_t found = impl_->find(name);
  if (found < 0) refuse("is missing");

  const auto index = static_cast<zip_uint64_t>(found);
  zip_stat_t stat;
  zip_stat_init(&stat);
  constexpr zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
  if (zip_stat_index(impl_->archive.get(), index, 0, &stat) < 0 || (stat.valid & needed) != needed)
    refuse("is damaged");
  if (stat.comp_size > impl_->size || stat.size / largest_deflation > stat.comp_size) {
    refuse("claims " + std::to_string(stat.size) + " bytes, more than the file can hold");
  }

  std::vector<char> bytes(stat.size);
  const std::unique_ptr<zip_file_t, Close> entry(zip_fopen_index(impl_->archive.get(), index, 0));
  if (!entry) refuse(std::string("cannot be read (") + zip_strerror(impl_->archive.get()) + ")");

  // A short read asks again; the read past the end is what compares the checksum.
  std::size_t filled = 0;
  char past_end = 0;
  for (;;) {
    const bool full = filled == bytes.size();
    const zip_int64_t got = zip_fread(entry.get(), full ? &past_end : bytes.data() + filled,
                                      full ? 1 : bytes.size() - filled);
    if (got < 0)
      refuse(std::string("cannot be read (") + zip_file_strerror(entry.get()) +
             "); the file is damaged");
    if (full && got > 0) refuse("is longer than the archive says; the file is damaged");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled != bytes.size()) refuse("was cut off");
  return {where, std::move(bytes)};
}

}  // namespace nnpoisson
