#include "apps/loadline/commands_json.h"

#include <cmath>
#include <cstdio>

namespace loadline {

boost::json::value json_of(const Box& box) {
  if (box.empty()) return nullptr;
  const auto rounded = [](float v) { return std::round(static_cast<double>(v) * 100) / 100; };
  return boost::json::array{rounded(box.x0), rounded(box.y0), rounded(box.x1), rounded(box.y1)};
}

void print_json(const boost::json::value& value) {
  const std::string text = boost::json::serialize(value);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

}  // namespace loadline
