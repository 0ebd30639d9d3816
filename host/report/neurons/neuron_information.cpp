#include <fmt/format.h>

#include "report/neurons/sections.hpp"
#include "report/wording.hpp"

namespace nnpoisson::report {
namespace {

/// `beside` the middle of each region's row.
Series information_dots(const NeuronDependencies& d, const char* name, const char* shade,
                        DependencyMean SpikeInformation::*member, double beside) {
  Series s{.name = name, .mark = Mark::points, .colour = shade};
  for (std::size_t g = 0; g < d.regions.size(); ++g) {
    const DependencyMean& mean = d.regions[g].information.*member;
    s.x.push_back(mean.mean), s.y.push_back(static_cast<double>(g) + beside);
    s.low.push_back(mean.mean - normal_95 * mean.trial_error);
    s.high.push_back(mean.mean + normal_95 * mean.trial_error);
  }
  return s;
}

}  // namespace

Section neuron_information(const NeuronDependencies& d, bool answered) {
  Section section{.heading = "Dependencies"};
  if (!answered) {
    section.words = {
        "No training trial was answered inside the window: spikes can tell nothing of "
        "choices here."};
    return section;
  }
  section.words = {fmt::format(
      "Spikes say {} nats a trial of choice and response time, beyond the stimulus. Units that "
      "tell the same can stand in for each other: what is lost without a region can be little "
      "where alone it says much.",
      with_error({d.total.mean, d.total.trial_error}))};

  Figure figure{.name = "information",
                .caption =
                    "What a region's spikes say of choice and response time: alone, and what "
                    "is lost without them. Bars: 95 % intervals over trials.",
                .x_label = "nats a trial",
                .y_label = "region"};
  for (const auto& region : d.regions) figure.categories.push_back(region.name);
  figure.columns = 1, figure.width = 240, figure.height = category_height(d.regions.size());
  figure.panels.push_back(
      {"",
       {upright(0, d.regions.size()),
        information_dots(d, "alone", colour::blue, &SpikeInformation::alone, -0.15),
        information_dots(d, "lost without", colour::vermilion, &SpikeInformation::lost, 0.15)}});
  section.figures.push_back(std::move(figure));

  if (d.drive) {
    Section drive = dependence(*d.drive, answered);
    section.words.insert(section.words.end(), drive.words.begin(), drive.words.end());
    for (auto& table : drive.tables) section.tables.push_back(std::move(table));
    for (auto& drawn : drive.figures) section.figures.push_back(std::move(drawn));
  }
  return section;
}

}  // namespace nnpoisson::report
