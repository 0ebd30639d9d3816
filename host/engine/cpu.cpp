#include "engine/cpu.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/batch_terms.hpp"
#include "engine/simd/dispatch.hpp"
#include "engine/team.hpp"
#include "engine/tiles.hpp"
#include "nnpoisson/formulas/adam.hpp"

namespace nnpoisson {
namespace {

/// One step has up to four phases, each shared out to the team: stimuli forward, tiles, stimuli
/// back beside the sum of the tiles' rows, Adam. Every sum is over fixed pieces in fixed order, so
/// the numbers do not depend on the team.
template <class T>
class CpuBackend final : public Backend {
 public:
  CpuBackend(const simd::Kernels<T>& kernels, int threads, const NetworkShape& shape,
             std::shared_ptr<const Plan> plan)
      : kernels_(kernels),
        shape_(shape),
        layout_(shape),
        plan_(std::move(plan)),
        packed_(*plan_, network_sizes(shape)),
        team_(threads),
        size_(static_cast<std::size_t>(simd::padded(static_cast<int>(layout_.size())))),
        stimulus_row_(static_cast<std::size_t>(network_sizes(shape).stimulus_row())),
        trained_(size_, T(0)),
        lowest_(size_, std::numeric_limits<T>::lowest()) {
    limit_parameters(layout_, trained_, lowest_);

    const auto sizes = network_sizes(shape);
    layer_size_ = static_cast<std::size_t>(simd::stimulus_layer_rows(sizes) * simd::stimulus_group);
    stimulus_gradient_ =
        static_cast<std::size_t>(simd::padded(formulas::stimulus_gradient_size(sizes)));

    // A worker's scratch: a group of stimuli and their adjoints, then what the kernels ask for.
    int columns = 1;
    for (const auto& tile : plan_->tiles)
      columns = std::max(columns, static_cast<int>(tile.columns));
    const std::size_t inputs =
        (static_cast<std::size_t>(shape.features) + stimulus_row_) * simd::stimulus_group;
    const auto in_kernels = static_cast<std::size_t>(kernels.scratch_size(sizes, columns));
    scratch_.assign(static_cast<std::size_t>(team_.size()), AlignedVector<T>(inputs + in_kernels));
  }

  [[nodiscard]] std::string description() const override {
    return std::string("cpu (") + kernels_.name + ", " + (sizeof(T) == 4 ? "float" : "double") +
           ", " + std::to_string(team_.size()) + (team_.size() == 1 ? " thread)" : " threads)");
  }

  void evaluate(std::span<const std::uint32_t> batches, int models,
                std::span<const double> parameters, std::span<BatchLoss> losses,
                std::span<double> gradients) override {
    const std::size_t n = layout_.size(), count = static_cast<std::size_t>(models);
    load(parameters, count, weights_);
    for (std::size_t k = 0; k < batches.size(); ++k) {
      forward_and_back(batches[k], count, !gradients.empty());
      for (std::size_t m = 0; m < count; ++m) {
        losses[k * count + m] = loss(batches[k], m);
        if (gradients.empty()) continue;
        for (std::size_t i = 0; i < n; ++i)
          gradients[(k * count + m) * n + i] =
              static_cast<double>(models_[m].gradient[i] * trained_[i]);
      }
    }
  }

  ProgramResult train(TrainingState& state, const TrainingProgram& program,
                      const std::atomic<bool>& stop) override {
    const auto count = static_cast<std::size_t>(state.models);
    load(state.parameters, count, weights_);
    load(state.first_moment, count, first_);
    load(state.second_moment, count, second_);
    ProgramResult result;
    result.sums.resize(count);
    for (const auto b : program.batches) {
      if (stop) return result;
      forward_and_back(b, count, true);
      const auto step = static_cast<double>(state.step + result.steps + 1);
      const auto finite = update(program.learning_rate.first(count), step);

      for (std::size_t m = 0; m < count; ++m) {
        const BatchLoss now = loss(b, m);
        if (result.finite && !(finite[m] && std::isfinite(now.total))) {
          result.finite = false;
          result.failed = now;
        }
        result.sums[m] += now;
      }
      // The state handed in is left as it was: the last that is known to be good.
      if (!result.finite) return result;
      ++result.steps;
    }

    state.step += result.steps;
    store(weights_, count, state.parameters);
    store(first_, count, state.first_moment);
    store(second_, count, state.second_moment);
    return result;
  }

