#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <limits>
#include <numeric>
#include <random>
#include <set>

#include "nnpoisson/error.hpp"
#include "nnpoisson/export.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

/// Between two trials, s: so that no tool takes them for one recording.
constexpr double pause = 1;

/// A random identifier in the form of a UUID, version 4.
std::string new_identifier() {
  std::random_device random;
  std::string text = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
  for (char& c : text)
    if (c == 'x') c = "0123456789abcdef"[random() % 16];
  return text;
}

std::string now() {
  const std::time_t seconds = std::time(nullptr);
  std::tm utc{};
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S+00:00",
                                     gmtime_r(&seconds, &utc))};
}

/// The types and tables of NWB 2 on top of HDF5.
class NwbWriter {
 public:
  NwbWriter(const std::filesystem::path& file, const NwbExport& options, const std::string& subject)
      : out_(file) {
    type("/", "core", "NWBFile");
    out_.text_attribute("/", "nwb_version", "2.7.0");
    for (const char* group : {"acquisition", "analysis", "general", "processing",
                              "stimulus/presentation", "stimulus/templates"})
      out_.group(group);

    out_.text("identifier", new_identifier());
    out_.text("session_description", options.description);
    out_.text("session_start_time", options.start_time);
    out_.text("timestamps_reference_time", options.start_time);

    out_.group("general/subject");
    type("general/subject", "core", "Subject");
    out_.text("general/subject/subject_id", subject);
    out_.text("general/subject/sex", "U");
    out_.text("general/subject/age", options.age);
    if (!options.species.empty()) out_.text("general/subject/species", options.species);
    out_.texts("file_create_date", {now()});
  }

  void begin_table(const std::string& path, const std::string& kind, const std::string& description,
                   const std::vector<std::int64_t>& ids) {
    table_ = path;
    columns_.clear();
    out_.group(path);
    type(path, "core", kind);
    out_.text_attribute(path, "description", description);
    out_.numbers(path + "/id", ids);
    type(path + "/id", "hdmf-common", "ElementIdentifiers");
  }
  void column(const std::string& name, const std::string& description,
              const std::vector<double>& values, const std::vector<std::size_t>& shape = {}) {
    out_.numbers(table_ + "/" + name, values, shape);
    describe(name, description);
  }
  void column(const std::string& name, const std::string& description,
              const std::vector<std::string>& values) {
    out_.texts(table_ + "/" + name, values);
    describe(name, description);
  }
  /// Where each row of a column ends, which then has any number of values a row.
  void index(const std::string& name, const std::vector<std::uint64_t>& ends) {
    const std::string path = table_ + "/" + name + "_index";
    out_.numbers(path, ends);
    type(path, "hdmf-common", "VectorIndex");
    out_.text_attribute(path, "description", "Index for VectorData '" + name + "'");
    out_.reference_attribute(path, "target", table_ + "/" + name);
  }
  void end_table() { out_.text_attribute(table_, "colnames", columns_); }
  void commit() { out_.commit(); }

 private:
  void type(const std::string& path, const std::string& name_space, const std::string& kind) {
    out_.text_attribute(path, "namespace", name_space);
    out_.text_attribute(path, "neurodata_type", kind);
    out_.text_attribute(path, "object_id", new_identifier());
  }
  void describe(const std::string& name, const std::string& description) {
    type(table_ + "/" + name, "hdmf-common", "VectorData");
    out_.text_attribute(table_ + "/" + name, "description", description);
    columns_.push_back(name);
  }

  Hdf5Writer out_;
  std::string table_;
  std::vector<std::string> columns_;
};

/// One session of a dataset on one clock.
struct Recording {
  Recording(const Dataset& dataset, std::int32_t session) : data(dataset) {
    for (std::size_t n = 0; n < data.trials(); ++n)
      if (data.trial.session[n] == session) trials.push_back(n);
    for (std::size_t u = 0; u < data.units(); ++u)
      if (data.unit.session[u] == session) units.push_back(u);

    double longest = data.time_limit;
    for (const auto n : trials) longest = std::fmax(longest, data.trial.response_time[n]);
    for (std::size_t k = 0; k < trials.size(); ++k)
      onset.push_back(pause + static_cast<double>(k) * (longest + pause));
  }

  /// Calls `take(unit, time)` for every spike, by trial and time.
  template <class Take>
  void for_each_spike(Take&& take) const {
    const auto& offset = data.binned() ? data.count.offset : data.spike.offset;
    for (std::size_t k = 0; k < trials.size(); ++k) {
      for (auto i = static_cast<std::size_t>(offset[trials[k]]);
           i < static_cast<std::size_t>(offset[trials[k] + 1]); ++i) {
        if (!data.binned()) {
          take(static_cast<std::size_t>(data.spike.unit[i]), onset[k] + data.spike.time[i]);
          continue;
        }
        for (std::int32_t c = 0; c < data.count.value[i]; ++c) {
          take(static_cast<std::size_t>(data.count.unit[i]),
               onset[k] + data.bin_width * (data.count.bin[i] + (c + 0.5) / data.count.value[i]));
        }
      }
    }
  }

