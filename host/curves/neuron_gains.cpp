#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "nnpoisson/error.hpp"
#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson {

NeuronGains::NeuronGains(const Model& model) : nodes_(latent_nodes(model.neuron_shape.nodes)) {
  const NeuronShape& shape = model.neuron_shape;
  const NeuronLayout layout(shape);
  const auto tensor = [&](NeuronTensor t) { return model.parameters.data() + layout[t].offset; };
  const auto units = static_cast<std::size_t>(shape.units());
  loading_.resize(units);
  shape_.resize(units, std::numeric_limits<double>::infinity());
  if (shape.shared_gain) std::copy_n(tensor(NeuronTensor::gain_c), units, loading_.begin());
  if (shape.private_gain)
    std::transform(tensor(NeuronTensor::gain_lnq), tensor(NeuronTensor::gain_lnq) + units,
                   shape_.begin(), [](double ln_q) { return std::exp(ln_q); });
  if (shape.drift) drift_ = tensor(NeuronTensor::gain_d);
}

double NeuronGains::log_drift(std::size_t unit, const DriftBumps& psi) const {
  if (drift_ == nullptr) return 0;
  const double* d = drift_ + unit * psi.size();
  double sum = 0;
  for (std::size_t j = 0; j < psi.size(); ++j) sum += d[j] * psi[j];
  return sum;
}

double NeuronGains::log_drift(std::size_t unit, double place) const {
  return log_drift(unit, drift_bumps_at(place));
}

double NeuronGains::shared(std::size_t unit, std::size_t node) const {
  return std::exp(formulas::log_gain(loading(unit), nodes_[node]));
}

DriftBumps drift_bumps_at(double place) {
  DriftBumps psi{};
  for (int j = 0; j < formulas::drift_bumps; ++j)
    psi[static_cast<std::size_t>(j)] = formulas::drift_bump(j, place);
  return psi;
}

std::vector<double> session_places(const Dataset& data) {
  const auto number = trial_numbers(data), trials = session_trial_counts(data);
  std::vector<double> places;
  for (std::size_t n = 0; n < data.trials(); ++n) {
    const auto all = trials[static_cast<std::size_t>(data.trial.session[n])];
    places.push_back(static_cast<double>(number[n]) /
                     static_cast<double>(std::max<std::int64_t>(all - 1, 1)));
  }
  return places;
}

std::vector<std::size_t> model_units(const Model& model, const Dataset& data) {
  // An id may stand for several units of a session: the first is the first, and so on.
  std::map<std::pair<std::string, std::int64_t>, std::vector<std::size_t>> known;
  for (std::size_t i = model.units.id.size(); i-- > 0;)
    known[{model.units.session[i], model.units.id[i]}].push_back(i);

  std::vector<std::size_t> units;
  for (std::size_t u = 0; u < data.units(); ++u) {
    const auto& session = data.session_names[static_cast<std::size_t>(data.unit.session[u])];
    const auto found = known.find({session, data.unit.id[u]});
    if (found == known.end() || found->second.empty())
      throw DataError(data.source + ": unit/id[" + std::to_string(u) + "]: unit " +
                      std::to_string(data.unit.id[u]) + " of session " + session +
                      " is not in the model " + model.source +
                      "; a model by neuron knows only the units it was trained on");
    units.push_back(found->second.back());
    found->second.pop_back();
  }
  return units;
}

}  // namespace nnpoisson
