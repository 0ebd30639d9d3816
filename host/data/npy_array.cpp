#include <charconv>
#include <cstring>
#include <fstream>
#include <limits>
#include <string_view>
#include <utility>

#include "data/npz_file.hpp"
#include "data/table.hpp"
#include "nnpoisson/error.hpp"
#include "storage/readable_size.hpp"

namespace nnpoisson {
namespace {

template <class T>
T value_at(const char* place) {
  T value;
  std::memcpy(&value, place, sizeof(T));
  return value;
}

/// The text after `'key':` in a .npy header, a Python dictionary; empty if the key is not there.
std::string_view after_key(std::string_view header, std::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const std::string quoted = quote + std::string(key) + quote;
    auto place = header.find(quoted);
    if (place == std::string_view::npos) continue;
    place = header.find_first_not_of(' ', place + quoted.size());
    if (place == std::string_view::npos || header[place] != ':') continue;
    place = header.find_first_not_of(' ', place + 1);
    return place == std::string_view::npos ? std::string_view() : header.substr(place);
  }
  return {};
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto octet = [&](std::uint32_t bits) { text += static_cast<char>(bits); };
  if (code < 0x80) {
    octet(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr std::uint32_t lead[] = {0, 0xC0, 0xE0, 0xF0};
  octet(lead[more] | code >> (6 * more));
  for (int i = more - 1; i >= 0; --i) octet(0x80 | (code >> (6 * i) & 0x3F));
}

}  // namespace

NpyArray::NpyArray(std::string where, std::vector<char> bytes)
    : where_(std::move(where)), bytes_(std::move(bytes)) {
  constexpr std::string_view magic = "\x93NUMPY";
  if (bytes_.size() < 12 || std::string_view(bytes_.data(), magic.size()) != magic)
    refuse("is not a NumPy array");
  const int version = bytes_[6];
  if (version < 1 || version > 3)
    refuse("has .npy format version " + std::to_string(version) + "; 1 to 3 can be read");

  const std::size_t header_start = version == 1 ? 10 : 12;
  const std::size_t header_size =
      version == 1 ? value_at<std::uint16_t>(&bytes_[8]) : value_at<std::uint32_t>(&bytes_[8]);
  start_ = header_start + header_size;
  if (start_ > bytes_.size()) refuse("was cut off inside its header");
  parse_header(std::string(bytes_.data() + header_start, header_size));

  std::size_t needed = 0;
  bool overflow = false;
  for (const std::size_t extent : shape_)
    overflow = overflow || __builtin_mul_overflow(size_, extent, &size_);
  overflow = overflow || __builtin_mul_overflow(size_, width_, &needed);
  if (overflow || needed != bytes_.size() - start_) {
    refuse("holds " + std::to_string(bytes_.size() - start_) +
           " bytes, which is not what its shape and type need");
  }
  if (fortran_) reorder();
}

void NpyArray::reorder() {
  std::vector<char> ordered(bytes_.size());
  std::vector<std::size_t> index(shape_.size(), 0);  // of the element at `from`
  for (std::size_t from = 0; from < size_; ++from) {
    std::size_t to = 0;
    for (std::size_t d = 0; d < shape_.size(); ++d) to = to * shape_[d] + index[d];
    std::memcpy(ordered.data() + start_ + to * width_, bytes_.data() + start_ + from * width_,
                width_);
    for (std::size_t d = 0; d < shape_.size() && ++index[d] == shape_[d]; ++d) index[d] = 0;
  }
  bytes_ = std::move(ordered);
}

void NpyArray::parse_header(const std::string& header) {
  parse_type(after_key(header, "descr"));
  const std::string_view fortran = after_key(header, "fortran_order");
  fortran_ = fortran.starts_with("True");
  if (!fortran_ && !fortran.starts_with("False"))
    refuse("does not say in its header whether it is in Fortran order");
  parse_shape(after_key(header, "shape"));
}

void NpyArray::parse_type(std::string_view quoted) {
  const auto end_of_name = quoted.empty() ? std::string_view::npos : quoted.find(quoted.front(), 1);
  if (quoted.size() < 4 || (quoted.front() != '\'' && quoted.front() != '"') ||
      end_of_name == std::string_view::npos || end_of_name < 4) {
    refuse("has no plain number or string type; save it without objects or fields");
  }

  // Byte order, kind, then bytes of a value (characters of a text).
  const std::string name(quoted.substr(1, end_of_name - 1));
  const char order = name[0];
  kind_ = name[1];
  const auto [end, error] = std::from_chars(name.data() + 2, name.data() + name.size(), width_);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  const bool integer =
      (kind_ == 'i' || kind_ == 'u') && (width_ == 1 || width_ == 2 || width_ == 4 || width_ == 8);
  const bool real = kind_ == 'f' && (width_ == 4 || width_ == 8);
  const bool text = kind_ == 'U' && width_ > 0 && width_ < (std::size_t{1} << 24);
  if (!whole || !((kind_ == 'b' && width_ == 1) || integer || real || text))
    refuse("has the type " + name + ", which cannot be read");

  if (text) width_ *= 4;
  if (order != '<' && !(order == '|' && width_ <= 1))
    refuse("has the type " + name + "; little-endian values are needed");
}

void NpyArray::parse_shape(std::string_view tuple) {
  if (tuple.empty() || tuple.front() != '(' || tuple.find(')') == std::string_view::npos)
    refuse("has no shape in its header");
  std::string_view extents = tuple.substr(1, tuple.find(')') - 1);
  while (extents.find_first_not_of(", ") != std::string_view::npos) {
    extents.remove_prefix(extents.find_first_not_of(", "));
    std::size_t extent = 0;
    const auto [rest, failure] =
        std::from_chars(extents.data(), extents.data() + extents.size(), extent);
    if (failure != std::errc() || shape_.size() == 8) refuse("has a shape that cannot be read");
    extents.remove_prefix(static_cast<std::size_t>(rest - extents.data()));
    shape_.push_back(extent);
  }
}

void NpyArray::refuse(const std::string& what) const {
  throw DataError(where_ + ": " + what);
}

void NpyArray::refuse(std::size_t index, const std::string& what) const {
  std::string position;
  for (std::size_t d = shape_.size(); d-- > 0; index /= shape_[d]) {
    position = std::to_string(index % shape_[d]) + (position.empty() ? "" : ",") + position;
  }
  throw DataError(where_ + "[" + position + "]: " + what);
}

void NpyArray::require_shape(const std::vector<std::size_t>& shape) const {
  if (shape_ == shape) return;
  const auto text = [](const std::vector<std::size_t>& extents) {
    std::string joined;
    for (const std::size_t extent : extents)
      joined += (joined.empty() ? "" : ", ") + std::to_string(extent);
    return "(" + joined + ")";
  };
  refuse("has the shape " + text(shape_) + ", not " + text(shape));
}

void NpyArray::require_column(std::size_t n) const {
  if (shape_ != std::vector{n, std::size_t{1}}) require_shape({n});
}

bool NpyArray::truth(std::size_t i) const {
  if (kind_ != 'b' && !(kind_ == 'u' && width_ == 1)) refuse("must be boolean");
  const char value = bytes_[start_ + i];
  if (value != 0 && value != 1) refuse(i, "is neither true nor false");
  return value == 1;
}

std::int64_t NpyArray::integer(std::size_t i) const {
  const char* place = bytes_.data() + start_ + i * width_;
  if (kind_ == 'u') {
    switch (width_) {
      case 1:
        return value_at<std::uint8_t>(place);
      case 2:
        return value_at<std::uint16_t>(place);
      case 4:
        return value_at<std::uint32_t>(place);
      default:
        break;
    }
    const auto value = value_at<std::uint64_t>(place);
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      refuse(i, "is too large");
    return static_cast<std::int64_t>(value);
  }
  if (kind_ != 'i') refuse("must be of an integer type");
  switch (width_) {
    case 1:
      return value_at<std::int8_t>(place);
    case 2:
      return value_at<std::int16_t>(place);
    case 4:
      return value_at<std::int32_t>(place);
    default:
      return value_at<std::int64_t>(place);
  }
}

std::int32_t NpyArray::small_integer(std::size_t i) const {
  const std::int64_t value = integer(i);
  if (!std::in_range<std::int32_t>(value)) refuse(i, "does not fit into 32 bits");
  return static_cast<std::int32_t>(value);
}

double NpyArray::real(std::size_t i) const {
  const char* place = bytes_.data() + start_ + i * width_;
  if (kind_ == 'f') return width_ == 4 ? value_at<float>(place) : value_at<double>(place);
  if (kind_ == 'i' || kind_ == 'u') return static_cast<double>(integer(i));
  refuse("must be of a number type");
}

std::string NpyArray::text(std::size_t i) const {
  if (kind_ != 'U') refuse("must hold unicode strings");
  std::string text;
  const char* place = bytes_.data() + start_ + i * width_;
  for (std::size_t c = 0; c < width_; c += 4) {
    const auto code = value_at<std::uint32_t>(place + c);
    if (code == 0) break;
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) refuse(i, "is not a unicode string");
    append_utf8(text, code);
  }
  return text;
}

NpyArray read_npy(const std::filesystem::path& file) {
  std::vector<char> bytes(readable_size(file, "a NumPy array"));
  std::ifstream stream(file, std::ios::binary);
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (stream.gcount() != static_cast<std::streamsize>(bytes.size()))
    throw ResourceError(file.string() + ": cannot be read");
  return {file.string(), std::move(bytes)};
}

std::int8_t side_of(const NpyArray& choice, std::size_t n) {
  const double side = choice.real(n);
  if (side != -1 && side != 0 && side != 1)
    choice.refuse(n, "must be +1 left, -1 right or 0 none, not " + shortest(side));
  return static_cast<std::int8_t>(side);
}

std::vector<std::string> NpyArray::texts() const {
  if (shape_.size() != 1) refuse("must have one dimension");
  std::vector<std::string> all;
  all.reserve(size_);
  for (std::size_t i = 0; i < size_; ++i) all.push_back(text(i));
  return all;
}

}  // namespace nnpoisson
