#include "synthetic/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <vector>

#include "synthetic/decision.hpp"
#include "wimmer/conditions.hpp"
#include "wimmer/constants.hpp"
#include "wimmer/spikes.hpp"

namespace nnpoisson::wimmer {
namespace {

constexpr double left = 60, width = 800, panel_height = 110, gap = 34, top = 40;
constexpr int shown = 40;            // neurons of each population in the raster
constexpr double neuron_height = 2;  // in pixels
constexpr int bin_ms = 10, window_bins = 5;

struct Curve {
  Population population;
  const char* colour;
};
// Colours that differ also for the colour-blind.
constexpr std::array integration_curves{Curve{de1, "#d55e00"}, Curve{de2, "#0072b2"},
                                        Curve{dn, "#999999"}, Curve{di, "#000000"}};
constexpr std::array sensory_curves{Curve{se1, "#d55e00"}, Curve{se2, "#0072b2"},
                                    Curve{si, "#000000"}};

/// Hz, in windows of 50 ms around the middle of each bin of 10 ms.
std::vector<double> rates(const Population& population, const TrialSpikes& spikes, int steps) {
  const int bins = std::max(1, steps / (bin_ms * steps_per_ms));
  std::vector<double> count(static_cast<std::size_t>(bins), 0), rate(count);
  for (const auto spike : spikes_around(population, spikes))
    if (const auto bin = static_cast<std::size_t>(step_of(spike) / (bin_ms * steps_per_ms));
        population.contains(neuron_of(spike)) && bin < count.size())
      ++count[bin];

  for (int b = 0; b < bins; ++b) {
    const int first = std::max(0, b - window_bins / 2);
    const int last = std::min(bins - 1, b + window_bins / 2);
    double sum = 0;
    for (int k = first; k <= last; ++k) sum += count[static_cast<std::size_t>(k)];
    rate[static_cast<std::size_t>(b)] =
        sum / population.size() / ((last - first + 1) * bin_ms * 1e-3);
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
    const std::string decision = choice == 0
                                     ? "no decision"
                                     : fmt::format("decision: {} after {:.3f} s",
                                                   choice < 0 ? "DE1 (right)" : "DE2 (left)", time);
    text(left, 22,
         fmt::format("trial {}, coherence {}, feedback {}: {}", trial,
                     coherence_of(conditions_, trial), conditions_.feedback, decision));

    panel("integration, Hz", integration_curves);
    panel("sensory, Hz", sensory_curves);
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

  void panel(const char* title, std::span<const Curve> curves) {
    std::vector<std::vector<double>> all;
    double most = 10;
    for (const auto& curve : curves) {
      all.push_back(rates(curve.population, spikes_, steps_in(conditions_.duration)));
      // The start, all neurons of the integration circuit at once, would hide the rest.
      for (std::size_t b = window_bins; b < all.back().size(); ++b)
        most = std::max(most, all.back()[b]);
    }

    frame(panel_height);
    text(left, y_ - 4, title);
    text(left - 6, y_ + 10, fmt::format("{:.0f}", most), "text-anchor=\"end\"");
    text(left - 6, y_ + panel_height, "0", "text-anchor=\"end\"");
    for (std::size_t c = 0; c < curves.size(); ++c) {
      polyline(all[c], most, curves[c].colour);
      text(left + width + 6, y_ + 12 + 14 * static_cast<double>(c), curves[c].population.name,
           fmt::format("fill=\"{}\"", curves[c].colour).c_str());
    }
    y_ += panel_height + gap;
  }

  void polyline(const std::vector<double>& rate, double most, const char* colour) {
    std::string points;
    for (std::size_t b = 0; b < rate.size(); ++b)
      fmt::format_to(std::back_inserter(points), "{:.1f},{:.1f} ",
                     x((static_cast<double>(b) + 0.5) * bin_ms * 1e-3),
                     y_ + panel_height * (1 - std::min(rate[b], most) / most));
    fmt::format_to(std::back_inserter(body_),
                   "<polyline fill=\"none\" stroke=\"{}\" points=\"{}\"/>\n", colour, points);
  }

  void raster() {
    frame(neuron_height * shown * (integration_curves.size() + sensory_curves.size()));
    text(left, y_ - 4, fmt::format("spikes of {} neurons of each population", shown));
    for (const Curve& curve : integration_curves) raster_rows(curve);
    for (const Curve& curve : sensory_curves) raster_rows(curve);
    time_axis();
  }

  void raster_rows(const Curve& curve) {
    const Population& population = curve.population;
    const int stride = population.size() / shown;
    std::string path;
    for (const auto spike : spikes_around(population, spikes_)) {
      const int k = neuron_of(spike) - population.first;
      if (!population.contains(neuron_of(spike)) || k % stride != 0 || k / stride >= shown)
        continue;
      fmt::format_to(std::back_inserter(path), "M{:.1f} {:.1f}v{}", x(seconds_in(step_of(spike))),
                     y_ + neuron_height * (k / stride), neuron_height);
    }
    fmt::format_to(std::back_inserter(body_),
                   "<path stroke=\"{}\" stroke-width=\"0.8\" d=\"{}\"/>\n", curve.colour, path);
    text(left - 6, y_ + neuron_height * shown / 2 + 4, population.name, "text-anchor=\"end\"");
    y_ += neuron_height * shown;
  }

  void time_axis() {
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
