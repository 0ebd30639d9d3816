#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace nnpoisson::report {

/// Colours that differ also for the colour-blind (Okabe and Ito 2008).
namespace colour {
inline constexpr const char *black = "#000000", *grey = "#8c8c8c", *orange = "#e69f00",
                            *green = "#009e73", *blue = "#0072b2", *vermilion = "#d55e00";
inline constexpr const char *left = blue, *right = vermilion;
/// The k-th of `count` ordered values: dark blue over grey to yellow.
[[nodiscard]] std::string ordered(std::size_t k, std::size_t count);
}  // namespace colour

enum class Mark {
  line,    ///< with a band where there is an interval
  dashed,  ///< the same, for references
  ticks,   ///< upright strokes, one high
  points,  ///< with error bars where there is an interval
  pale,    ///< a broad light line, for what was observed behind what is predicted
  band,    ///< only the interval
  unseen,  ///< in the CSV alone
  cells,   ///< coloured by value: white 0 to blue, or, where some are negative, blue below 0 and
           ///< orange above
};

/// Numbers of a figure and how they are drawn. All vectors that are not empty have one length; NaN
/// is a gap.
struct Series {
  std::string name{};  ///< in the CSV, and in the legend
  Mark mark = Mark::line;
  std::string colour = colour::black;
  std::vector<double> x{}, y{};
  std::vector<double> low{}, high{};  ///< an interval of y; where y is a category, of x
  std::vector<double> value{};        ///< of cells
  [[nodiscard]] bool has_interval() const { return !low.empty(); }
};

/// A range whose ends are NaN follows the data.
using Range = std::pair<double, double>;
inline constexpr double by_data = std::numeric_limits<double>::quiet_NaN();

struct Panel {
  std::string title;
  std::vector<Series> series;
  Range y_range{by_data, by_data};  ///< before the figure's
};

/// A reference line across all categories.
[[nodiscard]] Series upright(double x, std::size_t categories);
/// Of a panel with so many categories, px.
[[nodiscard]] double category_height(std::size_t categories);

struct Key {
  std::string text;
  Mark mark;
  std::string colour;
};

/// Panels side by side, row after row, with the same axes. Knows how to write its numbers and its
/// drawing, both from the same series.
struct Figure {
  std::string name;     ///< of its files
  std::string caption;  ///< what is to be seen, in words
  std::string x_label, y_label;
  std::string value_label{};  ///< of cells
  std::vector<Panel> panels{};
  std::vector<Key> legend{};              ///< empty: the names of the series
  std::vector<std::string> categories{};  ///< y = 0, 1, ... from above, where y is no number
  Range x_range{by_data, by_data}, y_range{by_data, by_data};
  bool log_x = false;
  bool square = false;               ///< categories along x too
  std::size_t columns = 4;           ///< panels in a row
  double width = 160, height = 120;  ///< of a panel, px

  [[nodiscard]] std::size_t panels_a_page() const;
  [[nodiscard]] std::size_t pages() const;
  /// Name of a page's files, without what comes after the dot.
  [[nodiscard]] std::string file(std::size_t page) const;
};

/// A row for each point: panel, series, x and y under the names of their axes, then the interval
/// and the value where there are any.
[[nodiscard]] std::string csv(const Figure& figure);

/// gnuplot commands that draw a page of the figure, as SVG and as PNG, into files of the folder
/// where gnuplot runs.
[[nodiscard]] std::string gnuplot_commands(const Figure& figure, std::size_t page);

}  // namespace nnpoisson::report
