#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/figure.hpp"

namespace nnpoisson::report {

struct Table {
  std::string caption;
  std::vector<std::string> head;  ///< the first column is text, the others are numbers
  std::vector<std::vector<std::string>> rows{};
};

struct Section {
  std::string heading;
  std::vector<std::string> words{};  ///< paragraphs; empty ones are left out
  std::vector<Table> tables{};
  std::vector<Figure> figures{};
  std::string verbatim{};
};

/// One HTML page that needs nothing else, well-formed also as XML. Texts are escaped here. The
/// figures' SVG files lie in `folder`, to which the page links as `link`.
[[nodiscard]] std::string html(const std::string& title, const std::vector<Section>& sections,
                               const std::filesystem::path& folder, const std::string& link);

}  // namespace nnpoisson::report
