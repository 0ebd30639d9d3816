#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "nnpoisson/error.hpp"
#include "nnpoisson/neuron_curves.hpp"

namespace nnpoisson {
namespace {

const double* tensor(const Model& model, NeuronTensor t) {
  return model.parameters.data() + NeuronLayout(model.neuron_shape)[t].offset;
}

}  // namespace

NeuronGains::NeuronGains(const Model& model)
    : model_(&model), nodes_(latent_nodes(model.neuron_shape.nodes)) {}

double NeuronGains::loading(std::size_t unit) const {
  return model_->neuron_shape.shared_gain ? tensor(*model_, NeuronTensor::gain_c)[unit] : 0;
}

double NeuronGains::shape(std::size_t unit) const {
  if (!model_->neuron_shape.private_gain) return std::numeric_limits<double>::infinity();
  return std::exp(tensor(*model_, NeuronTensor::gain_lnq)[unit]);
}

double NeuronGains::log_drift(std::size_t unit, double place) const {
  if (!model_->neuron_shape.drift) return 0;
  const auto psi = drift_bumps_at(place);
  const double* d = tensor(*model_, NeuronTensor::gain_d) + unit * psi.size();
  double sum = 0;
  for (std::size_t j = 0; j < psi.size(); ++j) sum += d[j] * psi[j];
  return sum;
}

double NeuronGains::shared(std::size_t unit, std::size_t node) const {
  return std::exp(formulas::log_gain(loading(unit), nodes_[node]));
}

std::array<double, formulas::drift_bumps> drift_bumps_at(double place) {
  std::array<double, formulas::drift_bumps> psi{};
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
