#include <cmath>
#include <limits>
#include <map>
#include <sstream>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "data/layout.hpp"
#include "data/observed_time.hpp"
#include "nnpoisson/dataset.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

class Validation {
 public:
  Validation(const std::string& source, const Dataset& data) : source_(source), data_(data) {}

  void all() const {
    attributes();
    names(data_.session_names, "session/name");
    names(data_.region_names, "region/name");
    names(data_.stimulus_names, "stimulus/name");
    trials();
    units();
    data_.binned() ? counts() : spikes();
  }

  void frame() const {
    attributes();
    names(data_.stimulus_names, "stimulus/name");
  }

  void trials() const {
    trial_sizes();
    trial_values();
    trial_places();
  }

 private:
  template <class... Words>
  [[noreturn]] void refuse(const std::string& path, const Words&... what) const {
    std::ostringstream text;
    text.precision(12);
    text << source_ << ": " << path << ": ";
    (text << ... << what);
    throw DataError(text.str());
  }
  template <class... Words>
  [[noreturn]] void refuse_at(const char* path, std::size_t index, const Words&... what) const {
    refuse(std::string(path) + "[" + std::to_string(index) + "]", what...);
  }

  void size(const char* path, std::size_t is, std::size_t should, const char* of_what) const {
    if (is != should) refuse(path, "has ", is, " values, not ", should, " (", of_what, ")");
  }

