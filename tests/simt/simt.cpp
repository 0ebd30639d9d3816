#include "simt/simt.hpp"

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/preallocated.hpp>
#include <exception>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define SIMT_ASAN 1
#else
#define SIMT_ASAN 0
#endif

namespace simt {

/// Threads that wait for each other: the last to arrive lets all go.
struct Barrier {
  unsigned threads = 0, arrived = 0;
  std::uint64_t round = 0;
};
struct Warp {
  Barrier barrier;
  std::uint64_t slot[2][32] =
      {};  // two, so that a fast lane's next exchange does not meet a slow lane's last
};
struct Block {
  Barrier barrier;
  std::vector<Warp> warps;
  std::vector<char> shared;
};

namespace {

namespace context = boost::context;
constexpr std::size_t stack_bytes = SIMT_ASAN ? 256 << 10 : 64 << 10;

/// Stacks live on from launch to launch.
class Stacks {
 public:
  char* operator[](std::size_t i) {
    while (stacks_.size() <= i) stacks_.push_back(std::make_unique<char[]>(stack_bytes));
    return stacks_[i].get();
  }

 private:
  std::vector<std::unique_ptr<char[]>> stacks_;
};

/// Hands a stack of ours to Boost and does not free it.
struct OwnStack {
  context::stack_context context;
  context::stack_context allocate() { return context; }
  void deallocate(context::stack_context&) {}
};

struct Fibre {
  Thread thread;
  context::fiber fiber;
  const Barrier* waits = nullptr;  // until its round is no longer waits_round
  std::uint64_t waits_round = 0;
  bool done = false;
  char* stack = nullptr;
};

/// The launch under way in this operating system thread.
struct Machine {
  Fibre* now = nullptr;
  context::fiber scheduler;
  std::exception_ptr failure;
  void* scheduler_fake_stack = nullptr;
  const void* scheduler_stack = nullptr;
  std::size_t scheduler_stack_bytes = 0;
};
thread_local Machine* machine = nullptr;

// AddressSanitizer must be told of every change of stack.
void before_switch([[maybe_unused]] void** save, [[maybe_unused]] const void* to,
                   [[maybe_unused]] std::size_t bytes) {
#if SIMT_ASAN
  __sanitizer_start_switch_fiber(save, to, bytes);
#endif
}
void after_switch([[maybe_unused]] void* saved, [[maybe_unused]] const void** from,
                  [[maybe_unused]] std::size_t* bytes) {
#if SIMT_ASAN
  __sanitizer_finish_switch_fiber(saved, from, bytes);
#endif
}

void yield() {
  Machine& m = *machine;
  void* fake = nullptr;
  before_switch(&fake, m.scheduler_stack, m.scheduler_stack_bytes);
  m.scheduler = std::move(m.scheduler).resume();
  after_switch(fake, &m.scheduler_stack, &m.scheduler_stack_bytes);
}

void wait_at(Barrier& barrier) {
  if (++barrier.arrived == barrier.threads) {
    barrier.arrived = 0;
    ++barrier.round;
    return;
  }
  Fibre& me = *machine->now;
  me.waits = &barrier;
  me.waits_round = barrier.round;
  yield();
}

/// What calls that never returned left on the last `bytes` of a stack, where it begins.
void forget_calls([[maybe_unused]] const Fibre& fibre, [[maybe_unused]] std::size_t bytes) {
#if SIMT_ASAN
  __asan_unpoison_memory_region(fibre.stack + stack_bytes - bytes, bytes);
#endif
}

void start(Fibre& fibre, const std::function<void()>& kernel) {
  forget_calls(fibre, 4 << 10);  // Boost's own, from which the thread before went for good
  const context::stack_context whole = [&] {
    context::stack_context s;
    s.size = stack_bytes;
    s.sp = fibre.stack + stack_bytes;
    return s;
  }();
  fibre.fiber =
      context::fiber(std::allocator_arg, context::preallocated(whole.sp, whole.size, whole),
                     OwnStack{whole}, [&fibre, &kernel](context::fiber&& from) {
                       Machine& m = *machine;
                       m.scheduler = std::move(from);
                       after_switch(nullptr, &m.scheduler_stack, &m.scheduler_stack_bytes);
                       try {
                         kernel();
                       } catch (...) {
                         m.failure = std::current_exception();
                       }
                       fibre.done = true;
                       before_switch(nullptr, m.scheduler_stack, m.scheduler_stack_bytes);
                       return std::move(m.scheduler);
                     });
}

void resume(Machine& m, Fibre& fibre) {
  m.now = &fibre;
  fibre.waits = nullptr;
  before_switch(&m.scheduler_fake_stack, fibre.stack, stack_bytes);
  fibre.fiber = std::move(fibre.fiber).resume();
  after_switch(m.scheduler_fake_stack, nullptr, nullptr);
}

std::string where(const Fibre& f) {
  return "block " + std::to_string(f.thread.block.x) + ", thread " +
         std::to_string(f.thread.thread.x);
}

}  // namespace

Thread& self() {
  return machine->now->thread;
}
void block_barrier() {
  wait_at(self().its_block->barrier);
}
void let_others_run() {
  yield();
}
char* shared_memory() {
  return self().its_block->shared.data();
}

std::uint64_t warp_exchange(std::uint64_t mine, unsigned partner) {
  Warp& warp = *self().its_warp;
  auto& slot = warp.slot[warp.barrier.round & 1];
  slot[self().thread.x % 32] = mine;
  wait_at(warp.barrier);
  return slot[partner];
}

unsigned warp_votes(bool mine) {
  Warp& warp = *self().its_warp;
  auto& slot = warp.slot[warp.barrier.round & 1];
  slot[self().thread.x % 32] = mine ? 1 : 0;
  wait_at(warp.barrier);
  unsigned votes = 0;
  for (unsigned lane = 0; lane < warp.barrier.threads; ++lane)
    votes |= static_cast<unsigned>(slot[lane]) << lane;
  return votes;
}

namespace {

/// The blocks of a grid and their threads, in the order in which they take turns.
struct GridFibres {
  explicit GridFibres(const Grid& grid)
      : blocks(grid.blocks), fibres(std::size_t{grid.blocks} * grid.threads) {
    static thread_local Stacks stacks;
    for (unsigned b = 0; b < grid.blocks; ++b) {
      Block& block = blocks[b];
      block.barrier.threads = grid.threads;
      block.warps.resize((grid.threads + 31) / 32);
      for (unsigned w = 0; w < block.warps.size(); ++w)
        block.warps[w].barrier.threads = std::min(32U, grid.threads - 32 * w);
      block.shared.assign(grid.shared_bytes, static_cast<char>(0xFF));  // NaN in float and double
      for (unsigned t = 0; t < grid.threads; ++t) {
        const std::size_t i = std::size_t{b} * grid.threads + t;
        fibres[i].thread = {{t}, {b}, {grid.threads}, {grid.blocks}, &block, &block.warps[t / 32]};
        fibres[i].stack = stacks[i];
      }
    }
    for (auto& f : fibres) order.push_back(&f);
    if (grid.order == Order::descending) std::reverse(order.begin(), order.end());
    if (grid.order == Order::shuffled) std::shuffle(order.begin(), order.end(), std::mt19937(1));
  }
  /// Threads that a failed launch leaves waiting are given up, not unwound: their stacks serve the
  /// next launch.
  ~GridFibres() {
    // For ever: their destruction would unwind them.
    static auto* given_up = new std::vector<context::fiber>;
    for (auto& f : fibres) {
      if (f.done) continue;
      given_up->push_back(std::move(f.fiber));
      forget_calls(f, stack_bytes);
    }
  }
  GridFibres(const GridFibres&) = delete;
  GridFibres& operator=(const GridFibres&) = delete;

