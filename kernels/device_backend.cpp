#include "kernels/device_backend.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "engine/batch_terms.hpp"
#include "kernels/piece_steps.hpp"
#include "kernels/plan_image.hpp"
#include "kernels/point_chunks.hpp"
#include "kernels/stimulus_layers.hpp"
#include "kernels/wide_readout.hpp"
#include "nnpoisson/formulas/adam.hpp"

namespace nnpoisson::kernels {
namespace {

constexpr std::size_t chunk_bytes = 256UL << 20;               // of two
constexpr std::size_t gradient_bytes_of_a_piece = 64UL << 20;  // of evaluation

Offsets offsets(const ParameterLayout& layout) {
  const auto at = [&](Tensor t) { return static_cast<int>(layout[t].offset); };
  using enum Tensor;
  return {at(A1), at(b1), at(A2), at(b2),      at(A3),
          at(b3), at(a),  at(C),  at(c),       at(R),
          at(d),  at(E),  at(e),  at(F1_left), static_cast<int>(layout.size())};
}

/// The plan in the device's memory, its points only where `with_points`.
template <class T>
class DevicePlan {
 public:
  DevicePlan(Device& device, const PlanImage<T>& image, double eps, bool with_points)
      : stimuli_(device, image.stimuli),
        column_(device, image.column),
        batch_stimulus_(device, image.batch_stimulus),
        source_first_(device, image.source_first),
        source_(device, image.source),
        column_first_(device, image.column_first),
        tiles_(device, image.tiles),
        slabs_(device, image.slabs),
        batches_(device, image.batches),
        column_source_(device, image.column_source),
        eps_(static_cast<T>(eps)) {
    if (!with_points) return;
    time_ = Buffer<T>(device, image.time);
    weight_ = Buffer<T>(device, image.weight);
    end_ = Buffer<T>(device, image.end);
    inverse_scale_ = Buffer<T>(device, image.inverse_scale);
    floor_ = Buffer<T>(device, image.floor);
    stimulus_ = Buffer<std::uint32_t>(device, image.stimulus);
    rank_ = Buffer<std::uint16_t>(device, image.rank);
  }
  [[nodiscard]] PlanView<T> view() const {
    return {eps_,
            stimuli_.data(),
            time_.data(),
            stimulus_.data(),
            rank_.data(),
            weight_.data(),
            end_.data(),
            inverse_scale_.data(),
            floor_.data(),
            column_.data(),
            tiles_.data(),
            slabs_.data(),
            batches_.data(),
            batch_stimulus_.data(),
            source_first_.data(),
            source_.data(),
            column_first_.data(),
            column_source_.data()};
  }

