#include "report/figure.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>

#include "nnpoisson/error.hpp"
#include "own_folder.hpp"
#include "report/gnuplot.hpp"
#include "report/markup.hpp"

namespace nnpoisson::report {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
/// All that gnuplot, XML or CSV might take for its own.
const std::string special = R"(a<b>&"c" 'd' %d%% {e}_f^g \n @h `ls` $i #j, é)";

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::filesystem::path folder() {
  auto made = fresh_file("folder");
  std::filesystem::create_directories(made);
  return made;
}

TEST(Figure, CsvHoldsAllNumbersInFull) {
  Figure figure{.name = "f", .caption = "", .x_label = "time, s", .y_label = "rate"};
  figure.panels = {{special,
                    {{.name = "seen",
                      .mark = Mark::points,
                      .x = {0.1, 1. / 3},
                      .y = {1e-300, none},
                      .low = {0, -1},
                      .high = {2, 3}}}},
                   {"two", {{.name = "unseen", .mark = Mark::unseen, .x = {5}, .y = {6}}}}};
  EXPECT_EQ(
      csv(figure),
      "panel,series,\"time, s\",rate,low,high\n"
      "\"a<b>&\"\"c\"\" 'd' %d%% {e}_f^g \\n @h `ls` $i #j, é\",seen,0.1,1e-300,0,2\n"
      "\"a<b>&\"\"c\"\" 'd' %d%% {e}_f^g \\n @h `ls` $i #j, é\",seen,0.3333333333333333,,-1,3\n"
      "two,unseen,5,6,,\n");
}

TEST(Figure, CsvNamesCategories) {
  Figure figure{.name = "f", .caption = "", .x_label = "x", .y_label = "region"};
  figure.categories = {"first", "second"};
  figure.panels = {
      {"", {{.name = "s", .mark = Mark::cells, .x = {1, 2}, .y = {0, 1.2}, .value = {-3, 4}}}}};
  EXPECT_EQ(csv(figure), "panel,series,x,region,value\n,s,1,first,-3\n,s,2,second,4\n");
  figure.square = true;
  figure.panels[0].series[0].x = {1, 0};
  EXPECT_EQ(csv(figure), "panel,series,x,region,value\n,s,second,first,-3\n,s,first,second,4\n");
}

TEST(Figure, IsDrawnWhateverTheNames) {
  std::vector<Figure> figures(
      2, {.name = "curves", .caption = "", .x_label = special, .y_label = special});
  for (const Mark mark :
       {Mark::line, Mark::dashed, Mark::points, Mark::pale, Mark::band, Mark::unseen})
    figures[0].panels.push_back({special,
                                 {{.name = special,
                                   .mark = mark,
                                   .x = {0, 1, 2, 3},
                                   .y = {1, none, 2, 2},
                                   .low = {0, 0, none, 1},
                                   .high = {2, 2, 3, 3}}}});
  figures[0].panels.push_back({"nothing", {{.name = "none", .x = {0, 1}, .y = {none, none}}}});
  figures[0].panels.push_back({"empty", {}});
  figures[1].name = "cells";
  figures[1].categories = {special, "b"};
  figures[1].panels = {{special,
                        {{.name = "",
                          .mark = Mark::cells,
                          .x = {0, 1, 0, 1},
                          .y = {0, 0, 1, 1},
                          .value = {-1, 0, 1, none}}}}};

  const auto place = folder();
  Gnuplot gnuplot(place);
  for (const auto& figure : figures) gnuplot.draw(gnuplot_commands(figure, 0));
  gnuplot.finish();
  for (const char* name : {"curves", "cells"}) {
    const auto svg = content(place / (std::string(name) + ".svg"));
    EXPECT_EQ(markup_error(svg), "") << name;
    EXPECT_NE(svg.find(R"(>a&lt;b>&amp;"c" 'd' %d%% {e}_f^g \n @h `ls` $i #j, é<)"),
              std::string::npos)
        << name;
    EXPECT_TRUE(content(place / (std::string(name) + ".png")).starts_with("\x89PNG")) << name;
  }
}

TEST(Figure, ManyPanelsAreSpreadOverPages) {
  Figure figure{.name = "many", .caption = "", .x_label = "x", .y_label = "y"};
  for (int k = 0; k < 42; ++k)
    figure.panels.push_back(
        {"panel " + std::to_string(k), {{.name = "s", .x = {0, 1}, .y = {0, 1}}}});
  EXPECT_EQ(figure.pages(), 3U);
  EXPECT_EQ(figure.file(2), "many-3");

  const auto place = folder();
  Gnuplot gnuplot(place);
  for (std::size_t page = 0; page < 3; ++page) gnuplot.draw(gnuplot_commands(figure, page));
  gnuplot.finish();
  std::size_t seen = 0;
  for (const char* name : {"many-1.svg", "many-2.svg", "many-3.svg"}) {
    const auto svg = content(place / name);
    for (int k = 0; k < 42; ++k)
      seen += svg.find("translate") != std::string::npos &&
              svg.find("<text>panel " + std::to_string(k) + "</text>") != std::string::npos;
  }
  EXPECT_EQ(seen, 42U);
}

TEST(Gnuplot, SaysWhatItCannotDraw) {
  Gnuplot gnuplot(folder());
  gnuplot.draw("plot nothing\n");
  try {
    gnuplot.finish();
    FAIL() << "no error";
  } catch (const ResourceError& error) {
    EXPECT_NE(std::string(error.what()).find("undefined variable: nothing"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace nnpoisson::report
