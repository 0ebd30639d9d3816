#include "report/figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>

namespace nnpoisson::report {
namespace {

constexpr std::size_t rows_a_page = 5;
constexpr double font = 12, top = 8, title_height = 20, x_axis = 48, y_axis = 64, gap_x = 46,
                 gap_y = 36, edge = 14, legend_line = 20;

// ---- text

/// A gnuplot string in which nothing is special.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return result + "'";
}

/// Names of tics are formats.
std::string tic_label(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '%' ? "%%" : std::string(1, c);
  return quoted(result);
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + "\"";
}

std::string csv_cell(const std::vector<double>& numbers, std::size_t i) {
  return numbers.empty() || std::isnan(numbers[i]) ? std::string() : fmt::format("{}", numbers[i]);
}

/// On the screen; wide enough for most letters.
double text_width(const std::string& text) {
  return 0.56 * font * static_cast<double>(text.size());
}

// ---- axes

struct Axis {
  double first = 0, last = 1, step = 0.25;
};

/// About four tics, at 1, 2 or 5 times a power of ten.
Axis axis(double first, double last) {
  const double rough = (last - first) / 4, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1., 2., 5.})
    if (rough <= factor * power * 1.2) return {first, last, factor * power};
  return {first, last, 10 * power};
}

class Extent {
 public:
  void take(const std::vector<double>& numbers, double around = 0) {
    for (const double v : numbers)
      if (std::isfinite(v)) low_ = std::min(low_, v - around), high_ = std::max(high_, v + around);
  }
  /// What was taken, a little wider (`margin`), with the ends that `given` has.
  [[nodiscard]] Axis axis(Range given, double margin) const {
    double low = low_ <= high_ ? low_ : 0, high = low_ <= high_ ? high_ : 1;
    const double wider = margin * (high - low);
    low = std::isnan(given.first) ? low - wider : given.first;
    high = std::isnan(given.second) ? high + wider : given.second;
    if (!(high - low > 1e-9 * std::max(std::abs(low), std::abs(high)))) {  // one value only
      const double around = low == 0 ? 1 : 0.1 * std::abs(low);
      if (std::isnan(given.first)) low -= around;
      high += around;
    }
    return report::axis(low, high);
  }

 private:
  double low_ = std::numeric_limits<double>::infinity(), high_ = -low_;
};

// ---- drawing

/// Of cells, which stand at equal distances in a row.
double cell_width(const Series& s) {
  double width = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < s.x.size(); ++i)
    if (s.x[i] > s.x[i - 1]) width = std::min(width, s.x[i] - s.x[i - 1]);
  return std::isfinite(width) ? width : 1;
}

bool has_interval(const Series& s) {
  return !s.low.empty();
}

std::vector<Key> keys(const Figure& figure) {
  if (!figure.legend.empty()) return figure.legend;
  std::vector<Key> all;
  for (const auto& panel : figure.panels)
    for (const auto& s : panel.series)
      if (!s.name.empty() && s.mark != Mark::cells && s.mark != Mark::unseen &&
          std::none_of(all.begin(), all.end(), [&](const Key& key) {
            return key.text == s.name && key.colour == s.colour;
          }))
        all.push_back({s.name, s.mark, s.colour});
  return all;
}

class Page {
 public:
  Page(const Figure& figure, std::size_t page)
      : figure_(figure),
        first_(page * rows_a_page * figure.columns),
        count_(std::min(figure.panels.size() - first_, rows_a_page * figure.columns)),
        columns_(std::min(figure.columns, count_)),
        rows_((count_ + columns_ - 1) / columns_),
        file_(figure.file(page)) {
    if (!figure.categories.empty()) left_ = 40;
    for (const auto& name : figure.categories)
      left_ = std::max(left_, 1.3 * text_width(name) + 20);  // also of capitals
    if (figure.square) bottom_ = std::max(bottom_, left_ + 16);
    titled_ = std::any_of(figure.panels.begin(), figure.panels.end(),
                          [](const Panel& p) { return !p.title.empty(); });
    for (const auto& panel : figure.panels)
      for (const auto& s : panel.series)
        for (const double v : s.value)
          if (std::isfinite(v)) strongest_ = std::max(strongest_, std::abs(v)), negative_ |= v < 0;
    const auto columns = static_cast<double>(columns_), rows = static_cast<double>(rows_);
    width_ = left_ + columns * figure.width + (columns - 1) * between() + edge +
             (strongest_ > 0 ? 70 : 0);
    place_keys();
    height_ =
        legend_height_ + top + rows * (title() + figure.height) + (rows - 1) * gap_y + bottom_;
  }

