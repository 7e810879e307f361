#include "retrieval/vector/kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/half.h"
#include "base/rng.h"

namespace loadline {
namespace {

TEST(VectorKernels, every_half_survives_the_way_through_float_and_back) {
  for (const VectorKernels* kernels : usable_kernels()) {
    std::vector<float> floats(65536);
    std::vector<Half> back(65536);
    for (std::uint32_t h = 0; h < 65536; ++h) floats[h] = float_from_half(static_cast<Half>(h));
    kernels->to_halves(floats.data(), back.data(), back.size());
    for (std::uint32_t h = 0; h < 65536; ++h) {
      if (std::isnan(floats[h])) {
        EXPECT_EQ(back[h] & 0x7C00, 0x7C00);
        EXPECT_NE(back[h] & 0x3FF, 0) << kernels->name;
      } else {
        ASSERT_EQ(back[h], h) << kernels->name;
      }
    }
  }
}

TEST(VectorKernels, all_round_the_same_way) {
  const std::uint64_t seed = 31;
  SCOPED_TRACE(seed);
  Rng rng(seed);
  std::vector<float> values = {
      0.0F,    -0.0F,         65504.0F,       65519.9F,       65520.0F,
      1e9F,    5.9604645e-8F, 2.9802322e-8F,  2.9802325e-8F,  6.1035156e-5F,
      6.1e-5F, 1e-20F,        1.00048828125F, 1.00146484375F, std::numeric_limits<float>::infinity()};
  while (values.size() < 100'000) {
    const float value = std::bit_cast<float>(rng.next());
    if (!std::isnan(value))
      values.push_back(rng.below(2) == 0 ? value : static_cast<float>(rng.uniform() * 2 - 1));
  }
  values.resize(values.size() / row_elements * row_elements);
  std::vector<Half> wanted(values.size()), got(values.size());
  usable_kernels().back()->to_halves(values.data(), wanted.data(), values.size());
  for (const VectorKernels* kernels : usable_kernels()) {
    kernels->to_halves(values.data(), got.data(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      ASSERT_EQ(got[i], wanted[i]) << kernels->name << " " << values[i];
  }
}

TEST(VectorKernels, dot_products_agree_with_double_arithmetic) {
  const std::uint64_t seed = 32;
  SCOPED_TRACE(seed);
  Rng rng(seed);
  EXPECT_EQ(usable_kernels().back()->name, "scalar");
  for (const VectorKernels* kernels : usable_kernels()) {
    for (std::size_t size = row_elements; size <= 1024; size += row_elements) {
      std::vector<float> a(size);
      std::vector<Half> b(size + 1), a_half(size);  // one more: rows need no alignment
      for (float& value : a) value = static_cast<float>(rng.uniform() * 2 - 1);
      for (Half& half : b) half = static_cast<Half>(rng.below(2) << 15 | (0x2000 + rng.below(0x1C00)));
      kernels->to_halves(a.data(), a_half.data(), size);
      double exact = 0, exact_halves = 0, scale = 0;
      for (std::size_t i = 0; i < size; ++i) {
        exact += static_cast<double>(a[i]) * float_from_half(b[i + 1]);
        exact_halves += static_cast<double>(float_from_half(a_half[i])) * float_from_half(b[i + 1]);
        scale += std::abs(static_cast<double>(a[i]) * float_from_half(b[i + 1]));
      }
      EXPECT_NEAR(kernels->dot(a.data(), b.data() + 1, size), exact, 1e-6 * scale + 1e-9) << kernels->name;
      EXPECT_NEAR(kernels->dot_halves(a_half.data(), b.data() + 1, size), exact_halves, 1e-6 * scale + 1e-9)
          << kernels->name;
    }
  }
}

}  // namespace
}  // namespace loadline
