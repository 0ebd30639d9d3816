#pragma once

#include "nnpoisson/neuron_dependencies.hpp"
#include "report/neurons/neuron_page.hpp"
#include "report/neurons/trial_counts.hpp"
#include "report/page.hpp"
#include "report/sections.hpp"

/// The sections that only a model by neuron has, or has otherwise.
namespace nnpoisson::report {

[[nodiscard]] Section neuron_summary(const NeuronPage& page, const Source& source);
[[nodiscard]] Section neuron_spikes(const NeuronEvaluation& evaluation);
[[nodiscard]] Section neuron_rates(const NeuronPage& page, const TrialCounts& counts);
[[nodiscard]] Section neuron_rasters(const NeuronPage& page);
[[nodiscard]] Section neuron_latent(const NeuronPage& page, Workers& workers);
[[nodiscard]] Section neuron_drift(const NeuronPage& page, const TrialCounts& counts);
[[nodiscard]] Section neuron_behaviour(const NeuronPage& page);
/// `answered`: as of dependence().
[[nodiscard]] Section neuron_information(const NeuronDependencies& dependencies, bool answered);

}  // namespace nnpoisson::report
