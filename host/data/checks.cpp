#include "nnpoisson/checks.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <sstream>

#include "data/observed_time.hpp"
#include "data/trial_events.hpp"

namespace nnpoisson {
namespace {

/// Hz; no neuron of a mammal's brain fires faster throughout a recording.
constexpr double highest_rate = 200;
/// s; a neuron's next spike comes later.
constexpr double refractory = 0.001;
/// Share of a unit's intervals that may be shorter: with more it is not one neuron, or its spikes
/// were counted more than once.
constexpr double most_violations = 0.01;
/// A trial that should have so many spikes has none with a chance of 2e-9.
constexpr double surely_some = 20;
/// s; no animal answers what it sees sooner.
constexpr double earliest_response = 0.05;
/// Of a region.
constexpr std::size_t least_units = 5, least_trials = 20;

/// The names of the first few, and how many there are.
class Concerned {
 public:
  explicit Concerned(std::string kind) : kind_(std::move(kind)) {}
  void add(const std::string& name) {
    if (++count_ <= 5) names_ += (names_.empty() ? "" : ", ") + name;
  }
  void report(std::vector<Finding>& to, const std::string& what, const std::string& text) const {
    if (count_ == 0) return;
    to.push_back({what, count_,
                  std::to_string(count_) + " " + kind_ + (count_ == 1 ? " " : "s ") + text + ": " +
                      names_ + (count_ > 5 ? ", ..." : "")});
  }

 private:
  std::string kind_, names_;
  std::size_t count_ = 0;
};

template <class... Words>
std::string text_of(const Words&... words) {
  std::ostringstream text;
  text.precision(3);
  (text << ... << words);
  return text.str();
}

class DatasetChecks {
 public:
  explicit DatasetChecks(const Dataset& data) : data_(data), totals_(unit_totals(data)) {}

  std::vector<Finding> all() {
    rates();
    data_.binned() ? full_bins() : intervals();
    silent_trials();
    responses();
    regions();
    stimuli();
    return std::move(findings_);
  }

 private:
  [[nodiscard]] std::string unit_name(std::size_t unit) const {
    const auto session = static_cast<std::size_t>(data_.unit.session[unit]);
    return (data_.sessions() > 1 ? data_.session_names[session] + "/" : "") +
           std::to_string(data_.unit.id[unit]);
  }

  void rates() {
    Concerned silent("unit"), fast("unit");
    for (std::size_t u = 0; u < data_.units(); ++u) {
      const double rate = totals_.events[u] / totals_.exposure[u];
      if (totals_.events[u] == 0) silent.add(unit_name(u));
      if (rate > highest_rate) fast.add(text_of(unit_name(u), " (", rate, " Hz)"));
    }
    silent.report(findings_, "silent-units", "without a spike");
    fast.report(findings_, "impossible-rates", text_of("above ", highest_rate, " Hz"));
  }

  void intervals() {
    std::vector<double> before(data_.units());
    std::vector<std::size_t> in_trial(data_.units(), data_.trials());  // the trial of `before`
    std::vector<double> count(data_.units()), equal(data_.units()), close(data_.units());

    // Of every unit the intervals inside trials: spikes of all units pass by in order of time.
    for (std::size_t n = 0; n < data_.trials(); ++n) {
      for (auto i = static_cast<std::size_t>(data_.spike.offset[n]);
           i < static_cast<std::size_t>(data_.spike.offset[n + 1]); ++i) {
        const auto u = static_cast<std::size_t>(data_.spike.unit[i]);
        if (in_trial[u] == n) {
          const double interval = data_.spike.time[i] - before[u];
          ++count[u];
          equal[u] += interval == 0 ? 1 : 0;
          close[u] += interval > 0 && interval < refractory ? 1 : 0;
        }
        before[u] = data_.spike.time[i];
        in_trial[u] = n;
      }
    }

    Concerned doubled("unit"), violated("unit");
    for (std::size_t u = 0; u < data_.units(); ++u) {
      if (equal[u] > 0) doubled.add(text_of(unit_name(u), " (", equal[u], ")"));
      if (close[u] > most_violations * count[u])
        violated.add(text_of(unit_name(u), " (", 100 * close[u] / count[u], " %)"));
    }

    doubled.report(findings_, "duplicated-spikes", "with spikes at the same time");
    violated.report(
        findings_, "refractory-violations",
        text_of("with more than ", 100 * most_violations, " % of intervals below 1 ms"));
  }