 private:
  /// One model's share of a step.
  struct ModelStep {
    AlignedVector<T> table, layers, rows, stimulus_rows, stimulus_gradients, gradient;
    std::vector<double> losses;  // [tiles x 3]
    std::vector<double> sum;     // of the tiles' rows, in the flat order
  };

  void load(std::span<const double> from, std::size_t models, AlignedVector<T>& to) {
    to.assign(models * size_, T(0));
    for (std::size_t m = 0; m < models; ++m)
      for (std::size_t i = 0; i < layout_.size(); ++i)
        to[m * size_ + i] = static_cast<T>(from[m * layout_.size() + i]);
  }
  void store(const AlignedVector<T>& from, std::size_t models, std::vector<double>& to) const {
    for (std::size_t m = 0; m < models; ++m)
      for (std::size_t i = 0; i < layout_.size(); ++i)
        to[m * layout_.size() + i] = static_cast<double>(from[m * size_ + i]);
  }

  /// Everything of a step but Adam: the tiles' losses and each model's gradient of the batch's
  /// total.
  void forward_and_back(std::uint32_t number, std::size_t models, bool gradients) {
    const BatchTiles& batch = packed_.batch(number);
    const auto groups = static_cast<std::uint32_t>(
        (batch.stimuli.size() + simd::stimulus_group - 1) / simd::stimulus_group);
    const auto tiles = static_cast<std::uint32_t>(batch.tiles.size());
    prepare(batch, models, groups);
    const auto count = static_cast<std::uint32_t>(models);
    team_.run(groups * count, [&](std::uint32_t t, int worker) {
      kernels_.stimulus_forward(stimulus_job(batch, t % count, t / count, worker));
    });
    team_.run(tiles * count, [&](std::uint32_t t, int worker) {
      run_tile(batch, t / count, t % count, gradients, worker);
    });
    if (!gradients) return;
    const Batch& terms = plan_->batches[number];
    team_.run((groups + 1) * count, [&](std::uint32_t t, int worker) {
      if (t < count)
        sum_rows(terms, batch, models_[t]);
      else
        stimulus_back(terms, batch, t % count, t / count - 1, worker);
    });
    team_.run(count, [&](std::uint32_t m, int) { finish_gradient(models_[m], groups); });
  }

  /// Adam's step of every model; returns which ones had finite gradients.
  std::vector<unsigned char> update(std::span<const double> learning_rate, double step) {
    std::vector<unsigned char> finite(learning_rate.size());
    team_.run(static_cast<std::uint32_t>(finite.size()), [&](std::uint32_t m, int) {
      const std::size_t first = m * size_;
      const simd::AdamJob<T> job{static_cast<int>(size_),
                                 weights_.data() + first,
                                 first_.data() + first,
                                 second_.data() + first,
                                 models_[m].gradient.data(),
                                 trained_.data(),
                                 lowest_.data(),
                                 static_cast<T>(formulas::adam_rate(learning_rate[m], step))};
      finite[m] = kernels_.adam(job);
    });
    return finite;
  }

  void prepare(const BatchTiles& batch, std::size_t models, std::uint32_t groups) {
    if (models_.size() < models) models_.resize(models);
    const auto grow = [](auto& v, std::size_t n) {
      if (v.size() < n) v.resize(n);
    };
    for (std::size_t m = 0; m < models; ++m) {
      grow(models_[m].table, plan_->stimulus_count() * stimulus_row_);
      grow(models_[m].layers, groups * layer_size_);
      grow(models_[m].rows, batch.rows_size);
      grow(models_[m].stimulus_rows, batch.stimulus_rows * stimulus_row_);
      grow(models_[m].stimulus_gradients, groups * stimulus_gradient_);
      grow(models_[m].gradient, size_);
      grow(models_[m].sum, layout_.size());
      grow(models_[m].losses, batch.tiles.size() * 3);
    }
  }

