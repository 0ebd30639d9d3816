#include "curves/matched_trials.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

/// For each of `wanted` its place in `names`.
std::vector<std::size_t> find_all(const std::vector<std::string>& wanted,
                                  const std::vector<std::string>& names,
                                  const std::string& complaint) {
  std::vector<std::size_t> places;
  for (const auto& name : wanted) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) throw DataError(complaint + " \"" + name + "\"");
    places.push_back(static_cast<std::size_t>(found - names.begin()));
  }
  return places;
}

}  // namespace

MatchedTrials::MatchedTrials(const Model& model, const Dataset& data) : model_(model), data_(data) {
  if (!(std::abs(data.time_limit - model.time_limit) <= 1e-9 * model.time_limit)) {
    std::ostringstream text;
    text << data.source << ": attribute time_limit: is " << data.time_limit
         << " s, but the model was fitted to " << model.time_limit
         << " s; import the recording again with --time-limit " << model.time_limit;
    throw DataError(text.str());
  }

  region_ = find_all(data.region_names, model.region_names,
                     data.source + ": region/name: the model was not fitted to region");
  find_all(data.stimulus_names, model.stimulus_names,
           data.source + ": stimulus/name: the model does not know the feature");
  feature_ = find_all(model.stimulus_names, data.stimulus_names,
                      data.source + ": stimulus/name: lacks the model's feature");
}

std::vector<double> MatchedTrials::stimulus(std::size_t n) const {
  std::vector<double> s;
  for (const auto f : feature_) s.push_back(data_.trial.stimulus[n * data_.features() + f]);
  return s;
}

std::map<std::vector<double>, std::vector<std::size_t>> MatchedTrials::by_stimulus() const {
  std::map<std::vector<double>, std::vector<std::size_t>> groups;
  for (std::size_t n = 0; n < data_.trials(); ++n) groups[stimulus(n)].push_back(n);
  return groups;
}

}  // namespace nnpoisson
