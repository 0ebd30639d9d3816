#include "engine/reference.hpp"

#include <algorithm>
#include <cmath>

#include "engine/batch_terms.hpp"
#include "nnpoisson/formulas/adam.hpp"
#include "nnpoisson/formulas/likelihood.hpp"

namespace nnpoisson {
namespace {

using formulas::Column;
using Numbers = std::vector<double>;

Column<double> column(Numbers& v) {
  return {v.data(), 1};
}

/// One point's layers and their adjoints.
struct PointScratch {
  explicit PointScratch(const NetworkShape& s)
      : m(size(s.time_width)),
        dm(m),
        n1(size(s.hidden_width)),
        du(n1),
        n2(n1),
        dn2(n1),
        v(size(s.columns())),
        dv(v),
        zu(v),
        dzu(v),
        slope(v),
        gv(v),
        gdv(v),
        z(size(s.regions)),
        dz(z),
        gz(z),
        gdz(z),
        gn2(n1),
        gdn2(n1),
        gp(n1),
        gm(m),
        gdm(m),
        ga(m),
        w(size(s.behaviour_width)),
        dw(w),
        slope_w(w),
        dy(w),
        gy(w),
        gdy(w),
        x(1),
        dx(1),
        gx(1),
        gdx(1) {}
  static std::size_t size(int n) { return static_cast<std::size_t>(n); }
  formulas::TrunkColumns<double> trunk() {
    return {column(m), column(dm), column(n1), column(du), column(n2), column(dn2)};
  }
  /// z and gz: where regions are the columns, they are zu and gv.
  formulas::ReadoutColumns<double> readout(bool by_unit) {
    return {column(v),
            column(dv),
            column(zu),
            column(dzu),
            column(slope),
            column(by_unit ? z : zu),
            column(by_unit ? dz : dzu)};
  }
  formulas::HeadColumns<double> head() {
    return {column(dy), column(w), column(dw), column(slope_w), column(x), column(dx)};
  }
  Numbers m, dm, n1, du, n2, dn2, v, dv, zu, dzu, slope, gv, gdv, z, dz, gz, gdz, gn2, gdn2, gp, gm,
      gdm, ga, w, dw, slope_w, dy, gy, gdy, x, dx, gx, gdx;
};

class ReferenceBackend final : public Backend {
 public:
  ReferenceBackend(const NetworkShape& shape, std::shared_ptr<const Plan> plan)
      : shape_(shape), layout_(shape), plan_(std::move(plan)), scratch_(shape), other_(shape) {}

  [[nodiscard]] std::string description() const override { return "reference (double, 1 thread)"; }

  void evaluate(std::span<const std::uint32_t> batches, int models,
                std::span<const double> parameters, std::span<BatchLoss> losses,
                std::span<double> gradients) override {
    const std::size_t n = layout_.size();
    Numbers unused(gradients.empty() ? n : 0);
    for (std::size_t k = 0, at = 0; k < batches.size(); ++k)
      for (std::size_t m = 0; m < static_cast<std::size_t>(models); ++m, ++at) {
        const auto gradient =
            gradients.empty() ? std::span<double>(unused) : gradients.subspan(at * n, n);
        losses[at] = loss(plan_->batches[batches[k]], parameters.subspan(m * n, n), gradient);
      }
  }

  ProgramResult train(TrainingState& state, const TrainingProgram& program,
                      const std::atomic<bool>& stop) override {
    const std::size_t n = layout_.size();
    const auto models = static_cast<std::size_t>(state.models);
    ProgramResult result;
    result.sums.resize(models);
    const TrainingState before = state;
    Numbers gradient(n);
    for (const auto b : program.batches) {
      if (stop) break;
      std::vector<BatchLoss> now(models);
      const double step = static_cast<double>(state.step + 1);
      for (std::size_t m = 0; m < models; ++m) {
        const std::span<double> weights(state.parameters.data() + m * n, n);
        now[m] = loss(plan_->batches[b], weights, gradient);
        result.finite = result.finite && std::isfinite(now[m].total) &&
                        std::all_of(gradient.begin(), gradient.end(),
                                    [](double g) { return std::isfinite(g); });
        if (!result.finite) {
          state = before;
          result.failed = now[m];
          return result;
        }
        const double rate = formulas::adam_rate(program.learning_rate[m], step);
        for (const auto& slot : layout_.slots()) {
          if (!slot.trained) continue;
          for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
            formulas::adam(weights[i], state.first_moment[m * n + i],
                           state.second_moment[m * n + i], gradient[i], rate);
            if (slot.non_negative) weights[i] = std::max(weights[i], 0.0);
          }
        }
      }
      for (std::size_t m = 0; m < models; ++m) {
        result.sums[m].neural += now[m].neural;
        result.sums[m].left += now[m].left;
        result.sums[m].right += now[m].right;
        result.sums[m].total += now[m].total;
      }
      ++state.step;
      ++result.steps;
    }
    return result;
  }

