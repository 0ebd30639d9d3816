#include "nnpoisson/neuron_plan.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>
#include <tuple>

#include "nnpoisson/error.hpp"
#include "random_dataset.hpp"

namespace nnpoisson {
namespace {

using testing::random_dataset;

NeuronPlan neuron_plan(const Dataset& data, const NeuronPlanOptions& options) {
  return make_neuron_plan(data, neuron_data(data, {}).constants, options);
}

/// Each trial's stimulus, numbered as trials first have them.
std::vector<std::uint32_t> stimulus_numbers(const Dataset& data) {
  std::map<std::vector<double>, std::uint32_t> seen;
  std::vector<std::uint32_t> numbers;
  const auto F = static_cast<std::ptrdiff_t>(data.features());
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const auto first = data.trial.stimulus.begin() + static_cast<std::ptrdiff_t>(n) * F;
    const auto next = static_cast<std::uint32_t>(seen.size());
    numbers.push_back(seen.try_emplace({first, first + F}, next).first->second);
  }
  return numbers;
}

/// Where a row of a batch lies in time, s: a rate at one time, or a difference between two.
std::pair<double, double> times_of(const NeuronPlan& plan, const NeuronBatch& batch,
                                   std::uint32_t row) {
  std::size_t s = 0;
  while (batch.row_first(s + 1) <= row) ++s;
  const std::uint32_t rates = batch.rate_first[s + 1] - batch.rate_first[s];
  const std::uint32_t place = row - batch.row_first(s);
  if (place < rates) {
    const double t = batch.rate_time[batch.rate_first[s] + place] * plan.time_limit;
    return {t, t};
  }
  const auto& d = batch.difference[batch.difference_first[s] + place - rates];
  return {batch.value_time[d.low] * plan.time_limit, batch.value_time[d.high] * plan.time_limit};
}

/// Weights of entries by stimulus of the plan, unit, and what `cell` makes of their time.
using Weights = std::map<std::tuple<std::uint32_t, std::uint32_t, std::int64_t>, double>;

template <class Cell>
Weights planned_weights(const NeuronPlan& plan, const NeuronBatch& batch, const Cell& cell) {
  Weights weights;
  for (const auto& piece : batch.pieces)
    for (std::uint32_t u = 0; u < piece.units; ++u) {
      const auto pair = piece.first_pair + u;
      const auto unit = plan.unit[plan.session_first[piece.session] + u];
      for (auto e = batch.entry_first[pair]; e < batch.entry_first[pair + 1]; ++e) {
        const auto at = cell(times_of(plan, batch, batch.entry_row[e]).first);
        const bool first = weights
                               .emplace(std::tuple(batch.stimulus[piece.stimulus], unit, at),
                                        batch.entry_weight[e])
                               .second;
        EXPECT_TRUE(first) << "one entry too many of unit " << unit;
      }
    }
  return weights;
}

TEST(NeuronPlans, EntriesAreSpikesCountedByCell) {
  const auto data = random_dataset({.seed = 121, .trials = 40, .spikes_per_unit = 12});
  const auto stimulus = stimulus_numbers(data);
  for (const double resolution : {0.02, 0.0})
    for (const int parts : {1, 5}) {
      const auto plan = neuron_plan(data, {.parts = parts, .time_resolution = resolution});
      // Not merged: a cell of a picosecond holds no two different times.
      const double length = resolution > 0 ? resolution : 1e-12;
      const auto cell = [&](double t) {
        return resolution > 0 ? static_cast<std::int64_t>(t / length + 1e-9)
                              : std::llround(t / length);
      };
      std::vector<int> seen(data.trials());
      for (const auto& batch : plan.batches) {
        Weights wanted;
        std::map<std::pair<std::uint32_t, std::int64_t>, std::pair<double, double>> means;
        for (const auto& trial : batch.trials) {
          ++seen[trial.number];
          for (auto i = data.spike.offset[trial.number]; i < data.spike.offset[trial.number + 1];
               ++i) {
            const auto at = static_cast<std::size_t>(i);
            const double t = data.spike.time[at];
            const auto s = stimulus[trial.number];
            wanted[{s, static_cast<std::uint32_t>(data.spike.unit[at]), cell(t)}] += 1;
            auto& [sum, count] = means[{s, cell(t)}];
            sum += t;
            count += 1;
          }
        }
        EXPECT_EQ(planned_weights(plan, batch, cell), wanted) << resolution;
        for (const auto row : batch.entry_row) {
          std::size_t s = 0;
          while (batch.row_first(s + 1) <= row) ++s;
          const double t = times_of(plan, batch, row).first;
          const auto& [sum, count] = means.at({batch.stimulus[s], cell(t)});
          EXPECT_TRUE(std::abs(t - sum / count) <= 1e-13) << t;
        }
        EXPECT_EQ(batch.scale, 1.0 / static_cast<double>(batch.trials.size()));
      }
      EXPECT_EQ(seen, std::vector<int>(data.trials(), 1));
      EXPECT_EQ(plan.spikes, data.spike.time.size());
    }
}

TEST(NeuronPlans, EntriesOfCountsAreTheBins) {
  const double bin = 0.05;
  const auto data =
      random_dataset({.seed = 122, .trials = 40, .bin_width = bin, .spikes_per_unit = 12});
  const auto stimulus = stimulus_numbers(data);
  const auto cell = [&](double t) { return std::llround(t / bin); };
  const auto plan = neuron_plan(data, {.parts = 3});
  for (const auto& batch : plan.batches) {
    Weights wanted;
    double constant = 0;
    for (const auto& trial : batch.trials)
      for (auto i = data.count.offset[trial.number]; i < data.count.offset[trial.number + 1]; ++i) {
        const auto at = static_cast<std::size_t>(i);
        wanted[{stimulus[trial.number], static_cast<std::uint32_t>(data.count.unit[at]),
                data.count.bin[at]}] += data.count.value[at];
        constant += std::lgamma(data.count.value[at] + 1.0);
      }
    EXPECT_EQ(planned_weights(plan, batch, cell), wanted);
    EXPECT_TRUE(std::abs(batch.constant - constant) <= 1e-10 * constant);
    for (const auto row : batch.entry_row) {
      const auto [low, high] = times_of(plan, batch, row);
      EXPECT_TRUE(std::abs(high - low - bin) <= 1e-12) << low;
    }
  }
}

TEST(NeuronPlans, TrialsReferToTheirEndWaitAndResponse) {
  const auto data = random_dataset({.seed = 123, .trials = 60});
  const auto plan = neuron_plan(data, {.parts = 4});
  const auto numbers = trial_numbers(data), all = session_trial_counts(data);
  const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-13; };
  for (const auto& batch : plan.batches)
    for (const auto& trial : batch.trials) {
      SCOPED_TRACE(trial.number);
      const std::size_t n = trial.number;
      const auto session = static_cast<std::size_t>(data.trial.session[n]);
      EXPECT_EQ(batch.pieces[trial.piece].session, session);
      const double end = data.trial.observed_until[n];
      const double waited = data.responded(n) ? data.trial.response_time[n] : end;
      EXPECT_TRUE(near(times_of(plan, batch, trial.end_row).first, 0));
      EXPECT_TRUE(near(times_of(plan, batch, trial.end_row).second, end));
      EXPECT_TRUE(near(times_of(plan, batch, trial.wait_row).second, waited));
      EXPECT_EQ(trial.response_row == no_row, !data.responded(n));
      EXPECT_EQ(trial.action, data.responded(n) ? static_cast<int>(data.action(n)) : -1);
      if (data.responded(n)) {
        EXPECT_TRUE(near(times_of(plan, batch, trial.response_row).first, waited));
      }
      const double q = all[session] > 1
                           ? static_cast<double>(numbers[n]) / static_cast<double>(all[session] - 1)
                           : 0;
      for (std::size_t j = 0; j < trial.drift.size(); ++j) {
        const double x = 7 * q - static_cast<double>(j);
        EXPECT_TRUE(
            near(trial.drift[j], std::abs(x) < 1 ? 0.5 * (1 + std::cos(std::numbers::pi * x)) : 0));
      }
    }
}

