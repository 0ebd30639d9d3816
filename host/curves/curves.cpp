#include "nnpoisson/curves.hpp"

#include <algorithm>

#include "model/bind_network.hpp"
#include "nnpoisson/formulas/outputs.hpp"

namespace nnpoisson {
namespace {

using formulas::Column;
using Numbers = std::vector<double>;

Column<double> layer(Numbers& v) {
  return {v.data(), 1};
}
Numbers zeros(int n) {
  return Numbers(static_cast<std::size_t>(n));
}

}  // namespace

double time_scale(const Model& model, double observed_until) {
  return time_scale(network_time(model.preset, model.neural_time), model.time_limit,
                    observed_until);
}

struct Curves::Impl {
  Impl(const Model& model, std::span<const double> stimulus)
      : layout(model.shape),
        net(bind_network(model.shape, layout, model.parameters.data())),
        s(stimulus.begin(), stimulus.end()),
        h3(zeros(net.time_width)),
        bypass(zeros(net.hidden_width)),
        rows(zeros(formulas::output_rows(net))),
        x(formulas::output_columns(net, rows.data(), 1)),
        gy(zeros(net.behaviour_width)),
        gz(zeros(net.regions)) {
    Numbers u1 = zeros(net.width1), h1 = u1, u2 = zeros(net.width2), h2 = u2;
    formulas::stimulus_forward<double>(
        net, {layer(s), layer(u1), layer(h1), layer(u2), layer(h2), layer(h3), layer(bypass)});
    read_regions(0);
    z_at_onset.assign(x.z.value.first, x.z.value.first + net.regions);
    for (const std::size_t a : {0U, 1U}) at_onset[a] = action(a).cumulative;
  }

  void trunk(double network_time) {
    formulas::trunk_forward<true>(net, network_time, layer(h3), layer(bypass), x.trunk);
  }

  /// z and dz of all regions.
  void read_regions(double network_time) {
    formulas::region_outputs(net, network_time, layer(h3), layer(bypass), x);
  }

  void set_regions(std::span<const RegionState> regions) {
    for (std::size_t g = 0; g < regions.size(); ++g) {
      x.z.value[static_cast<int>(g)] = regions[g].z;
      x.z.rate[static_cast<int>(g)] = regions[g].dz;
    }
  }

  /// One unit of region g since onset, where z and its slope in network time are these.
  [[nodiscard]] Growth growth(std::size_t g, const Growth& z, double time, double scale) const {
    return {(z.cumulative - z_at_onset[g]) / scale + intensity_floor * time,
            z.intensity + intensity_floor};
  }

  /// b and its slope of one action, from the z read last.
  Growth action(std::size_t a) {
    const auto b = formulas::action_output(net, static_cast<int>(a), x);
    return {b.value, b.rate};
  }

  ParameterLayout layout;
  formulas::Network<double> net;
  Numbers s, h3, bypass, rows;
  formulas::OutputColumns<double> x;
  Numbers gy, gz;
  Numbers z_at_onset;
  std::array<double, 2> at_onset{};
};

Curves::Curves(const Model& model, std::span<const double> stimulus)
    : impl_(std::make_unique<Impl>(model, stimulus)) {}
Curves::~Curves() = default;
Curves::Curves(Curves&&) noexcept = default;
Curves& Curves::operator=(Curves&&) noexcept = default;

Growth Curves::column(std::size_t g, double time, double scale) {
  Growth one;
  columns(time, scale, {&g, 1}, {&one, 1});
  return one;
}

void Curves::columns(double time, double scale, std::span<const std::size_t> which,
                     std::span<Growth> out) {
  impl_->trunk(scale * time);
  for (std::size_t i = 0; i < which.size(); ++i) {
    const auto z = formulas::region_output(impl_->net, static_cast<int>(which[i]), impl_->x);
    out[i] = impl_->growth(which[i], {z.value, z.rate}, time, scale);
  }
}

void Curves::columns(double time, double scale, std::span<Growth> out) {
  impl_->read_regions(scale * time);
  const auto& z = impl_->x.z;
  for (std::size_t g = 0; g < out.size(); ++g) {
    const auto region = static_cast<int>(g);
    out[g] = impl_->growth(g, {z.value[region], z.rate[region]}, time, scale);
  }
}

std::array<Growth, 2> Curves::actions(double time) {
  impl_->read_regions(time);
  std::array<Growth, 2> out;
  for (const std::size_t a : {0U, 1U})
    out[a] = hazard_of(impl_->action(a), impl_->at_onset[a], time);
  return out;
}

Growth Curves::response(double time) {
  const auto [left, right] = actions(time);
  return {left.cumulative + right.cumulative, left.intensity + right.intensity};
}

std::array<double, 2> Curves::actions_at_onset() const {
  return impl_->at_onset;
}

void Curves::regions(double time, std::span<RegionState> out) {
  impl_->read_regions(time);
  const auto& z = impl_->x.z;
  for (std::size_t g = 0; g < out.size(); ++g)
    out[g] = {z.value[static_cast<int>(g)], z.rate[static_cast<int>(g)]};
}

std::array<Growth, 2> Curves::heads(std::span<const RegionState> regions) {
  impl_->set_regions(regions);
  return {impl_->action(0), impl_->action(1)};
}

void Curves::head_gradients(std::span<const RegionState> regions, std::span<double> out) {
  auto& k = *impl_;
  k.set_regions(regions);
  double gx = 0;
  for (const int a : {0, 1}) {
    formulas::action_gradient(k.net, a, k.x, Column<double>{&gx, 1}, layer(k.gy), layer(k.gz));
    std::copy(k.gz.begin(), k.gz.end(), out.begin() + a * static_cast<std::ptrdiff_t>(k.gz.size()));
  }
}

}  // namespace nnpoisson
