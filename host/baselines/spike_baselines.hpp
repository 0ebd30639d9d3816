#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "baselines/column_totals.hpp"
#include "baselines/intensity_model.hpp"
#include "baselines/workers.hpp"
#include "nnpoisson/baselines.hpp"

/// Baselines of spikes: simpler models that are judged like the network.
namespace nnpoisson {

/// One rate for each column, Hz; `rate`: [columns].
[[nodiscard]] std::unique_ptr<IntensityModel> constant_baseline(std::vector<double> rate);

/// Mean rate by stimulus and time bin, shrunk towards the mean rate by time alone as if that had
/// been seen for one spike more, which is itself shrunk so towards the constant rate: (spikes + 1)
/// / (exposure + 1 / rate). A stimulus without training trials has the rate by time alone.
/// Throws ResourceError where a table of all would not fit into memory.
[[nodiscard]] std::unique_ptr<IntensityModel> psth_baseline(const ColumnTotals& totals,
                                                            const BaselineTrials& evaluated,
                                                            Workers& workers);

/// Maximises log-likelihood - ridge / 2 |w|^2 by Newton's method; intensities are constant within a
/// bin of the totals' grid, so the likelihood is exact. Columns that no training trial reads are
/// left at the floor of every intensity. Throws NumericalError where ridge is 0 and the stimuli do
/// not determine the coefficients. `more`: events added to each column's for its constant rate.
[[nodiscard]] GlmFit fit_glm(const ColumnTotals& totals, std::size_t bases, double ridge,
                             Workers& workers, double more = 0);
/// `sets`, `grid`: those that it was fitted on.
[[nodiscard]] std::unique_ptr<IntensityModel> glm_baseline(GlmFit fit, const TrainingSets& sets,
                                                           const BaselineTrials& evaluated,
                                                           const TimeGrid& grid);

}  // namespace nnpoisson
