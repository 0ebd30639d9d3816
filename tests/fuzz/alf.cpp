#include <iterator>

#include "data/npz_writer.hpp"
#include "fuzz/fuzz.hpp"
#include "nnpoisson/import.hpp"

namespace nnpoisson::fuzz {
namespace {

/// Two trials, three clusters of which two are neurons, two channels.
testing::Archive session() {
  const auto reals = [](const std::vector<double>& values) {
    return testing::npy("<f8", "(" + std::to_string(values.size()) + ", 1)",
                        testing::bytes_of(values), 1, "True");
  };
  return {
      {"trials.visualStim_times.npy", reals({1, 2})},
      {"trials.visualStim_contrastLeft.npy", reals({0.5, 0})},
      {"trials.visualStim_contrastRight.npy", reals({0, 1})},
      {"trials.response_choice.npy", reals({1, -1})},
      {"trials.response_times.npy", reals({1.5, 2.75})},
      {"trials.included.npy", testing::npy("|b1", "(2, 1)", std::string("\1\1", 2))},
      {"spikes.times.npy", reals({0.5, 1.125, 1.25, 2.5, 2.625})},
      {"spikes.clusters.npy",
       testing::npy("<u4", "(5, 1)", testing::bytes_of<std::uint32_t>({0, 1, 2, 2, 0}))},
      {"clusters._phy_annotation.npy", reals({1, 2, 3})},
      {"clusters.peakChannel.npy", reals({1, 1, 2})},
      {"wheelMoves.type.npy", reals({1, 0, 2})},
      {"wheelMoves.intervals.npy",
       testing::npy("<f8", "(3, 2)", testing::bytes_of<double>({1.25, 1.5, 2, 2.25, 2.5, 2.75}))},
      {"channels.brainLocation.tsv",
       "ccf_ap\tccf_dv\tccf_lr\tallen_ontology\n1\t2\t4000\tCA1\n1\t2\t\"6000\"\tVISp\n"}};
}

}  // namespace
}  // namespace nnpoisson::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nnpoisson;
  static const testing::Archive sound = fuzz::session();
  fuzz::Bytes input(data, size);
  AlfImport options;
  options.time_limit = 1;
  const auto how = input.take<std::uint8_t>();
  if ((how & 1) != 0) options.response = AlfImport::Response::movement;
  if ((how & 2) != 0) options.included_only = true;
  if ((how & 4) != 0) options.hemispheres = true;
  if ((how & 8) != 0) options.paper_regions = true;
  if ((how & 16) != 0) options.bin_width = 0.1;
  testing::Archive files = sound;
  for (int changes = 0; changes < 8 && !input.empty(); ++changes) {
    fuzz::change(
        std::next(files.begin(), static_cast<std::ptrdiff_t>(input.below(files.size())))->second,
        input);
  }
  for (const auto& [name, bytes] : files) fuzz::write(name, bytes);
  return fuzz::expect_error_or_none(
      [&] { (void)import_alf(std::vector{fuzz::folder()}, options); });
}
