#include "nnpoisson/dataset.hpp"

#include <array>

#include "data/small_dataset.hpp"
#include "fuzz/hdf5_changes.hpp"
#include "nnpoisson/checks.hpp"
#include "nnpoisson/summary.hpp"

namespace nnpoisson::fuzz {
namespace {

Hdf5Changes changes(const Dataset& data) {
  write_dataset(folder() / "base.h5", data);
  return {folder() / "base.h5", {"format", "version", "time_limit", "bin_width"}};
}

}  // namespace
}  // namespace nnpoisson::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nnpoisson;
  using nnpoisson::testing::small_counts, nnpoisson::testing::small_dataset,
      nnpoisson::testing::with_places;
  static const std::array bases{fuzz::changes(small_dataset()), fuzz::changes(small_counts()),
                                fuzz::changes(with_places(small_dataset())),
                                fuzz::changes(with_places(small_counts()))};
  fuzz::Bytes input(data, size);
  const auto& base = bases[input.take<std::uint8_t>() % bases.size()];
  return fuzz::expect_error_or_none([&] {
    const Dataset read = read_dataset(base.apply(input));
    (void)summarise(read);
    (void)check_recording(read);
    write_dataset(fuzz::folder() / "again.h5",
                  read);  // what was read must also be fit to be written
  });
}
