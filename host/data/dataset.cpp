#include "nnpoisson/dataset.hpp"

#include <algorithm>
#include <numeric>

namespace nnpoisson {

std::vector<std::int32_t> units_by_session_and_region(const Dataset& data) {
  std::vector<std::int32_t> units(data.sessions() * data.regions(), 0);
  for (std::size_t u = 0; u < data.units(); ++u) {
    const auto session = static_cast<std::size_t>(data.unit.session[u]);
    ++units[session * data.regions() + static_cast<std::size_t>(data.unit.region[u])];
  }
  return units;
}

std::vector<std::int32_t> alphabetical_regions(const Dataset& data) {
  std::vector<std::int32_t> regions(data.regions());
  std::iota(regions.begin(), regions.end(), 0);
  const auto name = [&](std::int32_t region) -> const std::string& { return data.region_names[static_cast<std::size_t>(region)]; };
  std::sort(regions.begin(), regions.end(), [&](std::int32_t a, std::int32_t b) { return name(a) < name(b); });
  return regions;
}

}  // namespace nnpoisson
