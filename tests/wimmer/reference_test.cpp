#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "synthetic/decision.hpp"
#include "wimmer/constants.hpp"
#include "wimmer/statistics.hpp"

/// Against the statistics of an independent implementation without feedback. Each comparison is of
/// a difference with the standard error that both sides' sampling gives it; levels are 99 % for
/// each table as a whole. NNPOISSON_WIMMER_SEED and _TRIALS choose other draws.
namespace nnpoisson::wimmer {
namespace {

using nlohmann::json;

long chosen(const char* name, long fallback) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtol(text, nullptr, 10) : fallback;
}

const json& reference(const std::string& set) {
  static const json all =
      json::parse(std::ifstream(std::filesystem::path(NNPOISSON_SHARED_DIR) / "wimmer/stats.json"));
  return all["sets"][set];
}

constexpr std::array coherences{"0.0", "0.5", "0.8"};

const std::vector<TrialSpikes>& trials_at(const char* coherence, bool redrawn) {
  static std::map<std::pair<std::string, bool>, std::vector<TrialSpikes>> done;
  auto& trials = done[{coherence, redrawn}];
  if (trials.empty()) {
    Conditions conditions;
    conditions.feedback = 0;
    conditions.seed = static_cast<std::uint64_t>(chosen("NNPOISSON_WIMMER_SEED", 1));
    conditions.network_per_trial = redrawn;
    conditions.coherences = {std::atof(coherence)};
    trials = simulate_trials(conditions,
                             static_cast<std::size_t>(chosen("NNPOISSON_WIMMER_TRIALS", 40)));
  }
  return trials;
}

/// Counts and compares differences in units of their standard errors.
class Table {
 public:
  void compare(const std::string& what, Estimate ours, double theirs, double their_error) {
    const double z = (ours.mean - theirs) / std::hypot(ours.error, their_error);
    fmt::print("{:<40} {:9.4f} +- {:7.4f}  {:9.4f} +- {:7.4f}  {:6.2f}\n", what, ours.mean,
               ours.error, theirs, their_error, z);
    ++count_;
    squares_ += z * z;
    if (!(std::abs(z) <= std::abs(worst_))) worst_ = z;
  }
  /// `most`: the two-sided 99 % bound for the largest of all.
  void expect_within(double most, std::size_t count) const {
    EXPECT_EQ(count_, count);
    EXPECT_LE(std::abs(worst_), most);
    fmt::print("{} comparisons: largest {:.2f}, mean square {:.2f}\n", count_, worst_,
               squares_ / static_cast<double>(count_));
  }

