#include "data/trial_columns.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "data/missing.hpp"
#include "nnpoisson/error.hpp"

namespace nnpoisson {
namespace {

const std::vector<std::string> onset_names{
    "stimulus_onset",      "stimulus_onset_time",  "stim_onset",
    "stim_onset_time",     "stim_on_time",         "stim_on",
    "stimOn_times",        "stimulus_on_time",     "stimulus_time",
    "stimulus_start_time", "visual_stimulus_time", "start_time"};
const std::vector<std::string> response_names{
    "response_time",       "response_times", "choice_time",     "first_movement_time",
    "firstMovement_times", "movement_time",  "go_response_time"};
const std::vector<std::string> reaction_names{"reaction_time", "rt", "RT", "response_latency"};
const std::vector<std::string> choice_names{
    "choice", "response_choice", "response_side", "choice_side", "response", "action", "decision"};

/// A stimulus column by its name: not one of the times, which also begin with "stim".
bool names_stimulus(const std::string& name) {
  for (const char* end :
       {"time", "times", "onset", "offset", "_on", "_off", "_id", "_index", "duration"})
    if (name.ends_with(end)) return false;
  for (const char* part : {"contrast", "coherence", "stimulus", "stim", "click", "evidence",
                           "frequency", "orientation", "intensity"})
    if (name.find(part) != std::string::npos) return true;
  return false;
}

[[noreturn]] void refuse(const Table& table, const Column& column, std::size_t row,
                         const std::string& what) {
  throw DataError(table.where + "/" + column.name + "[" + std::to_string(row) + "]: " + what);
}

const std::vector<double>& numbers_of(const Table& table, const std::string& name) {
  const Column& column = table.need(name);
  if (column.is_text())
    throw DataError(table.where + "/" + name + ": holds texts; name a column of numbers");
  return column.numbers;
}

bool is_one_of(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return text == word; });
}

}  // namespace

TrialColumns::TrialColumns(const std::vector<Table>& tables, const NwbImport& options)
    : options_(options) {
  static const std::set<std::string> known{"onset",  "response", "reaction",
                                           "choice", "stimulus", "region"};
  for (const auto& [what, column] : options.columns) {
    if (!known.contains(what)) {
      throw UsageError("--map " + what + "=" + column +
                       ": can be onset, response, reaction, choice, stimulus or region");
    }
  }
  if (options.columns.contains("response") && options.columns.contains("reaction")) {
    throw UsageError(
        "--map: give response (on the file's clock) or reaction (s from onset), not both");
  }

  const Table& first = tables.front();
  onset_ = choose(first, "onset", onset_names);
  if (onset_.empty())
    throw DataError(first.where +
                    ": names no stimulus onset that could be guessed; give --map onset=COLUMN");
  if (!options.columns.contains("reaction")) response_ = choose(first, "response", response_names);
  if (response_.empty()) reaction_ = choose(first, "reaction", reaction_names);
  choice_ = choose(first, "choice", choice_names);

  if (response_.empty() && reaction_.empty())
    notes_.emplace_back("response: no column found, so none was seen; --map response=COLUMN");
  if (choice_.empty())
    notes_.emplace_back("choice: no column found, so none was made; --map choice=COLUMN");
  choose_stimulus(tables);
}

std::string TrialColumns::choose(const Table& table, const std::string& what,
                                 const std::vector<std::string>& names) {
  if (const auto asked = options_.columns.find(what); asked != options_.columns.end()) {
    (void)table.need(asked->second);
    return asked->second;
  }
  for (const std::string& name : names) {
    if (table.find(name) == nullptr) continue;
    notes_.push_back(what + ": " + name + " (guessed; --map " + what + "=COLUMN for another)");
    return name;
  }
  return "";
}

void TrialColumns::choose_stimulus(const std::vector<Table>& tables) {
  if (const auto asked = options_.columns.find("stimulus"); asked != options_.columns.end()) {
    std::istringstream list(asked->second);
    for (std::string name; std::getline(list, name, ',');) stimulus_.push_back(name);
    if (stimulus_.empty()) throw UsageError("--map stimulus=: name at least one column");
  } else {
    std::string guessed;
    for (const Column& column : tables.front().columns) {
      if (!names_stimulus(column.name) || column.name == choice_) continue;
      stimulus_.push_back(column.name);
      guessed += (guessed.empty() ? "" : ",") + column.name;
    }
    notes_.push_back(
        stimulus_.empty()
            ? "stimulus: no column found, so all trials are alike; --map stimulus=COLUMN,..."
            : "stimulus: " + guessed + " (guessed; --map stimulus=COLUMN,... for others)");
  }

  for (const std::string& name : stimulus_) {
    for (const Table& table : tables) {
      const Column& column = table.need(name);
      if (column.is_text()) levels_[name].insert(column.texts.begin(), column.texts.end());
    }
  }
}