  /// 0 <= value < limit for each value.
  void numbers(const char* path, const std::vector<std::int32_t>& values, std::size_t limit,
               const char* of_what) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] < 0 || static_cast<std::size_t>(values[i]) >= limit) {
        refuse_at(path, i, "there is no ", of_what, " ", values[i], " (there are ", limit, ")");
      }
    }
  }

  void attributes() const {
    if (!std::isfinite(data_.time_limit) || data_.time_limit <= 0) {
      refuse("attribute time_limit", "must be a positive number of seconds, not ",
             data_.time_limit);
    }
    if (!std::isfinite(data_.bin_width) || data_.bin_width < 0) {
      refuse("attribute bin_width", "must be 0 or a positive number of seconds, not ",
             data_.bin_width);
    }
    if (data_.binned() &&
        !(data_.time_limit / data_.bin_width <= std::numeric_limits<std::int32_t>::max())) {
      refuse("attribute bin_width", data_.bin_width,
             " s makes more bins of the time limit than 32-bit numbers count");
    }
  }

  void names(const std::vector<std::string>& values, const char* path) const {
    if (values.empty()) refuse(path, "is empty; at least one is needed");
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].empty()) refuse_at(path, i, "is an empty name");
      for (const char c : values[i]) {
        if (static_cast<unsigned char>(c) < ' ') refuse_at(path, i, "holds a control character");
      }
      if (!seen.insert(values[i]).second)
        refuse_at(path, i, "the name \"", values[i], "\" was there before");
    }
  }

  void trial_sizes() const {
    const auto& trial = data_.trial;
    const std::size_t count = data_.trials();
    if (count == 0) refuse("trial/session", "holds no trial; at least one is needed");
    if (count >= std::numeric_limits<std::int32_t>::max())
      refuse("trial/session", "holds more trials than 32-bit numbers count");
    size("trial/stimulus", trial.stimulus.size(), count * data_.features(), "trials x features");
    size("trial/response_time", trial.response_time.size(), count, "trials");
    size("trial/choice", trial.choice.size(), count, "trials");
    size("trial/observed_until", trial.observed_until.size(), count, "trials");
    if (!trial.number.empty()) size("trial/number", trial.number.size(), count, "trials");
    if (!data_.session_trials.empty())
      size("session/trials", data_.session_trials.size(), data_.sessions(), "sessions");
    numbers("trial/session", trial.session, data_.sessions(), "session");
  }

  void trial_values() const {
    const auto& trial = data_.trial;
    for (std::size_t i = 0; i < trial.stimulus.size(); ++i) {
      if (!std::isfinite(trial.stimulus[i])) {
        refuse("trial/stimulus[" + std::to_string(i / data_.features()) + "," +
                   std::to_string(i % data_.features()) + "]",
               "is not finite");
      }
    }

    for (std::size_t n = 0; n < data_.trials(); ++n) {
      const double response = trial.response_time[n];
      if (!std::isnan(response) && !(std::isfinite(response) && response > 0)) {
        refuse_at("trial/response_time", n, "must be a positive number of seconds or NaN, not ",
                  response);
      }

      if (trial.choice[n] < -1 || trial.choice[n] > 1)
        refuse_at("trial/choice", n, "must be +1, -1 or 0, not ", +trial.choice[n]);

      if (!(trial.observed_until[n] > 0 && trial.observed_until[n] <= data_.time_limit)) {
        refuse_at("trial/observed_until", n, trial.observed_until[n], " s lies outside (0, ",
                  data_.time_limit, "], up to time_limit");
      }
    }
  }

  /// 0 <= value <= limit for each value.
  void places(const char* path, const std::vector<std::int64_t>& values, std::int64_t limit) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] < 0 || values[i] > limit)
        refuse_at(path, i, "must be a number from 0 to ", limit, ", not ", values[i]);
    }
  }

  /// What is known of the trials' places in their sessions.
  void trial_places() const {
    // Small enough that sums and products of them are safe.
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    places("session/trials", data_.session_trials, most);
    places("trial/number", data_.trial.number, most - 1);
    if (data_.trial.number.empty()) {
      told_counts();
      return;
    }

    std::map<std::pair<std::int32_t, std::int64_t>, std::size_t> trial_at;
    for (std::size_t n = 0; n < data_.trials(); ++n) {
      const std::int64_t number = data_.trial.number[n];
      const std::int32_t session = data_.trial.session[n];
      if (!data_.session_trials.empty()) {
        const std::int64_t count = data_.session_trials[static_cast<std::size_t>(session)];
        if (number >= count)
          refuse_at("trial/number", n, number, " is past the last of the ", count,
                    " trials that its session had (session/trials); numbers count from 0");
      }
      if (const auto [other, is_new] = trial_at.emplace(std::pair(session, number), n); !is_new)
        refuse_at("trial/number", n, number, " is the number of trial ", other->second,
                  " too; a number may be there once in a session");
    }
  }

  /// No session had fewer trials than are here.
  void told_counts() const {
    if (data_.session_trials.empty()) return;
    std::vector<std::int64_t> here(data_.sessions());
    for (const auto session : data_.trial.session) ++here[static_cast<std::size_t>(session)];
    for (std::size_t s = 0; s < here.size(); ++s) {
      if (data_.session_trials[s] < here[s])
        refuse_at("session/trials", s, "must be ", here[s],
                  " or more, the trials that the session has here, not ", data_.session_trials[s]);
    }
  }

  void units() const {
    const std::size_t count = data_.units();
    if (count >= std::numeric_limits<std::int32_t>::max())
      refuse("unit/session", "holds more units than 32-bit numbers count");
    size("unit/region", data_.unit.region.size(), count, "units");
    size("unit/id", data_.unit.id.size(), count, "units");
    numbers("unit/session", data_.unit.session, data_.sessions(), "session");
    numbers("unit/region", data_.unit.region, data_.regions(), "region");
  }

  void offsets(const char* path, const std::vector<std::int64_t>& offset,
               std::size_t entries) const {
    size(path, offset.size(), data_.trials() + 1, "trials + 1");
    if (offset.front() != 0) refuse_at(path, 0, "must be 0, not ", offset.front());
    for (std::size_t n = 1; n < offset.size(); ++n) {
      if (offset[n] < offset[n - 1])
        refuse_at(path, n, offset[n], " is smaller than the one before, ", offset[n - 1]);
    }
    if (offset.back() != static_cast<std::int64_t>(entries)) {
      refuse_at(path, offset.size() - 1, "must be the number of entries, ", entries, ", not ",
                offset.back());
    }
  }

  void entry_unit(const char* path, std::size_t i, std::int32_t unit, std::int32_t session) const {
    if (unit < 0 || static_cast<std::size_t>(unit) >= data_.units()) {
      refuse_at(path, i, "there is no unit ", unit, " (there are ", data_.units(), ")");
    }
    const std::int32_t its_session = data_.unit.session[static_cast<std::size_t>(unit)];
    if (its_session != session)
      refuse_at(path, i, "unit ", unit, " is of session ", its_session, ", the trial of session ",
                session);
  }

  void spikes() const {
    const auto& spike = data_.spike;
    if (!data_.count.offset.empty() || !data_.count.bin.empty())
      refuse("count", "is not for exact spike times (bin_width 0)");
    size("spike/unit", spike.unit.size(), spike.time.size(), "spikes");
    offsets("spike/offset", spike.offset, spike.time.size());

    for (std::size_t n = 0; n < data_.trials(); ++n) {
      const double end = data_.trial.observed_until[n];
      const std::int32_t session = data_.trial.session[n];
      double before = 0;

      for (auto i = static_cast<std::size_t>(spike.offset[n]);
           i < static_cast<std::size_t>(spike.offset[n + 1]); ++i) {
        const double time = spike.time[i];
        if (!(time >= 0 && time < end))
          refuse_at("spike/time", i, time, " s lies outside [0, ", end, "), where trial ", n,
                    " was observed");

        if (time < before)
          refuse_at("spike/time", i, time, " s comes after ", before,
                    " s; times must ascend inside trial ", n);
        before = time;

        entry_unit("spike/unit", i, spike.unit[i], session);
      }
    }
  }

  void counts() const {
    const auto& count = data_.count;
    if (!data_.spike.offset.empty() || !data_.spike.time.empty())
      refuse("spike", "is not for counts in bins (bin_width > 0)");
    size("count/unit", count.unit.size(), count.bin.size(), "entries");
    size("count/value", count.value.size(), count.bin.size(), "entries");
    offsets("count/offset", count.offset, count.bin.size());

    // Of every unit its last entry: bins ascend, so a second one of a cell comes right after it.
    struct Cell {
      std::size_t trial = std::numeric_limits<std::size_t>::max();
      std::int32_t bin = -1;
      bool operator==(const Cell&) const = default;
    };
    std::vector<Cell> last(data_.units());

    for (std::size_t n = 0; n < data_.trials(); ++n) {
      const double bins = whole_bins(data_.trial.observed_until[n], data_.bin_width);
      std::int32_t before = 0;

      for (auto i = static_cast<std::size_t>(count.offset[n]);
           i < static_cast<std::size_t>(count.offset[n + 1]); ++i) {
        const std::int32_t bin = count.bin[i];
        if (bin < 0 || bin + 1.0 > bins) {
          refuse_at("count/bin", i, "bin ", bin, " lies outside [0, ",
                    data_.trial.observed_until[n], ") s, where trial ", n, " was observed");
        }

        if (bin < before)
          refuse_at("count/bin", i, "bin ", bin, " comes after bin ", before,
                    "; bins must ascend inside trial ", n);
        before = bin;

        entry_unit("count/unit", i, count.unit[i], data_.trial.session[n]);
        Cell& cell = last[static_cast<std::size_t>(count.unit[i])];
        if (cell == Cell{n, bin})
          refuse_at("count/unit", i, "unit ", count.unit[i], " has a second entry for bin ", bin,
                    " of trial ", n);
        cell = {n, bin};

        if (count.value[i] < 1)
          refuse_at("count/value", i, "must be 1 or more, not ", count.value[i]);
      }
    }
  }

  const std::string& source_;
  const Dataset& data_;
};

}  // namespace

void validate(const Dataset& data) {
  validate_as(data.source, data);
}

void validate_as(const std::string& source, const Dataset& data) {
  Validation(source, data).all();
}

void validate_frame_as(const std::string& source, const Dataset& data) {
  Validation(source, data).frame();
}

void validate_trials_as(const std::string& source, const Dataset& data) {
  Validation(source, data).trials();
}

}  // namespace nnpoisson
