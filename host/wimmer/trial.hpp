#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "nnpoisson/progress.hpp"
#include "nnpoisson/wimmer.hpp"

namespace nnpoisson::wimmer {

/// Simulates trials of the same conditions, also from several threads at once.
class TrialSimulator {
 public:
  /// Throws UsageError (conditions), ResourceError (an instruction set that is not there).
  TrialSimulator(const Conditions& conditions, const std::string& instruction_set);
  ~TrialSimulator();
  TrialSimulator(const TrialSimulator&) = delete;
  TrialSimulator& operator=(const TrialSimulator&) = delete;

  /// Nothing if `watch` ends the call before the trial is over.
  [[nodiscard]] std::optional<TrialSpikes> operator()(std::size_t trial,
                                                      const Watch& watch = {}) const;

 private:
  class AnyPrecision;
  template <class T>
  class InPrecision;
  std::unique_ptr<const AnyPrecision> trials_;
};

}  // namespace nnpoisson::wimmer
