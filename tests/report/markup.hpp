#pragma once

#include <cctype>
#include <string>
#include <vector>

namespace nnpoisson {

/// What is wrong with a text as XML, at which byte; empty where it is well-formed: tags closed in
/// order, attributes quoted, no bare < or &.
inline std::string markup_error(const std::string& text) {
  std::vector<std::string> open;
  const auto at_byte = [](const std::string& what, std::size_t at) {
    return what + " at byte " + std::to_string(at);
  };
  const auto bad_reference = [&](std::size_t at) {
    if (text[at] != '&') return false;
    const auto end = text.find(';', at);
    if (end == std::string::npos) return true;
    const std::string name = text.substr(at + 1, end - at - 1);
    return name != "amp" && name != "lt" && name != "gt" && name != "quot" && name != "apos" &&
           !name.starts_with("#");
  };

  for (std::size_t at = 0; at < text.size(); ++at) {
    if (bad_reference(at)) return at_byte("bare &", at);
    if (text[at] != '<') continue;
    const auto begin = ++at;
    if (text[at] == '?' || text[at] == '!') {
      at = text.find('>', at);
      continue;
    }

    if (text[at] == '/') ++at;
    std::string name;
    while (at < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '-'))
      name += text[at++];
    if (name.empty()) return at_byte("bare <", begin - 1);

    // Attributes.
    for (; at < text.size() && text[at] != '>'; ++at) {
      if (bad_reference(at)) return at_byte("bare &", at);
      if (text[at] == '<') return at_byte("< in a tag", at);
      if (text[at] != '=') continue;
      while (std::isspace(static_cast<unsigned char>(text[++at])) != 0) {
      }
      const char quote = text[at];
      if (quote != '"' && quote != '\'') return at_byte("no quote", at);
      for (++at; at < text.size() && text[at] != quote; ++at)
        if (text[at] == '<' || bad_reference(at)) return at_byte("bare < or & in an attribute", at);
    }

    if (text[begin] == '/') {
      if (open.empty() || open.back() != name)
        return at_byte("</" + name + "> closes <" + (open.empty() ? "" : open.back()) + ">", begin);
      open.pop_back();
    } else if (text[at - 1] != '/') {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

}  // namespace nnpoisson
