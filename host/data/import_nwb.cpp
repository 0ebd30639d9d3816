#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "data/import_builder.hpp"
#include "data/nwb_file.hpp"
#include "data/observed_time.hpp"
#include "data/trial_columns.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

/// The trials of the file, or of the text file given in their place.
Table trials_of(const NwbFile& file, const NwbImport& options, std::size_t number) {
  if (!options.trials_files.empty()) return read_text_table(options.trials_files[number], ',');
  const std::string path = "intervals/" + options.trials_table;
  if (file.has(path)) return file.table(path);
  std::string others;
  for (const std::string& name : file.members("intervals"))
    others += (others.empty() ? "" : ", ") + name;
  throw DataError(file.file() + ": " + path +
                  ": is missing; give the trials with --trials FILE.csv (docs/importing.md)" +
                  (others.empty() ? "" : ", or name another table with --trials-table: " + others));
}

/// A name of the region for each unit; empty where the file does not tell.
std::vector<std::string> regions_of(const NwbFile& file, const Table& units,
                                    const NwbImport& options, ImportBuilder& to) {
  const auto texts = [&](const Column& column) {
    std::vector<std::string> regions(units.rows);
    for (std::size_t u = 0; u < units.rows; ++u) regions[u] = column.text(u);
    return regions;
  };
  const auto names_any = [](const std::vector<std::string>& regions) {
    return std::any_of(regions.begin(), regions.end(),
                       [](const std::string& region) { return !region.empty(); });
  };

  if (const auto asked = options.columns.find("region"); asked != options.columns.end())
    return texts(units.need(asked->second));

  for (const char* name : {"region", "brain_region", "brain_area", "location", "area", "structure",
                           "anatomical_location"}) {
    const Column* column = units.find(name);
    if (column == nullptr || !column->is_text() || !names_any(column->texts)) continue;
    to.note(std::string("region: units/") + name + " (guessed; --map region=COLUMN for another)");
    return texts(*column);
  }

  std::vector<std::string> regions = file.electrode_locations(units.rows);
  to.note(names_any(regions) ? "region: location of each unit's first electrode (guessed; --map "
                               "region=COLUMN for a column of units)"
                             : "region: the file names none, so all units are of \"" +
                                   options.region_name + "\"; --map region=COLUMN");
  return regions;
}

/// Leaves out trials that no unit was observed in, then units that were not observed in all the
/// others: in a dataset, a unit is exposed in every trial of its session.
void keep_observed(const NwbFile& file, double time_limit, TrialColumns::Trials& trials,
                   std::vector<bool>& units, ImportBuilder& to) {
  const NwbFile::Intervals intervals = file.observation_intervals(units.size());
  if (intervals.ends.empty()) return;
  const std::size_t count = trials.recorded.onset.size();

  std::vector<std::vector<bool>> observed(units.size());
  std::vector<bool> by_any(count, false);
  for (std::size_t u = 0; u < units.size(); ++u) {
    if (!units[u]) continue;
    std::vector<std::pair<double, double>> of_unit;
    for (auto i = u == 0 ? 0 : intervals.ends[u - 1]; i < intervals.ends[u]; ++i) {
      of_unit.emplace_back(intervals.bounds[static_cast<std::size_t>(2 * i)],
                           intervals.bounds[static_cast<std::size_t>(2 * i + 1)]);
    }
    std::sort(of_unit.begin(), of_unit.end());
    observed[u].assign(count, false);
    for (std::size_t n = 0; n < count; ++n) {
      const double start = trials.recorded.onset[n],
                   end = start + observable(trials.recorded.response_time[n], time_limit);
      const auto after =
          std::upper_bound(of_unit.begin(), of_unit.end(), start,
                           [](double time, const auto& i) { return time < i.first; });
      observed[u][n] = after != of_unit.begin() && std::prev(after)->second >= end;
      by_any[n] = by_any[n] || observed[u][n];
    }
  }

  std::size_t unseen = 0, partly = 0;
  for (std::size_t n = 0; n < count; ++n) {
    unseen += trials.recorded.included[n] && !by_any[n] ? 1U : 0U;
    trials.recorded.included[n] = trials.recorded.included[n] && by_any[n];
  }
  for (std::size_t u = 0; u < units.size(); ++u) {
    for (std::size_t n = 0; n < count && units[u]; ++n) {
      if (trials.recorded.included[n] && !observed[u][n]) units[u] = false, ++partly;
    }
  }

  if (unseen > 0)
    to.note(file.file() + ": " + std::to_string(unseen) +
            " trials lie outside all obs_intervals and are left out");
  if (partly > 0)
    to.note(file.file() + ": " + std::to_string(partly) +
            " units were not observed in all trials and are left out");
}