  formulas::Network<T> network(std::size_t m) const {
    return bind_network<T>(shape_, layout_, weights_.data() + m * size_);
  }

  simd::StimulusJob<T> stimulus_job(const BatchTiles& batch, std::size_t m, std::uint32_t group,
                                    int worker) {
    const std::size_t first = std::size_t{group} * simd::stimulus_group;
    const auto count = std::min<std::size_t>(simd::stimulus_group, batch.stimuli.size() - first);
    const auto features = static_cast<std::size_t>(shape_.features);
    T* input = scratch_[static_cast<std::size_t>(worker)].data();
    std::fill_n(input, features * simd::stimulus_group, T(0));
    for (std::size_t k = 0; k < count; ++k)
      for (std::size_t f = 0; f < features; ++f)
        input[f * simd::stimulus_group + k] = packed_.stimulus(batch.stimuli[first + k])[f];
    T* adjoint = input + features * simd::stimulus_group;
    T* scratch = adjoint + stimulus_row_ * simd::stimulus_group;
    ModelStep& model = models_[m];
    return {network(m),
            static_cast<int>(count),
            input,
            batch.stimuli.data() + first,
            model.table.data(),
            model.layers.data() + group * layer_size_,
            adjoint,
            model.stimulus_gradients.data() + group * stimulus_gradient_,
            scratch};
  }

  void run_tile(const BatchTiles& batch, std::uint32_t t, std::size_t m, bool gradients,
                int worker) {
    const BatchTile& place = batch.tiles[t];
    ModelStep& model = models_[m];
    kernels_.tile(
        {network(m), packed_.view(place.tile), static_cast<T>(plan_->eps), model.table.data(),
         gradients, model.rows.data() + place.row,
         model.stimulus_rows.data() + static_cast<std::size_t>(place.stimulus_row) * stimulus_row_,
         model.losses.data() + std::size_t{t} * 3,
         scratch_[static_cast<std::size_t>(worker)].data()});
  }

  /// Sums the tiles' gradient rows, in tile order, into the flat order.
  void sum_rows(const Batch& terms, const BatchTiles& batch, ModelStep& model) const {
    std::fill(model.sum.begin(), model.sum.end(), 0.0);
    for (const auto& place : batch.tiles) {
      const auto tile = packed_.view(place.tile);
      add_row(tile, model.rows.data() + place.row, gradient_scale(terms, tile.term),
              model.sum.data());
    }
  }
  void add_row(const simd::TileView<T>& tile, const T* row, double scale, double* sum) const {
    const auto add = [scale](double* to, const T* from, int n) {
      for (int i = 0; i < n; ++i) to[i] += scale * static_cast<double>(from[i]);
    };
    const auto places = simd::tile_row(network_sizes(shape_), tile.term, tile.columns);
    double* E = sum + layout_[Tensor::E].offset;
    double* e = sum + layout_[Tensor::e].offset;

    // A row is in the flat order but for what it leaves out: a, C and c go together, and for
    // behaviour E, e and the heads.
    add(sum + layout_[Tensor::a].offset, row, places.E);
    if (tile.term == Term::behaviour) {
      add(E, row + places.E, places.size - places.E);
      return;
    }

    for (int k = 0; k < tile.columns; ++k) {
      const auto column = static_cast<int>(tile.column[k]);
      for (int j = 0; j < shape_.hidden_width; ++j)
        add(E + j * shape_.regions + column, row + places.E + j * tile.columns + k, 1);
      add(e + column, row + places.e + k, 1);
    }
  }

