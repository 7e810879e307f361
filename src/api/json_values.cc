#include "api/json_values.h"

namespace loadline {

boost::json::value box_json(const Box& box) {
  if (box.empty()) return nullptr;
  const auto rounded = [](float v) { return std::round(static_cast<double>(v) * 100) / 100; };
  return boost::json::array{rounded(box.x0), rounded(box.y0), rounded(box.x1), rounded(box.y1)};
}

HttpResponse json_response(std::string body, int status) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

}  // namespace loadline
