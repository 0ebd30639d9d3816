#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "report/axis.hpp"
#include "report/figure.hpp"

namespace nnpoisson::report {
namespace {

// Of the page, in pixels.
constexpr double font = 12, top = 8, title_height = 20, x_axis = 48, y_axis = 64, gap_x = 46,
                 gap_y = 36, edge = 14, legend_line = 20;

/// A gnuplot string in which nothing is special.
std::string gnuplot_string(const std::string& text) {
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
  return gnuplot_string(result);
}

/// On the screen; wide enough for most letters.
double text_width(const std::string& text) {
  return 0.56 * font * static_cast<double>(text.size());
}

/// Of cells, which stand at equal distances in a row.
double cell_width(const Series& s) {
  double width = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < s.x.size(); ++i)
    if (s.x[i] > s.x[i - 1]) width = std::min(width, s.x[i] - s.x[i - 1]);
  return std::isfinite(width) ? width : 1;
}

/// Point i of a series is there, else it is a gap.
bool is_drawn_at(const Series& s, std::size_t i) {
  const auto& shown = s.mark == Mark::band ? s.low : s.mark == Mark::cells ? s.value : s.y;
  return std::isfinite(s.x[i]) && std::isfinite(shown[i]);
}

bool has_points(const Series& s) {
  for (std::size_t i = 0; i < s.x.size(); ++i)
    if (is_drawn_at(s, i)) return true;
  return false;
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

/// The commands that draw one page of a figure.
class Page {
 public:
  Page(const Figure& figure, std::size_t page)
      : figure_(figure),
        first_(page * figure.panels_a_page()),
        count_(std::min(figure.panels.size() - first_, figure.panels_a_page())),
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

    // The same drawing twice, as SVG and as PNG.
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
        if (!is_drawn_at(series, i)) {
          add("");
          continue;
        }
        const double y = series.mark == Mark::band ? series.low[i] : series.y[i];
        double low = y, high = y;
        if (!figure_.categories.empty()) low = high = series.x[i];
        if (series.has_interval() && std::isfinite(series.low[i]) && std::isfinite(series.high[i]))
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
    if (strongest_ > 0) draw_palette();
    draw_labels();
    for (std::size_t p = 0; p < count_; ++p) {
      panel(p);
      if (p == 0) add("unset arrow\nunset label\nunset object");
      if (p == 0 && strongest_ > 0) add("unset colorbox");
    }
    add("unset multiplot\nunset colorbox");
  }

  /// The colours of cells, and what values they stand for.
  void draw_palette() {
    const double lowest = negative_ ? -strongest_ : 0, tall = std::min(figure_.height, 110.0),
                 name = std::max(font, legend_height_ + top + title() - 10), above = name + 18;
    add("set palette defined ({}0 '#ffffff', 1 '{}')\nset cbrange [{:.8g}:{:.8g}]",
        negative_ ? fmt::format("-1 '{}', ", colour::blue) : "",
        negative_ ? colour::vermilion : colour::blue, lowest, strongest_);
    add("set colorbox user origin screen {:.5f},{:.5f} size screen {:.5f},{:.5f} border\nset "
        "cbtics {:.8g}",
        sx(width_ - 62), sy(above + tall), 10 / width_, tall / height_,
        axis(lowest, strongest_).step);
    add("set label {} at screen {:.5f},{:.5f} left", gnuplot_string(figure_.value_label),
        sx(width_ - std::max(62.0, text_width(figure_.value_label) + 4)), sy(name));
  }

  /// The names of the axes in the middle of all panels, and the legend above them.
  void draw_labels() {
    const double rows = static_cast<double>(rows_), columns = static_cast<double>(columns_);
    const double low = legend_height_ + top + title() + rows * (title() + figure_.height) -
                       title() + (rows - 1) * gap_y;
    const double middle = (legend_height_ + top + low) / 2;
    const double used = columns * figure_.width + (columns - 1) * between();
    add("set label {} at screen {:.5f},{:.5f} center", gnuplot_string(figure_.x_label),
        sx(left_ + used / 2), sy(height_ - 10));
    if (figure_.categories.empty())
      add("set label {} at screen {:.5f},{:.5f} center rotate", gnuplot_string(figure_.y_label),
          sx(12), sy(middle));

    for (const auto& placed : placed_) {
      add("set label {} at screen {:.5f},{:.5f} left", gnuplot_string(placed.key.text),
          sx(placed.x + 28), sy(placed.y));
      draw_mark(placed.key, placed.x, placed.y);
    }
  }

  /// What a key's series look like, before its text.
  void draw_mark(const Key& key, double x, double y) {
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

  void panel(std::size_t p) {
    const auto& panel = figure_.panels[first_ + p];
    const std::size_t row = p / columns_, column = p % columns_;
    const double x = left_ + static_cast<double>(column) * (figure_.width + between());
    const double y = legend_height_ + top + title() +
                     static_cast<double>(row) * (title() + figure_.height + gap_y);
    add("set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\nset tmargin at screen "
        "{:.5f}\nset bmargin at screen {:.5f}",
        sx(x), sx(x + figure_.width), sy(y), sy(y + figure_.height));
    add("set title {} offset 0,-0.6 font ',{}'", gnuplot_string(panel.title), font);

    axes(panel, column == 0);

    std::string plots;
    const auto plot = [&](std::size_t s, const std::string& how) {
      plots += fmt::format("{}$d{}_{} {}", plots.empty() ? "plot " : ", ", p, s, how);
    };
    if (!figure_.categories.empty() && strongest_ == 0)
      plots = "plot 0 with lines lc rgb '#ffffff'";
    for (std::size_t s = 0; s < panel.series.size(); ++s)
      draw(panel.series[s], [&](const std::string& how) { plot(s, how); });
    add("{}", plots.empty() ? "plot NaN" : plots);
  }

  /// Ranges and tics. `names_shown`: those of categories.
  void axes(const Panel& panel, bool names_shown) {
    Extent across, up;
    const bool categories = !figure_.categories.empty();
    for (const auto& s : panel.series) {
      if (s.mark == Mark::unseen) continue;
      across.take(s.x, s.mark == Mark::cells ? cell_width(s) / 2 : 0);
      up.take(s.mark == Mark::band ? s.low : s.y);
      for (const auto* interval : {&s.low, &s.high}) (categories ? across : up).take(*interval);
    }

    const bool points = std::any_of(panel.series.begin(), panel.series.end(),
                                    [](const Series& s) { return s.mark == Mark::points; });
    const Range y_range = std::isnan(panel.y_range.second) ? figure_.y_range : panel.y_range;
    const Axis ax = across.axis(figure_.x_range, points && !figure_.log_x ? 0.05 : 0),
               ay = up.axis(y_range, 0.06);
    add("set xrange [{:.8g}:{:.8g}]\nset xtics {:.8g}", ax.first, ax.last,
        figure_.log_x ? 10 : ax.step);

    if (categories) {
      std::string names, none;
      for (std::size_t k = 0; k < figure_.categories.size(); ++k) {
        names += fmt::format("{}{} {}", k > 0 ? ", " : "", tic_label(figure_.categories[k]), k);
        none += fmt::format("{}'' {}", k > 0 ? ", " : "", k);
      }
      if (figure_.square) add("set xtics ({}) rotate", names);
      add("set ytics ({})\nset yrange [{}:-0.5]", names_shown ? names : none,
          static_cast<double>(figure_.categories.size()) - 0.5);
    } else {
      add("set yrange [{:.8g}:{:.8g}]\nset ytics {:.8g}", ay.first, ay.last, ay.step);
    }
  }

  template <class Plot>
  void draw(const Series& s, const Plot& plot) const {
    if (s.mark == Mark::unseen || !has_points(s)) return;
    const std::string lc = " lc rgb '" + s.colour + "'";
    if (s.mark == Mark::cells) {
      plot(fmt::format("using 1:2:({:.8g}):(0.5):5 with boxxyerror fs solid noborder fc palette",
                       cell_width(s) / 2));
      return;
    }
    if (s.mark == Mark::ticks) {
      plot("using 1:($2-0.5):(0):(1) with vectors nohead lw 1.2" + lc);
      return;
    }
    const bool bar = s.mark == Mark::points;
    if (s.has_interval() && !bar)
      plot("using 1:3:4 with filledcurves fs transparent solid 0.25 noborder fc rgb '" + s.colour +
           "'");
    if (s.has_interval() && bar)
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

}  // namespace

std::string gnuplot_commands(const Figure& figure, std::size_t page) {
  return Page(figure, page).commands();
}

}  // namespace nnpoisson::report