/// All spikes pass by once, in pieces as large as the file stores them.
void add_spikes(const NwbFile& file, std::span<const std::int32_t> unit_of, ImportBuilder& to) {
  const Hdf5Series times = file.spike_times();
  const std::vector<std::int64_t> ends =
      file.row_ends("units/spike_times", unit_of.size(), times.size());
  std::vector<double> piece(std::min(times.piece(), times.size()));

  std::size_t unit = 0;
  for (std::size_t first = 0; first < times.size(); first += piece.size()) {
    const std::span<double> read(piece.data(), std::min(piece.size(), times.size() - first));
    times.read(first, read);

    // A piece may end inside a unit, and hold several.
    for (std::size_t i = 0; i < read.size() && unit < unit_of.size();) {
      const std::size_t end = std::min(read.size(), static_cast<std::size_t>(ends[unit]) - first);
      const auto of_unit = read.subspan(i, end - i);
      if (unit_of[unit] >= 0) {
        const auto wrong = std::find_if(of_unit.begin(), of_unit.end(),
                                        [](double time) { return !std::isfinite(time); });
        if (wrong != of_unit.end()) {
          throw DataError(
              file.file() + ": units/spike_times[" +
              std::to_string(first + i + static_cast<std::size_t>(wrong - of_unit.begin())) +
              "]: is not finite");
        }
        to.add_spikes(unit_of[unit], of_unit);
      }
      i = end;
      if (first + end == static_cast<std::size_t>(ends[unit])) ++unit;
    }
  }
}

void add_file(const NwbFile& file, const std::string& name, TrialColumns::Trials trials,
              const NwbImport& options, ImportBuilder& to) {
  if (!file.has("units"))
    throw DataError(file.file() + ": units: is missing; the file holds no sorted spikes");
  const Table units = file.table("units");
  std::vector<bool> kept = rows_where(units, options.units_where);
  keep_observed(file, to.time_limit(), trials, kept, to);
  if (trials.without_onset > 0)
    to.note(file.file() + ": " + std::to_string(trials.without_onset) +
            " trials have no stimulus onset");
  to.begin_session(file.file(), name, trials.recorded);

  const std::vector<std::string> regions = regions_of(file, units, options, to);
  const Column& id = units.need("id");
  std::vector<std::string> kept_regions;
  std::vector<std::int64_t> kept_ids;
  for (std::size_t u = 0; u < units.rows; ++u) {
    if (!kept[u]) continue;
    kept_regions.push_back(regions[u]);
    kept_ids.push_back(id.is_text() || !(std::abs(id.numbers[u]) < 1e15)
                           ? static_cast<std::int64_t>(u)
                           : static_cast<std::int64_t>(id.numbers[u]));
  }
  const std::vector<std::int32_t> unit_of_kept = to.add_units(kept_regions, kept_ids);

  std::vector<std::int32_t> unit_of(units.rows, -1);
  for (std::size_t u = 0, k = 0; u < units.rows; ++u)
    if (kept[u]) unit_of[u] = unit_of_kept[k++];
  add_spikes(file, unit_of, to);
  to.end_session();
}

}  // namespace

Imported import_nwb(std::span<const std::filesystem::path> files, const NwbImport& options) {
  require_sound(files, options);
  if (!options.trials_files.empty() && options.trials_files.size() != files.size()) {
    throw UsageError("--trials: " + std::to_string(options.trials_files.size()) + " files for " +
                     std::to_string(files.size()) +
                     " recordings; give one for each, in their order");
  }
  std::vector<Table> tables;
  for (std::size_t i = 0; i < files.size(); ++i)
    tables.push_back(trials_of(NwbFile(files[i]), options, i));
  const TrialColumns columns(tables, options);
  ImportBuilder builder(options, required_time_limit(options, files.front().string()),
                        options.bin_width);
  for (const std::string& note : columns.notes()) builder.note(note);
  for (std::size_t i = 0; i < files.size(); ++i) {
    add_file(NwbFile(files[i]), files[i].stem().string(), columns.read(tables[i]), options,
             builder);
  }
  return builder.finish();
}

}  // namespace nnpoisson
