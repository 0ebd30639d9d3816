#include "wimmer/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "wimmer/constants.hpp"
#include "wimmer/decision.hpp"

namespace nnpoisson::wimmer {
namespace {

constexpr double left = 60, width = 800, panel_height = 110, gap = 34, top = 40;
constexpr int shown = 40;            // neurons of each population in the raster
constexpr double neuron_height = 2;  // in pixels
constexpr int bin_ms = 10, window_bins = 5;

struct Curve {
  const Population* population;
  const char* colour;
};
// Colours that differ also for the colour-blind.
constexpr std::array<Curve, 7> curves{{{&populations[3], "#d55e00"},
                                       {&populations[4], "#0072b2"},
                                       {&populations[5], "#999999"},
                                       {&populations[6], "#000000"},
                                       {&populations[0], "#d55e00"},
                                       {&populations[1], "#0072b2"},
                                       {&populations[2], "#000000"}}};

bool is_of(const Population& population, std::uint32_t spike) {
  return neuron_of(spike) >= population.first && neuron_of(spike) < population.end;
}

const std::vector<std::uint32_t>& spikes_of(const Population& population,
                                            const TrialSpikes& spikes) {
  return population.circuit == 0 ? spikes.sensory : spikes.integration;
}

/// Hz, in windows of 50 ms around the middle of each bin of 10 ms.
std::vector<double> rates(const Population& population, const TrialSpikes& spikes, int steps) {
  const int bins = std::max(1, steps / (bin_ms * steps_per_ms));
  std::vector<double> count(static_cast<std::size_t>(bins), 0), rate(count);
  for (const auto spike : spikes_of(population, spikes))
    if (const auto bin = static_cast<std::size_t>(step_of(spike) / (bin_ms * steps_per_ms));
        is_of(population, spike) && bin < count.size())
      ++count[bin];
  for (int b = 0; b < bins; ++b) {
    const int first = std::max(0, b - window_bins / 2),
              last = std::min(bins - 1, b + window_bins / 2);
    double sum = 0;
    for (int k = first; k <= last; ++k) sum += count[static_cast<std::size_t>(k)];
    rate[static_cast<std::size_t>(b)] =
        sum / (population.end - population.first) / ((last - first + 1) * bin_ms * 1e-3);
  }
  return rate;
}

class Drawing {
 public:
  Drawing(const Conditions& conditions, const TrialSpikes& spikes)
      : conditions_(conditions), spikes_(spikes) {}

  std::string draw(std::size_t trial) {
    const auto [choice, time] = decide(spikes_.integration, conditions_, all_readers());
    decision_ = choice != 0 ? conditions_.stimulus_from + time : -1;
    const char* chosen = choice == 0  ? "no decision"
                         : choice < 0 ? "decision: DE1 (right)"
                                      : "decision: DE2 (left)";
    text(left, 22,
         fmt::format("trial {}, coherence {}, feedback {}: {}{}", trial,
                     coherence_of(conditions_, trial), conditions_.feedback, chosen,
                     choice != 0 ? fmt::format(" after {:.3f} s", time) : ""));
    panel("integration, Hz", {curves.begin(), curves.begin() + 4});
    panel("sensory, Hz", {curves.begin() + 4, curves.end()});
    raster();
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} "
        "{1}\" font-family=\"sans-serif\" "
        "font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{2}</svg>\n",
        left + width + 60, y_ + 10, body_);
  }