  /// The same of counts: more spikes in a bin than a refractory period leaves room for.
  void full_bins() {
    const double room = whole_bins(data_.bin_width, refractory) + 1;
    std::vector<double> over(data_.units());
    for (std::size_t i = 0; i < data_.count.unit.size(); ++i)
      over[static_cast<std::size_t>(data_.count.unit[i])] += data_.count.value[i] > room ? 1 : 0;
    Concerned full("unit");
    for (std::size_t u = 0; u < data_.units(); ++u)
      if (over[u] > 0) full.add(text_of(unit_name(u), " (", over[u], " bins)"));
    full.report(findings_, "refractory-violations",
                text_of("with more than ", room, " spikes in a bin"));
  }

  void silent_trials() {
    std::vector<double> spikes(data_.trials()), session_spikes(data_.sessions()),
        session_time(data_.sessions());
    for (std::size_t n = 0; n < data_.trials(); ++n) {
      for_each_event(data_, n, [&](double, std::size_t, std::int32_t count, std::size_t) {
        spikes[n] += count;
      });
      const auto s = static_cast<std::size_t>(data_.trial.session[n]);
      session_spikes[s] += spikes[n];
      session_time[s] += data_.trial.observed_until[n];
    }

    // At its session's mean rate, a trial should have had a few.
    Concerned trials("trial"), sessions("session");
    for (std::size_t n = 0; n < data_.trials(); ++n) {
      const auto s = static_cast<std::size_t>(data_.trial.session[n]);
      if (spikes[n] == 0 &&
          session_spikes[s] / session_time[s] * data_.trial.observed_until[n] > surely_some)
        trials.add(std::to_string(n));
    }

    const auto units = units_by_session_and_region(data_);
    for (std::size_t s = 0; s < data_.sessions(); ++s) {
      const auto first = units.begin() + static_cast<std::ptrdiff_t>(s * data_.regions());
      const bool recorded = std::any_of(first, first + static_cast<std::ptrdiff_t>(data_.regions()),
                                        [](auto n) { return n > 0; });
      if (recorded && session_time[s] > 0 && session_spikes[s] == 0)
        sessions.add(data_.session_names[s]);
    }

    trials.report(findings_, "silent-trials",
                  text_of("without a spike where more than ", surely_some, " were to be expected"));
    sessions.report(
        findings_, "silent-sessions",
        "whose units have no spike in any trial; spikes and trials may not share a clock");
  }

  void responses() {
    Concerned early("trial"), untimed("trial");
    for (std::size_t n = 0; n < data_.trials(); ++n) {
      const double response = data_.trial.response_time[n];
      if (response < earliest_response) early.add(text_of(n, " (", response, " s)"));
      if (data_.trial.choice[n] != 0 && std::isnan(response)) untimed.add(std::to_string(n));
    }
    early.report(findings_, "early-responses",
                 text_of("answered within ", earliest_response, " s of stimulus onset"));
    untimed.report(findings_, "responses-without-time", "with a choice but no response time");
  }

  void regions() {
    const auto units = units_by_session_and_region(data_);
    std::vector<std::size_t> trials(data_.sessions());
    for (const auto s : data_.trial.session) ++trials[static_cast<std::size_t>(s)];

    Concerned few_units("region"), few_trials("region");
    for (std::size_t g = 0; g < data_.regions(); ++g) {
      std::size_t units_of_region = 0, trials_seen = 0;
      for (std::size_t s = 0; s < data_.sessions(); ++s) {
        const auto there = static_cast<std::size_t>(units[s * data_.regions() + g]);
        units_of_region += there;
        trials_seen += there > 0 ? trials[s] : 0;
      }
      if (units_of_region < least_units)
        few_units.add(text_of(data_.region_names[g], " (", units_of_region, ")"));
      if (units_of_region > 0 && trials_seen < least_trials)
        few_trials.add(text_of(data_.region_names[g], " (", trials_seen, ")"));
    }
    few_units.report(findings_, "few-units", text_of("with fewer than ", least_units, " units"));
    few_trials.report(findings_, "few-trials",
                      text_of("seen in fewer than ", least_trials, " trials"));
  }

  void stimuli() {
    Concerned constant("stimulus column");
    const std::size_t features = data_.features();
    for (std::size_t f = 0; f < features; ++f) {
      bool varies = false;
      for (std::size_t n = 1; n < data_.trials() && !varies; ++n)
        varies = data_.trial.stimulus[n * features + f] != data_.trial.stimulus[f];
      if (!varies) constant.add(data_.stimulus_names[f]);
    }
    constant.report(findings_, "constant-stimulus", "that never varies");
  }

  const Dataset& data_;
  UnitTotals totals_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_recording(const Dataset& data) {
  return DatasetChecks(data).all();
}

}  // namespace nnpoisson