 private:
  Buffer<T> stimuli_, time_, weight_, end_, inverse_scale_, floor_;
  Buffer<std::uint32_t> stimulus_, column_, batch_stimulus_, source_first_, source_, column_first_;
  Buffer<std::uint16_t> rank_;
  Buffer<TileSpan> tiles_;
  Buffer<Slab> slabs_;
  Buffer<BatchView> batches_;
  Buffer<ColumnSource> column_source_;
  T eps_;
};

template <class T>
class DeviceBackend final : public Backend {
 public:
  DeviceBackend(std::unique_ptr<TrainingDevice> device, const NetworkShape& shape,
                std::shared_ptr<const Plan> plan, const DeviceBackendOptions& options)
      : device_(std::move(device)),
        options_(options),
        shape_(shape),
        layout_(shape),
        net_(bind_network<T>(shape, layout_, nullptr)),
        padded_((layout_.size() + 31) / 32 * 32),
        image_(placed(*plan, net_, device_->shared_bytes(),
                      shape.unit_region.empty() ? UINT32_MAX : options.wide_from)),
        chunks_(cut(image_, *device_)),
        plan_(*device_, image_, plan->eps, !chunks_),
        table_width_(static_cast<std::size_t>(shape.time_width +
                                              (shape.stimulus_bypass ? shape.hidden_width : 0))),
        stimuli_(plan->stimulus_count()) {
    std::vector<T> trained(padded_, T(0)), lowest(padded_, std::numeric_limits<T>::lowest());
    for (const auto& slot : layout_.slots())
      for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
        trained[i] = slot.trained ? T(1) : T(0);
        if (slot.non_negative) lowest[i] = T(0);
      }
    column_region_ = Buffer<std::int32_t>(*device_, layout_.column_region());
    region_columns_ = Buffer<std::int32_t>(*device_, layout_.region_columns());
    device_net_ = net_;
    device_net_.column_region = column_region_.data();
    device_net_.region_columns = region_columns_.data();
    trained_ = Buffer<T>(*device_, trained);
    lowest_ = Buffer<T>(*device_, lowest);
    share_memory();
    if (chunks_)
      places_ = device_->make_chunk_places(chunks_->largest());
    else
      image_.release_points();
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
    weight_.set(padded(parameters, count));
    const std::size_t most =
        gradients.empty()
            ? batches.size()
            : std::max<std::size_t>(1, gradient_bytes_of_a_piece / (count * n * sizeof(double)));
    for (std::size_t done = 0; done < batches.size();) {
      const auto piece =
          batches.subspan(done, std::min({most, piece_.steps(count), batches.size() - done}));
      Buffer<StepLoss> step_losses(*device_, piece.size() * count);
      Buffer<double> step_gradients(*device_, gradients.empty() ? 0 : piece.size() * count * n);
      auto view = program(piece, count);
      view.gradients = !gradients.empty();
      view.step_losses = step_losses.data();
      view.step_gradients = step_gradients.data();
      run(view);
      const auto found = step_losses.get();
      for (std::size_t i = 0; i < found.size(); ++i)
        losses[done * count + i] = batch_loss(found[i]);
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
    weight_.set(padded(state.parameters, count));
    first_.set(padded(state.first_moment, count));
    second_.set(padded(state.second_moment, count));
    ProgramResult result;
    result.sums.resize(count);
    while (result.steps < training.batches.size() && !stop) {
      const auto piece = training.batches.subspan(
          result.steps, std::min(piece_.steps(count), training.batches.size() - result.steps));
      std::vector<T> rates;
      for (std::size_t k = 1; k <= piece.size(); ++k)
        for (const double rate : training.learning_rate.first(count))
          rates.push_back(static_cast<T>(
              formulas::adam_rate(rate, static_cast<double>(state.step + result.steps + k))));
      const Buffer<T> device_rates(*device_, rates);
      auto view = program(piece, count);
      view.gradients = view.update = true;
      view.rate = device_rates.data();
      // A piece continues the sums of the one before.
      std::vector<TeamStatus> status(count);
      for (std::size_t m = 0; m < count; ++m) status[m].sum = step_loss(result.sums[m]);
      status_.set(status);
      run(view);
      status = status_.get();
      std::size_t steps = piece.size();
      for (const auto& s : status)
        if (s.failed > 0 && s.failed <= steps) {
          steps = s.failed - 1;
          result.finite = false;
          result.failed = batch_loss(s.failed_loss);
        }
      result.steps += steps;
      if (!result.finite)
        return result;  // the state handed in is left as it was: the last that is known to be good
      for (std::size_t m = 0; m < count; ++m) result.sums[m] = batch_loss(status[m].sum);
    }
    state.step += result.steps;
    unpad(weight_.get(), count, state.parameters);
    unpad(first_.get(), count, state.first_moment);
    unpad(second_.get(), count, state.second_moment);
    return result;
  }

 private:
  static PlanImage<T> placed(const Plan& plan, const formulas::Network<T>& net,
                             std::uint64_t shared_bytes, std::uint32_t wide_from) {
    PlanImage<T> image(plan, wide_from);
    image.place_rows(net, shared_bytes);
    return image;
  }
  /// Nothing where the device's memory holds all points and leaves room for what else is needed.
  static std::unique_ptr<PointChunks<T>> cut(PlanImage<T>& image, Device& device) {
    const std::size_t free = device.free_bytes();
    if (image.point_bytes() <= free / 4 * 3) return nullptr;
    return std::make_unique<PointChunks<T>>(image, std::min(chunk_bytes, free / 8));
  }
  static BatchLoss batch_loss(const StepLoss& l) {
    return {l.term[0], l.term[1], l.term[2], l.term[3]};
  }
  static StepLoss step_loss(const BatchLoss& l) { return {{l.neural, l.left, l.right, l.total}}; }

