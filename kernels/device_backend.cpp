#include "kernels/device_backend.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/batch_terms.hpp"
#include "kernels/device_plan.hpp"
#include "kernels/model_buffers.hpp"
#include "kernels/phase_launcher.hpp"
#include "kernels/piece_steps.hpp"
#include "nnpoisson/formulas/adam.hpp"

namespace nnpoisson::kernels {
namespace {

constexpr std::size_t chunk_bytes = 256UL << 20;               // of two
constexpr std::size_t gradient_bytes_of_a_piece = 64UL << 20;  // of evaluation

template <class T>
PlanImage<T> placed_image(const Plan& plan, const formulas::NetworkSizes& sizes,
                          std::uint64_t shared_bytes) {
  PlanImage<T> image(plan);
  image.place_rows(sizes, shared_bytes);
  return image;
}

/// Nothing where the device's memory holds all points and leaves room for what else is needed.
template <class T>
std::unique_ptr<PointChunks<T>> cut_points(PlanImage<T>& image, Device& device) {
  const std::size_t free = device.free_bytes();
  if (image.point_bytes() <= free / 4 * 3) return nullptr;
  return std::make_unique<PointChunks<T>>(image, std::min(chunk_bytes, free / 8));
}

template <class T>
class DeviceBackend final : public Backend {
 public:
  DeviceBackend(std::unique_ptr<TrainingDevice> device, const NetworkShape& shape,
                std::shared_ptr<const Plan> plan, const DeviceBackendOptions& options)
      : device_(std::move(device)),
        layout_(shape),
        sizes_(network_sizes(shape)),
        padded_((layout_.size() + 31) / 32 * 32),
        image_(placed_image<T>(*plan, sizes_, device_->shared_bytes())),
        chunks_(cut_points(image_, *device_)),
        plan_(*device_, image_, plan->eps, !chunks_),
        phases_(*device_, image_, chunks_.get(), options.times),
        timed_(options.times != nullptr),
        stimuli_(plan->stimulus_count()),
        step_(*device_, 1) {
    std::vector<T> trained(padded_, T(0)), lowest(padded_, std::numeric_limits<T>::lowest());
    limit_parameters(layout_, trained, lowest);
    trained_ = Buffer<T>(*device_, trained);
    lowest_ = Buffer<T>(*device_, lowest);
    share_memory();
    if (!chunks_) image_.release_points();
  }

  [[nodiscard]] std::string description() const override {
    const std::string text = device_->name() + ", " + (sizeof(T) == 4 ? "float" : "double");
    if (!chunks_) return text;
    return text + ", points streamed in " + std::to_string(chunks_->size()) + " chunks of up to " +
           mebibytes(chunks_->largest()) + " for want of device memory";
  }

  void evaluate(std::span<const std::uint32_t> batches, int models,
                std::span<const double> parameters, std::span<BatchLoss> losses,
                std::span<double> gradients) override {
    const auto count = static_cast<std::size_t>(models), n = layout_.size();
    prepare(count);
    models_.weight.set(padded(parameters, count));
    const std::size_t most =
        gradients.empty()
            ? batches.size()
            : std::max<std::size_t>(1, gradient_bytes_of_a_piece / (count * n * sizeof(double)));

    for (std::size_t done = 0; done < batches.size();) {
      const auto piece =
          batches.subspan(done, std::min({most, piece_.steps(count), batches.size() - done}));
      Buffer<BatchLoss> step_losses(*device_, piece.size() * count);
      Buffer<double> step_gradients(*device_, gradients.empty() ? 0 : piece.size() * count * n);
      auto view = program(piece, count);
      view.gradients = !gradients.empty();
      view.step_losses = step_losses.data();
      view.step_gradients = step_gradients.data();
      run(view, piece);

      std::ranges::copy(step_losses.get(),
                        losses.begin() + static_cast<std::ptrdiff_t>(done * count));
      if (!gradients.empty())
        std::ranges::copy(step_gradients.get(),
                          gradients.begin() + static_cast<std::ptrdiff_t>(done * count * n));
      done += piece.size();
    }
  }

