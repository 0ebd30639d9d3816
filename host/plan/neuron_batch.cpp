#include "plan/neuron_batch.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace nnpoisson {
namespace {

using Numbers = std::vector<double>;
using Index = std::uint32_t;

// Enough for a thread to be busy for some 20 microseconds.
constexpr std::size_t block_cost = 4096;
// Of an entry whose features no other entry needs, beside one that shares them.
constexpr std::size_t lone_cost = 8;

/// psi: raised cosines of the trial's place in its session.
std::array<double, formulas::drift_bumps> bumps(double place) {
  std::array<double, formulas::drift_bumps> psi{};
  for (int j = 0; j < formulas::drift_bumps; ++j)
    psi[static_cast<std::size_t>(j)] = formulas::drift_bump(j, place);
  return psi;
}

void sort_unique(auto& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

/// Leaves one of each number that is there more than once, ascending; returns how many were alone.
std::size_t keep_repeated(Numbers& values) {
  std::ranges::sort(values);
  std::size_t alone = 0;
  auto to = values.begin();
  for (auto at = values.begin(); at != values.end();) {
    const auto next = std::find_if(at, values.end(), [&](double v) { return v != *at; });
    if (next - at > 1)
      *to++ = *at;
    else
      ++alone;
    at = next;
  }
  values.erase(to, values.end());
  return alone;
}

Index place_of(const Numbers& values, double value) {
  return static_cast<Index>(std::ranges::lower_bound(values, value) - values.begin());
}

/// A trial's spikes or counts: where they lie in time, s, and how many they are.
struct Event {
  double begin, end;  // the same for a spike
  Index unit;         // among those of the session
  double count;
};

/// Plans one batch: the trials first, then the points of each stimulus, then what refers to them.
class NeuronBatchPlanner {
 public:
  NeuronBatchPlanner(const NeuronPlanSource& source, std::span<const std::int32_t> trials)
      : source_(source), data_(source.data), window_(data_.time_limit) {
    order_trials(trials);
    for (std::size_t s = 0; s < batch_.stimuli(); ++s) place_points(s);
    add_pieces();
    add_entries();
    add_trials();
    count_more();
    cut_blocks();
    batch_.scale = 1 / static_cast<double>(order_.size());
  }

  NeuronBatch batch() { return std::move(batch_); }

 private:
  [[nodiscard]] Index session(std::size_t n) const {
    return static_cast<Index>(data_.trial.session[n]);
  }

  void order_trials(std::span<const std::int32_t> trials) {
    for (const auto n : trials) {
      order_.push_back(static_cast<std::size_t>(n));
      batch_.stimulus.push_back(source_.lookup.stimulus(order_.back()));
    }
    sort_unique(batch_.stimulus);
    std::ranges::stable_sort(order_, {}, [&](std::size_t n) {
      return std::pair(session(n), source_.lookup.stimulus(n));
    });
    of_stimulus_.resize(batch_.stimuli());
    for (std::size_t i = 0; i < order_.size(); ++i) of_stimulus_[stimulus(order_[i])].push_back(i);

    for (const auto& list : of_stimulus_) {
      for (const std::size_t i : list) batch_.stimulus_trial.push_back(static_cast<Index>(i));
      batch_.stimulus_trial_first.push_back(static_cast<Index>(batch_.stimulus_trial.size()));
    }
  }
  [[nodiscard]] std::size_t stimulus(std::size_t n) const {
    const auto found = std::ranges::lower_bound(batch_.stimulus, source_.lookup.stimulus(n));
    return static_cast<std::size_t>(found - batch_.stimulus.begin());
  }

  template <class Use>
  void each_event(std::size_t n, const Use& use) const {
    if (data_.binned()) {
      for (auto i = data_.count.offset[n]; i < data_.count.offset[n + 1]; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const int bin = data_.count.bin[at];
        use(Event{bin * data_.bin_width,
                  std::min((bin + 1) * data_.bin_width, data_.trial.observed_until[n]),
                  source_.place[static_cast<std::size_t>(data_.count.unit[at])],
                  static_cast<double>(data_.count.value[at])});
      }
    } else {
      for (auto i = data_.spike.offset[n]; i < data_.spike.offset[n + 1]; ++i) {
        const auto at = static_cast<std::size_t>(i);
        use(Event{data_.spike.time[at], data_.spike.time[at],
                  source_.place[static_cast<std::size_t>(data_.spike.unit[at])], 1.0});
      }
    }
  }

  /// The cell of a merged spike.
  [[nodiscard]] std::int64_t cell(double time) const {
    return static_cast<std::int64_t>(time / source_.options.time_resolution);
  }
  [[nodiscard]] bool merged() const {
    return !data_.binned() && source_.options.time_resolution > 0;
  }

  struct Points {
    Numbers value, rate;  // s, ascending; rates: those of more than one entry, or of a response
    std::vector<std::pair<double, double>> difference;
    std::map<std::int64_t, std::pair<double, double>> cells;  // sum of times, spikes
  };

  /// The points and rows of a stimulus.
  void place_points(std::size_t s) {
    Points points;
    points.value.push_back(0);
    for (const std::size_t i : of_stimulus_[s]) gather(order_[i], points);
    for (const auto& [number, sums] : points.cells)
      points.rate.insert(points.rate.end(), sums.second > 1 ? 2 : 1, sums.first / sums.second);
    sort_unique(points.value);
    const std::size_t alone = keep_repeated(points.rate);
    sort_unique(points.difference);

    const auto first_value = static_cast<Index>(batch_.value_time.size());
    for (const double t : points.value) batch_.value_time.push_back(t / window_);
    for (const double t : points.rate) batch_.rate_time.push_back(t / window_);
    batch_.shared_rates.push_back(static_cast<Index>(points.rate.size()));
    // The others' times come with their entries.
    batch_.rate_time.resize(batch_.rate_time.size() + alone);
    batch_.row_floor.resize(batch_.row_floor.size() + points.rate.size() + alone,
                            intensity_floor * window_);
    for (const auto& [low, high] : points.difference) {
      batch_.difference.push_back(
          {first_value + place_of(points.value, high), first_value + place_of(points.value, low)});
      batch_.row_floor.push_back(intensity_floor * (high - low));
    }
    batch_.value_first.push_back(static_cast<Index>(batch_.value_time.size()));
    batch_.rate_first.push_back(static_cast<Index>(batch_.rate_time.size()));
    batch_.difference_first.push_back(static_cast<Index>(batch_.difference.size()));
    points_.push_back(std::move(points));
  }

  void gather(std::size_t n, Points& points) const {
    for (const double t : {data_.trial.observed_until[n], source_.waited(n)}) {
      points.value.push_back(t);
      points.difference.emplace_back(0, t);
    }
    // Twice: never alone, the trial reads it, too.
    if (data_.responded(n)) points.rate.insert(points.rate.end(), 2, source_.waited(n));
    each_event(n, [&](const Event& event) {
      if (data_.binned()) {
        points.value.insert(points.value.end(), {event.begin, event.end});
        points.difference.emplace_back(event.begin, event.end);
      } else if (merged()) {
        auto& [times, spikes] = points.cells[cell(event.begin)];
        times += event.begin;
        spikes += 1;
      } else {
        points.rate.push_back(event.begin);
      }
    });
  }

  /// no_row: of a rate that one entry alone reads.
  [[nodiscard]] Index rate_row(std::size_t s, double time) const {
    const auto& rates = points_[s].rate;
    const Index place = place_of(rates, time);
    return place < rates.size() && rates[place] == time ? batch_.row_first(s) + place : no_row;
  }
  [[nodiscard]] Index difference_row(std::size_t s, double low, double high) const {
    const auto& all = points_[s].difference;
    const auto found = std::ranges::lower_bound(all, std::pair(low, high));
    return batch_.row_first(s) + batch_.rate_first[s + 1] - batch_.rate_first[s] +
           static_cast<Index>(found - all.begin());
  }
  [[nodiscard]] Index event_row(std::size_t s, const Event& event) const {
    if (data_.binned()) return difference_row(s, event.begin, event.end);
    if (!merged()) return rate_row(s, event.begin);
    const auto& [times, spikes] = points_[s].cells.at(cell(event.begin));
    return rate_row(s, times / spikes);
  }

  void add_pieces() {
    Index pairs = 0;
    for (const std::size_t n : order_) {
      const Index s = static_cast<Index>(stimulus(n)), of = session(n);
      if (batch_.pieces.empty() || batch_.pieces.back().stimulus != s ||
          batch_.pieces.back().session != of) {
        batch_.pieces.push_back({s, of, pairs, source_.session_units[of]});
        pairs += source_.session_units[of];
      }
      piece_.push_back(static_cast<Index>(batch_.pieces.size() - 1));
    }
    pairs_ = pairs;
  }

  /// Rows of rates that one entry alone reads, in the order of those entries.
  void place_lone_rates(auto& entries) {
    std::vector<Index> placed = batch_.shared_rates;
    for (auto& entry : entries) {
      if (entry.row != no_row) continue;
      const Index place = placed[entry.stimulus]++;
      batch_.rate_time[batch_.rate_first[entry.stimulus] + place] = entry.time / window_;
      entry.row = batch_.row_first(entry.stimulus) + place;
    }
  }

  void add_entries() {
    struct Entry {
      Index pair, row, stimulus;
      float weight;
      double time;
    };
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const auto& piece = batch_.pieces[piece_[i]];
      each_event(order_[i], [&](const Event& event) {
        entries.push_back({piece.first_pair + event.unit, event_row(piece.stimulus, event),
                           piece.stimulus, static_cast<float>(event.count), event.begin});
        batch_.constant += data_.binned() ? std::lgamma(event.count + 1) : std::log(window_);
      });
    }
    std::ranges::sort(entries, {},
                      [](const Entry& e) { return std::tuple(e.pair, e.row, e.time); });
    place_lone_rates(entries);

    std::size_t i = 0;
    for (Index pair = 0; pair < pairs_; ++pair) {
      for (; i < entries.size() && entries[i].pair == pair; ++i) {
        const bool same = batch_.entry_row.size() > batch_.entry_first.back() &&
                          batch_.entry_row.back() == entries[i].row;
        if (same) {
          batch_.entry_weight.back() += entries[i].weight;
        } else {
          batch_.entry_row.push_back(entries[i].row);
          batch_.entry_weight.push_back(entries[i].weight);
        }
      }
      batch_.entry_first.push_back(static_cast<Index>(batch_.entry_row.size()));
    }
  }

  void add_trials() {
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const std::size_t n = order_[i];
      const auto& piece = batch_.pieces[piece_[i]];
      if (batch_.sessions.empty() || batch_.sessions.back().session != piece.session)
        batch_.sessions.push_back(
            {piece.session, static_cast<Index>(i), 0, piece.units, batch_.counts.size(), 0});
      ++batch_.sessions.back().trials;

      const double waited = source_.waited(n), all = double(source_.session_trials[piece.session]);
      const bool responded = data_.responded(n);
      batch_.trials.push_back(
          {.number = static_cast<Index>(n),
           .piece = piece_[i],
           .end_row = difference_row(piece.stimulus, 0, data_.trial.observed_until[n]),
           .wait_row = difference_row(piece.stimulus, 0, waited),
           .response_row = responded ? rate_row(piece.stimulus, waited) : no_row,
           .action = responded ? static_cast<int>(data_.action(n)) : -1,
           .choice = data_.trial.choice[n],
           .drift = bumps(static_cast<double>(source_.number[n]) / std::max(all - 1, 1.0))});

      const std::size_t first = batch_.counts.size();
      batch_.counts.resize(first + piece.units);
      each_event(n, [&](const Event& event) {
        batch_.counts[first + event.unit] += static_cast<float>(event.count);
      });
    }
  }

