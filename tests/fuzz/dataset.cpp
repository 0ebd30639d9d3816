#include "nnpoisson/dataset.hpp"

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
  static const fuzz::Hdf5Changes spikes = fuzz::changes(nnpoisson::testing::small_dataset()),
                                 counts = fuzz::changes(nnpoisson::testing::small_counts());
  fuzz::Bytes input(data, size);
  const bool binned = input.take<std::uint8_t>() % 2 == 1;
  return fuzz::expect_error_or_none([&] {
    const Dataset read = read_dataset((binned ? counts : spikes).apply(input));
    (void)summarise(read);
    (void)check_recording(read);
    write_dataset(fuzz::folder() / "again.h5",
                  read);  // what was read must also be fit to be written
  });
}
