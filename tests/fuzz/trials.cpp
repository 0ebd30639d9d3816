#include "data/nwb_writer.hpp"
#include "fuzz/fuzz.hpp"
#include "nnpoisson/import.hpp"

/// A text table of trials beside a sound NWB file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nnpoisson;
  static const std::vector<std::filesystem::path> recording = [] {
    testing::write_small_nwb(fuzz::folder() / "base.nwb");
    return std::vector{fuzz::folder() / "base.nwb"};
  }();
  fuzz::Bytes input(data, size);
  NwbImport options;
  options.time_limit = 1;
  const auto how = input.take<std::uint8_t>();
  if ((how & 1) != 0) options.trials_where = {"contrast > 0.5"};
  if ((how & 2) != 0) options.columns = {{"reaction", "contrast"}};
  if ((how & 4) != 0) options.left = "1", options.right = "2";
  if ((how & 8) != 0) options.stimulus = StimulusEncoding::standardise;
  options.trials_files = {fuzz::write("trials.csv", input.rest())};
  return fuzz::expect_error_or_none([&] { (void)import_nwb(recording, options); });
}