  std::string commands() {
    body_ = "reset session\nset encoding utf8\n";
    for (std::size_t p = 0; p < count_; ++p) data(p);
    const std::string data = std::exchange(body_, {});
    drawing();
    const auto terminal = [&](const char* kind, const char* ending, double scale,
                              const char* more) {
      return fmt::format(
          "set terminal {0} size {1:.0f},{2:.0f} noenhanced font 'sans-serif,{3}' background "
          "'#ffffff' {4}\nset output '{5}.{6}'\n",
          kind, scale * width_, scale * height_, font, more, file_, ending);
    };
    return data + terminal("svg", "svg", 1, "fixed") + body_ +
           terminal("pngcairo", "png", 2, "fontscale 1.5 linewidth 2 pointscale 2") + body_ +
           "unset output\n";
  }

 private:
  template <class... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(body_), format, std::forward<Values>(values)...);
    body_ += '\n';
  }
  [[nodiscard]] double title() const { return titled_ ? title_height : 0; }
  [[nodiscard]] double between() const { return figure_.categories.empty() ? gap_x : edge + 10; }
  // Screen coordinates of pixels from the upper left.
  [[nodiscard]] double sx(double x) const { return x / width_; }
  [[nodiscard]] double sy(double y) const { return 1 - y / height_; }

  void place_keys() {
    double x = left_, y = top + 8;
    for (auto& key : keys(figure_)) {
      const double wide = 28 + text_width(key.text) + 14;
      if (x > left_ && x + wide > width_) x = left_, y += legend_line;
      placed_.push_back({std::move(key), x, y});
      x += wide;
    }
    legend_height_ = placed_.empty() ? 0 : y + 6;
    // A single narrow panel may have a key wider than itself.
    for (const auto& p : placed_)
      width_ = std::max(width_, p.x + 28 + text_width(p.key.text) + edge);
  }

  /// Rows of numbers, a block for each series; a gap is an empty line.
  void data(std::size_t p) {
    const auto& panel = figure_.panels[first_ + p];
    for (std::size_t s = 0; s < panel.series.size(); ++s) {
      const Series& series = panel.series[s];
      add("$d{}_{} << EOD", p, s);
      for (std::size_t i = 0; i < series.x.size(); ++i) {
        const double shown = series.mark == Mark::band    ? series.low[i]
                             : series.mark == Mark::cells ? series.value[i]
                                                          : series.y[i];
        if (!std::isfinite(series.x[i]) || !std::isfinite(shown)) {
          add("");
          continue;
        }
        const double y = series.mark == Mark::band ? series.low[i] : series.y[i];
        double low = y, high = y;
        if (!figure_.categories.empty()) low = high = series.x[i];
        if (has_interval(series) && std::isfinite(series.low[i]) && std::isfinite(series.high[i]))
          low = series.low[i], high = series.high[i];
        add("{:.8g} {:.8g} {:.8g} {:.8g} {:.8g}", series.x[i], y, low, high,
            series.value.empty() ? 0 : series.value[i]);
      }
      add("EOD");
    }
  }

  void drawing() {
    add("set multiplot{}", figure_.log_x ? "\nset logscale x" : "");
    add("unset key\nset border 3 lc rgb '#404040'\nset tics nomirror out scale 0.5 textcolor rgb "
        "'#000000'\nset format '%g'");
    if (strongest_ > 0) {
      const double lowest = negative_ ? -strongest_ : 0, above = legend_height_ + top + title(),
                   tall = std::min(figure_.height, 120.0);
      add("set palette defined ({}0 '#ffffff', 1 '{}')\nset cbrange [{:.8g}:{:.8g}]",
          negative_ ? fmt::format("-1 '{}', ", colour::blue) : "",
          negative_ ? colour::vermilion : colour::blue, lowest, strongest_);
      add("set colorbox user origin screen {:.5f},{:.5f} size screen {:.5f},{:.5f} border\nset "
          "cbtics {:.8g}",
          sx(width_ - 62), sy(above + tall), 10 / width_, tall / height_,
          axis(lowest, strongest_).step);
      add("set label {} at screen {:.5f},{:.5f} left", quoted(figure_.value_label), sx(width_ - 62),
          sy(above - 10));
    }
    draw_keys();
    for (std::size_t p = 0; p < count_; ++p) {
      panel(p);
      if (p == 0) add("unset arrow\nunset label\nunset object");
      if (p == 0 && strongest_ > 0) add("unset colorbox");
    }
    add("unset multiplot\nunset colorbox");
  }

  void draw_keys() {
    const double low = legend_height_ + top + title() +
                       static_cast<double>(rows_) * (title() + figure_.height) - title() +
                       static_cast<double>(rows_ - 1) * gap_y;
    const double middle = (legend_height_ + top + low) / 2;
    const double used = static_cast<double>(columns_) * figure_.width +
                        static_cast<double>(columns_ - 1) * between();
    add("set label {} at screen {:.5f},{:.5f} center", quoted(figure_.x_label),
        sx(left_ + used / 2), sy(height_ - 10));
    if (figure_.categories.empty())
      add("set label {} at screen {:.5f},{:.5f} center rotate", quoted(figure_.y_label), sx(12),
          sy(middle));
    for (const auto& [key, x, y] : placed_) {
      add("set label {} at screen {:.5f},{:.5f} left", quoted(key.text), sx(x + 28), sy(y));
      if (key.mark == Mark::points)
        add("set label '' at screen {:.5f},{:.5f} point pt 7 ps 0.5 lc rgb '{}'", sx(x + 12), sy(y),
            key.colour);
      else if (key.mark == Mark::band)
        add("set object rectangle from screen {:.5f},{:.5f} to screen {:.5f},{:.5f} fc rgb '{}' fs "
            "solid 0.25 noborder",
            sx(x), sy(y + 5), sx(x + 22), sy(y - 5), key.colour);
      else
        add("set arrow from screen {:.5f},{:.5f} to screen {:.5f},{:.5f} nohead {} lc rgb '{}{}'",
            sx(x), sy(y), sx(x + 22), sy(y),
            key.mark == Mark::dashed ? "lw 1.2 dt 2"
            : key.mark == Mark::pale ? "lw 5"
                                     : "lw 2",
            key.mark == Mark::pale ? "#a0" : "#", key.colour.substr(1));
    }
  }

  void panel(std::size_t p) {
    const auto& panel = figure_.panels[first_ + p];
    const std::size_t row = p / columns_, column = p % columns_;
    const double x = left_ + static_cast<double>(column) * (figure_.width + between());
    const double y = legend_height_ + top + title() +
                     static_cast<double>(row) * (title() + figure_.height + gap_y);
    add("set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\nset tmargin at screen "
        "{:.5f}\nset bmargin at screen {:.5f}",
        sx(x), sx(x + figure_.width), sy(y), sy(y + figure_.height));
    add("set title {} offset 0,-0.6 font ',{}'", quoted(panel.title), font);

    Extent across, up;
    const bool categories = !figure_.categories.empty();
    for (const auto& s : panel.series) {
      if (s.mark == Mark::unseen) continue;
      across.take(s.x, s.mark == Mark::cells ? cell_width(s) / 2 : 0),
          up.take(s.mark == Mark::band ? s.low : s.y);
      for (const auto* interval : {&s.low, &s.high}) (categories ? across : up).take(*interval);
    }
    const bool points = std::any_of(panel.series.begin(), panel.series.end(),
                                    [](const Series& s) { return s.mark == Mark::points; });
    const Axis ax = across.axis(figure_.x_range, points ? 0.05 : 0),
               ay = up.axis(std::isnan(panel.y_range.second) ? figure_.y_range : panel.y_range,
                            0.06);
    add("set xrange [{:.8g}:{:.8g}]\nset xtics {:.8g}", ax.first, ax.last,
        figure_.log_x ? 10 : ax.step);
    if (categories) {
      std::string names, none;
      for (std::size_t k = 0; k < figure_.categories.size(); ++k) {
        names += fmt::format("{}{} {}", k > 0 ? ", " : "", tic_label(figure_.categories[k]), k);
        none += fmt::format("{}'' {}", k > 0 ? ", " : "", k);
      }
      if (figure_.square) add("set xtics ({}) rotate", names);
      add("set ytics ({})\nset yrange [{}:-0.5]", column == 0 ? names : none,
          static_cast<double>(figure_.categories.size()) - 0.5);
    } else {
      add("set yrange [{:.8g}:{:.8g}]\nset ytics {:.8g}", ay.first, ay.last, ay.step);
    }
    std::string plots;
    const auto plot = [&](std::size_t s, const std::string& how) {
      plots += fmt::format("{}$d{}_{} {}", plots.empty() ? "plot " : ", ", p, s, how);
    };
    if (categories && strongest_ == 0) plots = "plot 0 with lines lc rgb '#ffffff'";
    for (std::size_t s = 0; s < panel.series.size(); ++s)
      draw(panel.series[s], [&](const std::string& how) { plot(s, how); });
    add("{}", plots.empty() ? "plot NaN" : plots);
  }

  template <class Plot>
  void draw(const Series& s, const Plot& plot) const {
    if (s.x.empty() || s.mark == Mark::unseen) return;
    const std::string lc = " lc rgb '" + s.colour + "'";
    if (s.mark == Mark::cells) {
      plot(fmt::format("using 1:2:({:.8g}):(0.5):5 with boxxyerror fs solid noborder fc palette",
                       cell_width(s) / 2));
      return;
    }
    const bool bar = s.mark == Mark::points;
    if (has_interval(s) && !bar)
      plot("using 1:3:4 with filledcurves fs transparent solid 0.25 noborder fc rgb '" + s.colour +
           "'");
    if (has_interval(s) && bar)
      plot(figure_.categories.empty() ? "using 1:2:3:4 with yerrorbars pt 7 ps 0" + lc
                                      : "using 1:2:3:4 with xerrorbars pt 7 ps 0" + lc);
    if (bar) plot("using 1:2 with points pt 7 ps 0.45" + lc);
    if (s.mark == Mark::pale)
      plot("using 1:2 with lines lw 5 lc rgb '#a0" + s.colour.substr(1) + "'");
    if (s.mark == Mark::line || s.mark == Mark::dashed)
      plot("using 1:2 with lines" + lc + (s.mark == Mark::dashed ? " lw 1.2 dt 2" : " lw 1.8"));
  }

  struct Placed {
    Key key;
    double x, y;
  };
  const Figure& figure_;
  std::size_t first_, count_, columns_, rows_;
  std::string file_, body_;
  double left_ = y_axis, bottom_ = x_axis, width_ = 0, height_ = 0, legend_height_ = 0,
         strongest_ = 0;
  bool titled_ = false, negative_ = false;
  std::vector<Placed> placed_;
};