 private:
  BatchLoss loss(const Batch& batch, std::span<const double> parameters,
                 std::span<double> gradient) {
    net_ = bind_network(shape_, layout_, parameters.data());
    grad_ = gradient.data();
    std::fill(gradient.begin(), gradient.end(), 0.0);
    double sums[3] = {0, 0, 0};
    for (const auto& range : batch.tiles)
      for (auto t = range.first; t < range.end; ++t) {
        const Tile& tile = plan_->tiles[t];
        for (std::uint32_t p = 0; p < tile.count; ++p)
          point(tile, p, gradient_scale(batch, tile.term), sums);
      }
    for (const auto& slot : layout_.slots())
      if (!slot.trained)
        std::fill_n(gradient.begin() + static_cast<std::ptrdiff_t>(slot.offset), slot.size(), 0.0);
    return combine(batch, sums[0], sums[1], sums[2]);
  }

  [[nodiscard]] bool by_unit() const { return net_.column_region != nullptr; }
  double* grad(Tensor t) { return grad_ + layout_[t].offset; }

  /// One point: stimulus, trunk, readout, terms, and back; adds to the gradient and to the three
  /// sums of losses.
  void point(const Tile& tile, std::uint32_t p, double scale, double* sums) {
    const std::size_t at = tile.first_point + p;
    const auto features = static_cast<std::size_t>(shape_.features);
    forward_stimulus(std::span(plan_->stimuli).subspan(plan_->stimulus[at] * features, features));
    const double time = plan_->time[at];
    switch (tile.reading) {
      case Reading::rate:
        forward<true>(scratch_, tile.term, time);
        terms<true>(tile, p, scale, sums);
        backward<true>(scratch_, tile.term, time);
        break;
      case Reading::value:
        forward<false>(scratch_, tile.term, time);
        terms<false>(tile, p, scale, sums);
        backward<false>(scratch_, tile.term, time);
        break;
      case Reading::interval: {
        const auto& interval = plan_->interval[tile.first_interval + p];
        forward<false>(scratch_, tile.term, time);
        forward<false>(other_, tile.term, interval.end);
        std::fill(scratch_.gv.begin(), scratch_.gv.end(), 0.0);
        std::fill(other_.gv.begin(), other_.gv.end(), 0.0);
        for (std::uint32_t c = 0; c < tile.columns; ++c) {
          const auto g = plan_->column[tile.first_column + c];
          const auto term = formulas::interval_term(scratch_.v[g], other_.v[g], weight(tile, c, p),
                                                    interval.inverse_scale, interval.floor);
          sums[0] += term.loss;
          scratch_.gv[g] = scale * term.gv_start;
          other_.gv[g] = scale * term.gv_end;
        }
        backward<false>(scratch_, tile.term, time);
        backward<false>(other_, tile.term, interval.end);
        break;
      }
    }
  }

  [[nodiscard]] double weight(const Tile& tile, std::uint32_t c, std::uint32_t p) const {
    return plan_->weight[tile.first_weight + static_cast<std::size_t>(c) * tile.count + p];
  }

  void forward_stimulus(std::span<const double> stimulus) {
    s_.assign(stimulus.begin(), stimulus.end());
    for (auto* v : {&u1_, &h1_, &gu1_})
      v->resize(static_cast<std::size_t>(shape_.stimulus_widths[0]));
    for (auto* v : {&u2_, &h2_, &gu2_})
      v->resize(static_cast<std::size_t>(shape_.stimulus_widths[1]));
    h3_.resize(static_cast<std::size_t>(shape_.time_width));
    bypass_.resize(static_cast<std::size_t>(shape_.hidden_width));
    formulas::stimulus_forward(net_, this->stimulus());
  }
  formulas::StimulusColumns<double> stimulus() {
    return {column(s_),  column(u1_), column(h1_),    column(u2_),
            column(h2_), column(h3_), column(bypass_)};
  }

  template <bool Rate>
  void forward(PointScratch& k, Term term, double time) {
    formulas::trunk_forward<Rate>(net_, time, column(h3_), column(bypass_), k.trunk());
    formulas::dense<Rate>(net_.E, net_.e, shape_.hidden_width, shape_.columns(), column(k.n2),
                          column(k.dn2), column(k.v), column(k.dv));
    if (term == Term::behaviour) formulas::readout_forward<Rate>(net_, k.readout(by_unit()));
  }

