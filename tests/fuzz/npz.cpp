#include <iterator>

#include "data/npz_writer.hpp"
#include "fuzz/fuzz.hpp"
#include "nnpoisson/import.hpp"

namespace nnpoisson::fuzz {
namespace {

/// One neuron, two trials, four bins.
testing::Archive neuromatch_archive() {
  using testing::bytes_of;
  using testing::npy;
  return {{"spks", npy("|i1", "(1, 2, 4)", std::string("\0\1\2\0\0\0\1\1", 8))},
          {"brain_area", npy("<U3", "(1,)", testing::ucs4({U"MOs"}, 3))},
          {"response", npy("<f8", "(2,)", bytes_of<double>({1, -1}))},
          {"response_time", npy("<f8", "(2, 1)", bytes_of<double>({0.25, 0.5}))},
          {"contrast_left", npy("<f4", "(2,)", bytes_of<float>({0.5, 1}))},
          {"contrast_right", npy("<f4", "(2,)", bytes_of<float>({0, 0.25}))},
          {"bin_size", npy("<f8", "()", bytes_of<double>({0.1}))},
          {"stim_onset", npy("<f8", "()", bytes_of<double>({0.1}))}};
}

}  // namespace
}  // namespace nnpoisson::fuzz

/// Archives whose arrays were changed, or whose own bytes were.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nnpoisson;
  static const testing::Archive kinds[] = {testing::exact_archive(), testing::binned_archive(),
                                           fuzz::neuromatch_archive()};
  fuzz::Bytes input(data, size);
  const auto how = input.take<std::uint8_t>();
  const std::size_t kind = how % 3;
  const auto file = fuzz::folder() / "changed.npz";
  if (how < 192) {
    testing::Archive arrays = kinds[kind];
    for (int changes = 0; changes < 8 && !input.empty(); ++changes) {
      fuzz::change(
          std::next(arrays.begin(), static_cast<std::ptrdiff_t>(input.below(arrays.size())))
              ->second,
          input);
    }
    testing::write_npz(file, arrays);
  } else {
    testing::write_npz(file, kinds[kind]);
    std::ifstream stream(file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    for (int changes = 0; changes < 8 && !input.empty(); ++changes) fuzz::change(bytes, input);
    fuzz::write("changed.npz", bytes);
  }
  NpzImport options;
  if (kind == 0) options.time_limit = 1;
  options.included_only = (how & 64) != 0 && kind == 1;
  return fuzz::expect_error_or_none([&] {
    (void)(kind == 2 ? import_nma(std::vector{file}, options)
                     : import_npz(std::vector{file}, options));
  });
}