/// Of marks beside the middle of a category's row too; a reference line has none.
std::string category(const Figure& figure, double y) {
  const auto k = std::lround(y);
  const bool there = k >= 0 && static_cast<std::size_t>(k) < figure.categories.size() &&
                     std::abs(y - static_cast<double>(k)) < 0.45;
  return there ? csv_cell(figure.categories[static_cast<std::size_t>(k)]) : "";
}

}  // namespace

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

std::size_t Figure::pages() const {
  const std::size_t most = rows_a_page * columns;
  return (panels.size() + most - 1) / most;
}

std::string Figure::file(std::size_t page) const {
  return pages() == 1 ? name : fmt::format("{}-{}", name, page + 1);
}

std::string csv(const Figure& figure) {
  bool intervals = false, values = false;
  for (const auto& panel : figure.panels)
    for (const auto& s : panel.series) intervals |= has_interval(s), values |= !s.value.empty();
  std::string text = "panel,series," + csv_cell(figure.x_label) + "," + csv_cell(figure.y_label);
  text += std::string(intervals ? ",low,high" : "") + (values ? ",value" : "") + "\n";
  for (const auto& panel : figure.panels)
    for (const auto& s : panel.series)
      for (std::size_t i = 0; i < s.x.size(); ++i) {
        const auto x = figure.square ? category(figure, s.x[i]) : csv_cell(s.x, i);
        const auto y = figure.categories.empty() ? csv_cell(s.y, i) : category(figure, s.y[i]);
        text += csv_cell(panel.title) + "," + csv_cell(s.name) + "," + x + "," + y;
        if (intervals) text += "," + csv_cell(s.low, i) + "," + csv_cell(s.high, i);
        if (values) text += "," + csv_cell(s.value, i);
        text += "\n";
      }
  return text;
}

std::string gnuplot_commands(const Figure& figure, std::size_t page) {
  return Page(figure, page).commands();
}

}  // namespace nnpoisson::report
