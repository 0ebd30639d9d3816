#include "baselines/session_units.hpp"

#include <algorithm>
#include <utility>

namespace nnpoisson {

SessionUnits::SessionUnits(const Dataset& data, std::vector<std::size_t> column)
    : data_(data),
      column_(std::move(column)),
      sessions_(data.sessions()),
      local_(data.units()),
      first_cell_{0} {
  for (std::size_t u = 0; u < data.units(); ++u) {
    auto& session = sessions_[static_cast<std::size_t>(data.unit.session[u])];
    local_[u] = session.unit.size();
    session.unit.push_back(u);
    session.column.push_back(column_[u]);
  }

  for (auto& session : sessions_) {
    auto& columns = session.column;
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    for (const auto u : session.unit) {
      const auto place = std::lower_bound(columns.begin(), columns.end(), column_[u]);
      session.place.push_back(static_cast<std::size_t>(place - columns.begin()));
    }
  }

  for (std::size_t n = 0; n < data.trials(); ++n) {
    sessions_[static_cast<std::size_t>(data.trial.session[n])].trial.push_back(n);
    first_cell_.push_back(first_cell_.back() + of_trial(n).unit.size());
  }
}

}  // namespace nnpoisson
