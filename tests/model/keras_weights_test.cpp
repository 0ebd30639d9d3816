#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "network_fixture.hpp"
#include "nnpoisson/model.hpp"
#include "storage/hdf5_file.hpp"

namespace nnpoisson {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(KerasWeights, RoundTripKeepsFloat32) {
  const auto file = fresh_file("keras.h5");
  const auto parameters = counting_parameters(odd_shape());
  write_keras_weights(file, odd_shape(), parameters);
  const KerasWeights read = read_keras_weights(file);
  EXPECT_EQ(read.shape, odd_shape());
  ASSERT_EQ(read.parameters.size(), parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i)
    ASSERT_EQ(read.parameters[i], static_cast<float>(parameters[i])) << i;
}

TEST(KerasWeights, BypassIsOnWhereNeuro5IsNotZero) {
  const ParameterLayout layout(odd_shape());
  for (const Tensor t : {Tensor::R, Tensor::d, Tensor::E}) {
    auto parameters = counting_parameters(odd_shape());
    for (const Tensor zero : {Tensor::R, Tensor::d})
      for (std::size_t i = 0; i < layout[zero].size(); ++i) parameters[layout[zero].offset + i] = 0;
    parameters[layout[t].offset + layout[t].size() - 1] = 0.5;
    const auto file = fresh_file("weights.h5");
    write_keras_weights(file, odd_shape(), parameters);
    EXPECT_EQ(read_keras_weights(file).shape.stimulus_bypass, t != Tensor::E);
  }
}

TEST(KerasWeights, RefusesToWriteWhatFloat32CannotHold) {
  for (const double value : {nan, 1e39}) {
    auto parameters = counting_parameters(odd_shape());
    parameters[ParameterLayout(odd_shape())[Tensor::b2].offset + 3] = value;
    const auto file = fresh_file("weights.h5");
    const auto message =
        message_of<NumericalError>([&] { write_keras_weights(file, odd_shape(), parameters); });
    EXPECT_NE(message.find("neuro1/neuro1/bias:0[3]"), std::string::npos) << message;
    EXPECT_FALSE(std::filesystem::exists(file));
  }
  (void)message_of<UsageError>([&] {
    write_keras_weights(fresh_file("weights.h5"), odd_shape(), {1, 2, 3});
  });
}

// A Keras file in memory, to be spoilt before it is written.
struct Tensors {
  struct Values {
    std::vector<std::size_t> shape;
    std::vector<double> values;
  };
  std::map<std::string, Values> at;
  std::map<std::string, std::string> text_at;