  void count_more() {
    for (auto& session : batch_.sessions) {
      session.first_unit = static_cast<Index>(batch_.more_first.size() - 1);
      for (std::size_t u = 0; u < session.units; ++u) {
        const std::size_t first = batch_.more.size();
        for (std::size_t n = 0; n < session.trials; ++n) {
          const float count = batch_.counts[session.first_count + n * session.units + u];
          const auto beyond = static_cast<std::size_t>(std::max(count - 1, 0.0F));
          batch_.more.resize(std::max(batch_.more.size(), first + beyond));
          for (std::size_t j = 0; j < beyond; ++j) ++batch_.more[first + j];
        }
        batch_.more_first.push_back(static_cast<Index>(batch_.more.size()));
      }
    }
  }

  void cut_blocks() {
    std::vector<std::vector<Index>> pieces(batch_.stimuli());
    for (Index p = 0; p < batch_.pieces.size(); ++p) pieces[batch_.pieces[p].stimulus].push_back(p);
    for (Index s = 0; s < batch_.stimuli(); ++s) {
      // A block has rows of its own to sum into: no more of them than what it does is worth.
      const std::size_t rows =
          batch_.shared_rates[s] + batch_.difference_first[s + 1] - batch_.difference_first[s];
      const std::size_t enough = block_cost + 4 * rows;
      std::size_t cost = enough;
      for (const Index p : pieces[s]) {
        const auto& piece = batch_.pieces[p];
        for (Index pair = piece.first_pair; pair < piece.first_pair + piece.units; ++pair) {
          const bool open = cost < enough;
          if (!open) {
            const auto first = static_cast<Index>(batch_.segments.size());
            batch_.blocks.push_back({s, first, first});
            cost = 0;
          }
          if (!open || batch_.segments.back().piece != p) {
            batch_.segments.push_back({p, pair, pair});
            ++batch_.blocks.back().end_segment;
          }
          batch_.segments.back().end_pair = pair + 1;
          cost += 8;
          for (Index e = batch_.entry_first[pair]; e < batch_.entry_first[pair + 1]; ++e)
            cost += batch_.is_lone(s, batch_.entry_row[e]) ? lone_cost : 1;
        }
      }
      batch_.block_first.push_back(static_cast<Index>(batch_.blocks.size()));
    }
  }

  const NeuronPlanSource& source_;
  const Dataset& data_;
  double window_;
  NeuronBatch batch_;
  std::vector<std::size_t> order_;                     // trials
  std::vector<std::vector<std::size_t>> of_stimulus_;  // places in order_
  std::vector<Index> piece_;                           // of each place in order_
  std::vector<Points> points_;                         // of each stimulus
  Index pairs_ = 0;
};

}  // namespace

NeuronBatch plan_neuron_batch(const NeuronPlanSource& source,
                              std::span<const std::int32_t> trials) {
  return NeuronBatchPlanner(source, trials).batch();
}

}  // namespace nnpoisson
