#include <cstdio>
#include <nnpoisson/network.hpp>
#include <nnpoisson/random.hpp>

// The paper's network has 1,794 parameters: F = 8 features, G = 42 regions, all widths 10.
int main() {
  nnpoisson::NetworkShape shape;
  shape.features = 8;
  shape.regions = 42;
  const nnpoisson::ParameterLayout layout(shape);
  const auto order = nnpoisson::NumpyRandomState(0).permutation(5);
  std::printf("%zu parameters, permutation %d %d %d %d %d\n", layout.size(), order[0], order[1],
              order[2], order[3], order[4]);
  // numpy.random.RandomState(0).permutation(5)
  const bool as_numpy =
      order[0] == 2 && order[1] == 0 && order[2] == 1 && order[3] == 3 && order[4] == 4;
  return layout.size() == 1794 && as_numpy ? 0 : 1;
}