  std::vector<Block> blocks;
  std::vector<Fibre> fibres;
  std::vector<Fibre*> order;
};

/// Lets the threads take turns until all are done; returns the number of turns.
std::uint64_t run_to_the_end(const std::vector<Fibre*>& order, Machine& running) {
  constexpr int patience = 1 << 20;  // rounds in which some thread only let others run
  int fruitless = 0;
  std::uint64_t turns = 0;
  for (std::size_t left = order.size(); left > 0;) {
    bool ran = false, arrived = false;
    for (auto* f : order) {
      if (f->done || (f->waits && f->waits->round == f->waits_round)) continue;
      ran = true;
      resume(running, *f);
      ++turns;
      arrived = arrived || f->done || f->waits;
      left -= f->done ? 1U : 0U;
      if (running.failure) std::rethrow_exception(running.failure);
    }
    fruitless = arrived ? 0 : fruitless + 1;
    if (ran && fruitless < patience) continue;
    if (left == 0) break;
    const auto stuck =
        std::find_if(order.begin(), order.end(), [](const Fibre* f) { return !f->done; });
    throw std::logic_error(
        "simt: " + where(**stuck) +
        (ran ? " polls for ever" : " waits at a barrier or shuffle that others never reach"));
  }
  return turns;
}

}  // namespace

std::uint64_t launch(const Grid& grid, const std::function<void()>& kernel) {
  if (machine) throw std::logic_error("simt: a launch inside a launch");
  GridFibres grid_fibres(grid);
  Machine running;
  machine = &running;
  struct Leave {
    ~Leave() { machine = nullptr; }
  } leave;
  for (auto* f : grid_fibres.order) start(*f, kernel);
  return run_to_the_end(grid_fibres.order, running);
}

}  // namespace simt