  ProgramResult train(TrainingState& state, const TrainingProgram& training,
                      const std::atomic<bool>& stop) override {
    const auto count = static_cast<std::size_t>(state.models);
    prepare(count);
    models_.weight.set(padded(state.parameters, count));
    models_.first.set(padded(state.first_moment, count));
    models_.second.set(padded(state.second_moment, count));

    ProgramResult result;
    result.sums.resize(count);
    while (result.steps < training.batches.size()) {
      if (stop) return result;
      const auto piece = training.batches.subspan(
          result.steps, std::min(piece_.steps(count), training.batches.size() - result.steps));
      train_piece(piece, training.learning_rate.first(count), state.step, result);
      // The state handed in is left as it was: the last that is known to be good.
      if (!result.finite) return result;
    }

    state.step += result.steps;
    unpad(models_.weight.get(), count, state.parameters);
    unpad(models_.first.get(), count, state.first_moment);
    unpad(models_.second.get(), count, state.second_moment);
    return result;
  }

 private:
  /// Adds a piece of a program to what those before it left.
  void train_piece(std::span<const std::uint32_t> piece, std::span<const double> learning_rate,
                   std::uint64_t steps_before, ProgramResult& result) {
    const std::size_t count = learning_rate.size();
    std::vector<T> rates;
    for (std::size_t k = 1; k <= piece.size(); ++k)
      for (const double rate : learning_rate)
        rates.push_back(static_cast<T>(
            formulas::adam_rate(rate, static_cast<double>(steps_before + result.steps + k))));
    const Buffer<T> device_rates(*device_, rates);
    auto view = program(piece, count);
    view.gradients = view.update = true;
    view.rate = device_rates.data();

    std::vector<TeamStatus> status(count);
    for (std::size_t m = 0; m < count; ++m) status[m].sum = result.sums[m];
    models_.status.set(status);
    run(view, piece);
    status = models_.status.get();

    std::size_t steps = piece.size();
    for (const auto& s : status)
      if (s.failed > 0 && s.failed <= steps) {
        steps = s.failed - 1;
        result.finite = false;
        result.failed = s.failed_loss;
      }
    result.steps += steps;
    if (!result.finite) return;
    for (std::size_t m = 0; m < count; ++m) result.sums[m] = status[m].sum;
  }

  std::vector<T> padded(std::span<const double> values, std::size_t models) const {
    std::vector<T> with_padding(models * padded_, T(0));
    for (std::size_t m = 0; m < models; ++m)
      for (std::size_t i = 0; i < layout_.size(); ++i)
        with_padding[m * padded_ + i] = static_cast<T>(values[m * layout_.size() + i]);
    return with_padding;
  }
  void unpad(const std::vector<T>& from, std::size_t models, std::vector<double>& to) const {
    for (std::size_t m = 0; m < models; ++m)
      for (std::size_t i = 0; i < layout_.size(); ++i)
        to[m * layout_.size() + i] = static_cast<double>(from[m * padded_ + i]);
  }

  /// Shared memory as the neural slabs need it, so that many blocks fit; what needs more takes
  /// device memory.
  void share_memory() {
    std::uint64_t largest = 0;
    for (const Slab& slab : image_.slabs) {
      largest = std::max(largest, slab.bytes);
      if (slab.term == Term::neural && slab.bytes <= device_->shared_bytes())
        shared_bytes_ = std::max(shared_bytes_, slab.bytes);
    }
    if (largest > shared_bytes_) scratch_bytes_ = (largest + 255) / 256 * 256;
    resident_ = static_cast<std::size_t>(device_->resident_blocks(sizeof(T), shared_bytes_));
    scratch_ = Buffer<char>(*device_, scratch_bytes_ * resident_);
  }