  /// Fills gv, gdv of every region from the terms that the tile's weights ask for.
  template <bool Rate>
  void terms(const Tile& tile, std::uint32_t p, double scale, double* sums) {
    auto& k = scratch_;
    std::fill(k.gv.begin(), k.gv.end(), 0.0);
    std::fill(k.gdv.begin(), k.gdv.end(), 0.0);
    std::fill(k.gz.begin(), k.gz.end(), 0.0);
    std::fill(k.gdz.begin(), k.gdz.end(), 0.0);
    const auto readout = k.readout(by_unit());
    const auto gz = column(by_unit() ? k.gz : k.gv), gdz = column(by_unit() ? k.gdz : k.gdv);
    for (std::uint32_t c = 0; c < tile.columns; ++c) {
      const auto which = plan_->column[tile.first_column + c];
      if (tile.term == Term::neural) {
        sums[0] += read<Rate>(k.v[which], k.dv[which], weight(tile, c, p), scale, k.gv[which],
                              k.gdv[which]);
      } else {
        const int action = static_cast<int>(which);
        formulas::head_forward<Rate>(net_, action, readout.z, readout.dz, k.head());
        sums[1 + which] +=
            read<Rate>(k.x[0], k.dx[0], weight(tile, c, p), scale, k.gx[0], k.gdx[0]);
        formulas::head_adjoint<Rate>(net_, action, k.head(), column(k.gx), column(k.gdx),
                                     column(k.gy), column(k.gdy), gz, gdz);
        using enum Tensor;
        const bool left = action == 0;
        formulas::dense_kernel_adjoint<Rate>(1, shape_.regions, shape_.behaviour_width, readout.z,
                                             readout.dz, column(k.gy), column(k.gdy),
                                             grad(left ? F1_left : F1_right));
        formulas::dense_bias_adjoint(1, shape_.behaviour_width, column(k.gy),
                                     grad(left ? f1_left : f1_right));
        formulas::dense_kernel_adjoint<Rate>(1, shape_.behaviour_width, 1, column(k.w),
                                             column(k.dw), column(k.gx), column(k.gdx),
                                             grad(left ? F2_left : F2_right));
        formulas::dense_bias_adjoint(1, 1, column(k.gx), grad(left ? f2_left : f2_right));
      }
    }
    if (tile.term == Term::behaviour)
      formulas::readout_adjoint<Rate>(net_, readout, gz, gdz, column(k.gv), column(k.gdv));
  }

  template <bool Rate>
  double read(double v, double dv, double weight, double scale, double& gv, double& gdv) const {
    if constexpr (Rate) {
      const auto term = formulas::rate_term(v, dv, weight, plan_->eps);
      gv = scale * term.gv;
      gdv = scale * term.gdv;
      return term.loss;
    } else {
      const auto term = formulas::value_term(v, weight);
      gv = scale * term.gv;
      return term.loss;
    }
  }

  /// From gv, gdv to every parameter up to the stimulus' layers.
  template <bool Rate>
  void backward(PointScratch& k, Term, double time) {
    using enum Tensor;
    const int H = shape_.hidden_width, T = shape_.time_width;
    formulas::dense_kernel_adjoint<Rate>(1, H, shape_.columns(), column(k.n2), column(k.dn2),
                                         column(k.gv), column(k.gdv), grad(E));
    formulas::dense_bias_adjoint(1, shape_.columns(), column(k.gv), grad(e));
    formulas::dense_input_adjoint<Rate, false>(net_.E, H, shape_.columns(), column(k.gv),
                                               column(k.gdv), column(k.gn2), column(k.gdn2));
    formulas::trunk_adjoint<Rate>(net_, time, k.trunk(), column(k.gn2), column(k.gdn2),
                                  column(k.gp), column(k.gm), column(k.gdm), column(k.ga));
    formulas::dense_kernel_adjoint<Rate>(1, T, H, column(k.m), column(k.dm), column(k.gn2),
                                         column(k.gdn2), grad(C));
    formulas::dense_bias_adjoint(1, H, column(k.gn2), grad(c));
    formulas::dense_bias_adjoint(1, T, column(k.ga), grad(a));
    if (shape_.stimulus_bypass) {
      double last = s_.back();
      formulas::dense_kernel_adjoint<false>(1, 1, H, Column<double>{&last, 1},
                                            Column<double>{&last, 1}, column(k.gp), column(k.gp),
                                            grad(R));
      formulas::dense_bias_adjoint(1, H, column(k.gp), grad(d));
    }
    const auto& widths = shape_.stimulus_widths;
    formulas::stimulus_adjoint(net_, stimulus(), column(k.gm), column(gu2_), column(gu1_));
    const auto layer = [&](int in, int out, Numbers& x, Numbers& g, Tensor kernel, Tensor bias) {
      formulas::dense_kernel_adjoint<false>(1, in, out, column(x), column(x), column(g), column(g),
                                            grad(kernel));
      formulas::dense_bias_adjoint(1, out, column(g), grad(bias));
    };
    layer(widths[1], T, h2_, k.gm, A3, b3);
    layer(widths[0], widths[1], h1_, gu2_, A2, b2);
    layer(shape_.features, widths[0], s_, gu1_, A1, b1);
  }

  NetworkShape shape_;
  ParameterLayout layout_;
  std::shared_ptr<const Plan> plan_;
  PointScratch scratch_, other_;  // `other_`: the end of an interval
  formulas::Network<double> net_{};
  double* grad_ = nullptr;
  Numbers s_, u1_, h1_, u2_, h2_, h3_, bypass_, gu1_, gu2_;
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend(const NetworkShape& shape,
                                                std::shared_ptr<const Plan> plan) {
  return std::make_unique<ReferenceBackend>(shape, std::move(plan));
}

}  // namespace nnpoisson
