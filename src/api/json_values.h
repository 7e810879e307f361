#pragma once
// JSON of values that several answers have.
#include <boost/json.hpp>
#include <cmath>

#include "base/utf8.h"
#include "model/document.h"
#include "net/http_message.h"

namespace loadline {

/// [x0, y0, x1, y1] in points, from the top left of the page; null if the format has no places.
boost::json::value box_json(const Box& box);

/// Text from anywhere as a JSON string: bytes that are not UTF-8 become U+FFFD.
inline boost::json::string json_text(std::string_view text) {
  const std::string valid = to_valid_utf8(text);
  return boost::json::string(valid.data(), valid.size());
}

/// An answer whose body is this JSON.
HttpResponse json_response(std::string body, int status = 200);

/// Milliseconds with three digits after the point.
inline double rounded_ms(double ms) { return std::round(ms * 1000) / 1000; }

}  // namespace loadline
