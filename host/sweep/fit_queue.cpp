#include "sweep/fit_queue.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace nnpoisson {

std::vector<SweepJob> all_jobs(const SweepRequest& request, std::size_t configurations) {
  std::vector<SweepJob> jobs;
  for (int fold = 0; fold < request.folds; ++fold)
    for (std::size_t c = 0; c < configurations; ++c)
      for (const auto seed : request.seeds) jobs.push_back({static_cast<int>(c), fold, seed});
  return jobs;
}

FitQueue::FitQueue(const std::vector<SweepJob>& jobs, const SweepFolder& folder, std::size_t most,
                   const std::function<std::string(const SweepJob&)>& common)
    : jobs_(jobs), folder_(folder), fits_(jobs.size()) {
  std::map<std::string, std::size_t> last_group;  // of each common text
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    const SweepJob& job = jobs[j];
    fits_[j] = folder.read(job.configuration, job.fold, job.seed);
    if (fits_[j]) {
      ++done_before_;
      continue;
    }

    const auto text = common(job);
    const auto group = last_group.find(text);
    if (group == last_group.end() || groups_[group->second].size() >= most) {
      last_group[text] = groups_.size();
      groups_.emplace_back();
    }
    groups_[last_group[text]].push_back(j);
  }
  done_ = done_before_;
}

std::vector<std::size_t> FitQueue::exchange(const std::vector<SweepFit>& finished) {
  for (const auto& fit : finished) folder_.write(fit);

  const std::lock_guard lock(mutex_);
  for (const auto& fit : finished) {
    const auto job = std::find_if(jobs_.begin(), jobs_.end(), [&](const SweepJob& candidate) {
      return candidate.configuration == fit.configuration && candidate.fold == fit.fold &&
             candidate.seed == fit.seed;
    });
    fits_[static_cast<std::size_t>(job - jobs_.begin())] = fit;
    ++done_;
    if (!fit.failure.empty()) failures_.push_back(fit);
  }
  if (ended_ || groups_.empty()) return {};

  auto group = std::move(groups_.front());
  groups_.pop_front();
  return group;
}

std::size_t FitQueue::done() const {
  const std::lock_guard lock(mutex_);
  return done_;
}

std::vector<SweepFit> FitQueue::new_failures() {
  const std::lock_guard lock(mutex_);
  return std::exchange(failures_, {});
}

std::vector<SweepFit> FitQueue::fits() const {
  const std::lock_guard lock(mutex_);
  std::vector<SweepFit> all;
  for (const auto& fit : fits_) all.push_back(*fit);
  return all;
}

}  // namespace nnpoisson