 private:
  std::size_t count_ = 0;
  double squares_ = 0, worst_ = 0;
};

void compare_rates() {
  Table table;
  for (const char* coherence : coherences) {
    const auto& trials = trials_at(coherence, true);
    for (const auto& population : populations) {
      const auto& theirs = reference("fb0_nets")[coherence]["rates_hz"][population.name];
      const auto compare = [&](double from, double until, double mean, double error) {
        table.compare(
            fmt::format("coherence {} {} from {} s, Hz", coherence, population.name, from),
            estimate(rates(trials, population.name, from, until)), mean, error);
      };
      const auto window = [&](const char* name, double from, double until) {
        compare(from, until, theirs[name]["mean"], theirs[name]["sem"]);
      };
      window("spont_0_500ms", 0, 0.5);
      window("spont_250_500ms", 0.25, 0.5);
      window("post_2500_3000ms", 2.5, 3);
      const auto& bins = theirs["stim_250ms_bins"];
      for (std::size_t b = 0; b < 8; ++b)
        compare(0.5 + 0.25 * static_cast<double>(b), 0.75 + 0.25 * static_cast<double>(b),
                bins["mean"][b], bins["sem"][b]);
    }
  }
  table.expect_within(
      4.6, 231);  // Student's t at 0.01 / 231 and some 45 degrees of freedom: theirs are 20 trials
}

void compare_intervals() {
  Table table;
  for (const char* coherence : coherences) {
    const auto ours = estimate(interval_cv(trials_at(coherence, true)));
    const auto& theirs = reference("fb0_nets")[coherence];
    // Their error is not given; trials are alike.
    const double ratio =
        static_cast<double>(trials_at(coherence, true).size()) / theirs["n_trials"].get<double>();
    table.compare(fmt::format("coherence {} CV of intervals", coherence), ours,
                  theirs["sensory_E_variability"]["isi_cv_stim_trains_with_ge_8_isis"],
                  ours.error * std::sqrt(ratio));
  }
  table.expect_within(3.2, 3);
}

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Choices and decision times differ between networks more than between trials of one, so that both
/// sides must redraw them.
void compare_decisions() {
  Table table;
  for (const char* coherence : coherences) {
    Conditions conditions;
    std::vector<double> decided, right, time;
    for (const auto& trial : trials_at(coherence, true)) {
      const auto [choice, at] = decide(trial.integration, conditions, all_readers());
      decided.push_back(choice != 0 ? 1 : 0);
      if (choice == 0) continue;
      right.push_back(choice < 0 ? 1 : 0);
      time.push_back(at);
    }
    const auto& theirs = reference("fb0_nets")[coherence];
    const auto proportion = [](double hits,
                               double all) {  // Agresti and Coull's, which also holds at 0 and 1
      const double n = all + 4, p = (hits + 2) / n;
      return Estimate{p, std::sqrt(p * (1 - p) / n)};
    };
    const auto sum = [](const std::vector<double>& values) {
      double s = 0;
      for (const double v : values) s += v;
      return s;
    };
    const auto all = static_cast<double>(decided.size()),
               their_all = theirs["n_trials"].get<double>();
    const auto their_right = theirs["choices"]["right"].get<double>(),
               their_left = theirs["choices"]["left"].get<double>();
    const auto compare = [&](const char* what, Estimate ours, Estimate other) {
      table.compare(fmt::format("coherence {} {}", coherence, what), ours, other.mean, other.error);
    };
    compare("decided", proportion(sum(decided), all),
            proportion(their_right + their_left, their_all));
    compare("right of those decided", proportion(sum(right), static_cast<double>(right.size())),
            proportion(their_right, their_right + their_left));
    if (their_right + their_left < 10) continue;
    // The median's error is that of normal numbers; spread as Brown and Forsythe compare it, by
    // distances from the median.
    const auto spread = [](const std::vector<double>& times) {
      std::vector<double> distance;
      for (const double t : times) distance.push_back(std::abs(t - median_of(times)));
      return estimate(distance);
    };
    const auto median = [](const std::vector<double>& times) {
      return Estimate{median_of(times), 1.253 * estimate(times).error};
    };
    const auto their_times = theirs["decision_time_s"]["all"].get<std::vector<double>>();
    compare("median decision time, s", median(time), median(their_times));
    compare("distance from it, s", spread(time), spread(their_times));
  }
  table.expect_within(3.5, 10);
}

/// One test, so that its trials are simulated once.
TEST(GoldenStatistics, RedrawnNetworks) {
  compare_rates();
  compare_intervals();
  compare_decisions();
}

TEST(GoldenStatistics, VariabilityInOneNetwork) {
  Table table;
  for (const char* coherence : coherences) {
    const auto& trials = trials_at(coherence, false);
    const auto& theirs = reference("fb0")[coherence];
    const double ratio = static_cast<double>(trials.size()) / theirs["n_trials"].get<double>();
    const auto compare = [&](const char* what, Estimate ours, double value) {
      table.compare(fmt::format("coherence {} {}", coherence, what), ours, value,
                    ours.error * std::sqrt(ratio));
    };
    auto first = stimulus_counts(trials, "SE1"), second = stimulus_counts(trials, "SE2");
    const auto& correlation = theirs["pairwise_count_correlation_across_trials"]["stim_2s"];
    compare("correlation within SE1", jackknife(first, mean_correlation), correlation["within_E1"]);
    compare("correlation within SE2", jackknife(second, mean_correlation),
            correlation["within_E2"]);
    first.insert(first.end(), second.begin(), second.end());
    compare("Fano factor of SE", jackknife(first, fano_factor),
            theirs["sensory_E_variability"]["fano_stim_2s"]);
  }
  table.expect_within(3.5, 9);
}

}  // namespace
}  // namespace nnpoisson::wimmer
