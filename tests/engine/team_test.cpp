#include "engine/team.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace nnpoisson {
namespace {

TEST(Team, EveryTaskIsDoneOnceBeforeRunReturns) {
  for (const int threads : {1, 2, 7}) {
    Team team(threads);
    EXPECT_EQ(team.size(), threads);
    std::vector<int> done(50);  // plain: run() must order the tasks' writes before what follows
    std::atomic<int> strange{0};
    int rounds = 0;
    for (const std::uint32_t tasks : {0U, 1U, 2U, 3U, 50U, 7U})
      for (int again = 0; again < 40; ++again) {
        team.run(tasks, [&](std::uint32_t task, int worker) {
          ++done[task];
          if (worker < 0 || worker >= threads) ++strange;
        });
        for (std::uint32_t t = 0; t < tasks; ++t) --done[t];
        ASSERT_EQ(done, std::vector<int>(50)) << tasks << " tasks, " << threads << " threads";
        ++rounds;
      }
    EXPECT_EQ(strange, 0);
    EXPECT_EQ(rounds, 240);
  }
}

TEST(Team, NoTwoTasksOfOneWorkerAtATime) {
  Team team(4);
  std::vector<int> inside(4);
  std::atomic<int> together{0};
  for (int round = 0; round < 50; ++round)
    team.run(64, [&](std::uint32_t, int worker) {
      if (++inside[static_cast<std::size_t>(worker)] != 1) ++together;
      --inside[static_cast<std::size_t>(worker)];
    });
  EXPECT_EQ(together, 0);
}

TEST(Team, EndsWhileAsleepAndWhileLooking) {
  for (int k = 0; k < 30; ++k) {
    Team unused(3), used(3);
    std::atomic<int> count{0};
    used.run(5, [&](std::uint32_t, int) { ++count; });
    EXPECT_EQ(count, 5);
  }
}

}  // namespace
}  // namespace nnpoisson
