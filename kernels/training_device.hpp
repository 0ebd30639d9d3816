#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "kernels/device.hpp"
#include "kernels/views.hpp"

namespace nnpoisson::kernels {

/// Two places in a device's memory, filled in turn from the host's on a stream of their own while
/// kernels read the other.
class ChunkPlaces {
 public:
  virtual ~ChunkPlaces() = default;
  /// Pinned memory of the host, to be filled for a place. Waits until what it held has been sent.
  [[nodiscard]] virtual char* staging(int place) = 0;
  /// Sends so many bytes of it, once the kernels that read the place are done.
  virtual void send(int place, std::size_t bytes) = 0;
  /// The place in the device's memory. Kernels launched from here on wait for what was sent; those
  /// until `release` read it.
  [[nodiscard]] virtual const char* acquire(int place) = 0;
  virtual void release(int place) = 0;
};

/// A device that runs training programs.
class TrainingDevice : public Device {
 public:
  /// Between the two, how long the device works on what is launched, s; stopping waits for it.
  virtual void start_clock() = 0;
  [[nodiscard]] virtual double stop_clock() = 0;
  /// Throws ResourceError where the device or the host has no room for two places of so many bytes.
  [[nodiscard]] virtual std::unique_ptr<ChunkPlaces> make_chunk_places(std::size_t bytes) = 0;
  /// Blocks of the program kernel that are resident together; at least 1.
  [[nodiscard]] virtual int resident_blocks(std::size_t number_size, std::size_t shared_bytes) = 0;
  /// Runs the program: by one launch of the persistent kernel, or phase by phase.
  virtual void run(const ProgramView<float>& program, int blocks, std::size_t shared_bytes) = 0;
  virtual void run(const ProgramView<double>& program, int blocks, std::size_t shared_bytes) = 0;
  /// One phase of step *program.step.
  virtual void run_phase(const ProgramView<float>& program, Phase phase, int blocks,
                         std::size_t shared_bytes) = 0;
  virtual void run_phase(const ProgramView<double>& program, Phase phase, int blocks,
                         std::size_t shared_bytes) = 0;
  virtual void next_step(std::uint32_t* step) = 0;
};

/// The device of that number (DeviceState::number); -1: the first that this build has kernels for
/// and that can be opened. Throws ResourceError with the reason: no driver, one too old, no such
/// device, none of an architecture that was built, one that another process has alone, no CUDA in
/// this build.
std::unique_ptr<TrainingDevice> make_cuda_training_device(int number);

}  // namespace nnpoisson::kernels
