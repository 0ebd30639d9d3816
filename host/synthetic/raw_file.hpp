#pragma once

#include <filesystem>
#include <span>

#include "nnpoisson/dataset.hpp"
#include "nnpoisson/wimmer.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson::wimmer {

/// Every spike of every population over the whole run: a group for each trial, and in it
/// `<population>/time` [N], s from the run's start, and `<population>/neuron` [N], its number in
/// the population.
class RawFile {
 public:
  RawFile(const std::filesystem::path& file, std::span<const Attribute> attributes);
  void add(std::size_t trial, double coherence, const TrialSpikes& spikes);
  void commit();

 private:
  Hdf5Writer out_;
};

}  // namespace nnpoisson::wimmer
