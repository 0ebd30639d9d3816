#include "storage/npz_writer.hpp"

#include <zip.h>

#include <algorithm>
#include <cstring>
#include <deque>

#include "nnpoisson/error.hpp"
#include "storage/pending_file.hpp"

namespace nnpoisson {
namespace {

/// Code points of UTF-8; what is none becomes the replacement character.
std::u32string code_points(const std::string& text) {
  std::u32string points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80       ? 1
                               : lead >> 5 == 6  ? 2
                               : lead >> 4 == 14 ? 3
                               : lead >> 3 == 30 ? 4
                                                 : 0;

    char32_t point = length == 1 ? lead : lead & (0xFF >> (length + 1));
    bool whole = length > 0 && i + length <= text.size();
    for (std::size_t k = 1; whole && k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      whole = next >> 6 == 2;
      point = point << 6 | (next & 0x3F);
    }
    points.push_back(whole ? point : U'\uFFFD');
    i += whole ? length : 1;
  }
  return points;
}

/// The bytes of a .npy file, version 1.0.
std::string npy(const std::string& type, const std::vector<std::size_t>& shape, const void* values,
                std::size_t size) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (";
  for (const auto n : shape) header += std::to_string(n) + ",";
  header += "), }";
  constexpr std::size_t before = 10, alignment = 64;
  header.append(alignment - (before + header.size() + 1) % alignment, ' ');
  header += '\n';

  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xFF);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(static_cast<const char*>(values), size);
  return bytes;
}

}  // namespace

struct NpzWriter::Impl {
  explicit Impl(const std::filesystem::path& name) : pending(name) {}

  PendingFile pending;
  zip_t* archive = nullptr;
  std::deque<std::string> contents;  // libzip reads them when the archive is closed

  [[noreturn]] void fail(const std::string& why) const {
    throw ResourceError(pending.final_name().string() + ": cannot be written (" + why + ")");
  }

  void add(const std::string& name, std::string bytes) {
    const auto& kept = contents.emplace_back(std::move(bytes));
    zip_source_t* source = zip_source_buffer(archive, kept.data(), kept.size(), 0);
    const zip_int64_t index = source == nullptr ? -1
                                                : zip_file_add(archive, (name + ".npy").c_str(),
                                                               source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      if (source != nullptr) zip_source_free(source);
      fail(zip_strerror(archive));
    }

    // As numpy.savez stores them; without time stamps, the same values give the same file.
    constexpr time_t first_of_1980 = 315532800;
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
    zip_file_set_mtime(archive, static_cast<zip_uint64_t>(index), first_of_1980, 0);
  }
};

NpzWriter::NpzWriter(const std::filesystem::path& file) : impl_(std::make_unique<Impl>(file)) {
  int reason = 0;
  impl_->archive =
      zip_open(impl_->pending.temporary_name().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &reason);
  if (impl_->archive != nullptr) return;
  zip_error_t text;
  zip_error_init_with_code(&text, reason);
  const std::string why = zip_error_strerror(&text);
  zip_error_fini(&text);
  impl_->fail(why);
}

NpzWriter::~NpzWriter() {
  if (impl_->archive != nullptr) zip_discard(impl_->archive);
}

void NpzWriter::numbers(const std::string& name, const std::vector<double>& values,
                        const std::vector<std::size_t>& shape) {
  impl_->add(name, npy("<f8", shape, values.data(), values.size() * sizeof(double)));
}

void NpzWriter::integers(const std::string& name, const std::vector<std::int64_t>& values) {
  impl_->add(name,
             npy("<i8", {values.size()}, values.data(), values.size() * sizeof(std::int64_t)));
}

void NpzWriter::strings(const std::string& name, const std::vector<std::string>& values) {
  std::size_t width = 1;
  std::vector<std::u32string> texts;
  for (const auto& value : values)
    width = std::max(width, texts.emplace_back(code_points(value)).size());
  std::u32string all;
  for (auto& text : texts) all += text, all.append(width - text.size(), U'\0');
  impl_->add(name, npy("<U" + std::to_string(width), {values.size()}, all.data(),
                       all.size() * sizeof(char32_t)));
}

void NpzWriter::commit() {
  if (zip_close(impl_->archive) != 0) impl_->fail(zip_strerror(impl_->archive));
  impl_->archive = nullptr;
  impl_->pending.commit();
}

}  // namespace nnpoisson
