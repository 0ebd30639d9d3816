#include "curves/matched_trials.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <utility>

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
  for (const auto g : data.unit.region) column_.push_back(region_[static_cast<std::size_t>(g)]);
  if (by_unit()) find_units();
  feature_ = find_all(model.stimulus_names, data.stimulus_names,
                      data.source + ": stimulus/name: lacks the model's feature");
}

void MatchedTrials::find_units() {
  std::map<std::pair<std::string, std::int64_t>, std::size_t> columns;
  for (std::size_t k = 0; k < model_.units.id.size(); ++k)
    columns[{model_.units.session[k], model_.units.id[k]}] = k;

  for (std::size_t u = 0; u < data_.units(); ++u) {
    const auto& session = data_.session_names[static_cast<std::size_t>(data_.unit.session[u])];
    const auto found = columns.find({session, data_.unit.id[u]});
    if (found == columns.end())
      throw DataError(data_.source + ": unit/id[" + std::to_string(u) + "]: unit " +
                      std::to_string(data_.unit.id[u]) + " of session \"" + session +
                      "\" is not one the model was fitted to; a model with readout by unit "
                      "describes its own units only");
    column_[u] = found->second;
  }
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
