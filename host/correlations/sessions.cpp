#include "correlations/sessions.hpp"

#include <map>
#include <utility>

namespace nnpoisson {

std::vector<Session> sessions_of(const Dataset& data) {
  std::vector<Session> sessions;
  for (auto& trials : trials_by_session(data))
    sessions.push_back(
        {std::move(trials), {}, std::vector<std::vector<std::size_t>>(data.regions())});

  for (std::size_t u = 0; u < data.units(); ++u) {
    auto& session = sessions[static_cast<std::size_t>(data.unit.session[u])];
    session.regions[static_cast<std::size_t>(data.unit.region[u])].push_back(session.units.size());
    session.units.push_back(u);
  }
  return sessions;
}

std::size_t TrialGroups::equal_trials() const {
  std::size_t sum = 0;
  for (const auto& group : equal) sum += group.trials.size();
  return sum;
}

std::size_t TrialGroups::choice_trials() const {
  std::size_t sum = 0;
  for (const auto& group : choices) sum += group.left.size() + group.right.size();
  return sum;
}

TrialGroups trial_groups(const Dataset& data, const MatchedTrials& trials, const Session& session,
                         Window window) {
  std::map<std::vector<double>, ChoiceGroup> choices;
  std::map<std::vector<double>, StimulusGroup> equal;
  for (std::size_t k = 0; k < session.trials.size(); ++k) {
    const std::size_t n = session.trials[k];
    if (!(data.trial.observed_until[n] > window.from)) continue;
    const auto stimulus = trials.stimulus(n);
    equal[stimulus].trials.push_back(k);
    if (!data.responded(n)) continue;
    auto& group = choices[stimulus];
    (data.action(n) == 0 ? group.left : group.right).push_back(k);
  }

  TrialGroups groups;
  for (auto& [stimulus, group] : equal)
    if (const auto n = static_cast<double>(group.trials.size()); n > 1)
      groups.equal.push_back({stimulus, std::move(group.trials), n - 1});

  for (auto& [stimulus, group] : choices) {
    const auto left = static_cast<double>(group.left.size()),
               right = static_cast<double>(group.right.size());
    if (left > 1 && right > 1)
      groups.choices.push_back({stimulus, std::move(group.left), std::move(group.right),
                                left * right / (left + right + 1)});
  }
  return groups;
}

TrialGroups weighted_as(const TrialGroups& recording, TrialGroups drawn) {
  const auto keep = [](const auto& those, auto& groups) {
    std::map<std::vector<double>, double> weights;
    for (const auto& group : those) weights[group.stimulus] = group.weight;
    std::erase_if(groups, [&](const auto& group) { return !weights.contains(group.stimulus); });
    for (auto& group : groups) group.weight = weights[group.stimulus];
  };
  keep(recording.equal, drawn.equal);
  keep(recording.choices, drawn.choices);
  return drawn;
}

TrialGroups by_repeat(TrialGroups drawn, const Session& session, std::size_t trials) {
  std::vector<StimulusGroup> split;
  for (const auto& group : drawn.equal) {
    std::map<std::size_t, std::vector<std::size_t>> repeats;
    for (const auto k : group.trials) repeats[session.trials[k] / trials].push_back(k);
    for (auto& [repeat, members] : repeats)
      if (members.size() > 1)
        split.push_back({group.stimulus, std::move(members),
                         group.weight / static_cast<double>(repeats.size())});
  }
  drawn.equal = std::move(split);
  return drawn;
}

}  // namespace nnpoisson
