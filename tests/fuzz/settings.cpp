#include "nnpoisson/settings.hpp"

#include "fuzz/fuzz.hpp"

/// A settings file, or an assignment of the command line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nnpoisson;
  fuzz::Bytes input(data, size);
  const bool assignment = input.take<std::uint8_t>() % 2 == 1;
  return fuzz::expect_error_or_none([&] {
    Settings settings;
    if (assignment) {
      apply_assignment(settings, std::string(input.rest()));
    } else {
      apply_toml(settings, fuzz::write("settings.toml", input.rest()));
    }
    check(settings);
    Settings again;
    apply_toml(again, fuzz::write("again.toml", to_toml(settings)));
    if (to_toml(again) != to_toml(settings)) __builtin_trap();
  });
}
