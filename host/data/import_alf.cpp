#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "data/contrast_trials.hpp"
#include "data/missing.hpp"
#include "data/table.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

/// The middle of the Allen atlas from left to right, micrometres.
constexpr double midline = 5700;

/// The regions that Khajehnejad et al. 2022 fit, all of the left hemisphere.
constexpr std::array<const char*, 42> paper_regions{
    "ACA",  "ACB",   "APN",  "BLA",  "CA1",   "CA3",   "CP",  "DG",  "GPe", "ILA", "LD",
    "LGd",  "LP",    "LS",   "MD",   "MG",    "MOp",   "MOs", "MRN", "OLF", "ORB", "PAG",
    "PL",   "PO",    "POL",  "POST", "RSP",   "RT",    "SCm", "SCs", "SNr", "SSp", "SUB",
    "VISa", "VISam", "VISl", "VISp", "VISpm", "VISrl", "VPL", "VPM", "ZI"};

class AlfSession {
 public:
  AlfSession(const std::filesystem::path& folder, const AlfImport& options)
      : folder_(folder), options_(options) {
    if (std::error_code error; !std::filesystem::is_directory(folder, error)) {
      throw ResourceError(folder.string() + ": is not a folder; give the folder of one session");
    }
    if (!folder_.has_filename()) folder_ = folder_.parent_path();
  }

  void add_to(ImportBuilder& to) const {
    const NpyArray onset = column("trials.visualStim_times");
    std::vector<double> onsets;
    for (std::size_t n = 0; n < onset.size(); ++n) {
      onsets.push_back(onset.real(n));
      if (!std::isfinite(onsets.back())) onset.refuse(n, "is not finite");
    }
    to.begin_session(folder_.string(), folder_.filename().string(), read_trials(onsets, to));
    add_spikes(add_units(to), to);
    to.end_session();
  }

 private:
  [[nodiscard]] std::filesystem::path file(const std::string& name) const {
    if (std::error_code error; !std::filesystem::exists(folder_ / name, error)) {
      throw DataError((folder_ / name).string() +
                      ": is missing; docs/importing.md lists the files of a session");
    }
    return folder_ / name;
  }

  /// A property that must have `rows` values, or any number.
  [[nodiscard]] NpyArray column(const std::string& name,
                                std::optional<std::size_t> rows = {}) const {
    NpyArray array = read_npy(file(name + ".npy"));
    array.require_column(rows ? *rows : array.size());
    return array;
  }

  [[nodiscard]] RecordedTrials read_trials(const std::vector<double>& onset,
                                           ImportBuilder& to) const {
    const std::size_t count = onset.size();
    const NpyArray left = column("trials.visualStim_contrastLeft", count),
                   right = column("trials.visualStim_contrastRight", count);
    const NpyArray choice = column("trials.response_choice", count),
                   response = column("trials.response_times", count);

    RecordedTrials trials = contrast_trials(left, right, choice, response, onset);
    trials.onset = onset;
    if (options_.response == AlfImport::Response::movement) take_movements(onset, trials, to);
    if (options_.included_only) {
      const NpyArray included = column("trials.included", count);
      for (std::size_t n = 0; n < count; ++n) trials.included.push_back(included.truth(n));
    }
    return trials;
  }

  /// Movement type 1 is a turn that answers left, 2 right, 0 neither.
  void take_movements(const std::vector<double>& onset, RecordedTrials& trials,
                      ImportBuilder& to) const {
    const NpyArray type = column("wheelMoves.type"),
                   interval = read_npy(file("wheelMoves.intervals.npy"));
    interval.require_shape({type.size(), 2});
    std::vector<std::pair<double, std::int8_t>> moves;
    for (std::size_t i = 0; i < type.size(); ++i) {
      const double kind = type.real(i), start = interval.real(2 * i);
      if (std::isnan(start)) interval.refuse(2 * i, "is not a number");
      if (kind == 1 || kind == 2)
        moves.emplace_back(start, kind == 1 ? std::int8_t{1} : std::int8_t{-1});
    }

    std::sort(moves.begin(), moves.end());
    std::size_t without = 0;
    for (std::size_t n = 0; n < onset.size(); ++n) {
      if (trials.choice[n] == 0) continue;
      // The first movement to the chosen side, unless it comes after the answer was registered.
      auto move = std::upper_bound(moves.begin(), moves.end(), onset[n],
                                   [](double start, const auto& m) { return start < m.first; });
      while (move != moves.end() && move->second != trials.choice[n]) ++move;

      const double response =
          move == moves.end() ? std::numeric_limits<double>::infinity() : move->first - onset[n];
      const bool found = response <= trials.response_time[n];
      trials.response_time[n] = found ? response : missing;
      without += found ? 0U : 1U;
    }
    if (without > 0)
      to.note(folder_.string() + ": " + std::to_string(without) +
              " choices without a movement to their side");
  }

