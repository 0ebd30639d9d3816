#include "report/run.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "data/table.hpp"
#include "nnpoisson/error.hpp"

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

/// The numbers of a line; empty where anything else is in it.
std::vector<double> numbers(const std::string& line) {
  std::vector<double> all;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) {
    all.push_back(std::numeric_limits<double>::quiet_NaN());
    if (!cell.empty() && !parse_number(cell, all.back())) return {};
  }
  if (line.ends_with(',')) all.push_back(std::numeric_limits<double>::quiet_NaN());
  return all;
}

/// Cells by their place: regions, whose names may be anything, are between the first 8 and the
/// last 6.
void read_losses(Run& run, const fs::path& file, std::size_t regions) {
  auto stream = opened(file);
  for (std::string line; std::getline(stream, line);) {
    const auto cells = numbers(line);
    if (cells.empty()) continue;  // the names of the columns
    if (cells.size() != 14 + regions)
      throw DataError(file.string() + ": \"" + line.substr(0, 40) +
                      "...\" is no row of losses of this model");
    run.iteration.push_back(cells[0]);
    const auto* last = &cells[8 + regions];
    const auto add = [](Losses& losses, double neural, double total, double left, double right) {
      losses.neural.push_back(neural), losses.total.push_back(total), losses.left.push_back(left),
          losses.right.push_back(right);
    };
    add(run.training, cells[1], cells[2], cells[3], cells[4]);
    add(run.testing, last[1], last[0], cells[6], cells[7]);
    add(run.validation, last[3], last[2], last[4], last[5]);
  }
  for (Losses* losses : {&run.testing, &run.validation})
    if (std::all_of(losses->total.begin(), losses->total.end(),
                    [](double v) { return std::isnan(v); }))
      *losses = {};
}

}  // namespace

Run read_run(const fs::path& folder) {
  if (!fs::exists(folder / "config.toml"))
    throw UsageError(folder.string() + ": holds no run; name the folder that train --out made");
  if (!fs::exists(folder / "model.h5"))
    throw UsageError((folder / "model.h5").string() +
                     ": is missing, the fit has not ended; go on with train --resume");
  Run run;
  run.model = read_model(folder / "model.h5");
  read_config(run, folder / "config.toml");
  read_losses(run, folder / "test.csv", run.model.region_names.size());
  auto log = opened(folder / "run.log");
  for (std::string line; std::getline(log, line);)
    if (line.starts_with("# ")) run.notes.push_back(line.substr(2));
  return run;
}

}  // namespace nnpoisson::report
