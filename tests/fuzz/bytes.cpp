#include <iterator>

#include "data/nwb_writer.hpp"
#include "data/small_dataset.hpp"
#include "fuzz/fuzz.hpp"
#include "nnpoisson/import.hpp"

/// The library loses memory of some damaged files that it cannot open.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libhdf5";
}

/// HDF5 files whose own bytes were changed: it is mostly the HDF5 library that meets them
/// (docs/robustness.md).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nnpoisson;
  static const auto read = [](const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(stream), {}};
  };
  static const std::string dataset = [] {
    write_dataset(fuzz::folder() / "base.h5", nnpoisson::testing::small_dataset());
    return read(fuzz::folder() / "base.h5");
  }();
  static const std::string recording = [] {
    nnpoisson::testing::write_small_nwb(fuzz::folder() / "base.nwb");
    return read(fuzz::folder() / "base.nwb");
  }();
  fuzz::Bytes input(data, size);
  const bool nwb = input.take<std::uint8_t>() % 2 == 1;
  std::string bytes = nwb ? recording : dataset;
  for (int changes = 0; changes < 8 && !input.empty(); ++changes) fuzz::change(bytes, input);
  const auto file = fuzz::write("changed.h5", bytes);
  NwbImport options;
  options.time_limit = 1;
  return fuzz::expect_error_or_none(
      [&] { nwb ? (void)import_nwb(std::vector{file}, options) : (void)read_dataset(file); });
}
