#include <cmath>
#include <optional>
#include <utility>

#include "data/contrast_trials.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

double duration_or(const NpzFile& file, const std::string& name, double otherwise) {
  return file.has(name) ? file.duration(name) : otherwise;
}

/// Counts of one session, [neuron, trial, bin]; bins begin before the stimulus.
struct Counts {
  explicit Counts(const NpzFile& file)
      : spikes(file.array("spks")), bin_width(duration_or(file, "bin_size", 0.01)) {
    if (spikes.shape().size() != 3) spikes.refuse("must have three dimensions: neuron, trial, bin");
    const double before = duration_or(file, "stim_onset", 0.5) / bin_width;
    if (!(before < static_cast<double>(bins()))) spikes.refuse("ends before the stimulus begins");
    first = static_cast<std::size_t>(std::round(before));
  }
  [[nodiscard]] std::size_t neurons() const { return spikes.shape()[0]; }
  [[nodiscard]] std::size_t trials() const { return spikes.shape()[1]; }
  [[nodiscard]] std::size_t bins() const { return spikes.shape()[2]; }

  NpyArray spikes;
  double bin_width;
  std::size_t first = 0;  ///< bin that begins with the stimulus
};

RecordedTrials read_trials(const NpzFile& file, std::size_t count) {
  const NpyArray choice = file.array("response"), response = file.array("response_time");
  const NpyArray left = file.array("contrast_left"), right = file.array("contrast_right");
  for (const NpyArray* array : {&choice, &response, &left, &right}) array->require_column(count);
  return contrast_trials(left, right, choice, response, std::vector<double>(count, 0.0));
}

void add_session(const NpzFile& file, const std::string& name, const Counts& counts,
                 ImportBuilder& to) {
  RecordedTrials trials = read_trials(file, counts.trials());
  const double recorded = static_cast<double>(counts.bins() - counts.first) * counts.bin_width;
  trials.observed_until.assign(counts.trials(), recorded);
  to.begin_session(file.file(), name, trials);
  const NpyArray areas = file.array("brain_area");
  areas.require_shape({counts.neurons()});
  const std::vector<std::int32_t> unit_of = to.add_units(areas.texts());

  std::vector<BinCount> of_trial;
  for (std::size_t n = 0; n < counts.trials(); ++n) {
    of_trial.clear();
    for (std::size_t bin = 0; bin < to.observed_bins(n); ++bin) {
      for (std::size_t neuron = 0; neuron < counts.neurons(); ++neuron) {
        const std::size_t i = (neuron * counts.trials() + n) * counts.bins() + counts.first + bin;
        const std::int32_t value = counts.spikes.small_integer(i);
        if (value < 0) counts.spikes.refuse(i, "is negative");
        if (value > 0 && unit_of[neuron] >= 0)
          of_trial.push_back({static_cast<std::int32_t>(bin), unit_of[neuron], value});
      }
    }
    to.add_trial_counts(n, of_trial);
  }
  to.end_session();
}

}  // namespace

Imported import_nma(std::span<const std::filesystem::path> files, const NmaImport& options) {
  require_sound(files, options);
  std::optional<ImportBuilder> builder;
  for (const auto& path : files) {
    const NpzFile file(path);
    const Counts counts(file);
    if (!builder) {
      const double all = static_cast<double>(counts.bins() - counts.first) * counts.bin_width;
      builder.emplace(options, options.time_limit.value_or(all), counts.bin_width);
    }
    if (counts.bin_width != builder->bin_width()) {
      throw DataError(
          file.file() +
          ": bin_size: is not that of the first file; import them into datasets of their own");
    }
    add_session(file, path.stem().string(), counts, *builder);
  }
  return builder->finish();
}

}  // namespace nnpoisson