  Tensors() {
    const ParameterLayout layout(odd_shape());
    const auto parameters = counting_parameters(odd_shape());
    for (const TensorSlot& slot : layout.slots()) {
      const auto first = parameters.begin() + static_cast<std::ptrdiff_t>(slot.offset);
      const auto in = static_cast<std::size_t>(slot.in), out = static_cast<std::size_t>(slot.out);
      at[slot.layer + "/" + slot.name()] = {
          slot.kind == TensorKind::bias ? std::vector{out} : std::vector{in, out},
          {first, first + static_cast<std::ptrdiff_t>(slot.size())}};
    }
  }
  void fill(const std::string& path, std::vector<std::size_t> shape) {
    std::size_t size = 1;
    for (const std::size_t extent : shape) size *= extent;
    at[path] = {std::move(shape), std::vector<double>(size, 0.25)};
  }
  void write(const std::filesystem::path& file, const std::string& root) const {
    Hdf5Writer writer(file);
    writer.group(root.empty() ? "/" : root);
    for (const auto& [path, tensor] : at) writer.numbers(root + path, tensor.values, tensor.shape);
    for (const auto& [path, text] : text_at) writer.strings(root + path, {text});
    writer.commit();
  }
};

TEST(KerasWeights, ReadsFloat64AndFullModels) {
  for (const std::string root : {"", "model_weights/"}) {
    const auto file = fresh_file("wide.h5");
    Tensors().write(file, root);
    const KerasWeights read = read_keras_weights(file);
    EXPECT_EQ(read.shape, odd_shape());
    EXPECT_EQ(read.parameters, counting_parameters(odd_shape()));
  }
}

struct Spoilt {
  const char* name;
  std::function<void(Tensors&)> spoil;
  std::string path;  ///< what the message must name
};
void PrintTo(const Spoilt& spoilt, std::ostream* out) {
  *out << spoilt.name;
}

class SpoiltKerasFile : public testing::TestWithParam<Spoilt> {};
TEST_P(SpoiltKerasFile, IsRefusedByPath) {
  for (const std::string root : {"", "model_weights/"}) {
    Tensors tensors;
    GetParam().spoil(tensors);
    const auto file = fresh_file("spoilt.h5");
    tensors.write(file, root);
    const auto message = message_of<DataError>([&] { (void)read_keras_weights(file); });
    EXPECT_NE(message.find(file.string()), std::string::npos) << message;
    EXPECT_NE(message.find(root + GetParam().path), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

/// The tensor of that layer and kind is of another shape.
Spoilt of_shape(const char* name, const std::string& layer, const std::string& kind,
                std::vector<std::size_t> shape) {
  const std::string path = layer + "/" + layer + "/" + kind + ":0";
  return {name, [path, shape](Tensors& t) { t.fill(path, shape); }, path};
}

std::vector<Spoilt> spoilt_shapes() {
  return {of_shape("vector_for_kernel", "neuro0", "kernel", {12}),
          of_shape("three_dimensions", "beh0", "kernel", {9, 8, 1}),
          of_shape("matrix_for_bias", "neuro4", "bias", {1, 7}),
          of_shape("no_features", "neuro0", "kernel", {0, 4}),
          of_shape("transposed", "neuro4", "kernel", {7, 6}),
          of_shape("first_width_disagrees", "neuro1", "kernel", {3, 5}),
          of_shape("time_kernel_of_two_inputs", "neuro3", "kernel", {2, 6}),
          of_shape("heads_disagree", "beh2", "kernel", {9, 7}),
          of_shape("regions_disagree", "beh0", "kernel", {10, 8}),
          of_shape("head_of_two_outputs", "beh3", "kernel", {8, 2}),
          of_shape("bias_too_short", "neuro6", "bias", {8})};
}

std::vector<Spoilt> spoilt_values() {
  return {
      {"not_a_number", [](Tensors& t) { t.at["neuro2/neuro2/kernel:0"].values[13] = nan; },
       "neuro2/neuro2/kernel:0[13]"},
      {"infinite", [](Tensors& t) { t.at["beh1/beh1/bias:0"].values[0] = 1 / 0.0; },
       "beh1/beh1/bias:0[0]"},
      {"group_for_dataset",
       [](Tensors& t) {
         t.at["neuro0/neuro0/kernel:0/x"] = std::exchange(t.at["neuro0/neuro0/kernel:0"], {});
         t.at.erase("neuro0/neuro0/kernel:0");
       },
       "neuro0/neuro0/kernel:0"},
      {"text",
       [](Tensors& t) {
         t.at.erase("beh0/beh0/bias:0");
         t.text_at["beh0/beh0/bias:0"] = "x";
       },
       "beh0/beh0/bias:0"},
  };
}

std::vector<Spoilt> spoilt_files() {
  std::vector<Spoilt> cases = spoilt_shapes();
  for (auto& spoilt : spoilt_values()) cases.push_back(std::move(spoilt));

  const ParameterLayout layout(odd_shape());
  for (const TensorSlot& slot : layout.slots()) {
    const std::string path = slot.layer + "/" + slot.name();
    cases.push_back({"missing", [path](Tensors& t) { t.at.erase(path); }, path});
  }
  for (const char* path :
       {"neuro3/neuro3/kernel:0", "neuro4/neuro4/kernel:0", "neuro6/neuro6/kernel:0",
        "beh0/beh0/kernel:0", "beh1/beh1/kernel:0", "beh2/beh2/kernel:0", "beh3/beh3/kernel:0"})
    cases.push_back({"negative", [path](Tensors& t) { t.at[path].values[2] = -1e-6; }, path});
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Files, SpoiltKerasFile, testing::ValuesIn(spoilt_files()));

TEST(KerasWeights, FreeWeightsMayBeNegative) {
  Tensors tensors;
  for (const char* path : {"neuro0/neuro0/kernel:0", "neuro5/neuro5/kernel:0",
                           "neuro4/neuro4/bias:0", "beh1/beh1/bias:0"})
    tensors.at[path].values[0] = -0.5;
  const auto file = fresh_file("free.h5");
  tensors.write(file, "");
  EXPECT_EQ(read_keras_weights(file).parameters[0], -0.5);
}

TEST(KerasWeights, MissingAndForeignFiles) {
  (void)message_of<ResourceError>([] { (void)read_keras_weights(fresh_file("missing.h5")); });
  const auto file = fresh_file("text.h5");
  write_text_file(file, "not HDF5");
  const auto message = message_of<DataError>([&] { (void)read_keras_weights(file); });
  EXPECT_NE(message.find(file.string()), std::string::npos) << message;
}

// The authors' own files: the first one holds the weights training starts from, which golden.h5
// holds too.
class GoldenKerasWeights : public testing::TestWithParam<const char*> {};
TEST_P(GoldenKerasWeights, ReadAndWrittenAgain) {
  const std::string folder = std::string(NNPOISSON_SHARED_DIR) + "/golden/" + GetParam();
  const Hdf5Reader golden(folder + "/golden.h5");
  const KerasWeights first = read_keras_weights(folder + "/run/models-0/model-fwd.h5");
  const ParameterLayout layout(first.shape);
  EXPECT_EQ(first.shape.stimulus_widths, (std::array{10, 10}));
  EXPECT_TRUE(first.shape.stimulus_bypass);
  ASSERT_EQ(first.parameters.size(), layout.size());
  for (int t = 0; t < tensor_count; ++t) {
    const TensorSlot& slot = layout[static_cast<Tensor>(t)];
    const auto expected = golden.numbers<double>(
        "float32/weights/step0/" + std::string(t < 10 ? "0" : "") + std::to_string(t),
        slot.kind == TensorKind::bias ? 1 : 2);
    ASSERT_EQ(expected.size(), slot.size());
    for (std::size_t i = 0; i < slot.size(); ++i)
      ASSERT_EQ(first.parameters[slot.offset + i], expected[i]) << slot.name() << i;
  }

  const KerasWeights last = read_keras_weights(folder + "/run/models-20/model-fwd.h5");
  EXPECT_NE(last.parameters, first.parameters);
  const auto file = fresh_file("again.h5");
  write_keras_weights(file, last.shape, last.parameters);
  const KerasWeights again = read_keras_weights(file);
  EXPECT_EQ(again.shape, last.shape);
  EXPECT_EQ(again.parameters, last.parameters);
}
INSTANTIATE_TEST_SUITE_P(Cases, GoldenKerasWeights, testing::Values("cori7", "rats5"));

}  // namespace
}  // namespace nnpoisson