  const Dataset& data;
  std::vector<std::size_t> trials, units;
  std::vector<double> onset;  ///< s, of each of `trials`
};

void write_trials(NwbWriter& out, const Recording& recording) {
  const Dataset& data = recording.data;
  const std::vector<std::int64_t> number = trial_numbers(data);
  std::vector<std::int64_t> ids;
  for (const auto n : recording.trials) ids.push_back(number[n]);

  std::vector<double> stop, response;
  std::vector<std::string> choice;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    const std::size_t n = recording.trials[k];
    stop.push_back(recording.onset[k] + data.trial.observed_until[n]);
    response.push_back(recording.onset[k] + data.trial.response_time[n]);
    choice.emplace_back(data.trial.choice[n] > 0   ? "left"
                        : data.trial.choice[n] < 0 ? "right"
                                                   : "none");
  }

  out.begin_table("intervals/trials", "TimeIntervals",
                  "Trials; spikes were observed from start_time to stop_time", ids);
  out.column("start_time", "Start time of epoch, in seconds", recording.onset);
  out.column("stop_time", "Stop time of epoch, in seconds", stop);
  out.column("stimulus_onset", "Onset of the stimulus, in seconds", recording.onset);
  out.column("response_time", "Time of the first response, in seconds; NaN: none seen", response);
  out.column("choice", "The first response: left, right or none", choice);

  std::set<std::string> names;
  for (std::size_t f = 0; f < data.features(); ++f) {
    std::string name = "stimulus_" + data.stimulus_names[f];
    std::replace(name.begin(), name.end(), '/', '_');
    // No column may take the name of another.
    while (!names.insert(name).second || name == "stimulus_onset") name += "_";
    std::vector<double> values;
    for (const auto n : recording.trials)
      values.push_back(data.trial.stimulus[n * data.features() + f]);
    out.column(name,
               "Feature \"" + data.stimulus_names[f] + "\" of the stimulus, as the model sees it",
               values);
  }
  out.end_table();
}

void write_units(NwbWriter& out, const Recording& recording) {
  const Dataset& data = recording.data;
  std::vector<std::int64_t> ids;
  std::vector<std::uint64_t> end(recording.units.size()), interval_end;
  std::vector<std::string> location;
  std::vector<std::size_t> row(data.units());
  for (std::size_t k = 0; k < recording.units.size(); ++k) {
    row[recording.units[k]] = k;
    ids.push_back(data.unit.id[recording.units[k]]);
    location.push_back(
        data.region_names[static_cast<std::size_t>(data.unit.region[recording.units[k]])]);
    interval_end.push_back((k + 1) * recording.trials.size());
  }

  // Times are sorted by unit: first how many each has, then where its next one goes.
  recording.for_each_spike([&](std::size_t unit, double) { ++end[row[unit]]; });
  std::partial_sum(end.begin(), end.end(), end.begin());
  std::vector<std::uint64_t> next(end.size(), 0);
  if (!end.empty()) std::copy(end.begin(), end.end() - 1, next.begin() + 1);
  std::vector<double> times(end.empty() ? 0 : end.back()), intervals;
  recording.for_each_spike([&](std::size_t unit, double time) { times[next[row[unit]]++] = time; });

  for (std::size_t u = 0; u < recording.units.size(); ++u) {
    for (std::size_t k = 0; k < recording.trials.size(); ++k) {
      intervals.push_back(recording.onset[k]);
      intervals.push_back(recording.onset[k] + data.trial.observed_until[recording.trials[k]]);
    }
  }

  out.begin_table("units", "Units", "Units of the dataset, observed in the trials only", ids);
  out.column("spike_times", "the spike times for each unit in seconds", times);
  out.index("spike_times", end);
  out.column("obs_intervals", "the observation intervals for each unit", intervals,
             {intervals.size() / 2, 2});
  out.index("obs_intervals", interval_end);
  out.column("location", "the brain region of the unit", location);
  out.end_table();
}

std::int32_t session_number(const Dataset& data, const std::string& name) {
  const auto found = std::find(data.session_names.begin(), data.session_names.end(), name);
  if (found != data.session_names.end())
    return static_cast<std::int32_t>(found - data.session_names.begin());
  if (name.empty() && data.sessions() == 1) return 0;
  std::string there;
  for (const std::string& session : data.session_names)
    there += (there.empty() ? "" : ", ") + session;
  throw UsageError((name.empty() ? "an NWB file holds one session; name it with --session"
                                 : "there is no session \"" + name + "\"") +
                   "; there are: " + there);
}

}  // namespace

void export_nwb(const std::filesystem::path& file, const Dataset& data, const NwbExport& options) {
  const std::int32_t session = session_number(data, options.session);
  const Recording recording(data, session);
  NwbWriter out(file, options,
                options.subject.empty() ? data.session_names[static_cast<std::size_t>(session)]
                                        : options.subject);
  write_trials(out, recording);
  write_units(out, recording);
  out.commit();
}

}  // namespace nnpoisson
