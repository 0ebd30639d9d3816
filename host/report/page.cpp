#include "report/page.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "nnpoisson/error.hpp"

namespace nnpoisson::report {
namespace {

// Lines that are too long for here go on in a string of their own.
constexpr const char* style =
    R"(
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; )"
    R"(padding: 0 1.2em; color: #1a1a1a; background: #ffffff; }
h1 { font-size: 1.6em; margin-bottom: 0.2em; } h2 { font-size: 1.2em; margin-top: 2em; )"
    R"(border-bottom: 1px solid #bbbbbb; }
p { max-width: 48em; } nav { margin: 1em 0; } nav a { margin-right: 1em; }
.lead { font-size: 1.05em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.87em; )"
    R"(margin: 0.8em 0; }
caption { text-align: left; padding-bottom: 0.4em; }
th, td { padding: 0.15em 0.7em; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { border-bottom: 1px solid #777777; vertical-align: bottom; white-space: normal; )"
    R"(font-weight: 600; }
tbody tr:last-child td { border-bottom: 1px solid #777777; }
.wide { overflow-x: auto; }
figure { display: inline-block; vertical-align: top; margin: 0.5em 1.5em 1em 0; max-width: 100%; )"
    R"(break-inside: avoid; } figure svg { max-width: 100%; height: auto; display: block; }
figcaption { font-size: 0.87em; max-width: 46em; } figcaption a { margin-left: 0.5em; }
pre { font-size: 0.85em; overflow-x: auto; }
a { color: #0060a0; }
@media (prefers-color-scheme: dark) {
  body { color: #dddddd; background: #121212; } a { color: #7ab8f0; }
  figure svg { filter: invert(0.93) hue-rotate(180deg); }
}
@media print {
  body { orphans: 1; widows: 1; font-size: 10pt; margin: 0; max-width: none; padding: 0; )"
    R"(color: #000000; background: #ffffff; }
  nav, figcaption a { display: none; } h2 { break-after: avoid; } figure svg { filter: none; } )"
    R"(tr { break-inside: avoid; }
  .wide { overflow: visible; break-inside: avoid; } table { font-size: 7.5pt; } )"
    R"(th, td { padding: 0.1em 0.5em; }
}
)";

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else
      result += static_cast<unsigned char>(c) < ' ' && c != '\n' ? ' ' : c;
  }
  return result;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// The drawing alone, its names of its own on the page, without the texts that a browser would show
/// over it.
std::string inlined(const std::filesystem::path& file, std::size_t number,
                    const std::string& label) {
  std::ifstream stream(file, std::ios::binary);
  std::string svg{std::istreambuf_iterator<char>(stream), {}};
  const auto begin = svg.find("<svg");
  if (begin == std::string::npos) throw ResourceError(file.string() + ": gnuplot has not drawn it");
  svg.erase(0, begin);
  const std::string own = fmt::format("f{}-", number);
  for (const char* quote : {"'", "\""})
    replace_all(svg, std::string("id=") + quote, std::string("id=") + quote + own);
  replace_all(svg, "xlink:href='#", "xlink:href='#" + own);
  for (auto at = svg.find("<title>"); at != std::string::npos; at = svg.find("<title>", at))
    svg.erase(at, svg.find("</title>", at) + 8 - at);
  return svg.insert(4, fmt::format(" role=\"img\" aria-label=\"{}\"", escaped(label)));
}

class Html {
 public:
  Html(const std::filesystem::path& folder, const std::string& link)
      : folder_(folder), link_(link) {}

  std::string whole(const std::string& title, const std::vector<Section>& sections) {
    // The policy makes sure that nothing is loaded, whatever a name in the data says.
    add("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta "
        "charset=\"utf-8\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'\"/>\n"
        "<meta name=\"viewport\" "
        "content=\"width=device-width\"/>\n<title>{0}</title>\n<style>{1}</style>\n</"
        "head>\n<body>\n<h1>{0}</h1>\n",
        escaped(title), style);
    for (std::size_t s = 0; s < sections.size(); ++s) {
      section(sections[s], s);
      if (s == 0) contents(sections);
    }
    return text_ + "</body>\n</html>\n";
  }

 private:
  template <class... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
  }

  void contents(const std::vector<Section>& sections) {
    add("<nav>");
    for (std::size_t s = 1; s < sections.size(); ++s)
      add("<a href=\"#s{}\">{}</a>", s, escaped(sections[s].heading));
    add("</nav>\n");
  }

  void section(const Section& section, std::size_t number) {
    if (!section.heading.empty()) add("<h2 id=\"s{}\">{}</h2>\n", number, escaped(section.heading));
    for (const auto& words : section.words)
      if (!words.empty())
        add("<p{}>{}</p>\n", number == 0 ? " class=\"lead\"" : "", escaped(words));
    for (const auto& t : section.tables) table(t);
    for (const auto& f : section.figures) figure(f);
    if (!section.verbatim.empty()) add("<pre>{}</pre>\n", escaped(section.verbatim));
  }

  void table(const Table& table) {
    add("<div class=\"wide\"><table>\n");
    if (!table.caption.empty()) add("<caption>{}</caption>\n", escaped(table.caption));
    const auto row = [&](const std::vector<std::string>& cells, const char* kind) {
      add("<tr>");
      for (const auto& c : cells) add("<{0}>{1}</{0}>", kind, escaped(c));
      add("</tr>\n");
    };
    add("<thead>");
    row(table.head, "th");
    add("</thead>\n<tbody>\n");
    for (const auto& cells : table.rows) row(cells, "td");
    add("</tbody></table></div>\n");
  }

  void figure(const Figure& figure) {
    for (std::size_t page = 0; page < figure.pages(); ++page) {
      const auto file = figure.file(page);
      const auto svg = inlined(folder_ / (file + ".svg"), ++figures_, figure.caption);
      // As wide as the drawing, so that small ones stand side by side.
      const auto width = svg.find("width=\"") + 7;
      add("<figure style=\"width: max(20em, {}px)\">\n{}",
          svg.substr(width, svg.find('"', width) - width), svg);
      add("<figcaption>{}{}", page == 0 ? escaped(figure.caption) : "continued",
          figure.pages() > 1 ? fmt::format(" ({} of {})", page + 1, figure.pages())
                             : std::string());
      for (const char* kind : {"svg", "png"})
        add(" <a href=\"{0}/{1}.{2}\">{2}</a>", link_, file, kind);
      add(" <a href=\"{}/{}.csv\">csv</a></figcaption>\n</figure>\n", link_, figure.name);
    }
  }

  std::filesystem::path folder_;
  std::string link_, text_;
  std::size_t figures_ = 0;
};

}  // namespace

std::string html(const std::string& title, const std::vector<Section>& sections,
                 const std::filesystem::path& folder, const std::string& link) {
  return Html(folder, link).whole(title, sections);
}

}  // namespace nnpoisson::report
