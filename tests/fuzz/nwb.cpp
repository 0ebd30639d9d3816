#include "data/nwb_writer.hpp"
#include "fuzz/hdf5_changes.hpp"
#include "nnpoisson/import.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nnpoisson;
  static const fuzz::Hdf5Changes changes = [] {
    testing::write_small_nwb(fuzz::folder() / "base.nwb");
    return fuzz::Hdf5Changes(fuzz::folder() / "base.nwb", {"nwb_version"});
  }();
  fuzz::Bytes input(data, size);
  NwbImport options;
  options.time_limit = 1;
  const auto how = input.take<std::uint8_t>();
  if ((how & 1) != 0) options.bin_width = 0.1;
  if ((how & 2) != 0) options.units_where = {"quality == good"};
  if ((how & 4) != 0)
    options.columns = {{"onset", "start_time"}, {"reaction", "contrast"}, {"region", "quality"}};
  if ((how & 8) != 0) options.stimulus = StimulusEncoding::one_hot;
  if ((how & 16) != 0) options.missing_stimulus = 0;
  return fuzz::expect_error_or_none(
      [&] { (void)import_nwb(std::vector{changes.apply(input)}, options); });
}
