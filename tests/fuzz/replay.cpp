#include <cstdlib>
#include <iostream>
#include <random>
#include <stdexcept>

#include "fuzz/fuzz.hpp"

/// Where there is no libFuzzer: runs the inputs of a corpus, and changes of them that are the same
/// every time. usage: fuzz_READER CORPUS CHANGES A corpus is a text file: an input a line, in
/// hexadecimal; what follows # is a remark.

namespace {

int digit(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto place = digits.find(c);
  if (place == std::string_view::npos)
    throw std::runtime_error(std::string("no hexadecimal digit: ") + c);
  return static_cast<int>(place);
}

std::vector<std::string> read_corpus(const std::string& file) {
  std::ifstream stream(file);
  std::vector<std::string> inputs;
  for (std::string line; std::getline(stream, line);) {
    const std::string hex = line.substr(0, line.find_first_of(" #"));
    inputs.emplace_back();
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      inputs.back() += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  if (inputs.empty()) throw std::runtime_error(file + ": holds no inputs");
  return inputs;
}

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::runtime_error("usage: fuzz_READER CORPUS CHANGES");
  const std::vector<std::string> inputs = read_corpus(argv[1]);
  for (const std::string& input : inputs) run(input);

  std::mt19937 random(1);
  const auto below = [&](std::size_t bound) { return random() % bound; };
  const long count = std::strtol(argv[2], nullptr, 10);
  for (long i = 0; i < count; ++i) {
    std::string changed = inputs[below(inputs.size())];
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
      const std::size_t place = below(changed.size() + 1);
      const std::string& other = inputs[below(inputs.size())];
      switch (below(4)) {
        case 0:
          changed.insert(place, 1 + below(8), static_cast<char>(random() & 0xff));
          break;
        case 1:
          changed.erase(place, 1 + below(4));
          break;
        case 2:
          changed.replace(place, 1, 1, static_cast<char>(random() & 0xff));
          break;
        default:
          changed.replace(place, std::string::npos, other.substr(below(other.size() + 1)));
      }
    }
    run(changed);
  }
  std::cout << inputs.size() << " inputs, " << count << " changes of them\n";
}
