#include <gtest/gtest.h>

#include <map>

#include "engine/neuron_rows.hpp"
#include "tolerance.hpp"

namespace nnpoisson {
namespace {

/// What a backend is compared on, and what must be true of its plan for it to test what it says.
struct NeuronSet {
  std::string name;
  std::function<Dataset()> data;
  NeuronShape switches;
  NeuronPlanOptions options;
  std::function<bool(const NeuronPlan&)> holds = [](const NeuronPlan&) { return true; };
};
void PrintTo(const NeuronSet& set, std::ostream* out) {
  *out << set.name;
}

const NeuronShape all_gains{.width = 7, .nodes = 5, .behaviour_width = 4};
const NeuronPlanOptions whole{.behaviour_weight = 0.6, .shrinkage = 1};

NeuronShape with(HeadKind heads, int rank) {
  auto shape = all_gains;
  shape.heads = heads;
  shape.rank = rank;
  return shape;
}
NeuronShape gains(bool shared, bool by_unit, bool drift) {
  auto shape = all_gains;
  shape.shared_gain = shared;
  shape.private_gain = by_unit;
  shape.drift = drift;
  return shape;
}
NeuronPlanOptions parts(int count) {
  auto options = whole;
  options.parts = count;
  return options;
}
NeuronPlanOptions merged(double resolution) {
  auto options = whole;
  options.time_resolution = resolution;
  return options;
}

using Like = testing::RandomDataset;
std::function<Dataset()> drawn(const Like& like) {
  return [=] { return testing::random_dataset(like); };
}
/// Units of a session but the first `kept` leave.
std::function<Dataset()> with_session_of(std::uint32_t kept, const Like& like) {
  return [=] {
    const auto data = testing::random_dataset(like);
    std::uint32_t seen = 0;
    return testing::without_units(
        data, [&](std::size_t u) { return data.unit.session[u] == 1 && seen++ >= kept; });
  };
}

bool has_absent_session(const NeuronPlan& plan) {
  return std::ranges::any_of(plan.batches, [&](const auto& b) {
    return b.sessions.size() + 1 < plan.session_first.size();
  });
}
bool has_session_of(const NeuronPlan& plan, std::uint32_t least, std::uint32_t most) {
  const auto& sessions = plan.batches[0].sessions;
  return std::ranges::any_of(sessions,
                             [&](const auto& s) { return s.units >= least && s.units <= most; });
}
bool has_silent_unit(const NeuronPlan& plan) {
  const auto& b = plan.batches[0];
  for (const auto& s : b.sessions)
    for (std::size_t u = 0; u < s.units; ++u) {
      float spikes = 0;
      for (std::size_t n = 0; n < s.trials; ++n)
        spikes += b.counts[s.first_count + n * s.units + u];
      if (spikes == 0) return true;
    }
  return false;
}
bool has_several_tiles(const NeuronPlan& plan) {
  const auto& b = plan.batches[0];
  return b.shared_rates[0] > 512 && b.value_first[1] > 256;
}
/// Enough of them for the way of their own that the fast backends have, beside rows that are
/// shared.
bool has_lone_points(const NeuronPlan& plan) {
  const auto& b = plan.batches[0];
  const auto lone = b.rate_first[1] - b.shared_rates[0];
  return lone > 64 * (b.block_first[1] - b.block_first[0]) && b.shared_rates[0] > 0;
}
bool has_several_blocks(const NeuronPlan& plan) {
  const auto& b = plan.batches[0];
  return b.block_first[1] - b.block_first[0] > 2;
}
bool is_always(const NeuronPlan& plan, int action) {
  return std::ranges::all_of(plan.batches[0].trials,
                             [&](const auto& t) { return t.action < 0 || t.action == action; });
}

Dataset one_choice() {
  auto data = testing::random_dataset({.seed = 88});
  for (auto& choice : data.trial.choice) choice = choice == 0 ? choice : std::int8_t{1};
  return data;
}
std::function<Dataset()> large(int groups, const Like& like) {
  return [=] { return testing::many_units(like, groups); };
}

std::vector<NeuronSet> sets() {
  const auto silent = has_silent_unit;
  const Like few{.seed = 81, .sessions = 2, .trials = 13, .stimuli = 2};
  const Like counts{.seed = 82, .bin_width = 0.05, .spikes_per_unit = 6};
  const Like quick_bins{
      .seed = 83, .trials = 40, .stimuli = 1, .bin_width = 0.01, .spikes_per_unit = 25};
  std::vector<NeuronSet> all{
      {"spikes", drawn({.seed = 80}), all_gains, whole, silent},
      {"counts", drawn(counts), all_gains, whole, silent},
      {"heads_by_region", drawn({.seed = 84}), with(HeadKind::regions, 0), whole},
      {"rank_2", drawn(counts), with(HeadKind::trunk, 2), whole},
      {"rank_2_heads_by_region", drawn({.seed = 85}), with(HeadKind::regions, 2), whole},
      {"batches", drawn({.seed = 86}), with(HeadKind::regions, 0), parts(8), has_absent_session},
      {"batches_rank_2", drawn(counts), with(HeadKind::trunk, 2), parts(8), has_absent_session},
      {"batches_no_gains", drawn({.seed = 87}), gains(false, false, false), parts(3)},
      {"shared_gain", drawn(few), gains(true, false, false), whole},
      {"private_gain", drawn(few), gains(false, true, false), whole},
      {"drift", drawn(few), gains(false, false, true), whole},
      {"one_choice", one_choice, all_gains, whole, [](const auto& p) { return is_always(p, 0); }},
      {"no_response", drawn({.seed = 89, .responses = testing::Responses::none}), all_gains, whole,
       [](const auto& p) { return is_always(p, -1); }},
      {"one_trial", drawn({.seed = 90, .trials = 1}), all_gains, whole},
      {"one_feature_of_time", drawn({.seed = 91}), {.width = 1, .nodes = 16}, whole},
      {"many_nodes", drawn(few), {.width = 20, .nodes = 33, .heads = HeadKind::regions}, whole},
      {"merged", drawn({.seed = 92, .spikes_per_unit = 30}), all_gains, merged(0.02)},
      {"session_of_one_unit", with_session_of(1, {.seed = 93}), all_gains, whole,
       [](const auto& p) { return has_session_of(p, 1, 1); }},
      {"session_without_units", with_session_of(0, {.seed = 94}), with(HeadKind::regions, 0), whole,
       [](const auto& p) { return has_session_of(p, 0, 0); }},
      {"stimuli_300", drawn({.seed = 95, .trials = 300, .stimuli = 0, .spikes_per_unit = 1}),
       all_gains, whole, [](const auto& p) { return p.batches[0].stimuli() == 300; }},
      {"units_33_to_64", large(8, {.seed = 96, .trials = 9}), all_gains, whole,
       [](const auto& p) { return has_session_of(p, 33, 64); }},
      {"units_over_64", large(14, {.seed = 97, .trials = 9}), with(HeadKind::trunk, 2), whole,
       [](const auto& p) { return has_session_of(p, 65, 999); }},
      {"tiles", drawn({.seed = 98, .trials = 500, .stimuli = 1, .spikes_per_unit = 2}), all_gains,
       merged(1e-3), has_several_tiles},
      {"lone_points",
       drawn({.seed = 106, .trials = 40, .stimuli = 2, .spikes_per_unit = 9}),
       {.width = 20, .nodes = 5},
       whole,
       has_lone_points},
      {"lone_points_many_features",
       drawn({.seed = 107, .sessions = 2, .spikes_per_unit = 30}),
       {.width = 30, .nodes = 5, .rank = 2},
       parts(2),
       has_lone_points},
      {"lone_points_blocks", large(16, {.seed = 108, .trials = 30, .stimuli = 1}), all_gains, whole,
       [](const auto& p) { return has_lone_points(p) && has_several_blocks(p); }},
      {"blocks", large(16, quick_bins), all_gains, whole, has_several_blocks},
      {"blocks_merged", large(16, {.seed = 99, .trials = 60, .stimuli = 1, .spikes_per_unit = 9}),
       with(HeadKind::regions, 0), merged(0.01), has_several_blocks},
      {"trials_over_64", drawn({.seed = 100, .sessions = 1, .trials = 150}), all_gains, whole}};
  return all;
}

class NeuronConformance : public ::testing::TestWithParam<NeuronSet> {
 protected:
  testing::NeuronModel model{GetParam().data(), GetParam().switches, GetParam().options};
};

// In float, of a tensor's largest entry: spikes and exposure all but cancel there, and a float tanh
// is good to 4e-7 (with an exact one, 1e-4 would do).
constexpr double float_tensor = 4e-4;

/// The largest error of each tensor, of its largest entry; a tensor far below all others is
/// measured by those.
void expect_close_gradients(const NeuronLayout& layout, std::span<const double> found,
                            std::span<const double> wanted, double tolerance) {
  double largest = 0;
  for (const double g : wanted) largest = std::max(largest, std::abs(g));
  for (const auto& slot : layout.slots()) {
    double error = 0, here = 0;
    for (std::size_t i = slot.offset; i < slot.offset + slot.size; ++i) {
      ASSERT_TRUE(std::isfinite(found[i]) && std::isfinite(wanted[i])) << slot.name;
      error = std::max(error, std::abs(found[i] - wanted[i]));
      here = std::max(here, std::abs(wanted[i]));
    }
    EXPECT_TRUE(error <= tolerance * std::max(here, 1e-2 * largest))
        << slot.name << ": " << error << " of " << here << ", overall " << largest;
  }
}

TEST_P(NeuronConformance, BackendsAgree) {
  ASSERT_TRUE(GetParam().holds(*model.plan)) << "the dataset does not test what its name says";
  const auto batches = model.batches();
  auto parameters = model.parameters(101);
  const auto second = model.parameters(102);
  parameters.insert(parameters.end(), second.begin(), second.end());
  const std::size_t n = model.layout.size();
  const testing::NeuronValues wanted(*model.make(testing::neuron_reference), batches, 2,
                                     parameters);
  const auto terms = wanted.terms();
  for (const auto& row : testing::fast_neuron_rows(2)) {
    SCOPED_TRACE(row.name);
    const auto backend = model.make(row);
    const testing::NeuronValues found(*backend, batches, 2, parameters);
    const auto found_terms = found.terms();
    const double of_loss = row.single() ? tolerance::float_loss : tolerance::golden_loss;
    for (std::size_t i = 0; i < terms.size(); ++i)
      EXPECT_TRUE(std::abs(found_terms[i] - terms[i]) <=
                  of_loss * std::max(1.0, std::abs(terms[i])))
          << "term " << i << ": " << found_terms[i] << " against " << terms[i];
    for (std::size_t k = 0; k < wanted.losses.size(); ++k)
      expect_close_gradients(model.layout, std::span(found.gradients).subspan(k * n, n),
                             std::span(wanted.gradients).subspan(k * n, n),
                             row.single() ? float_tensor : tolerance::golden_gradient);
    const testing::NeuronValues only(*backend, batches, 2, parameters, false);
    EXPECT_EQ(testing::bits_of(only.terms()), testing::bits_of(found_terms));
  }
}

TEST_P(NeuronConformance, NumbersDoNotDependOnThreads) {
  const auto batches = model.batches();
  const auto parameters = model.parameters(103);
  std::vector<std::uint32_t> passes;
  for (int k = 0; k < 3; ++k) passes.insert(passes.end(), batches.begin(), batches.end());
  const std::atomic<bool> go_on{false};
  for (const auto& row : testing::fast_neuron_rows(1)) {
    SCOPED_TRACE(row.name);
    std::vector<std::vector<std::uint64_t>> first;
    for (const int threads : {1, 2, 7}) {
      const auto backend = model.make(row.with_team(threads));
      const testing::NeuronValues value(*backend, batches, 1, parameters);
      TrainingState state{1, 0, parameters, std::vector<double>(parameters.size()),
                          std::vector<double>(parameters.size())};
      const std::vector<double> rate{0.01};
      const auto result = backend->train(state, {passes, rate}, go_on);
      EXPECT_TRUE(result.finite);
      EXPECT_EQ(result.steps, passes.size());
      const auto& sum = result.sums[0];
      std::vector<std::vector<std::uint64_t>> all;
      for (const auto& numbers :
           {value.terms(), value.gradients, state.parameters, state.first_moment,
            state.second_moment, std::vector{sum.neural, sum.left, sum.right, sum.total}})
        all.push_back(testing::bits_of(numbers));
      if (threads == 1) first = all;
      EXPECT_TRUE(all == first) << threads << " threads";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, NeuronConformance, ::testing::ValuesIn(sets()),
                         [](const auto& which) { return which.param.name; });

/// However trials are dealt out to batches, the likelihood of all is the same.
TEST(NeuronLikelihood, IsThatOfAllTrialsWhateverTheBatches) {
  for (const double bin_width : {0.0, 0.05}) {
    const auto data = testing::random_dataset({.seed = 104, .bin_width = bin_width});
    std::vector<double> sums;
    for (const int count : {1, 2, 5, 23, 99}) {
      const testing::NeuronModel model(data, all_gains, {.parts = count, .behaviour_weight = 0.6});
      const auto batches = model.batches();
      EXPECT_EQ(batches.size(), static_cast<std::size_t>(std::min(count, 23)));
      const testing::NeuronValues value(*model.make(testing::neuron_reference), batches, 1,
                                        model.parameters(105), false);
      double sum = 0;
      for (std::size_t b = 0; b < batches.size(); ++b)
        sum += value.losses[b].total / model.plan->batches[b].scale;
      sums.push_back(sum);
      EXPECT_TRUE(std::abs(sum - sums[0]) <= tolerance::golden_loss * std::abs(sums[0]))
          << count << " parts: " << sum << " against " << sums[0];
    }
  }
}

}  // namespace
}  // namespace nnpoisson