  /// Sums what the tiles left for a group's stimuli, in tile order, and takes it through the
  /// stimulus layers.
  void stimulus_back(const Batch& terms, const BatchTiles& batch, std::size_t m,
                     std::uint32_t group, int worker) {
    const auto job = stimulus_job(batch, m, group, worker);
    const T neural = static_cast<T>(gradient_scale(terms, Term::neural)),
            behaviour = static_cast<T>(gradient_scale(terms, Term::behaviour));
    T* adjoint = const_cast<T*>(job.adjoint);  // this worker's own scratch
    std::fill_n(adjoint, stimulus_row_ * simd::stimulus_group, T(0));

    for (std::size_t k = 0; k < static_cast<std::size_t>(job.count); ++k) {
      const std::size_t s = std::size_t{group} * simd::stimulus_group + k;
      for (auto i = batch.source_first[s]; i < batch.source_first[s + 1]; ++i) {
        const T scale = batch.sources[i] & behaviour_source ? behaviour : neural;
        const T* row = models_[m].stimulus_rows.data() +
                       std::size_t{batch.sources[i] & ~behaviour_source} * stimulus_row_;
        for (std::size_t j = 0; j < stimulus_row_; ++j)
          adjoint[j * simd::stimulus_group + k] += scale * row[j];
      }
    }
    kernels_.stimulus_adjoint(job);
  }

  /// Adds the groups' gradients of the stimulus layers, and rounds to T.
  void finish_gradient(ModelStep& model, std::uint32_t groups) const {
    const std::size_t before_a = layout_[Tensor::a].offset;  // numbers of the stimulus layers
    const std::size_t bypass = layout_[Tensor::R].offset;
    const std::size_t bypass_size = shape_.stimulus_bypass ? layout_[Tensor::E].offset - bypass : 0;

    for (std::uint32_t g = 0; g < groups; ++g) {
      const T* from = model.stimulus_gradients.data() + g * stimulus_gradient_;
      for (std::size_t i = 0; i < before_a; ++i) model.sum[i] += static_cast<double>(from[i]);
      for (std::size_t i = 0; i < bypass_size; ++i)
        model.sum[bypass + i] += static_cast<double>(from[before_a + i]);
    }
    for (std::size_t i = 0; i < layout_.size(); ++i)
      model.gradient[i] = static_cast<T>(model.sum[i]);
  }

  [[nodiscard]] BatchLoss loss(std::uint32_t number, std::size_t m) const {
    double sums[3] = {0, 0, 0};
    const auto& losses = models_[m].losses;
    for (std::size_t t = 0; t < packed_.batch(number).tiles.size(); ++t)
      for (std::size_t k = 0; k < 3; ++k) sums[k] += losses[t * 3 + k];
    return formulas::batch_loss(plan_->batches[number], sums[0], sums[1], sums[2]);
  }

  const simd::Kernels<T>& kernels_;
  NetworkShape shape_;
  ParameterLayout layout_;
  std::shared_ptr<const Plan> plan_;
  PackedPlan<T> packed_;
  Team team_;
  std::size_t size_;          // parameters, padded
  std::size_t stimulus_row_;  // numbers of a stimulus in the table
  std::size_t layer_size_ = 0, stimulus_gradient_ = 0;
  AlignedVector<T> trained_, lowest_, weights_, first_, second_;
  std::vector<AlignedVector<T>> scratch_;  // [workers]
  std::vector<ModelStep> models_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(const BackendOptions& options, const NetworkShape& shape,
                                          std::shared_ptr<const Plan> plan) {
  const int threads = options.threads > 0
                          ? options.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  if (options.precision == Precision::double_precision)
    return std::make_unique<CpuBackend<double>>(simd::kernels<double>(options.instruction_set),
                                                threads, shape, std::move(plan));
  return std::make_unique<CpuBackend<float>>(simd::kernels<float>(options.instruction_set), threads,
                                             shape, std::move(plan));
}

}  // namespace nnpoisson
