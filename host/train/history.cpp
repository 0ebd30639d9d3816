#include "train/history.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace nnpoisson {
namespace {

std::string cell(double value) {
  return std::isnan(value) ? std::string() : fmt::format("{:.9g}", value);
}

}  // namespace

std::vector<double> HistoryRow::numbers() const {
  std::vector<double> all;
  for (const BatchLoss* loss : {&train, &test, &validation})
    for (const double value : {loss->neural, loss->left, loss->right, loss->total})
      all.push_back(value);
  all.insert(all.end(), test_regions.begin(), test_regions.end());
  return all;
}

HistoryRow HistoryRow::from_numbers(const double* n, std::size_t regions) {
  HistoryRow row;
  for (BatchLoss* loss : {&row.train, &row.test, &row.validation}) {
    *loss = {n[0], n[1], n[2], n[3]};
    n += 4;
  }
  row.test_regions.assign(n, n + regions);
  return row;
}

std::string csv_header(const std::vector<std::string>& regions) {
  std::string line =
      ",train loss neural,train loss total,train loss left,train loss right,iter,test loss "
      "left,test loss right";
  for (const auto& region : regions) line += "," + region;
  return line +
         ",test loss total,test loss neural,validation loss total,validation loss "
         "neural,validation loss left,validation loss right\n";
}

std::string csv_line(int iteration, const HistoryRow& row) {
  std::string line = fmt::format("{},{},{},{},{},{},{},{}", iteration, cell(row.train.neural),
                                 cell(row.train.total), cell(row.train.left), cell(row.train.right),
                                 iteration, cell(row.test.left), cell(row.test.right));
  for (const double region : row.test_regions) line += "," + cell(region);
  return line + fmt::format(",{},{},{},{},{},{}\n", cell(row.test.total), cell(row.test.neural),
                            cell(row.validation.total), cell(row.validation.neural),
                            cell(row.validation.left), cell(row.validation.right));
}

std::string log_line(int iteration, const HistoryRow& row) {
  std::string line = fmt::format("iter = {:04d} ", iteration);
  const auto add = [&line](const char* set, const BatchLoss& loss) {
    if (std::isnan(loss.total)) return;
    fmt::format_to(std::back_inserter(line),
                   "{0} {1} = {2:7.3f} {0} loss neural = {3:7.3f} {0} loss left = {4:7.3f} {0} "
                   "loss right = {5:7.3f} ",
                   set, std::string(set) == "train" ? "total loss" : "loss total", loss.total,
                   loss.neural, loss.left, loss.right);
  };
  add("train", row.train);
  add("test", row.test);
  add("validation", row.validation);
  return line + "\n";
}

}  // namespace nnpoisson