  std::vector<T> padded(std::span<const double> values, std::size_t models) const {
    std::vector<T> made(models * padded_, T(0));
    for (std::size_t m = 0; m < models; ++m)
      for (std::size_t i = 0; i < layout_.size(); ++i)
        made[m * padded_ + i] = static_cast<T>(values[m * layout_.size() + i]);
    return made;
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
    if (models <= models_) return;
    models_ = models;
    for (Buffer<T>* b : {&weight_, &first_, &second_}) *b = Buffer<T>(*device_, models * padded_);
    table_ = Buffer<T>(*device_, models * stimuli_ * table_width_);
    layers_ = Buffer<T>(*device_, models * layers_stride());
    stimulus_rows_ = Buffer<T>(*device_, models * stimulus_rows_stride());
    rows_ = Buffer<double>(*device_, models * image_.most_rows);
    losses_ = Buffer<double>(*device_, models * losses_stride());
    barrier_ = Buffer<unsigned>(*device_, models);
    step_ = Buffer<std::uint32_t>(*device_, 1);
    status_ = Buffer<TeamStatus>(*device_, models);
    if (image_.most_wide_points > 0)
      wide_ = std::make_unique<WideReadout<T>>(*device_, image_, net_, std::min(models, resident_));
  }
  [[nodiscard]] std::size_t layers_stride() const {
    return image_.most_stimuli * static_cast<std::size_t>(stimulus_layers_size(net_));
  }
  [[nodiscard]] std::size_t stimulus_rows_stride() const {
    return image_.most_stimulus_rows * table_width_;
  }
  [[nodiscard]] std::size_t losses_stride() const { return std::size_t{3} * image_.most_slabs; }

  ProgramView<T> program(std::span<const std::uint32_t> batches, std::size_t models) {
    if (batches.size() > steps_.size()) steps_ = Buffer<std::uint32_t>(*device_, batches.size());
    steps_.set(batches);
    ProgramView<T> view{};
    view.plan = plan_.view();
    view.shape = device_net_;
    view.at = offsets(layout_);
    view.models = static_cast<int>(models);
    view.padded_size = static_cast<int>(padded_);
    step_batches_ = batches;
    view.steps = static_cast<std::uint32_t>(batches.size());
    view.end_slab = static_cast<std::uint32_t>(image_.slabs.size());
    view.batches = steps_.data();
    view.trained = trained_.data();
    view.lowest = lowest_.data();
    view.table_stride = stimuli_ * table_width_;
    view.layers_stride = layers_stride();
    view.stimulus_rows_stride = stimulus_rows_stride();
    view.rows_stride = image_.most_rows;
    view.losses_stride = losses_stride();
    view.shared_bytes = shared_bytes_;
    view.block_scratch = scratch_.data();
    view.block_scratch_stride = scratch_bytes_;
    return view;
  }

  void run(const ProgramView<T>& view) {
    if (options_.times) return launch(view);  // the clock is theirs
    device_->start_clock();
    launch(view);
    piece_.took(view.steps, static_cast<std::size_t>(view.models), device_->stop_clock());
  }

