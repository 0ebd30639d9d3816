#include "engine/neurons/packed_rows.hpp"

#include <algorithm>

namespace nnpoisson {

template <class T>
void PackedNeuronRows<T>::add(const NeuronBatch& batch, std::size_t s,
                              const std::vector<char>& kept, std::vector<std::uint32_t>& place) {
  const std::uint32_t first = batch.row_first(s),
                      rates = batch.rate_first[s + 1] - batch.rate_first[s],
                      end = batch.row_first(s + 1);
  const auto difference_of = [&](std::uint32_t row) -> const auto& {
    return batch.difference[batch.difference_first[s] + row - first - rates];
  };
  std::uint32_t next = 0;
  std::vector<std::uint32_t> values;  // of the plan
  for (auto row = first; row < end; ++row) {
    if (!kept[row]) continue;
    place[row] = next++;
    floor.push_back(static_cast<T>(batch.row_floor[row]));
    if (row < first + rates)
      rate_time.push_back(static_cast<T>(batch.rate_time[batch.rate_first[s] + row - first]));
    else
      values.insert(values.end(), {difference_of(row).high, difference_of(row).low});
  }
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  const auto here = [&](std::uint32_t value) {
    return value_first.back() +
           static_cast<std::uint32_t>(std::ranges::lower_bound(values, value) - values.begin());
  };
  for (auto row = first + rates; row < end; ++row)
    if (kept[row])
      difference.insert(difference.end(),
                        {here(difference_of(row).high), here(difference_of(row).low)});
  for (const auto v : values) value_time.push_back(static_cast<T>(batch.value_time[v]));

  value_first.push_back(static_cast<std::uint32_t>(value_time.size()));
  rate_first.push_back(static_cast<std::uint32_t>(rate_time.size()));
  difference_first.push_back(static_cast<std::uint32_t>(difference.size() / 2));
  const auto stimulus = static_cast<std::uint32_t>(s);
  cut_tiles(stimulus, value_first[s], value_first[s + 1], false);
  cut_tiles(stimulus, rate_first[s], rate_first[s + 1], true);
  tile_first.push_back(static_cast<std::uint32_t>(tiles.size()));
}

template <class T>
void PackedNeuronRows<T>::cut_tiles(std::uint32_t s, std::uint32_t first, std::uint32_t end,
                                    bool rate) {
  for (std::uint32_t at = first; at < end; at += simd::tile_size) {
    const auto count = std::min<std::uint32_t>(simd::tile_size, end - at);
    tiles.push_back({s, at, count, row_first(s) + at - first, rate, 0, false});
  }
}

template <class T>
simd::NeuronRows<T> PackedNeuronRows<T>::bound(std::size_t first_tile) const {
  return {value_time.data(), rate_time.data(),
          floor.data(),      value_first.data(),
          rate_first.data(), difference_first.data(),
          difference.data(), tiles.data(),
          tile_first.data(), static_cast<std::uint32_t>(first_tile)};
}

template struct PackedNeuronRows<float>;
template struct PackedNeuronRows<double>;

}  // namespace nnpoisson