TrialColumns::Trials TrialColumns::read(const Table& table) const {
  if (table.rows == 0) throw DataError(table.where + ": holds no trial; at least one is needed");
  Trials trials;
  trials.recorded.onset = numbers_of(table, onset_);
  trials.recorded.included = rows_where(table, options_.trials_where);
  for (std::size_t n = 0; n < table.rows; ++n) {
    if (std::isfinite(trials.recorded.onset[n]) || !trials.recorded.included[n]) continue;
    trials.recorded.included[n] = false;
    ++trials.without_onset;
  }
  read_responses(table, trials);
  read_choices(table, trials);
  read_stimuli(table, trials);
  return trials;
}

void TrialColumns::read_responses(const Table& table, Trials& trials) const {
  auto& response = trials.recorded.response_time;
  response.assign(table.rows, missing);
  const std::string& name = response_.empty() ? reaction_ : response_;
  if (name.empty()) return;
  response = numbers_of(table, name);
  for (std::size_t n = 0; n < table.rows; ++n) {
    if (!response_.empty()) response[n] -= trials.recorded.onset[n];
    if (std::isinf(response[n]))
      refuse(table, table.need(name), n, "must be finite, or NaN where there was no response");
  }
}

void TrialColumns::read_choices(const Table& table, Trials& trials) const {
  trials.recorded.choice.assign(table.rows, 0);
  if (choice_.empty()) return;
  const Column& column = table.need(choice_);
  const bool named = !options_.left.empty() || !options_.right.empty();
  double left = 1, right = -1;
  if (named && !column.is_text() &&
      (!parse_number(options_.left, left) || !parse_number(options_.right, right))) {
    throw UsageError("--left, --right: " + choice_ + " holds numbers; give both as numbers");
  }

  for (std::size_t n = 0; n < table.rows; ++n) {
    std::int8_t& choice = trials.recorded.choice[n];
    if (column.is_text()) {
      const std::string& text = column.texts[n];
      const bool is_left =
          named ? text == options_.left : is_one_of(text, {"left", "Left", "LEFT", "L", "l"});
      const bool is_right =
          named ? text == options_.right : is_one_of(text, {"right", "Right", "RIGHT", "R", "r"});

      const bool is_none = is_one_of(
          text, {"", "none", "None", "nogo", "no-go", "NoGo", "no_response", "nan", "NaN", "miss"});
      if (!is_left && !is_right && !is_none && !named) {
        refuse(
            table, column, n,
            "\"" + text +
                "\" is neither left, right nor none; say what is with --left VALUE --right VALUE");
      }
      choice = static_cast<std::int8_t>(is_left - is_right);
    } else {
      const double value = column.numbers[n];
      if (value != left && value != right && value != 0 && !std::isnan(value) && !named) {
        refuse(
            table, column, n,
            shortest(value) +
                " is not +1 left, -1 right or 0 none; say what is with --left VALUE --right VALUE");
      }
      choice = static_cast<std::int8_t>((value == left) - (value == right));
    }
  }
}

void TrialColumns::read_stimuli(const Table& table, Trials& trials) const {
  auto& recorded = trials.recorded;
  std::vector<std::vector<double>> columns;
  for (const std::string& name : stimulus_) {
    const Column& column = table.need(name);
    if (const auto levels = levels_.find(name); levels != levels_.end()) {
      for (const std::string& level : levels->second) {
        recorded.stimulus_names.push_back(name + "=" + level);
        columns.emplace_back(table.rows);
        for (std::size_t n = 0; n < table.rows; ++n)
          columns.back()[n] = column.text(n) == level ? 1 : 0;
      }
      continue;
    }

    recorded.stimulus_names.push_back(name);
    columns.push_back(column.numbers);
    for (std::size_t n = 0; n < table.rows; ++n) {
      double& value = columns.back()[n];
      if (std::isnan(value) && options_.missing_stimulus) value = *options_.missing_stimulus;
      if (!std::isfinite(value) && recorded.included[n]) {
        refuse(table, column, n,
               "is not a number; say what a missing one means with --missing-stimulus, or leave "
               "such trials out with "
               "--trials-where");
      }
    }
  }

  if (columns.empty()) {
    recorded.stimulus_names = {"none"};
    columns.emplace_back(table.rows, 0.0);
  }
  for (std::size_t n = 0; n < table.rows; ++n)
    for (const auto& column : columns) recorded.stimulus.push_back(column[n]);
}

}  // namespace nnpoisson
