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
  SlabCutter(const Plan& plan, std::vector<Slab>& slabs, std::vector<std::uint16_t>& rank)
      : plan_(plan), slabs_(slabs), rank_(rank) {}

  SlabRange cut(TileRange tiles) {
    const auto [found, is_new] = ranges_.try_emplace({tiles.first, tiles.end});
    SlabRange& range = found->second;
    if (!is_new) return range;

    // Tiles that a slab joins at most, so that the range has no more slabs than it may.
    const std::uint32_t joined =
        (tiles.end - tiles.first + most_slabs_of_range - 1) / most_slabs_of_range;
    range.first = static_cast<std::uint32_t>(slabs_.size());
    for (std::uint32_t t = tiles.first; t < tiles.end; t += slabs_.back().tiles)
      add_slab({t, tiles.end}, joined, range);
    range.count = static_cast<std::uint32_t>(slabs_.size()) - range.first;
    return range;
  }

  std::vector<std::vector<std::uint32_t>> stimuli;  ///< distinct ones of each slab, in order

 private:
  /// A slab of the first tiles and those that are like it.
  void add_slab(TileRange tiles, std::uint32_t joined, SlabRange& range) {
    const Tile& first = plan_.tiles[tiles.first];
    Slab slab{};
    slab.term = first.term;
    slab.reading = first.reading;
    slab.first_tile = tiles.first;
    slab.first_column = first.first_column;
    slab.columns = first.columns;
    slab.stimulus_row = range.stimulus_rows;

    std::vector<std::uint32_t> distinct;
    for (std::uint32_t t = tiles.first;
         t < tiles.end && slab.tiles < joined && alike(plan_, first, plan_.tiles[t]);
         ++t, ++slab.tiles)
      number_stimuli(plan_.tiles[t], distinct);
    range.stimulus_rows += static_cast<std::uint32_t>(distinct.size());
    slabs_.push_back(slab);
    stimuli.push_back(std::move(distinct));
  }

  /// Each point's place among the distinct stimuli of its slab.
  void number_stimuli(const Tile& tile, std::vector<std::uint32_t>& distinct) {
    for (std::uint64_t p = tile.first_point; p < tile.first_point + tile.count; ++p) {
      if (distinct.empty() || distinct.back() != plan_.stimulus[p])
        distinct.push_back(plan_.stimulus[p]);
      rank_[p] = static_cast<std::uint16_t>(distinct.size() - 1);
    }
  }

  const Plan& plan_;
  std::vector<Slab>& slabs_;
  std::vector<std::uint16_t>& rank_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, SlabRange> ranges_;
};

}  // namespace

template <class T>
PlanImage<T>::PlanImage(const Plan& plan)
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

  SlabCutter cutter(plan, slabs, rank);
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
    list_stimuli(view, cutter.stimuli);
    list_columns(view, static_cast<std::size_t>(plan.regions));
    batches.push_back(view);

    most_stimuli = std::max(most_stimuli, view.stimuli);
    most_slabs = std::max(most_slabs, view.range[0].count + view.range[1].count);
    most_stimulus_rows =
        std::max(most_stimulus_rows, view.range[0].stimulus_rows + view.range[1].stimulus_rows);
  }
}

template <class T>
void PlanImage<T>::list_stimuli(BatchView& batch,
                                const std::vector<std::vector<std::uint32_t>>& slab_stimuli) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> sources;  // of each stimulus
  for (const std::uint32_t r : {1U, 0U})  // the order in which the team takes them
    for (std::uint32_t s = batch.range[r].first; s < batch.range[r].first + batch.range[r].count;
         ++s) {
      std::uint32_t row = slabs[s].stimulus_row + (r == 1 ? batch.range[0].stimulus_rows : 0);
      for (const auto stimulus_number : slab_stimuli[s])
        sources[stimulus_number].push_back(row++ | (r == 1 ? behaviour_source : 0));
    }

  batch.stimuli = static_cast<std::uint32_t>(sources.size());
  batch.first_stimulus = static_cast<std::uint32_t>(batch_stimulus.size());
  batch.first_source = static_cast<std::uint32_t>(source_first.size());
  for (const auto& [stimulus_number, rows] : sources) {
    batch_stimulus.push_back(stimulus_number);
    source_first.push_back(static_cast<std::uint32_t>(source.size()));
    source.insert(source.end(), rows.begin(), rows.end());
  }
  source_first.push_back(static_cast<std::uint32_t>(source.size()));
}

template <class T>
void PlanImage<T>::list_columns(BatchView& batch, std::size_t regions) {
  std::vector<std::vector<ColumnSource>> sources(regions);
  for (std::uint32_t s = 0; s < batch.range[0].count; ++s) {
    const Slab& slab = slabs[batch.range[0].first + s];
    for (std::uint32_t k = 0; k < slab.columns; ++k)
      sources[column[slab.first_column + k]].push_back({s, k});
  }

  batch.first_column = static_cast<std::uint32_t>(column_first.size());
  for (const auto& of_column : sources) {
    column_first.push_back(static_cast<std::uint32_t>(column_source.size()));
    column_source.insert(column_source.end(), of_column.begin(), of_column.end());
  }
  column_first.push_back(static_cast<std::uint32_t>(column_source.size()));
}

template <class T>
void PlanImage<T>::place_rows(const formulas::NetworkSizes& net, std::uint64_t shared_bytes) {
  const bool paper =
      sizeof(T) == 4 && net.time_width == paper_width && net.hidden_width == paper_width;
  const auto scratch = [&net](const Slab& slab, SlabKind kind) {
    return slab_scratch(net, slab.term, slab.reading, static_cast<int>(slab.columns), kind);
  };
  for (Slab& slab : slabs) {
    if (paper && slab.term == Term::neural &&
        scratch(slab, SlabKind::paper_widths).bytes(sizeof(T)) <= shared_bytes)
      slab.kind = SlabKind::paper_widths;
    slab.bytes = scratch(slab, slab.kind).bytes(sizeof(T));
  }

  for (BatchView& batch : batches) {
    for (SlabRange& range : batch.range) {
      range.rows = 0;
      for (Slab& slab : std::span(slabs).subspan(range.first, range.count)) {
        slab.row = range.rows;
        range.rows += static_cast<std::uint32_t>(scratch(slab, slab.kind).row.size);
      }
    }
    most_rows = std::max(most_rows, batch.range[0].rows + batch.range[1].rows);
  }
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
