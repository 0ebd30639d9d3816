#pragma once

#include "nnpoisson/formulas/elementary.hpp"

/// Dense layers y = K^T x + b with K [in x out] row-major, carried for a value and its time
/// derivative side by side (Rate = true) or for the value alone. Rows are done five at a time so
/// that their sums stay in registers.
namespace nnpoisson::formulas {

inline constexpr int row_block = 5;

template <bool Rate, int Rows, class P, class S>
NNP_FORMULA void dense_rows(const S* kernel, const S* bias, int in, int out, DualColumn<P> x,
                            DualColumn<P> y, int j) {
  P sum[Rows], rate[Rows];
  for (int r = 0; r < Rows; ++r) {
    sum[r] = P(bias[j + r]);
    rate[r] = P(0);
  }

  for (int i = 0; i < in; ++i) {
    const S* row = kernel + static_cast<long>(i) * out + j;
    const Dual<P> at = dual_at<Rate>(x, i);
    for (int r = 0; r < Rows; ++r) {
      sum[r] = sum[r] + at.value * row[r];
      if constexpr (Rate) rate[r] = rate[r] + at.rate * row[r];
    }
  }

  for (int r = 0; r < Rows; ++r) {
    y.value[j + r] = sum[r];
    if constexpr (Rate) y.rate[j + r] = rate[r];
  }
}

/// y = K^T x + b, and the rate of y = K^T that of x.
template <bool Rate, class P, class S>
NNP_FORMULA void dense(const S* kernel, const S* bias, int in, int out, DualColumn<P> x,
                       DualColumn<P> y) {
  int j = 0;
  for (; j + row_block <= out; j += row_block)
    dense_rows<Rate, row_block>(kernel, bias, in, out, x, y, j);
  for (; j + 2 <= out; j += 2) dense_rows<Rate, 2>(kernel, bias, in, out, x, y, j);
  for (; j < out; ++j) dense_rows<Rate, 1>(kernel, bias, in, out, x, y, j);
}

template <bool Rate, bool Add, int Rows, class P, class S>
NNP_FORMULA void dense_input_rows(const S* kernel, int out, DualColumn<P> gy, DualColumn<P> gx,
                                  int i) {
  P sum[Rows], rate[Rows];
  for (int r = 0; r < Rows; ++r) sum[r] = rate[r] = P(0);

  const S* row = kernel + static_cast<long>(i) * out;
  for (int j = 0; j < out; ++j) {
    const Dual<P> g = dual_at<Rate>(gy, j);
    for (int r = 0; r < Rows; ++r) {
      const S weight = row[static_cast<long>(r) * out + j];
      sum[r] = sum[r] + g.value * weight;
      if constexpr (Rate) rate[r] = rate[r] + g.rate * weight;
    }
  }

  for (int r = 0; r < Rows; ++r) {
    gx.value[i + r] = Add ? gx.value[i + r] + sum[r] : sum[r];
    if constexpr (Rate) gx.rate[i + r] = Add ? gx.rate[i + r] + rate[r] : rate[r];
  }
}

/// The adjoint of `dense` in its input: gx = K gy, and the same of their rates; with Add, added to
/// what gx holds.
template <bool Rate, bool Add, class P, class S>
NNP_FORMULA void dense_input_adjoint(const S* kernel, int in, int out, DualColumn<P> gy,
                                     DualColumn<P> gx) {
  int i = 0;
  for (; i + row_block <= in; i += row_block)
    dense_input_rows<Rate, Add, row_block>(kernel, out, gy, gx, i);
  for (; i + 2 <= in; i += 2) dense_input_rows<Rate, Add, 2>(kernel, out, gy, gx, i);
  for (; i < in; ++i) dense_input_rows<Rate, Add, 1>(kernel, out, gy, gx, i);
}

template <bool Rate, int I, int J, class P>
NNP_FORMULA void dense_kernel_block(int points, int out, DualColumn<P> x, DualColumn<P> gy,
                                    P* kernel, int i, int j) {
  P sum[I][J];
  for (int a = 0; a < I; ++a)
    for (int b = 0; b < J; ++b) sum[a][b] = kernel[static_cast<long>(i + a) * out + j + b];

  for (int p = 0; p < points; ++p) {
    for (int a = 0; a < I; ++a) {
      const P xa = (&x.value[i + a])[p];
      for (int b = 0; b < J; ++b) sum[a][b] = sum[a][b] + xa * (&gy.value[j + b])[p];
    }
    if constexpr (Rate) {
      for (int a = 0; a < I; ++a) {
        const P da = (&x.rate[i + a])[p];
        for (int b = 0; b < J; ++b) sum[a][b] = sum[a][b] + da * (&gy.rate[j + b])[p];
      }
    }
  }

  for (int a = 0; a < I; ++a)
    for (int b = 0; b < J; ++b) kernel[static_cast<long>(i + a) * out + j + b] = sum[a][b];
}

template <bool Rate, int J, class P>
NNP_FORMULA void dense_kernel_columns(int points, int in, int out, DualColumn<P> x,
                                      DualColumn<P> gy, P* kernel, int j) {
  int i = 0;
  for (; i + row_block <= in; i += row_block)
    dense_kernel_block<Rate, row_block, J>(points, out, x, gy, kernel, i, j);
  for (; i < in; ++i) dense_kernel_block<Rate, 1, J>(points, out, x, gy, kernel, i, j);
}

/// The adjoint of `dense` in its kernel, summed over `points` neighbours in memory of each element:
/// kernel[i, j] += sum_p x_i gy_j, and the products of their rates. `kernel` is [in x out] of P.
/// Blocked so that the sums stay in registers.
template <bool Rate, class P>
NNP_FORMULA void dense_kernel_adjoint(int points, int in, int out, DualColumn<P> x,
                                      DualColumn<P> gy, P* kernel) {
  int j = 0;
  for (; j + 2 <= out; j += 2) dense_kernel_columns<Rate, 2>(points, in, out, x, gy, kernel, j);
  for (; j < out; ++j) dense_kernel_columns<Rate, 1>(points, in, out, x, gy, kernel, j);
}

/// bias[j] += sum_p gy_j.
template <class P>
NNP_FORMULA void dense_bias_adjoint(int points, int out, Column<P> gy, P* bias) {
  for (int j = 0; j < out; ++j) {
    P sum = bias[j];
    for (int p = 0; p < points; ++p) sum = sum + (&gy[j])[p];
    bias[j] = sum;
  }
}

// ---------------------------------------------------------------- the same of values alone

template <class P, class S>
NNP_FORMULA void dense(const S* kernel, const S* bias, int in, int out, Column<P> x, Column<P> y) {
  dense<false>(kernel, bias, in, out, values_only(x), values_only(y));
}

template <class P, class S>
NNP_FORMULA void dense_input_adjoint(const S* kernel, int in, int out, Column<P> gy, Column<P> gx) {
  dense_input_adjoint<false, false>(kernel, in, out, values_only(gy), values_only(gx));
}

/// Kernel and bias of a layer.
template <class P>
NNP_FORMULA void dense_parameter_adjoint(int points, int in, int out, Column<P> x, Column<P> gy,
                                         P* kernel, P* bias) {
  dense_kernel_adjoint<false>(points, in, out, values_only(x), values_only(gy), kernel);
  dense_bias_adjoint(points, out, gy, bias);
}

}  // namespace nnpoisson::formulas
