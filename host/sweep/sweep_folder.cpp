#include "sweep/sweep_folder.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "nnpoisson/error.hpp"
#include "settings/written_before.hpp"
#include "storage/hdf5_file.hpp"
#include "sweep/fit_json.hpp"

namespace nnpoisson {
namespace {

namespace fs = std::filesystem;

FolderKind sweep_kind() {
  return {.name = "sweep", .proof = "sweep.json", .belongs = [](const std::string& name) {
            for (const char* known :
                 {"sweep.json", "config.toml", "table.csv", "table.json", "fits", "best"})
              if (name == known) return true;
            return false;
          }};
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw ResourceError(file.string() + ": cannot be read; check its permissions");
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

SweepFolder::SweepFolder(const SweepRequest& request, const std::string& record)
    : folder_(request.folder, request.mode, sweep_kind()) {
  const auto proof = folder_.path() / sweep_kind().proof;
  resumed_ = fs::exists(proof);
  if (resumed_ && without_readout(text_of(proof)) != record)
    throw UsageError(proof.string() +
                     ": is of another sweep; give the same data, settings, --grid, --folds and "
                     "--seeds to resume, or another --out");
  if (!resumed_) write_text_file(proof, record);
  write_text_file(folder_.path() / "config.toml", to_toml(request.settings));
}

fs::path SweepFolder::file(int configuration, int fold, std::uint64_t seed) const {
  return folder_.path() / "fits" /
         fmt::format("configuration-{}-fold-{}-seed-{}.json", configuration, fold, seed);
}

std::optional<SweepFit> SweepFolder::read(int configuration, int fold, std::uint64_t seed) const {
  const auto from = file(configuration, fold, seed);
  if (!fs::exists(from)) return std::nullopt;
  try {
    auto fit = fit_of(nlohmann::ordered_json::parse(text_of(from)));
    if (fit.configuration == configuration && fit.fold == fold && fit.seed == seed) return fit;
  } catch (const nlohmann::json::exception&) {
  }
  throw DataError(from.string() +
                  ": is not the result of that fit; remove the file to have it done again");
}

void SweepFolder::write(const SweepFit& fit) const {
  write_text_file(file(fit.configuration, fit.fold, fit.seed), json_of(fit).dump() + "\n");
}

void SweepFolder::write(const SweepTable& table, const std::vector<SweepFit>& fits) const {
  write_text_file(folder_.path() / "table.csv", to_csv(table));
  write_text_file(folder_.path() / "table.json", to_json(table, fits));
}

}  // namespace nnpoisson
