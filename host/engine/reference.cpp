#include "engine/reference.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/batch_terms.hpp"
#include "nnpoisson/formulas/adam.hpp"
#include "nnpoisson/formulas/likelihood.hpp"

namespace nnpoisson {
namespace {

using formulas::Column;
using formulas::DualColumn;
using Numbers = std::vector<double>;

Numbers zeros(int n) {
  return Numbers(static_cast<std::size_t>(n));
}
Column<double> column(Numbers& v) {
  return {v.data(), 1};
}

/// A layer's values and their rates.
struct DualNumbers {
  explicit DualNumbers(int n) : value(zeros(n)), rate(zeros(n)) {}
  void clear() {
    std::ranges::fill(value, 0.0);
    std::ranges::fill(rate, 0.0);
  }
  Numbers value, rate;
};
DualColumn<double> column(DualNumbers& v) {
  return {column(v.value), column(v.rate)};
}

/// One point's layers and their adjoints.
struct PointScratch {
  explicit PointScratch(const NetworkShape& s)
      : m(s.time_width),
        n1(s.hidden_width),
        n2(s.hidden_width),
        gn2(s.hidden_width),
        gm(s.time_width),
        ga(zeros(s.time_width)),
        gp(zeros(s.hidden_width)),
        v(s.regions),
        z(s.regions),
        gv(s.regions),
        slope(zeros(s.regions)),
        w(s.behaviour_width),
        gy(s.behaviour_width),
        rate_w(zeros(s.behaviour_width)),
        slope_w(zeros(s.behaviour_width)),
        x(1),
        gx(1) {}

  formulas::TrunkColumns<double> trunk() { return {column(m), column(n1), column(n2)}; }
  formulas::TrunkAdjoint<double> trunk_adjoint() { return {column(gm), column(ga), column(gp)}; }
  formulas::HeadColumns<double> head() {
    return {column(w), column(rate_w), column(slope_w), column(x)};
  }

  DualNumbers m, n1, n2, gn2, gm;
  Numbers ga, gp;
  DualNumbers v, z, gv;
  Numbers slope;
  DualNumbers w, gy;
  Numbers rate_w, slope_w;
  DualNumbers x, gx;
};

class ReferenceBackend final : public Backend {
 public:
  ReferenceBackend(const NetworkShape& shape, std::shared_ptr<const Plan> plan)
      : shape_(shape),
        layout_(shape),
        plan_(std::move(plan)),
        scratch_(shape),
        end_scratch_(shape),
        u1_(zeros(shape.stimulus_widths[0])),
        h1_(u1_),
        gu1_(u1_),
        u2_(zeros(shape.stimulus_widths[1])),
        h2_(u2_),
        gu2_(u2_),
        h3_(zeros(shape.time_width)),
        bypass_(zeros(shape.hidden_width)) {}

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
      if (stop) {
        state = before;
        return result;
      }

      std::vector<BatchLoss> now(models);
      for (std::size_t m = 0; m < models; ++m) {
        const std::span<const double> weights(state.parameters.data() + m * n, n);
        now[m] = loss(plan_->batches[b], weights, gradient);
        result.finite = std::isfinite(now[m].total) &&
                        std::ranges::all_of(gradient, [](double g) { return std::isfinite(g); });
        if (!result.finite) {
          state = before;
          result.failed = now[m];
          return result;
        }
        update(state, m, gradient, program.learning_rate[m]);
      }

      for (std::size_t m = 0; m < models; ++m) result.sums[m] += now[m];
      ++state.step;
      ++result.steps;
    }
    return result;
  }

 private:
  /// Neural, left, right.
  using TermSums = std::array<double, 3>;

