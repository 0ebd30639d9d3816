#include "report/run.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <utility>

#include "data/table.hpp"
#include "nnpoisson/error.hpp"
#include "storage/csv.hpp"

namespace nnpoisson::report {
namespace {

namespace fs = std::filesystem;

std::ifstream opened(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    throw ResourceError(file.string() +
                        ": cannot be opened; a run folder holds it, see docs/run-folder.md");
  return stream;
}

void read_config(Run& run, const fs::path& file) {
  auto stream = opened(file);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("# train: ")) run.train = line.substr(9);
    if (line.starts_with("# test: ")) run.test = line.substr(8);
    if (!line.starts_with('#')) run.settings += line + "\n";
  }
}

/// Cells between commas; none may be quoted.
std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == ',')
      cells.emplace_back();
    else
      cells.back() += c;
  }
  return cells;
}

/// The numbers of test.csv, by the names of their columns.
class LossTable {
 public:
  LossTable(const fs::path& file, std::vector<std::string> regions)
      : file_(file), regions_(regions.size()), stream_(opened(file)) {
    std::string header;
    std::getline(stream_, header);

    // Regions stand together, in alphabetical order. Their names may hold commas, so they are taken
    // out as they were written: as cells, or plain by earlier versions.
    std::sort(regions.begin(), regions.end());
    std::string as_cells, plain;
    for (const auto& region : regions) as_cells += "," + csv_field(region), plain += "," + region;
    const std::string& text = header.find(as_cells) != std::string::npos ? as_cells : plain;
    const auto begin = header.find(text);
    if (begin == std::string::npos)
      throw DataError(file_.string() + ": its columns are not those of this model's regions");
    before_regions_ = split(header.substr(0, begin)).size();
    names_ = split(header.erase(begin, text.size()));
  }

  /// The next row; false after the last one.
  bool next() {
    std::string line;
    if (!std::getline(stream_, line)) return false;
    numbers_.clear();
    for (const auto& cell : split(line)) {
      double& number = numbers_.emplace_back(std::numeric_limits<double>::quiet_NaN());
      if (!cell.empty() && !parse_number(cell, number)) refuse(line);
    }
    if (numbers_.size() != names_.size() + regions_) refuse(line);
    return true;
  }

  /// Of the row; NaN where its cell is empty.
  [[nodiscard]] double operator[](const std::string& name) const {
    const auto at = std::find(names_.begin(), names_.end(), name);
    if (at == names_.end()) throw DataError(file_.string() + ": has no column \"" + name + "\"");
    const auto column = static_cast<std::size_t>(at - names_.begin());
    return numbers_[column < before_regions_ ? column : column + regions_];
  }

 private:
  [[noreturn]] void refuse(const std::string& line) const {
    throw DataError(file_.string() + ": \"" + line.substr(0, 40) +
                    "...\" is no row of losses of this model");
  }

  fs::path file_;
  std::size_t regions_, before_regions_ = 0;
  std::ifstream stream_;
  std::vector<std::string> names_;  // of the columns but the regions'
  std::vector<double> numbers_;
};

void read_losses(Run& run, const fs::path& file) {
  const bool by_neuron = run.model.preset == Preset::neurons;  // without columns of regions
  LossTable table(file, by_neuron ? std::vector<std::string>() : run.model.region_names);
  const auto [left, right] = term_names(run.model.preset);
  const std::pair<const char*, Losses*> sets[] = {
      {"train", &run.training}, {"test", &run.testing}, {"validation", &run.validation}};
  while (table.next()) {
    run.iteration.push_back(table["iter"]);
    for (const auto& [set, losses] : sets) {
      const std::string loss = std::string(set) + " loss ";
      losses->neural.push_back(table[loss + "neural"]);
      losses->total.push_back(table[loss + "total"]);
      losses->left.push_back(table[loss + left]);
      losses->right.push_back(table[loss + right]);
    }
  }

  // A set that was not there has no losses.
  for (Losses* losses : {&run.testing, &run.validation})
    if (std::all_of(losses->total.begin(), losses->total.end(),
                    [](double v) { return std::isnan(v); }))
      *losses = {};
}

}  // namespace

std::array<const char*, 2> term_names(Preset preset) {
  if (preset == Preset::neurons) return {"behaviour", "penalty"};
  return {"left", "right"};
}

Run read_run(const fs::path& folder) {
  if (!fs::exists(folder / "config.toml"))
    throw UsageError(folder.string() + ": holds no run; name the folder that train --out made");
  if (!fs::exists(folder / "model.h5"))
    throw UsageError((folder / "model.h5").string() +
                     ": is missing, the fit has not ended; go on with train --resume");
  Run run;
  run.model = read_model(folder / "model.h5");
  read_config(run, folder / "config.toml");
  read_losses(run, folder / "test.csv");
  auto log = opened(folder / "run.log");
  for (std::string line; std::getline(log, line);)
    if (line.starts_with("# ")) run.notes.push_back(line.substr(2));
  return run;
}

}  // namespace nnpoisson::report
