#include "api/json_values.h"

namespace loadline {

boost::json::value box_json(const Box& box) {
  if (box.empty()) return nullptr;
  const auto rounded = [](float v) { return std::round(static_cast<double>(v) * 100) / 100; };
  return boost::json::array{rounded(box.x0), rounded(box.y0), rounded(box.x1), rounded(box.y1)};
}

}  // namespace loadline