  /// One launch for as many models as have room together, then the next ones.
  void launch(ProgramView<T> view) {
    const auto models = static_cast<std::size_t>(view.models);
    const std::size_t together = std::min(models, resident_);
    view.team_blocks = static_cast<int>(
        std::clamp<std::size_t>(resident_ / together, 1, std::max(1U, image_.most_slabs)));
    for (std::size_t m = 0; m < models; m += together) {
      const std::size_t now = std::min(together, models - m);
      ProgramView<T> part = view;
      part.weight = weight_.data() + m * padded_;
      part.first = first_.data() + m * padded_;
      part.second = second_.data() + m * padded_;
      part.table = table_.data() + m * view.table_stride;
      part.layers = layers_.data() + m * view.layers_stride;
      part.stimulus_rows = stimulus_rows_.data() + m * view.stimulus_rows_stride;
      part.rows = rows_.data() + m * view.rows_stride;
      part.losses = losses_.data() + m * view.losses_stride;
      part.status = status_.data() + m;
      part.barrier = barrier_.data();
      if (view.rate) part.rate = view.rate + m;
      if (view.step_losses) part.step_losses = view.step_losses + m;
      if (view.step_gradients) part.step_gradients = view.step_gradients + m * layout_.size();
      part.step = step_.data();
      barrier_.zero();
      step_.zero();
      const int blocks = static_cast<int>(now) * view.team_blocks;
      if (chunks_ || wide_ || options_.times)
        run_by_phases(part, blocks);
      else
        device_->run(part, blocks, shared_bytes_);
    }
  }

  /// Phase by phase from here. Points that are not on the device come chunk by chunk: while kernels
  /// read one, the next is on its way.
  void run_by_phases(ProgramView<T> program, int blocks) {
    std::vector<std::size_t> chunks;  // of all steps, in the order in which they are read
    std::vector<std::size_t> chunks_until;
    for (const std::uint32_t b : step_batches_) {
      if (chunks_) std::ranges::copy(chunks_->of(image_.batches[b]), std::back_inserter(chunks));
      chunks_until.push_back(chunks.size());
    }
    const auto place = [](std::size_t k) { return static_cast<int>(k % 2); };
    const auto send = [&](std::size_t k) {
      if (k < chunks.size())
        places_->send(place(k), chunks_->pack(chunks[k], places_->staging(place(k))));
    };
    const auto run = [&](int phase) {
      timed(phase, [&] { device_->run_phase(program, phase, blocks, shared_bytes_); });
    };
    send(0);
    std::size_t k = 0;
    for (std::size_t step = 0; step < step_batches_.size(); ++step) {
      const auto slabs = [&] {
        run(slab_phase);
        if (wide_) wide_->run(program, image_.batches[step_batches_[step]], blocks, shared_bytes_);
      };
      for (int phase = 0; phase < slab_phase; ++phase) run(phase);
      if (!chunks_) slabs();
      for (; k < chunks_until[step]; ++k) {
        send(k + 1);
        chunks_->place(chunks[k], places_->acquire(place(k)), program);
        slabs();
        places_->release(place(k));
      }
      for (int phase = slab_phase + 1; phase < phases; ++phase) run(phase);
      device_->next_step(program.step);
      if (options_.times) ++options_.times->steps;
    }
  }
  template <class Launches>
  void timed(int phase, const Launches& launches) {
    if (!options_.times) return launches();
    device_->start_clock();
    launches();
    options_.times->seconds[phase] += device_->stop_clock();
  }

  std::unique_ptr<TrainingDevice> device_;
  DeviceBackendOptions options_;
  PieceSteps piece_;
  NetworkShape shape_;
  ParameterLayout layout_;
  formulas::Network<T> net_,
      device_net_;  // sizes; the second with the readout's map in the device's memory
  std::size_t padded_;
  PlanImage<T> image_;
  std::unique_ptr<PointChunks<T>> chunks_;  // null: the device's memory holds all points
  std::unique_ptr<ChunkPlaces> places_;
  std::unique_ptr<WideReadout<T>> wide_;         // null: no slab needs it
  std::span<const std::uint32_t> step_batches_;  // of the program under way
  DevicePlan<T> plan_;
  std::size_t table_width_, stimuli_, models_ = 0, resident_ = 1;
  std::uint64_t shared_bytes_ = 0, scratch_bytes_ = 0;
  Buffer<T> trained_, lowest_, weight_, first_, second_, table_, layers_, stimulus_rows_;
  Buffer<double> rows_, losses_;
  Buffer<unsigned> barrier_;
  Buffer<TeamStatus> status_;
  Buffer<std::uint32_t> steps_, step_;
  Buffer<char> scratch_;
  Buffer<std::int32_t> column_region_, region_columns_;
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
