#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "commands.hpp"
#include "nnpoisson/backend.hpp"
#include "nnpoisson/checks.hpp"
#include "nnpoisson/error.hpp"
#include "nnpoisson/summary.hpp"

namespace nnpoisson::command {
namespace {

struct InfoOptions {
  std::filesystem::path file;
  bool json = false, devices = false, check = false;
};

nlohmann::ordered_json to_json(const DatasetSummary& summary) {
  nlohmann::ordered_json json{{"time_limit", summary.time_limit},
                              {"bin_width", summary.bin_width},
                              {"trials", summary.trials},
                              {"units", summary.units},
                              {"spikes", summary.spikes},
                              {"observed_time", summary.observed_time},
                              {"responses",
                               {{"left", summary.left},
                                {"right", summary.right},
                                {"left_later", summary.left_later},
                                {"right_later", summary.right_later},
                                {"unanswered", summary.unanswered},
                                {"first", summary.first_response},
                                {"mean", summary.mean_response},
                                {"last", summary.last_response}}},
                              {"distinct_stimuli", summary.distinct_stimuli}};

  for (const auto& [name, trials, units, spikes] : summary.session) {
    json["sessions"].push_back(
        {{"name", name}, {"trials", trials}, {"units", units}, {"spikes", spikes}});
  }
  for (const auto& [name, units, sessions, trials, spikes, exposure, rate] : summary.region) {
    json["regions"].push_back({{"name", name},
                               {"units", units},
                               {"sessions", sessions},
                               {"trials", trials},
                               {"spikes", spikes},
                               {"exposure", exposure},
                               {"rate", rate}});
  }
  for (const auto& [name, smallest, largest, mean, distinct] : summary.feature) {
    json["stimulus"].push_back({{"name", name},
                                {"smallest", smallest},
                                {"largest", largest},
                                {"mean", mean},
                                {"distinct", distinct}});
  }
  return json;
}

void print(const DatasetSummary& summary) {
  fmt::print("window     {:g} s from stimulus onset, {}\n", summary.time_limit,
             summary.bin_width > 0 ? fmt::format("counts in bins of {:g} s", summary.bin_width)
                                   : "exact spike times");
  fmt::print("trials     {}, observed for {:.1f} s in all\n", summary.trials,
             summary.observed_time);
  fmt::print("units      {}\nspikes     {}\n", summary.units, summary.spikes);
  fmt::print("answered   {} left, {} right inside the window; {} left, {} right later; {} not\n",
             summary.left, summary.right, summary.left_later, summary.right_later,
             summary.unanswered);
  if (summary.left + summary.right > 0) {
    fmt::print("response   {:.3f} to {:.3f} s, mean {:.3f} s (inside the window)\n",
               summary.first_response, summary.last_response, summary.mean_response);
  }
  fmt::print("stimuli    {} distinct\n", summary.distinct_stimuli);

  fmt::print("\n{:<28} {:>8} {:>8} {:>12}\n", "session", "trials", "units", "spikes");
  for (const auto& session : summary.session) {
    fmt::print("{:<28} {:>8} {:>8} {:>12}\n", session.name, session.trials, session.units,
               session.spikes);
  }
  fmt::print("\n{:<28} {:>8} {:>8} {:>8} {:>12} {:>10}\n", "region", "sessions", "trials", "units",
             "spikes", "Hz a unit");
  for (const auto& region : summary.region) {
    fmt::print("{:<28} {:>8} {:>8} {:>8} {:>12} {:>10}\n", region.name, region.sessions,
               region.trials, region.units, region.spikes, cell(region.rate));
  }
  fmt::print("\n{:<28} {:>8} {:>10} {:>10} {:>10}\n", "stimulus", "distinct", "smallest", "largest",
             "mean");
  for (const auto& feature : summary.feature) {
    fmt::print("{:<28} {:>8} {:>10.4g} {:>10.4g} {:>10.4g}\n", feature.name, feature.distinct,
               feature.smallest, feature.largest, feature.mean);
  }
}

void print(const std::vector<Finding>& findings) {
  fmt::print("\n{}\n", findings.empty() ? "checks     nothing found"
                                        : fmt::format("checks     {} to look at", findings.size()));
  for (const auto& finding : findings) fmt::print("{:<22} {}\n", finding.what, finding.text);
}

/// What can compute here, and why the rest cannot.
void print_devices() {
  fmt::print("cpu: {} threads, {}\n", std::max(1U, std::thread::hardware_concurrency()),
             fmt::join(instruction_sets(), ", "));
  for (const auto& device : cuda_devices()) {
    std::string about;
    if (device.number >= 0)
      about = fmt::format(
          "{}, {:.1f} GiB, {} multiprocessor{}, up to {} MHz, memory {} MHz: ", device.architecture,
          static_cast<double>(device.memory) / (1 << 30), device.multiprocessors,
          device.multiprocessors == 1 ? "" : "s", device.clock, device.memory_clock);
    fmt::print("{}: {}{}\n", device.name, about, device.usable() ? "can be used" : device.why_not);
  }
}

}  // namespace

void add_info(CLI::App& app) {
  auto* command = app.add_subcommand("info", "Say what a dataset holds");
  auto options = std::make_shared<InfoOptions>();
  command->add_option("file", options->file, "Dataset (layout 1)");
  command->add_flag("--devices", options->devices,
                    "Say which processors and GPUs can be used here");
  command->add_flag("--check", options->check,
                    "Look for what is wrong with recordings (docs/importing.md)");
  command->add_flag("--json", options->json, "Print JSON");

  command->callback([options] {
    if (options->devices) print_devices();
    if (options->file.empty() && !options->devices)
      throw UsageError("info: name a dataset, or ask for --devices");
    if (options->file.empty()) return;

    const Dataset data = read_dataset(options->file);
    const DatasetSummary summary = summarise(data);
    const std::vector<Finding> findings =
        options->check ? check_recording(data) : std::vector<Finding>{};
    if (!options->json) {
      print(summary);
      if (options->check) print(findings);
      return;
    }

    nlohmann::ordered_json json = to_json(summary);
    if (options->check) json["checks"] = nlohmann::ordered_json::array();
    for (const auto& [what, count, text] : findings)
      json["checks"].push_back({{"what", what}, {"count", count}, {"text", text}});

    // Names come from the file: a byte that is no UTF-8 must not end the program.
    fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  });
}

}  // namespace nnpoisson::command
