#include "simt/cards.hpp"

#include <algorithm>

namespace simt {

int add_card(const Card& card) {
  const Lock lock(cards().mutex);
  cards().all.push_back({.card = card, .shared_limit = {}, .pool = {}, .done = {}});
  return static_cast<int>(cards().all.size()) - 1;
}

void change_card(int number, const Card& card) {
  const Lock lock(cards().mutex);
  cards().all.at(static_cast<std::size_t>(number)).card = card;
}

bool thread_has_context() {
  return at_work;
}

void start_thread_on(int number) {
  current = number;
  at_work = false;
}

bool has_context(int number) {
  const Lock lock(cards().mutex);
  return cards().all.at(static_cast<std::size_t>(number)).context;
}

Done done_by(int number) {
  const Lock lock(cards().mutex);
  return cards().all.at(static_cast<std::size_t>(number)).done;
}

void enqueue_on_card(cudaStream_t stream, std::function<void()> work) {
  const Lock lock(cards().mutex);
  enqueue(*stream, std::move(work));
}

cudaError_t launch_on_card(const cudaLaunchConfig_t& config, const void* kernel,
                           std::function<void()> body) {
  const Lock lock(cards().mutex);
  CardState* card_state = use_card();
  if (!card_state) return report(cudaErrorDevicesUnavailable);
  if (!config.stream || config.stream->card != current)
    return report(cudaErrorInvalidResourceHandle);
  const unsigned blocks = config.gridDim.x, threads = config.blockDim.x;
  if (blocks < 1 || threads < 1 || threads > 1024) return report(cudaErrorInvalidConfiguration);
  const auto limit = card_state->shared_limit.find(kernel);
  if (config.dynamicSmemBytes > static_cast<std::size_t>(limit == card_state->shared_limit.end()
                                                             ? usual_shared_limit
                                                             : limit->second))
    return report(cudaErrorInvalidValue);
  bool cooperative = false;
  for (unsigned i = 0; i < config.numAttrs; ++i)
    cooperative = cooperative || (config.attrs[i].id == cudaLaunchAttributeCooperative &&
                                  config.attrs[i].val.cooperative != 0);
  if (cooperative) {
    if (!card_state->card.cooperative) return report(cudaErrorNotSupported);
    const int together = std::min(card_state->card.cooperative_blocks,
                                  card_state->card.processors * card_state->card.resident_blocks);
    if (blocks > static_cast<unsigned>(together)) return report(cudaErrorCooperativeLaunchTooLarge);
    ++card_state->done.cooperative;
  }
  const Grid grid{blocks, threads, config.dynamicSmemBytes, card_state->card.order};
  enqueue(*config.stream, [card_state, grid, body = std::move(body)] {
    const double seconds = card_state->card.turn * static_cast<double>(launch(grid, body));
    card_state->clock += seconds;
    ++card_state->done.launches;
    card_state->done.most_shared_bytes =
        std::max(card_state->done.most_shared_bytes, grid.shared_bytes);
    card_state->done.longest = std::max(card_state->done.longest, seconds);
  });
  return cudaSuccess;
}

cudaError_t set_shared_limit(const void* kernel, int bytes) {
  const Lock lock(cards().mutex);
  CardState* card_state = use_card();
  if (!card_state) return report(cudaErrorDevicesUnavailable);
  if (bytes < 0 || static_cast<std::size_t>(bytes) > card_state->card.shared_bytes)
    return report(cudaErrorInvalidValue);
  card_state->shared_limit[kernel] = bytes;
  return cudaSuccess;
}

cudaError_t occupancy(int* blocks, std::size_t shared_bytes) {
  const Lock lock(cards().mutex);
  CardState* card_state = use_card();
  if (!card_state) return report(cudaErrorDevicesUnavailable);
  *blocks = shared_bytes <= card_state->card.shared_bytes ? card_state->card.resident_blocks : 0;
  return cudaSuccess;
}

}  // namespace simt
