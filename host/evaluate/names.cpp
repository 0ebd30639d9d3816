#include "nnpoisson/evaluate.hpp"

namespace nnpoisson {

const char* to_string(SpikeModel model) {
  switch (model) {
    case SpikeModel::network:
      return "network";
    case SpikeModel::glm:
      return "glm";
    case SpikeModel::psth:
      return "psth";
    case SpikeModel::constant:
      return "constant";
  }
  return "";
}

const char* to_string(ChoiceModel model) {
  switch (model) {
    case ChoiceModel::network:
      return "network";
    case ChoiceModel::logistic_regression:
      return "logistic regression";
    case ChoiceModel::constant:
      return "constant";
  }
  return "";
}

const char* to_string(ResponseModel model) {
  switch (model) {
    case ResponseModel::network:
      return "network";
    case ResponseModel::log_normal_race:
      return "log-normal race";
    case ResponseModel::constant_hazards:
      return "constant hazards";
  }
  return "";
}

const char* to_string(TrialGrouping grouping) {
  switch (grouping) {
    case TrialGrouping::all:
      return "all";
    case TrialGrouping::stimulus:
      return "stimulus";
    case TrialGrouping::choice:
      return "choice";
    case TrialGrouping::response_time:
      return "response time";
  }
  return "";
}

}  // namespace nnpoisson