TEST(NeuronPlans, CountsOfTrialsAndHowOftenThereWereMore) {
  for (const double bin : {0.0, 0.05}) {
    const auto data = random_dataset({.seed = 124, .bin_width = bin, .spikes_per_unit = 4});
    const auto plan = neuron_plan(data, {.parts = 2});
    for (const auto& batch : plan.batches)
      for (const auto& session : batch.sessions)
        for (std::size_t u = 0; u < session.units; ++u) {
          const auto unit =
              static_cast<std::int32_t>(plan.unit[plan.session_first[session.session] + u]);
          std::vector<float> more;
          for (std::size_t k = 0; k < session.trials; ++k) {
            const std::size_t n = batch.trials[session.first_trial + k].number;
            double count = 0;
            const auto& offset = bin > 0 ? data.count.offset : data.spike.offset;
            for (auto i = static_cast<std::size_t>(offset[n]);
                 i < static_cast<std::size_t>(offset[n + 1]); ++i) {
              if (bin > 0 ? data.count.unit[i] != unit : data.spike.unit[i] != unit) continue;
              count += bin > 0 ? data.count.value[i] : 1;
            }
            EXPECT_EQ(batch.counts[session.first_count + k * session.units + u], count);
            for (std::size_t j = 0; static_cast<double>(j) + 1 < count; ++j) {
              more.resize(std::max(more.size(), j + 1));
              ++more[j];
            }
          }
          const std::uint32_t* first = &batch.more_first[session.first_unit + u];
          EXPECT_EQ(
              std::vector<float>(batch.more.begin() + first[0], batch.more.begin() + first[1]),
              more);
        }
  }
}

