#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nnpoisson/backend.hpp"
#include "nnpoisson/progress.hpp"
#include "nnpoisson/settings.hpp"

/// The spiking network of Wimmer et al. (2015, ModelDB 168867): a sensory circuit and an
/// integration circuit that decide on a direction of motion. docs/synthetic.md draws it and says
/// what to expect.
namespace nnpoisson::wimmer {

/// What a study varies. All that is random is a function of the seed and a trial's number.
struct Conditions {
  /// Strength of DE onto SE; the published script has 0, the paper's is unknown.
  double feedback = 3;
  double duration = 3;                               ///< of a trial, s, whole ms
  double stimulus_from = 0.5, stimulus_until = 2.5;  ///< s from the trial's start, whole ms
  /// Of the common and of the private fluctuations, relative to the mean current.
  double stimulus_sd = 0.212;
  double sensory_rate = 12.5;  ///< Hz, of each of the 1,000 neurons that drive the sensory circuit
  /// Hz, of each private train of DN and DI; those of DE1 and DE2 have 8 less.
  double external_rate = 2400;
  /// Trial n has number n modulo their count; above 0 favours SE1 and DE1.
  std::vector<double> coherences{0.8, 0.5, 0};
  std::uint64_t seed = 1;
  bool network_per_trial = false;  ///< connectivity drawn anew for each trial, else once for all
  Precision precision = Precision::single_precision;
};

/// Throws UsageError naming the option of the command line whose value cannot be.
void check(const Conditions& conditions);

/// The same spikes for every instruction set and number of threads. One number a spike: 2,048 step
/// + neuron, ascending; step of 0.1 ms from the trial's start, neuron of the circuit: SE1 0-799,
/// SE2 800-1599, SI 1600-1999; DE1 0-239, DE2 240-479, DN 480-1599, DI 1600-1999.
struct TrialSpikes {
  std::vector<std::uint32_t> sensory, integration;
};

/// What a dataset holds: all neurons, or a third of each region, drawn once. With `sample`, as in
/// the authors' files, a trial's decision is read from a third of DE1 and DE2, drawn anew for each
/// trial.
enum class Record { full, sample };
[[nodiscard]] const char* to_string(Record record);

struct Request {
  Conditions conditions;
  std::size_t trials = 1200;
  std::size_t test_trials = 0;          ///< of the test set, after the first `trials`
  std::filesystem::path out, test_out;  ///< datasets; the second where test_trials > 0
  std::filesystem::path raw;            ///< every spike of the whole run, HDF5; empty: none
  std::filesystem::path pictures;  ///< folder for a picture of each of picture_trials; empty: none
  std::vector<std::size_t> picture_trials;  ///< empty: the first trial of each coherence
  Record record = Record::full;
  /// CPU (threads, instruction set) or CUDA; its precision is that of the conditions.
  BackendOptions backend;
  /// GPUs that work at once, numbers of cuda_devices(); empty: backend.device.
  std::vector<int> devices{};
};

struct Outcome {
  std::size_t trials = 0;   ///< simulated
  std::size_t resumed = 0;  ///< of them found in the file that an interrupted run left
  std::string backend;      ///< "cpu" or "cuda (device)", of several one after the other
  std::size_t right = 0, left = 0, none = 0;  ///< decisions within the stimulus, of both datasets
  std::size_t spikes = 0, units = 0;          ///< of both datasets; of one
};

/// simulate() was ended by its Watch. What it has done by now is kept.
class SimulationInterrupted : public Interrupted {
 public:
  explicit SimulationInterrupted(std::size_t finished) : trials(finished) {}
  std::size_t trials;  ///< finished by now
};

/// Simulates trials side by side over threads and writes what is asked for. Finished trials are
/// kept in `OUT.trials` until the datasets are whole, so that the same call continues after an
/// interruption; files get their names only when whole. Progress counts trials, with those of an
/// interrupted run. Throws UsageError (conditions; `OUT.trials` of other conditions), ResourceError
/// (files, a backend that is not there), SimulationInterrupted.
Outcome simulate(const Request& request, const Watch& watch = {});

}  // namespace nnpoisson::wimmer
