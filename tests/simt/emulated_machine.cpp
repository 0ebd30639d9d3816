#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "kernels/point_merger.hpp"
#include "nnpoisson/backend.hpp"
#include "simt/cuda_runtime.hpp"
#include "simt/emulated_device.hpp"

/// In place of this machine's own GPUs: those that the environment asks for. NNP_CARDS="free busy
/// old" has three, of which the second is held by another process and the third is of an
/// architecture that is not built. At the end NNP_CARDS_LOG gets a line with each card's launches.
namespace nnpoisson {
namespace {

struct Machine {
  Machine() {
    const char* asked = std::getenv("NNP_CARDS");
    std::istringstream words(asked ? asked : "free");
    for (std::string word; words >> word; ++count) {
      simt::Card card;
      card.shared_bytes = 200 << 10;
      card.busy = word == "busy";
      if (word == "old") card.major = 7;
      simt::add_card(card);
    }
  }
  ~Machine() {
    const char* log = std::getenv("NNP_CARDS_LOG");
    if (!log) return;
    std::ofstream out(log, std::ios::app);
    for (int c = 0; c < count; ++c) {
      const simt::Done done = simt::done_by(c);
      out << "card " << c << ": " << done.launches << " launches, up to " << done.most_shared_bytes
          << " bytes of shared memory\n";
    }
  }
  int count = 0;
};
void have_machine() {
  static const Machine machine;
}

}  // namespace

std::unique_ptr<kernels::TrainingDevice> kernels::make_cuda_training_device(int number) {
  have_machine();
  return emulated::open_training_device(number);
}
std::unique_ptr<kernels::SimulatorDevice> kernels::make_cuda_simulator_device(int number) {
  have_machine();
  return emulated::open_simulator_device(number);
}
std::shared_ptr<const PointMerger> kernels::make_cuda_point_merger(int) {
  return std::make_shared<HostPointMerger>();
}
std::vector<DeviceState> cuda_devices() {
  have_machine();
  return kernels::emulated::device_states();
}

}  // namespace nnpoisson