/// Of a stimulus' rates those come first that more than one entry, or a response, reads.
TEST(NeuronPlans, LoneRatesComeInTheOrderOfTheirEntries) {
  const auto data = random_dataset({.seed = 128, .trials = 60, .spikes_per_unit = 12});
  for (const double resolution : {0.0, 0.002}) {
    const auto plan = neuron_plan(data, {.parts = 2, .time_resolution = resolution});
    for (const auto& batch : plan.batches) {
      std::map<std::uint32_t, float> weight;  // of rows
      std::vector<std::uint32_t> next = batch.shared_rates;
      for (const auto& piece : batch.pieces)
        for (auto e = batch.entry_first[piece.first_pair];
             e < batch.entry_first[piece.first_pair + piece.units]; ++e) {
          const auto row = batch.entry_row[e], place = row - batch.row_first(piece.stimulus);
          weight[row] += batch.entry_weight[e];
          if (place >= batch.shared_rates[piece.stimulus]) {
            EXPECT_EQ(place, next[piece.stimulus]++);
          }
        }
      for (const auto& trial : batch.trials)
        if (trial.response_row != no_row) weight[trial.response_row] += 2;
      std::size_t lone = 0;
      for (std::size_t s = 0; s < batch.stimuli(); ++s)
        for (auto row = batch.row_first(s);
             row < batch.row_first(s) + batch.rate_first[s + 1] - batch.rate_first[s]; ++row) {
          EXPECT_EQ(batch.is_lone(s, row), weight.at(row) == 1) << row;
          lone += batch.is_lone(s, row);
        }
      EXPECT_GT(lone, 50U);
    }
  }
}

/// The blocks that threads share out hold each pair once, ordered by stimulus.
TEST(NeuronPlans, BlocksHoldEachPairOnce) {
  const auto data =
      random_dataset({.seed = 125, .regions = 60, .stimuli = 2, .spikes_per_unit = 8});
  const auto plan = neuron_plan(data, {.time_resolution = 0.03});
  const auto& batch = plan.batches.at(0);
  EXPECT_GT(batch.blocks.size(), batch.stimuli());
  std::vector<int> seen(batch.pairs());
  for (std::size_t s = 0; s < batch.stimuli(); ++s)
    for (auto b = batch.block_first[s]; b < batch.block_first[s + 1]; ++b) {
      EXPECT_EQ(batch.blocks[b].stimulus, s);
      for (auto k = batch.blocks[b].first_segment; k < batch.blocks[b].end_segment; ++k) {
        const auto& segment = batch.segments[k];
        EXPECT_EQ(batch.pieces[segment.piece].stimulus, s);
        for (auto pair = segment.first_pair; pair < segment.end_pair; ++pair) ++seen[pair];
      }
    }
  EXPECT_EQ(seen, std::vector<int>(batch.pairs(), 1));
}

TEST(NeuronPlans, DoNotDependOnThreads) {
  const auto data = random_dataset({.seed = 126});
  const auto one = neuron_plan(data, {.parts = 6, .threads = 1}),
             many = neuron_plan(data, {.parts = 6, .threads = 5});
  ASSERT_EQ(one.batches.size(), many.batches.size());
  for (std::size_t b = 0; b < one.batches.size(); ++b) {
    const auto &x = one.batches[b], &y = many.batches[b];
    EXPECT_EQ(x.value_time, y.value_time);
    EXPECT_EQ(x.rate_time, y.rate_time);
    EXPECT_EQ(x.entry_row, y.entry_row);
    EXPECT_EQ(x.entry_weight, y.entry_weight);
    EXPECT_EQ(x.counts, y.counts);
    EXPECT_EQ(x.constant, y.constant);
  }
}

TEST(NeuronPlans, NeedATrial) {
  auto data = random_dataset({.seed = 127, .trials = 1});
  const auto constants = neuron_data(data, {}).constants;
  data.trial = {};
  data.spike = {.offset = {0}, .time = {}, .unit = {}};
  EXPECT_THROW(static_cast<void>(make_neuron_plan(data, constants, {})), DataError);
}

}  // namespace
}  // namespace nnpoisson