  /// Buffers for so many models side by side.
  void prepare(std::size_t models) {
    if (models <= models_.models()) return;
    models_ = ModelBuffers<T>(*device_, image_, sizes_, padded_, stimuli_, models);
    barrier_ = Buffer<unsigned>(*device_, models);
  }

  /// A program over batches, but for what it shall do.
  ProgramView<T> program(std::span<const std::uint32_t> batches, std::size_t models) {
    if (batches.size() > steps_.size()) steps_ = Buffer<std::uint32_t>(*device_, batches.size());
    steps_.set(batches);
    ProgramView<T> view{};
    view.plan = plan_.view();
    view.sizes = sizes_;
    view.tensors = tensor_offsets(layout_);
    view.models = static_cast<int>(models);
    view.steps = static_cast<std::uint32_t>(batches.size());
    view.batches = steps_.data();
    view.step = step_.data();
    view.end_slab = static_cast<std::uint32_t>(image_.slabs.size());
    view.trained = trained_.data();
    view.lowest = lowest_.data();
    view.barrier = barrier_.data();
    view.shared_bytes = shared_bytes_;
    view.block_scratch = scratch_.data();
    view.block_scratch_stride = scratch_bytes_;
    return view;
  }

  void run(const ProgramView<T>& view, std::span<const std::uint32_t> batches) {
    if (timed_) return launch(view, batches);  // the clock is that of the phases
    device_->start_clock();
    launch(view, batches);
    piece_.took(view.steps, static_cast<std::size_t>(view.models), device_->stop_clock());
  }

  /// One launch for as many models as have room together, then the next ones.
  void launch(const ProgramView<T>& view, std::span<const std::uint32_t> batches) {
    const auto models = static_cast<std::size_t>(view.models);
    const std::size_t together = std::min(models, resident_);
    for (std::size_t m = 0; m < models; m += together) {
      ProgramView<T> part = view;
      part.team_blocks = static_cast<int>(
          std::clamp<std::size_t>(resident_ / together, 1, std::max(1U, image_.most_slabs)));
      models_.place(m, part);
      if (view.rate) part.rate = view.rate + m;
      if (view.step_losses) part.step_losses = view.step_losses + m;
      if (view.step_gradients) part.step_gradients = view.step_gradients + m * layout_.size();
      barrier_.zero();
      step_.zero();

      const int blocks = static_cast<int>(std::min(together, models - m)) * part.team_blocks;
      if (chunks_ || timed_)
        phases_.run(part, batches, blocks, shared_bytes_);
      else
        device_->run(part, blocks, shared_bytes_);
    }
  }

  std::unique_ptr<TrainingDevice> device_;
  PieceSteps piece_;
  ParameterLayout layout_;
  formulas::NetworkSizes sizes_;
  std::size_t padded_;  // parameters of a model
  PlanImage<T> image_;
  std::unique_ptr<PointChunks<T>> chunks_;  // null: the device's memory holds all points
  DevicePlan<T> plan_;
  PhaseLauncher<T> phases_;
  bool timed_;
  std::size_t stimuli_, resident_ = 1;
  std::uint64_t shared_bytes_ = 0, scratch_bytes_ = 0;
  ModelBuffers<T> models_;
  Buffer<T> trained_, lowest_;
  Buffer<unsigned> barrier_;
  Buffer<std::uint32_t> steps_, step_;
  Buffer<char> scratch_;
};

}  // namespace

std::unique_ptr<Backend> make_device_backend(std::unique_ptr<TrainingDevice> device,
                                             Precision precision, const NetworkShape& shape,
                                             std::shared_ptr<const Plan> plan,
                                             const DeviceBackendOptions& options) {
  require_fitting(shape, *plan);
  if (precision == Precision::double_precision)
    return std::make_unique<DeviceBackend<double>>(std::move(device), shape, std::move(plan),
                                                   options);
  return std::make_unique<DeviceBackend<float>>(std::move(device), shape, std::move(plan), options);
}

}  // namespace nnpoisson::kernels