 private:
  [[nodiscard]] double x(double seconds) const {
    return left + width * seconds / conditions_.duration;
  }
  void text(double at_x, double at_y, const std::string& words, const char* more = "") {
    fmt::format_to(std::back_inserter(body_), "<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n",
                   at_x, at_y, more, words);
  }
  void line(double x1, double y1, double x2, double y2, const char* style) {
    fmt::format_to(std::back_inserter(body_),
                   "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1,
                   x2, y2, style);
  }
  /// Stimulus, axis and decision behind what is drawn next.
  void frame(double height) {
    fmt::format_to(
        std::back_inserter(body_),
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"#f3efe2\"/>\n",
        x(conditions_.stimulus_from), y_,
        x(conditions_.stimulus_until) - x(conditions_.stimulus_from), height);
    line(left, y_ + height, left + width, y_ + height, "stroke=\"black\"");
    if (decision_ >= 0)
      line(x(decision_), y_, x(decision_), y_ + height,
           "stroke=\"#009e73\" stroke-dasharray=\"4 3\"");
  }

  void panel(const char* title, const std::vector<Curve>& shown_curves) {
    std::vector<std::vector<double>> all;
    double most = 10;
    for (const auto& curve : shown_curves) {
      all.push_back(rates(*curve.population, spikes_, steps_in(conditions_.duration)));
      // The start, all neurons of the integration circuit at once, would hide the rest.
      for (std::size_t b = window_bins; b < all.back().size(); ++b)
        most = std::max(most, all.back()[b]);
    }
    frame(panel_height);
    text(left, y_ - 4, title);
    text(left - 6, y_ + 10, fmt::format("{:.0f}", most), "text-anchor=\"end\"");
    text(left - 6, y_ + panel_height, "0", "text-anchor=\"end\"");
    for (std::size_t c = 0; c < all.size(); ++c) {
      std::string points;
      for (std::size_t b = 0; b < all[c].size(); ++b)
        fmt::format_to(std::back_inserter(points), "{:.1f},{:.1f} ",
                       x((static_cast<double>(b) + 0.5) * bin_ms * 1e-3),
                       y_ + panel_height * (1 - std::min(all[c][b], most) / most));
      fmt::format_to(std::back_inserter(body_),
                     "<polyline fill=\"none\" stroke=\"{}\" points=\"{}\"/>\n",
                     shown_curves[c].colour, points);
      text(left + width + 6, y_ + 12 + 14 * static_cast<double>(c),
           shown_curves[c].population->name,
           fmt::format("fill=\"{}\"", shown_curves[c].colour).c_str());
    }
    y_ += panel_height + gap;
  }

  void raster() {
    const double height = neuron_height * shown * curves.size();
    frame(height);
    text(left, y_ - 4, fmt::format("spikes of {} neurons of each population", shown));
    for (const auto& [population, colour] : curves) {
      const int stride = (population->end - population->first) / shown;
      std::string path;
      for (const auto spike : spikes_of(*population, spikes_)) {
        const int k = neuron_of(spike) - population->first;
        if (!is_of(*population, spike) || k % stride != 0 || k / stride >= shown) continue;
        fmt::format_to(std::back_inserter(path), "M{:.1f} {:.1f}v{}",
                       x(static_cast<double>(step_of(spike)) / (1000 * steps_per_ms)),
                       y_ + neuron_height * (k / stride), neuron_height);
      }
      fmt::format_to(std::back_inserter(body_),
                     "<path stroke=\"{}\" stroke-width=\"0.8\" d=\"{}\"/>\n", colour, path);
      text(left - 6, y_ + neuron_height * shown / 2 + 4, population->name, "text-anchor=\"end\"");
      y_ += neuron_height * shown;
    }
    for (int tick = 0; tick <= 6; ++tick) {
      const double seconds = conditions_.duration * tick / 6;
      text(x(seconds), y_ + 16, fmt::format("{:g}{}", seconds, tick == 6 ? " s" : ""),
           "text-anchor=\"middle\"");
    }
    y_ += 20;
  }

  const Conditions& conditions_;
  const TrialSpikes& spikes_;
  std::string body_;
  double y_ = top + 10, decision_ = -1;
};

}  // namespace

std::string picture(const Conditions& conditions, std::size_t trial, const TrialSpikes& spikes) {
  return Drawing(conditions, spikes).draw(trial);
}

}  // namespace nnpoisson::wimmer
