#include "report/figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "storage/csv.hpp"

namespace nnpoisson::report {
namespace {

constexpr std::size_t rows_a_page = 5;

/// A number as a cell; empty where there is none.
std::string csv_number(const std::vector<double>& numbers, std::size_t i) {
  return numbers.empty() || std::isnan(numbers[i]) ? std::string() : fmt::format("{}", numbers[i]);
}

/// The category at y, as a cell. Of marks beside the middle of a category's row too; a reference
/// line has none.
std::string category(const Figure& figure, double y) {
  const auto k = std::lround(y);
  const bool there = k >= 0 && static_cast<std::size_t>(k) < figure.categories.size() &&
                     std::abs(y - static_cast<double>(k)) < 0.45;
  return there ? csv_field(figure.categories[static_cast<std::size_t>(k)]) : "";
}

}  // namespace

Series upright(double x, std::size_t categories) {
  return {.mark = Mark::dashed,
          .colour = colour::grey,
          .x = {x, x},
          .y = {-0.5, static_cast<double>(categories) - 0.5}};
}

double category_height(std::size_t categories) {
  return std::max(90.0, 18 * static_cast<double>(categories));
}

std::string colour::ordered(std::size_t k, std::size_t count) {
  // Cividis (Nunez et al. 2018, PLoS ONE 13:e0199239), without its lightest part.
  static constexpr std::array<std::array<double, 3>, 5> stops{
      {{0, 34, 78}, {65, 77, 107}, {112, 113, 115}, {166, 157, 117}, {222, 199, 89}}};
  const double at =
      count < 2 ? 0 : static_cast<double>(k) / static_cast<double>(count - 1) * (stops.size() - 1);
  const auto from = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  const auto mixed = [&](std::size_t channel) {
    return static_cast<int>(std::lround(
        std::lerp(stops[from][channel], stops[from + 1][channel], at - static_cast<double>(from))));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", mixed(0), mixed(1), mixed(2));
}

std::size_t Figure::panels_a_page() const {
  return rows_a_page * columns;
}

std::size_t Figure::pages() const {
  return (panels.size() + panels_a_page() - 1) / panels_a_page();
}

std::string Figure::file(std::size_t page) const {
  return pages() == 1 ? name : fmt::format("{}-{}", name, page + 1);
}

std::string csv(const Figure& figure) {
  bool intervals = false, values = false;
  for (const auto& panel : figure.panels)
    for (const auto& s : panel.series) intervals |= s.has_interval(), values |= !s.value.empty();
  std::string text = "panel,series," + csv_field(figure.x_label) + "," + csv_field(figure.y_label);
  text += std::string(intervals ? ",low,high" : "") + (values ? ",value" : "") + "\n";
  for (const auto& panel : figure.panels)
    for (const auto& s : panel.series)
      for (std::size_t i = 0; i < s.x.size(); ++i) {
        const auto x = figure.square ? category(figure, s.x[i]) : csv_number(s.x, i);
        const auto y = figure.categories.empty() ? csv_number(s.y, i) : category(figure, s.y[i]);
        text += csv_field(panel.title) + "," + csv_field(s.name) + "," + x + "," + y;
        if (intervals) text += "," + csv_number(s.low, i) + "," + csv_number(s.high, i);
        if (values) text += "," + csv_number(s.value, i);
        text += "\n";
      }
  return text;
}

}  // namespace nnpoisson::report
