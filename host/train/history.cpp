#include "train/history.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "storage/csv.hpp"

namespace nnpoisson {
namespace {

/// What the second and third term of a loss are called.
struct TermNames {
  const char *left, *right;
};
TermNames term_names(Preset preset) {
  if (preset == Preset::neurons) return {"behaviour", "penalty"};
  return {"left", "right"};
}

std::string cell(double value) {
  return std::isnan(value) ? std::string() : fmt::format("{:.9g}", value);
}

}  // namespace

std::vector<double> numbers(const IterationLosses& losses) {
  std::vector<double> all;
  for (const BatchLoss& loss : {losses.train, losses.test, losses.validation})
    all.insert(all.end(), {loss.neural, loss.left, loss.right, loss.total});
  all.insert(all.end(), losses.test_regions.begin(), losses.test_regions.end());
  return all;
}

IterationLosses losses_from_numbers(std::span<const double> numbers) {
  const auto loss = [&](std::size_t set) {
    const auto terms = numbers.subspan(4 * set, 4);
    return BatchLoss{terms[0], terms[1], terms[2], terms[3]};
  };
  const auto regions = numbers.subspan(losses_beside_regions);
  return {.train = loss(0),
          .validation = loss(2),
          .test = loss(1),
          .test_regions = {regions.begin(), regions.end()}};
}

std::string csv_header(Preset preset, const std::vector<std::string>& regions) {
  const auto [left, right] = term_names(preset);
  std::string line = fmt::format(
      ",train loss neural,train loss total,train loss {0},train loss {1},iter,test loss {0},test "
      "loss {1}",
      left, right);
  for (const auto& region : regions) line += "," + csv_field(region);
  return line + fmt::format(
                    ",test loss total,test loss neural,validation loss total,validation loss "
                    "neural,validation loss {},validation loss {}\n",
                    left, right);
}

std::string csv_line(int iteration, const IterationLosses& losses) {
  std::string line =
      fmt::format("{},{},{},{},{},{},{},{}", iteration, cell(losses.train.neural),
                  cell(losses.train.total), cell(losses.train.left), cell(losses.train.right),
                  iteration, cell(losses.test.left), cell(losses.test.right));
  for (const double region : losses.test_regions) line += "," + cell(region);
  return line + fmt::format(",{},{},{},{},{},{}\n", cell(losses.test.total),
                            cell(losses.test.neural), cell(losses.validation.total),
                            cell(losses.validation.neural), cell(losses.validation.left),
                            cell(losses.validation.right));
}

std::string log_line(Preset preset, int iteration, const IterationLosses& losses) {
  std::string line = fmt::format("iter = {:04d} ", iteration);
  const TermNames names = term_names(preset);
  const auto add = [&](const char* set, const BatchLoss& loss) {
    if (std::isnan(loss.total)) return;
    fmt::format_to(std::back_inserter(line),
                   "{0} {1} = {2:7.3f} {0} loss neural = {3:7.3f} {0} loss {6} = {4:7.3f} {0} "
                   "loss {7} = {5:7.3f} ",
                   set, std::string(set) == "train" ? "total loss" : "loss total", loss.total,
                   loss.neural, loss.left, loss.right, names.left, names.right);
  };
  add("train", losses.train);
  add("test", losses.test);
  add("validation", losses.validation);
  return line + "\n";
}

}  // namespace nnpoisson
