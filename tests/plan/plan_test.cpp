#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "nnpoisson/error.hpp"
#include "plan/partition.hpp"
#include "random_dataset.hpp"

namespace nnpoisson {
namespace {

using testing::random_dataset;
using testing::RandomDataset;

constexpr RandomDataset many{
    .seed = 21, .sessions = 4, .regions = 6, .trials = 61, .features = 3, .stimuli = 7};

std::vector<PlanOptions> all_options() {
  std::vector<PlanOptions> options;
  for (const auto preset : {Preset::exact, Preset::authors})
    for (const auto grouping : {Grouping::joint, Grouping::authors, Grouping::by_region})
      for (const double resolution : {0.0, 0.03})
        for (const int parts : {1, 4})
          options.push_back({.preset = preset,
                             .grouping = grouping,
                             .parts = parts,
                             .time_resolution = resolution,
                             .seed = 3});
  return options;
}

/// Where the next tile must begin in each of the plan's arrays.
struct Next {
  std::uint64_t point = 0, weight = 0, interval = 0, column = 0;
};

/// The columns of a tile ascend, are columns of its term, and each has a weight in some point.
void expect_columns(const Plan& plan, const Tile& tile) {
  for (std::uint64_t c = 0; c < tile.columns; ++c) {
    const std::uint32_t column = plan.column[tile.first_column + c];
    if (c > 0) {
      ASSERT_LT(plan.column[tile.first_column + c - 1], column);
    }
    ASSERT_LT(column, tile.term == Term::neural ? static_cast<std::uint32_t>(plan.regions) : 2U);

    double sum = 0;
    for (std::uint64_t p = 0; p < tile.count; ++p)
      sum += std::abs(plan.weight[tile.first_weight + c * tile.count + p]);
    EXPECT_GT(sum, 0) << "a column that no point of the tile has";
  }
}

void expect_tile(const Plan& plan, const Tile& tile, Next& next) {
  ASSERT_EQ(tile.first_point, next.point);
  ASSERT_EQ(tile.first_weight, next.weight);
  ASSERT_EQ(tile.first_column, next.column);
  ASSERT_GE(tile.count, 1U);
  ASSERT_LE(tile.count, tile_points);
  ASSERT_GE(tile.columns, 1U);
  for (std::uint64_t p = next.point + 1; p < next.point + tile.count; ++p)
    ASSERT_LE(plan.stimulus[p - 1], plan.stimulus[p]);
  expect_columns(plan, tile);

  if (tile.reading == Reading::interval) {
    ASSERT_EQ(tile.first_interval, next.interval);
    next.interval += tile.count;
  }
  next.point += tile.count;
  next.weight += std::uint64_t{tile.count} * tile.columns;
  next.column += tile.columns;
}

/// Every tile is one batch's, but for behaviour that the parts of the authors' grouping share.
void expect_every_tile_used(const Plan& plan, const PlanOptions& options) {
  std::vector<int> used(plan.tiles.size());
  for (const auto& batch : plan.batches)
    for (const auto term : {Term::neural, Term::behaviour}) {
      const TileRange range = batch.tiles[static_cast<std::size_t>(term)];
      for (auto t = range.first; t < range.end; ++t) {
        ++used.at(t);
        EXPECT_EQ(plan.tiles[t].term, term);
      }
    }

  for (std::size_t t = 0; t < used.size(); ++t) {
    const bool shared =
        options.grouping == Grouping::authors && plan.tiles[t].term == Term::behaviour;
    EXPECT_EQ(used[t], shared ? options.parts : 1) << "tile " << t;
  }
}

TEST(Plan, TilesAreWholeAndBelongToTheirBatches) {
  for (const double bin_width : {0.0, 0.025}) {
    auto like = many;
    like.bin_width = bin_width;
    const auto data = random_dataset(like);
    for (const auto& options : all_options()) {
      if (bin_width > 0 && options.preset == Preset::authors) continue;
      const auto plan = make_plan(data, options);
      Next next;
      for (const auto& tile : plan.tiles) {
        expect_tile(plan, tile, next);
        if (HasFatalFailure()) return;
        EXPECT_EQ(tile.reading == Reading::interval,
                  bin_width > 0 && tile.term == Term::neural && tile.reading != Reading::value);
      }

      EXPECT_EQ(next.point, plan.time.size());
      EXPECT_EQ(next.point, plan.stimulus.size());
      EXPECT_EQ(next.weight, plan.weight.size());
      EXPECT_EQ(next.interval, plan.interval.size());
      EXPECT_EQ(next.column, plan.column.size());
      for (const auto s : plan.stimulus) ASSERT_LT(s, plan.stimulus_count());
      expect_every_tile_used(plan, options);
    }
  }
}

TEST(Plan, DistinctStimuliAreKeptOnce) {
  const auto data = random_dataset(many);
  const auto plan = make_plan(data, {});
  std::set<std::vector<double>> seen, kept;
  const auto F = static_cast<std::ptrdiff_t>(data.features());
  for (auto s = data.trial.stimulus.begin(); s != data.trial.stimulus.end(); s += F)
    seen.emplace(s, s + F);
  for (auto s = plan.stimuli.begin(); s != plan.stimuli.end(); s += F) kept.emplace(s, s + F);
  EXPECT_EQ(kept, seen);
  EXPECT_EQ(plan.stimulus_count(), seen.size());
}

TEST(Plan, EqualPointsAreOneWithTheSumOfTheirWeights) {
  const auto data = random_dataset(many);
  const auto plan = make_plan(data, {.neural_time = NeuralTime::absolute});
  // From the plan and from the recording: stimulus, time, region -> spikes.
  using Key = std::tuple<std::vector<double>, double, std::uint32_t>;
  std::map<Key, double> in_plan, in_recording;
  const auto F = data.features();
  for (const auto& tile : plan.tiles) {
    if (tile.term != Term::neural || tile.reading != Reading::rate) continue;
    for (std::size_t c = 0; c < tile.columns; ++c)
      for (std::size_t p = 0; p < tile.count; ++p) {
        const double weight = plan.weight[tile.first_weight + c * tile.count + p];
        if (weight == 0) continue;
        const auto s = plan.stimuli.begin() +
                       static_cast<std::ptrdiff_t>(plan.stimulus[tile.first_point + p] * F);
        const Key key{{s, s + static_cast<std::ptrdiff_t>(F)},
                      plan.time[tile.first_point + p],
                      plan.column[tile.first_column + c]};
        EXPECT_TRUE(in_plan.emplace(key, weight).second)
            << "two points at time " << std::get<1>(key);
      }
  }
  for (std::size_t n = 0; n < data.trials(); ++n)
    for (auto i = static_cast<std::size_t>(data.spike.offset[n]);
         i < static_cast<std::size_t>(data.spike.offset[n + 1]); ++i) {
      const auto s = data.trial.stimulus.begin() + static_cast<std::ptrdiff_t>(n * F);
      const auto region = static_cast<std::uint32_t>(
          data.unit.region[static_cast<std::size_t>(data.spike.unit[i])]);
      ++in_recording[{{s, s + static_cast<std::ptrdiff_t>(F)}, data.spike.time[i], region}];
    }
  EXPECT_EQ(in_plan, in_recording);
  EXPECT_TRUE(std::any_of(in_plan.begin(), in_plan.end(), [](const auto& point) {
    return point.second > 1;
  })) << "nothing was to be merged";
}

TEST(Plan, AuthorsTrialEndsAreOnePointForEachStimulus) {
  const auto data = random_dataset(many);
  const auto plan = make_plan(data, {.preset = Preset::authors, .grouping = Grouping::authors});
  for (const auto& tile : plan.tiles)
    if (tile.term == Term::neural && tile.reading == Reading::value)
      for (std::size_t p = 0; p < tile.count; ++p) {
        EXPECT_EQ(plan.time[tile.first_point + p], data.time_limit);
        if (p > 0) {
          EXPECT_LT(plan.stimulus[tile.first_point + p - 1], plan.stimulus[tile.first_point + p]);
        }
      }
}

TEST(Plan, DoesNotDependOnThreads) {
  for (const double bin_width : {0.0, 0.025}) {
    auto like = many;
    like.bin_width = bin_width;
    const auto data = random_dataset(like);
    for (auto options : all_options()) {
      if (bin_width > 0 && options.preset == Preset::authors) continue;
      const auto one = make_plan(data, options);
      options.threads = 3;
      const auto three = make_plan(data, options);
      EXPECT_EQ(one.stimuli, three.stimuli);
      EXPECT_EQ(one.time, three.time);
      EXPECT_EQ(one.stimulus, three.stimulus);
      EXPECT_EQ(one.weight, three.weight);
      EXPECT_EQ(one.column, three.column);
      EXPECT_EQ(one.spikes, three.spikes);
      EXPECT_EQ(one.mean_square_spread, three.mean_square_spread);
      ASSERT_EQ(one.interval.size(), three.interval.size());
      for (std::size_t i = 0; i < one.interval.size(); ++i) {
        ASSERT_EQ(one.interval[i].end, three.interval[i].end);
        ASSERT_EQ(one.interval[i].inverse_scale, three.interval[i].inverse_scale);
        ASSERT_EQ(one.interval[i].floor, three.interval[i].floor);
      }
      const auto tile = [](const Tile& t) {
        return std::tuple(t.term, t.reading, t.count, t.first_point, t.first_weight,
                          t.first_interval, t.first_column, t.columns);
      };
      ASSERT_EQ(one.tiles.size(), three.tiles.size());
      for (std::size_t t = 0; t < one.tiles.size(); ++t)
        ASSERT_EQ(tile(one.tiles[t]), tile(three.tiles[t]));
      const auto batch = [](const Batch& b) {
        return std::tuple(b.tiles[0].first, b.tiles[0].end, b.tiles[1].first, b.tiles[1].end,
                          b.neural_scale, b.action_scale, b.action_weight, b.neural_constant,
                          b.action_constant, b.region);
      };
      ASSERT_EQ(one.batches.size(), three.batches.size());
      for (std::size_t b = 0; b < one.batches.size(); ++b)
        ASSERT_EQ(batch(one.batches[b]), batch(three.batches[b]));
    }
  }
}

/// Every number of `trials` once, over all parts.
void expect_partition(std::vector<std::vector<std::int32_t>> parts,
                      std::vector<std::int32_t> trials) {
  std::vector<std::int32_t> joined;
  std::size_t least = trials.size(), most = 0;
  for (const auto& part : parts) {
    EXPECT_TRUE(std::is_sorted(part.begin(), part.end()));
    joined.insert(joined.end(), part.begin(), part.end());
    least = std::min(least, part.size()), most = std::max(most, part.size());
  }
  std::sort(joined.begin(), joined.end());
  EXPECT_EQ(joined, trials);
  EXPECT_LE(most - least, 1U);
}

TEST(Partition, EveryTrialOnceInAPass) {
  const auto data = random_dataset(many);
  const auto trials = all_trials(data);
  for (const int parts : {1, 2, 7, 61, 100}) {
    const auto joint = joint_partition(trials, parts, 9);
    EXPECT_EQ(joint.size(), static_cast<std::size_t>(parts));
    expect_partition(joint, trials);
    const auto order = alphabetical_regions(data);
    const auto by_region = authors_partition(data, parts, 9);
    ASSERT_EQ(by_region.size(), order.size());
    for (std::size_t k = 0; k < order.size(); ++k) {
      EXPECT_EQ(by_region[k].size(), static_cast<std::size_t>(parts));
      expect_partition(by_region[k], trials_of_region(data, order[k], trials));
    }
  }
}

TEST(Partition, DependsOnTheSeedAndNothingElse) {
  const auto trials = all_trials(random_dataset(many));
  EXPECT_EQ(joint_partition(trials, 4, 1), joint_partition(trials, 4, 1));
  EXPECT_NE(joint_partition(trials, 4, 1), joint_partition(trials, 4, 2));
}

TEST(Plan, MoreBatchesThanTrialsLeavesSomeEmpty) {
  const auto data = random_dataset({.seed = 22, .trials = 5});
  for (const auto grouping : {Grouping::joint, Grouping::authors}) {
    const auto plan = make_plan(data, {.grouping = grouping, .parts = 9});
    std::size_t empty = 0;
    for (const auto& batch : plan.batches) {
      EXPECT_TRUE(std::isfinite(batch.neural_scale) && std::isfinite(batch.action_scale));
      empty += batch.tiles[0].first == batch.tiles[0].end;
    }
    EXPECT_GE(empty, 4U);
    EXPECT_EQ(plan.spikes, data.spike.time.size());
  }
}

TEST(Plan, CountsOfAllBatchesAreTheRecordingsOwn) {
  auto like = many;
  like.bin_width = 0.05;
  const auto data = random_dataset(like);
  std::uint64_t counts = 0;
  for (const auto y : data.count.value) counts += static_cast<std::uint64_t>(y);
  EXPECT_TRUE(std::any_of(data.count.value.begin(), data.count.value.end(), [](auto y) {
    return y > 1;
  })) << "no log y! to test";
  for (const auto grouping : {Grouping::joint, Grouping::authors, Grouping::by_region})
    EXPECT_EQ(make_plan(data, {.grouping = grouping, .parts = 3}).spikes, counts);
}

TEST(Plan, RefusesWhatItCannotPlan) {
  auto like = many;
  like.bin_width = 0.05;
  EXPECT_THROW(static_cast<void>(make_plan(random_dataset(like), {.preset = Preset::authors})),
               UsageError);
  const auto data = random_dataset(many);
  EXPECT_THROW(static_cast<void>(make_plan(data, {.parts = 0})), UsageError);
  EXPECT_THROW(static_cast<void>(make_plan(select_trials(data, {}), {})), DataError);
}

}  // namespace
}  // namespace nnpoisson
