#include "kernels/phase_launcher.hpp"

#include <algorithm>
#include <iterator>

namespace nnpoisson::kernels {
namespace {

/// Chunks take turns in the two places.
int place_of(std::size_t chunk_number) {
  return static_cast<int>(chunk_number % 2);
}

}  // namespace

template <class T>
PhaseLauncher<T>::PhaseLauncher(TrainingDevice& device, const PlanImage<T>& image,
                                const PointChunks<T>* chunks, PhaseTimes* times)
    : device_(device),
      image_(image),
      chunks_(chunks),
      places_(chunks ? device.make_chunk_places(chunks->largest()) : nullptr),
      times_(times) {}

template <class T>
void PhaseLauncher<T>::send(std::span<const std::size_t> chunks, std::size_t next) {
  if (next >= chunks.size()) return;
  const int place = place_of(next);
  places_->send(place, chunks_->pack(chunks[next], places_->staging(place)));
}

template <class T>
void PhaseLauncher<T>::run(ProgramView<T> program, std::span<const std::uint32_t> batches,
                           int blocks, std::size_t shared_bytes) {
  std::vector<std::size_t> chunks;       // of all steps, in the order in which they are read
  std::vector<std::size_t> step_chunks;  // where those of each step end
  for (const std::uint32_t b : batches) {
    if (chunks_)
      std::ranges::copy(chunks_->chunks_of(image_.batches[b]), std::back_inserter(chunks));
    step_chunks.push_back(chunks.size());
  }

  const auto run_phase = [&](Phase phase) {
    timed(phase, [&] { device_.run_phase(program, phase, blocks, shared_bytes); });
  };
  send(chunks, 0);
  std::size_t next = 0;
  for (std::size_t step = 0; step < batches.size(); ++step) {
    run_phase(Phase::stimuli_forward);

    // While kernels read one chunk, the next is on its way.
    if (!chunks_) run_phase(Phase::slabs);
    for (; next < step_chunks[step]; ++next) {
      send(chunks, next + 1);
      const int place = place_of(next);
      chunks_->place(chunks[next], places_->acquire(place), program);
      run_phase(Phase::slabs);
      places_->release(place);
    }

    run_phase(Phase::stimuli_back);
    run_phase(Phase::update);
    device_.next_step(program.step);
    if (times_) ++times_->steps;
  }
}

template <class T>
template <class Launches>
void PhaseLauncher<T>::timed(Phase phase, const Launches& launches) {
  if (!times_) return launches();
  device_.start_clock();
  launches();
  times_->seconds[static_cast<int>(phase)] += device_.stop_clock();
}

template class PhaseLauncher<float>;
template class PhaseLauncher<double>;

}  // namespace nnpoisson::kernels