  /// The unit of each cluster, -1: none.
  [[nodiscard]] std::vector<std::int32_t> add_units(ImportBuilder& to) const {
    const NpyArray annotation = column("clusters._phy_annotation");
    const std::size_t clusters = annotation.size();
    const NpyArray peak = column("clusters.peakChannel", clusters);
    const Table channels = read_text_table(file("channels.brainLocation.tsv"), '\t');
    const Column& names = channels.need("allen_ontology");
    const bool sided = options_.hemispheres || options_.paper_regions;
    const Column* sideways = sided ? &channels.need("ccf_lr") : nullptr;
    if (sideways != nullptr && sideways->is_text())
      throw DataError(channels.where + ": ccf_lr: holds texts, not micrometres");

    std::vector<std::string> regions;
    std::vector<std::int64_t> ids;
    std::vector<std::size_t> clusters_kept;
    for (std::size_t c = 0; c < clusters; ++c) {
      if (!(annotation.real(c) >= options_.least_annotation)) continue;
      const double channel = peak.real(c) - 1;  // MATLAB counts from 1
      if (!(channel >= 0 && channel < static_cast<double>(channels.rows))) {
        peak.refuse(c, "there is no channel " + shortest(channel + 1) + " (there are " +
                           std::to_string(channels.rows) + ")");
      }
      const auto row = static_cast<std::size_t>(channel);

      std::string region = names.text(row);
      const bool left = sided && sideways->numbers[row] < midline;
      if (options_.paper_regions &&
          !(left && std::count(paper_regions.begin(), paper_regions.end(), region) > 0))
        continue;

      if (sided && !region.empty()) region = (left ? "left-" : "right-") + region;
      regions.push_back(std::move(region));
      ids.push_back(static_cast<std::int64_t>(c));
      clusters_kept.push_back(c);
    }

    const std::vector<std::int32_t> units = to.add_units(regions, ids);
    std::vector<std::int32_t> unit_of(clusters, -1);
    for (std::size_t k = 0; k < units.size(); ++k) unit_of[clusters_kept[k]] = units[k];
    return unit_of;
  }

  /// All clusters' spikes pass by in the order of the files, `piece` at a time.
  void add_spikes(const std::vector<std::int32_t>& unit_of, ImportBuilder& to) const {
    constexpr std::size_t piece = 1 << 16;
    const NpyArray time = column("spikes.times"), cluster = column("spikes.clusters", time.size());
    std::vector<double> times;
    std::vector<std::int32_t> units;
    for (std::size_t i = 0; i < time.size(); ++i) {
      const std::int64_t c = cluster.integer(i);
      if (c < 0 || static_cast<std::size_t>(c) >= unit_of.size()) {
        cluster.refuse(i, "there is no cluster " + std::to_string(c) + " (there are " +
                              std::to_string(unit_of.size()) + ")");
      }
      if (!std::isfinite(time.real(i))) time.refuse(i, "is not finite");
      const std::int32_t unit = unit_of[static_cast<std::size_t>(c)];
      if (unit < 0) continue;

      times.push_back(time.real(i));
      units.push_back(unit);
      if (times.size() < piece) continue;
      to.add_spikes(times, units);
      times.clear();
      units.clear();
    }
    to.add_spikes(times, units);
  }

  std::filesystem::path folder_;
  const AlfImport& options_;
};

}  // namespace

Imported import_alf(std::span<const std::filesystem::path> folders, const AlfImport& options) {
  require_sound(folders, options);
  ImportBuilder builder(options, required_time_limit(options, folders.front().string()),
                        options.bin_width);
  for (const auto& folder : folders) AlfSession(folder, options).add_to(builder);
  return builder.finish();
}

}  // namespace nnpoisson
