#include "fuzz/hdf5_changes.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <stdexcept>

#include "app/damage.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson::fuzz {
namespace {

void collect(const Hdf5Reader& in, const std::string& path, std::vector<std::string>& paths) {
  paths.push_back(path);
  if (!in.is_group(path)) return;
  for (const auto& name : in.members(path))
    collect(in, path == "/" ? name : path + "/" + name, paths);
}

template <class T>
void replace(const app::Damage& file, const std::string& path, Bytes& input) {
  const std::size_t rows = input.below(8), columns = input.below(4);
  std::vector<T> values;
  for (std::size_t i = 0; i < rows * std::max<std::size_t>(columns, 1); ++i)
    values.push_back(input.take<T>());
  file.replace<T>(path, values, columns == 0 ? std::vector{rows} : std::vector{rows, columns});
}

std::string text(Bytes& input) {
  return std::string(input.text(input.below(16)));
}

}  // namespace

Hdf5Changes::Hdf5Changes(const std::filesystem::path& base, std::vector<std::string> attributes)
    : attributes_(std::move(attributes)) {
  collect(Hdf5Reader(base), "/", paths_);
  std::ifstream stream(base, std::ios::binary);
  bytes_.assign(std::istreambuf_iterator<char>(stream), {});
}

std::filesystem::path Hdf5Changes::apply(Bytes& input) const {
  const auto any = [&](const std::vector<std::string>& names) -> const std::string& {
    return names[input.below(names.size())];
  };
  const auto path = write("changed.h5", bytes_);
  const app::Damage file(path);
  for (int changes = 0; changes < 8 && !input.empty(); ++changes) {
    const auto how = input.take<std::uint8_t>() % 14;
    const std::string& target = any(paths_);
    try {
      if (how == 0) file.remove(target);
      if (how == 1) replace<double>(file, target, input);
      if (how == 2) replace<std::int64_t>(file, target, input);
      if (how == 3) replace<std::int32_t>(file, target, input);
      if (how == 4) replace<float>(file, target, input);
      if (how == 5) file.set(target, input.below(16), input.take<double>());
      if (how == 6) file.set(target, input.below(16), input.take<std::int64_t>());
      if (how == 7) file.set(target, input.below(16), std::int64_t{input.take<std::int8_t>()});
      if (how == 8) {
        std::vector<std::string> texts(input.below(8));
        for (auto& each : texts) each = text(input);
        file.strings(target, texts);
      }
      if (how == 9) file.attribute(target, any(attributes_), input.take<double>());
      if (how == 10)
        file.attribute(target, any(attributes_), static_cast<double>(input.take<std::int8_t>()));
      if (how == 11) file.attribute(target, any(attributes_), text(input));
      if (how == 12) file.remove_attribute(target, any(attributes_));
      if (how == 13) file.link(target, any(paths_), input.below(2) == 0 ? "" : path.string());
    } catch (const std::logic_error&) {  // a change that makes no sense, as of what is gone
    }
  }
  return path;
}

}  // namespace nnpoisson::fuzz