  /// Adam's step of one model.
  void update(TrainingState& state, std::size_t model, const Numbers& gradient,
              double learning_rate) const {
    const std::size_t first = model * layout_.size();
    const double rate = formulas::adam_rate(learning_rate, static_cast<double>(state.step + 1));
    for (const auto& slot : layout_.slots()) {
      if (!slot.trained) continue;
      for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
        double& weight = state.parameters[first + i];
        formulas::adam(weight, state.first_moment[first + i], state.second_moment[first + i],
                       gradient[i], rate);
        if (slot.non_negative) weight = std::max(weight, 0.0);
      }
    }
  }

  BatchLoss loss(const Batch& batch, std::span<const double> parameters,
                 std::span<double> gradient) {
    net_ = bind_network(shape_, layout_, parameters.data());
    gradient_ = gradient.data();
    std::ranges::fill(gradient, 0.0);
    TermSums sums{};
    for (const auto& range : batch.tiles)
      for (auto t = range.first; t < range.end; ++t) {
        const Tile& tile = plan_->tiles[t];
        for (std::uint32_t p = 0; p < tile.count; ++p)
          point(tile, p, gradient_scale(batch, tile.term), sums);
      }

    for (const auto& slot : layout_.slots())
      if (!slot.trained) std::ranges::fill(gradient.subspan(slot.offset, slot.size()), 0.0);
    return formulas::batch_loss(batch, sums[0], sums[1], sums[2]);
  }

  double* gradient(Tensor t) { return gradient_ + layout_[t].offset; }

  /// One point: stimulus, trunk, readout, terms, and back; adds to the gradient and to the sums of
  /// losses.
  void point(const Tile& tile, std::uint32_t p, double scale, TermSums& sums) {
    const std::size_t number = tile.first_point + p;
    const auto features = static_cast<std::size_t>(shape_.features);
    forward_stimulus(
        std::span(plan_->stimuli).subspan(plan_->stimulus[number] * features, features));
    const double time = plan_->time[number];
    switch (tile.reading) {
      case Reading::rate:
        forward<true>(scratch_, tile.term, time);
        terms<true>(tile, p, scale, sums);
        backward<true>(scratch_, time);
        break;
      case Reading::value:
        forward<false>(scratch_, tile.term, time);
        terms<false>(tile, p, scale, sums);
        backward<false>(scratch_, time);
        break;
      case Reading::interval: {
        const auto& interval = plan_->interval[tile.first_interval + p];
        forward<false>(scratch_, tile.term, time);
        forward<false>(end_scratch_, tile.term, interval.end);
        interval_terms(tile, p, interval, scale, sums);
        backward<false>(scratch_, time);
        backward<false>(end_scratch_, interval.end);
        break;
      }
    }
  }

  [[nodiscard]] double weight(const Tile& tile, std::uint32_t c, std::uint32_t p) const {
    return plan_->weight[tile.first_weight + static_cast<std::size_t>(c) * tile.count + p];
  }

  void forward_stimulus(std::span<const double> stimulus) {
    s_.assign(stimulus.begin(), stimulus.end());
    formulas::stimulus_forward(net_, this->stimulus());
  }
  formulas::StimulusColumns<double> stimulus() {
    return {column(s_),  column(u1_), column(h1_),    column(u2_),
            column(h2_), column(h3_), column(bypass_)};
  }

  template <bool Rate>
  void forward(PointScratch& k, Term term, double time) {
    formulas::trunk_forward<Rate>(net_, time, column(h3_), column(bypass_), k.trunk());
    formulas::dense<Rate>(net_.E, net_.e, shape_.hidden_width, shape_.regions, column(k.n2),
                          column(k.v));
    if (term == Term::behaviour)
      formulas::softplus_forward<Rate>(shape_.regions, column(k.v), column(k.z), column(k.slope));
  }

  /// Fills gv of every region from the terms that the tile's weights ask for.
  template <bool Rate>
  void terms(const Tile& tile, std::uint32_t p, double scale, TermSums& sums) {
    auto& k = scratch_;
    k.gv.clear();
    for (std::uint32_t c = 0; c < tile.columns; ++c) {
      const auto which = static_cast<int>(plan_->column[tile.first_column + c]);
      if (tile.term == Term::neural)
        sums[0] += scaled_term<Rate>(k.v, which, weight(tile, c, p), scale, k.gv);
      else
        sums[static_cast<std::size_t>(1 + which)] +=
            action_term<Rate>(which, weight(tile, c, p), scale);
    }
    if (tile.term == Term::behaviour)
      formulas::softplus_adjoint<Rate>(shape_.regions, column(k.v.rate), column(k.slope),
                                       column(k.gv));
  }

  /// One action's term, its head's gradient, and what it adds to the adjoint of z, in gv.
  template <bool Rate>
  double action_term(int action, double weight, double scale) {
    using enum Tensor;
    auto& k = scratch_;
    formulas::head_forward<Rate>(net_, action, column(k.z), k.head());
    const double loss = scaled_term<Rate>(k.x, 0, weight, scale, k.gx);
    formulas::head_adjoint<Rate>(net_, action, k.head(), column(k.gx), column(k.gy), column(k.gv));

    const bool left = action == 0;
    const int width = shape_.behaviour_width;
    formulas::dense_kernel_adjoint<Rate>(1, shape_.regions, width, column(k.z), column(k.gy),
                                         gradient(left ? F1_left : F1_right));
    formulas::dense_bias_adjoint(1, width, column(k.gy.value), gradient(left ? f1_left : f1_right));
    formulas::dense_kernel_adjoint<Rate>(1, width, 1, column(k.w), column(k.gx),
                                         gradient(left ? F2_left : F2_right));
    formulas::dense_bias_adjoint(1, 1, column(k.gx.value), gradient(left ? f2_left : f2_right));
    return loss;
  }

  /// The loss of v[i]; its adjoint, times `scale`, goes to g[i].
  template <bool Rate>
  double scaled_term(DualNumbers& v, int i, double weight, double scale, DualNumbers& g) const {
    const double loss = formulas::point_term<Rate>(column(v), i, weight, plan_->eps, column(g));
    const auto place = static_cast<std::size_t>(i);
    g.value[place] = scale * g.value[place];
    if constexpr (Rate) g.rate[place] = scale * g.rate[place];
    return loss;
  }

  void interval_terms(const Tile& tile, std::uint32_t p, const Plan::Interval& interval,
                      double scale, TermSums& sums) {
    scratch_.gv.clear();
    end_scratch_.gv.clear();
    for (std::uint32_t c = 0; c < tile.columns; ++c) {
      const auto g = plan_->column[tile.first_column + c];
      const auto term =
          formulas::interval_term(scratch_.v.value[g], end_scratch_.v.value[g], weight(tile, c, p),
                                  interval.inverse_scale, interval.floor);
      sums[0] += term.loss;
      scratch_.gv.value[g] = scale * term.adjoint_at_start;
      end_scratch_.gv.value[g] = scale * term.adjoint_at_end;
    }
  }

  /// From gv to every parameter up to the stimulus' layers.
  template <bool Rate>
  void backward(PointScratch& k, double time) {
    using enum Tensor;
    const int H = shape_.hidden_width, T = shape_.time_width, G = shape_.regions;
    formulas::dense_kernel_adjoint<Rate>(1, H, G, column(k.n2), column(k.gv), gradient(E));
    formulas::dense_bias_adjoint(1, G, column(k.gv.value), gradient(e));
    formulas::dense_input_adjoint<Rate, false>(net_.E, H, G, column(k.gv), column(k.gn2));

    formulas::trunk_adjoint<Rate>(net_, time, k.trunk(), column(k.gn2), k.trunk_adjoint());
    formulas::dense_kernel_adjoint<Rate>(1, T, H, column(k.m), column(k.gn2), gradient(C));
    formulas::dense_bias_adjoint(1, H, column(k.gn2.value), gradient(c));
    formulas::dense_bias_adjoint(1, T, column(k.ga), gradient(a));
    if (shape_.stimulus_bypass) {
      double last = s_.back();
      formulas::dense_parameter_adjoint(1, 1, H, Column<double>{&last, 1}, column(k.gp),
                                        gradient(R), gradient(d));
    }

    const auto& widths = shape_.stimulus_widths;
    formulas::stimulus_adjoint(net_, stimulus(), column(k.gm.value), column(gu2_), column(gu1_));
    formulas::dense_parameter_adjoint(1, widths[1], T, column(h2_), column(k.gm.value),
                                      gradient(A3), gradient(b3));
    formulas::dense_parameter_adjoint(1, widths[0], widths[1], column(h1_), column(gu2_),
                                      gradient(A2), gradient(b2));
    formulas::dense_parameter_adjoint(1, shape_.features, widths[0], column(s_), column(gu1_),
                                      gradient(A1), gradient(b1));
  }

  NetworkShape shape_;
  ParameterLayout layout_;
  std::shared_ptr<const Plan> plan_;
  PointScratch scratch_, end_scratch_;  // the second: of the end of an interval
  formulas::Network<double> net_{};
  double* gradient_ = nullptr;
  Numbers s_, u1_, h1_, gu1_, u2_, h2_, gu2_, h3_, bypass_;
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend(const NetworkShape& shape,
                                                std::shared_ptr<const Plan> plan) {
  return std::make_unique<ReferenceBackend>(shape, std::move(plan));
}

}  // namespace nnpoisson
