#include "kernels/plan_image.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "engine/batch_terms.hpp"
#include "kernels/slab_scratch.hpp"

namespace nnpoisson::kernels {
namespace {

template <class T>
std::vector<T> rounded(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

std::span<const std::uint32_t> columns_of(const Plan& plan, const Tile& tile) {
  return std::span(plan.column).subspan(tile.first_column, tile.columns);
}

bool alike(const Plan& plan, const Tile& a, const Tile& b) {
  return a.reading == b.reading && a.term == b.term &&
         std::ranges::equal(columns_of(plan, a), columns_of(plan, b));
}

/// Cuts ranges of tiles into slabs, each range once, and numbers the distinct stimuli of every
/// slab.
class SlabCutter {
 public:
  SlabCutter(const Plan& plan, std::uint32_t wide_from, std::vector<Slab>& slabs,
             std::vector<std::uint16_t>& rank)
      : plan_(plan), wide_from_(wide_from), slabs_(slabs), rank_(rank) {}

  SlabRange cut(TileRange tiles) {
    const auto [at, added] = ranges_.try_emplace({tiles.first, tiles.end});
    if (!added) return at->second;
    const std::uint32_t joined =
        (tiles.end - tiles.first + most_slabs_of_range - 1) / most_slabs_of_range;
    SlabRange& range = at->second;
    range.first = static_cast<std::uint32_t>(slabs_.size());
    for (std::uint32_t t = tiles.first; t < tiles.end;) {
      const Tile& first = plan_.tiles[t];
      Slab slab{};
      slab.term = first.term;
      slab.reading = first.reading;
      slab.first_tile = t;
      slab.first_column = first.first_column;
      slab.columns = first.columns;
      slab.stimulus_row = range.stimulus_rows;
      const std::uint32_t columns =
          first.term == Term::neural ? first.columns : static_cast<std::uint32_t>(plan_.columns);
      slab.wide = columns >= wide_from_;
      const std::uint32_t most =
          slab.wide ? std::max(joined, most_wide_numbers / (columns * tile_points)) : joined;
      std::uint32_t distinct = 0;
      for (; t < tiles.end && slab.tiles < most && alike(plan_, first, plan_.tiles[t]);
           ++t, ++slab.tiles) {
        number_stimuli(t, distinct);
        slab.points += plan_.tiles[t].count;
      }
      range.stimulus_rows += distinct;
      slabs_.push_back(slab);
      stimuli.push_back(std::move(seen_));
      seen_.clear();
    }
    range.count = static_cast<std::uint32_t>(slabs_.size()) - range.first;
    return range;
  }

  std::vector<std::vector<std::uint32_t>> stimuli;  ///< distinct ones of each slab, in order

 private:
  void number_stimuli(std::uint32_t t, std::uint32_t& distinct) {
    const Tile& tile = plan_.tiles[t];
    for (std::uint64_t p = tile.first_point; p < tile.first_point + tile.count; ++p) {
      if (seen_.empty() || seen_.back() != plan_.stimulus[p]) {
        seen_.push_back(plan_.stimulus[p]);
        ++distinct;
      }
      rank_[p] = static_cast<std::uint16_t>(distinct - 1);
    }
  }

  const Plan& plan_;
  std::uint32_t wide_from_;
  std::vector<Slab>& slabs_;
  std::vector<std::uint16_t>& rank_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, SlabRange> ranges_;
  std::vector<std::uint32_t> seen_;
};

}  // namespace

template <class T>
PlanImage<T>::PlanImage(const Plan& plan, std::uint32_t wide_from)
    : stimuli(rounded<T>(plan.stimuli)),
      time(rounded<T>(plan.time)),
      weight(rounded<T>(plan.weight)),
      stimulus(plan.stimulus),
      column(plan.column),
      rank(plan.time.size()) {
  for (const auto& i : plan.interval) {
    end.push_back(static_cast<T>(i.end));
    inverse_scale.push_back(static_cast<T>(i.inverse_scale));
    floor.push_back(static_cast<T>(i.floor));
  }
  for (const Tile& t : plan.tiles)
    tiles.push_back({t.count, t.first_point, t.first_weight, t.first_interval});

  SlabCutter cutter(plan, wide_from, slabs, rank);
  for (const Batch& batch : plan.batches) {
    BatchView view{};
    for (const std::size_t r : {0U, 1U}) {
      view.range[r] = cutter.cut(batch.tiles[r]);
      view.scale[r] = gradient_scale(batch, r == 0 ? Term::neural : Term::behaviour);
      view.action_constant[r] = batch.action_constant[r];
    }
    view.neural_scale = batch.neural_scale;
    view.action_scale = batch.action_scale;
    view.action_weight = batch.action_weight;
    view.neural_constant = batch.neural_constant;
    view.first_stimulus = static_cast<std::uint32_t>(batch_stimulus.size());
    view.first_source = static_cast<std::uint32_t>(source_first.size());
    view.first_column = static_cast<std::uint32_t>(column_first.size());

    std::map<std::uint32_t, std::vector<std::uint32_t>> sources;  // of each stimulus
    std::vector<std::vector<ColumnSource>> columns(static_cast<std::size_t>(plan.columns));
    for (const std::uint32_t r : {1U, 0U})  // the order in which the team takes them
      for (std::uint32_t s = 0; s < view.range[r].count; ++s) {
        const Slab& slab = slabs[view.range[r].first + s];
        std::uint32_t row = slab.stimulus_row + (r == 1 ? view.range[0].stimulus_rows : 0);
        for (const auto number : cutter.stimuli[view.range[r].first + s])
          sources[number].push_back(row++ | (r == 1 ? behaviour_source : 0));
        for (std::uint32_t k = 0; r == 0 && k < slab.columns; ++k)
          columns[column[slab.first_column + k]].push_back({s, k});
      }
    for (const auto& [number, rows] : sources) {
      batch_stimulus.push_back(number);
      source_first.push_back(static_cast<std::uint32_t>(source.size()));
      source.insert(source.end(), rows.begin(), rows.end());
    }
    source_first.push_back(static_cast<std::uint32_t>(source.size()));
    view.stimuli = static_cast<std::uint32_t>(sources.size());
    for (const auto& sources_of_column : columns) {
      column_first.push_back(static_cast<std::uint32_t>(column_source.size()));
      column_source.insert(column_source.end(), sources_of_column.begin(), sources_of_column.end());
    }
    column_first.push_back(static_cast<std::uint32_t>(column_source.size()));

    most_stimuli = std::max(most_stimuli, view.stimuli);
    most_slabs = std::max(most_slabs, view.range[0].count + view.range[1].count);
    most_stimulus_rows =
        std::max(most_stimulus_rows, view.range[0].stimulus_rows + view.range[1].stimulus_rows);
    batches.push_back(view);
  }
}

template <class T>
void PlanImage<T>::place_rows(const formulas::Network<T>& net, std::uint64_t shared_bytes) {
  const bool paper =
      sizeof(T) == 4 && net.time_width == paper_width && net.hidden_width == paper_width;
  std::uint64_t wide_points[2] = {0, 0};  // most of any batch, by range
  for (BatchView& batch : batches)
    for (const std::size_t r : {0U, 1U}) {
      SlabRange& range = batch.range[r];
      range.rows = 0;
      std::uint64_t wide = 0;
      for (Slab& slab : std::span(slabs).subspan(range.first, range.count)) {
        const auto scratch = [&](bool in_registers) {
          return slab_scratch(net, slab.term, slab.reading, static_cast<int>(slab.columns),
                              in_registers, slab.wide);
        };
        slab.row = range.rows;
        slab.knows_widths = paper && !slab.wide && slab.term == Term::neural &&
                            scratch(true).bytes(sizeof(T)) <= shared_bytes;
        slab.bytes = scratch(slab.knows_widths).bytes(sizeof(T));
        range.rows += static_cast<std::uint32_t>(scratch(false).gradient_size());
        slab.wide_point = wide;
        if (slab.wide) wide += slab.points;
      }
      wide_points[r] = std::max(wide_points[r], wide);
    }
  for (Slab& slab : slabs)
    if (slab.term == Term::behaviour) slab.wide_point += wide_points[0];
  most_wide_points = wide_points[0] + wide_points[1];
  for (const BatchView& batch : batches)
    most_rows = std::max(most_rows, batch.range[0].rows + batch.range[1].rows);
}

template <class T>
std::size_t PlanImage<T>::point_bytes() const {
  std::size_t sum = 0;
  for_point_arrays(
      *this, [&](const auto& array, auto, PerPoint) { sum += array.size() * sizeof(array[0]); });
  return sum;
}

template <class T>
void PlanImage<T>::release_points() {
  for_point_arrays(*this, [](auto& array, auto, PerPoint) { array = {}; });
}

template struct PlanImage<float>;
template struct PlanImage<double>;

}  // namespace nnpoisson::kernels
