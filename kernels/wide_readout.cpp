#include "kernels/wide_readout.hpp"

#include <algorithm>

#include "kernels/wide.hpp"

namespace nnpoisson::kernels {

template <class T>
WideReadout<T>::WideReadout(TrainingDevice& device, const PlanImage<T>& image,
                            const formulas::NetworkSizes& net, std::size_t models)
    : device_(device), kernels_(device.make_wide_kernels()), image_(image), net_(net) {
  const auto hidden = static_cast<std::size_t>(net.hidden_width),
             regions = static_cast<std::size_t>(net.regions);
  const auto all = static_cast<std::size_t>(net.columns);
  std::size_t values = 0, partials = 0;
  for (const Slab& slab : image.slabs) {
    if (slab.kind != SlabKind::wide) continue;
    const std::size_t columns = slab.term == Term::neural ? slab.columns : all;
    values = std::max(values, columns * slab.points);
    partials =
        std::max(partials, std::size_t{slab.tiles} * chunks_of_tile *
                               static_cast<std::size_t>(wide_parts(static_cast<int>(columns))) *
                               (block_threads / warp_threads));
  }
  const std::size_t points = models * image.most_wide_points;
  layer_ = Buffer<T>(device, points * 2 * (hidden + 1));
  adjoint_ = Buffer<T>(device, points * 2 * hidden);
  z_ = Buffer<T>(device, points * 4 * regions);
  for (auto& v : value_) v = Buffer<T>(device, values);
  E_ = Buffer<T>(device, (hidden + 1) * all);
  product_ = Buffer<T>(device, (hidden + 1) * all);
  partial_ = Buffer<double>(device, partials);
  std::vector<T> means(all * regions, T(0));  // [columns x regions], column fastest
  for (std::size_t k = 0; k < all; ++k) {
    const auto g = static_cast<std::size_t>(net.column_region[k]);
    means[g * all + k] = T(1) / static_cast<T>(net.region_columns[g]);
  }
  means_ = Buffer<T>(device, means);
}

template <class T>
void WideReadout<T>::step(WideView<T>& view, WideStep step) {
  view.step = step;
  kernels_->run(view);
}

/// V of every side.
template <class T>
void WideReadout<T>::readout(WideView<T>& view, const ProgramView<T>& program, int model,
                             const Slab& slab) {
  const int hidden = net_.hidden_width,
            columns = slab.term == Term::neural ? static_cast<int>(slab.columns) : net_.columns;
  const WidePlaces<T> places(program, model, slab);
  view.plan = program.plan;
  view.sizes = program.sizes;
  view.slab = slab;
  view.columns = columns;
  view.points = slab.points;
  view.weight = program.weight +
                static_cast<std::size_t>(model) * static_cast<std::size_t>(program.padded_size) +
                program.tensors[Tensor::E];
  view.E = E_.data();
  view.product = product_.data();
  view.partial = partial_.data();
  for (int side = 0; side < 2; ++side) {
    view.value[side] = value_[side].data();
    view.gz[side] = places.z(2 + side);
  }
  step(view, WideStep::gather);
  const int points = static_cast<int>(slab.points);
  for (int side = 0; side < sides(slab.reading); ++side)
    kernels_->multiply(Product<T>{.m = points,
                                  .n = columns,
                                  .k = hidden + 1,
                                  .a = places.layer(side),
                                  .lda = points,
                                  .b = E_.data(),
                                  .ldb = columns,
                                  .b_transposed = true,
                                  .c = view.value[side],
                                  .ldc = points});
}

template <class T>
void WideReadout<T>::means(const ProgramView<T>& program, int model, const Work& work) {
  WideView<T> view{};
  readout(view, program, model, work.slab);
  step(view, WideStep::softplus);
  const WidePlaces<T> places(program, model, work.slab);
  const int points = static_cast<int>(work.slab.points);
  for (int side = 0; side < sides(work.slab.reading); ++side)
    kernels_->multiply(Product<T>{.m = points,
                                  .n = net_.regions,
                                  .k = net_.columns,
                                  .a = view.value[side],
                                  .lda = points,
                                  .b = means_.data(),
                                  .ldb = net_.columns,
                                  .c = places.z(side),
                                  .ldc = points});
}

template <class T>
void WideReadout<T>::terms_and_gradient(const ProgramView<T>& program, const BatchView& batch,
                                        int model, const Work& work) {
  const Slab& slab = work.slab;
  if (slab.term == Term::behaviour && !program.gradients) return;
  WideView<T> view{};
  readout(view, program, model, slab);
  const auto m = static_cast<std::uint64_t>(model);
  view.losses = program.losses + m * program.losses_stride +
                3 * (std::uint64_t{work.range == 1 ? batch.range[0].count : 0} + work.in_range);
  view.row = program.rows + m * program.rows_stride + (work.range == 1 ? batch.range[0].rows : 0) +
             slab.row + static_cast<unsigned>(formulas::gradient_row(net_, view.columns, false).E);
  if (slab.term == Term::neural) {
    step(view, WideStep::terms);
    step(view, WideStep::loss);
  } else {
    step(view, WideStep::back);
  }
  if (!program.gradients) return;
  const WidePlaces<T> places(program, model, slab);
  const int points = static_cast<int>(slab.points), hidden = net_.hidden_width;
  for (int side = 0; side < sides(slab.reading); ++side) {
    kernels_->multiply(Product<T>{.m = points,
                                  .n = hidden,
                                  .k = view.columns,
                                  .a = view.value[side],
                                  .lda = points,
                                  .b = E_.data(),
                                  .ldb = view.columns,
                                  .c = places.adjoint(side),
                                  .ldc = points});
    kernels_->multiply(Product<T>{.m = view.columns,
                                  .n = hidden + 1,
                                  .k = points,
                                  .a = view.value[side],
                                  .lda = points,
                                  .a_transposed = true,
                                  .b = places.layer(side),
                                  .ldb = points,
                                  .c = product_.data(),
                                  .ldc = view.columns,
                                  .add = side > 0});
  }
  step(view, WideStep::store);
}

template <class T>
void WideReadout<T>::run(ProgramView<T> program, const BatchView& batch, int blocks,
                         std::size_t shared_bytes) {
  std::vector<Work> work;
  for (const int r : {0, 1})
    for (std::uint32_t s = 0; s < batch.range[r].count; ++s) {
      const std::uint32_t number = batch.range[r].first + s;
      const Slab& slab = image_.slabs[number];
      if (slab.kind == SlabKind::wide && number >= program.first_slab && number < program.end_slab)
        work.push_back({slab, r, s});
    }
  if (work.empty()) return;
  const int models = blocks / program.team_blocks;
  program.wide = {layer_.data(), adjoint_.data(), z_.data(), image_.most_wide_points};
  const auto pass = [&](WidePass which) {
    program.wide_pass = which;
    device_.run_phase(program, Phase::slabs, blocks, shared_bytes);
  };
  pass(WidePass::forward);
  for (int m = 0; m < models; ++m)
    for (const Work& w : work)
      if (w.slab.term == Term::behaviour) means(program, m, w);
  pass(WidePass::heads);
  for (int m = 0; m < models; ++m)
    for (const Work& w : work) terms_and_gradient(program, batch, m, w);
  if (program.gradients) pass(WidePass::back);
}

template class WideReadout<float>;
template class WideReadout<double>;

}  // namespace nnpoisson::kernels
