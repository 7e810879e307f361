#include "api/json_fields.h"

#include <cmath>
#include <cstdio>

namespace loadline {

namespace json = boost::json;

namespace {

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}

std::string must_be(std::string_view what, const json::value& value) {
  return "must be " + std::string(what) + ", not " + std::string(kind_name(value));
}

}  // namespace

std::string_view kind_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
    default:
      return "a number";
  }
}

std::optional<json::object> parse_json_object(std::string_view body, ApiError& error) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::error_code ec;
  json::value value = json::parse(json::string_view(body.data(), body.size()), ec, {}, options);
  if (ec) {
    error = field_error(
        "", body.empty() ? "the request needs a JSON body" : "the body is not valid JSON: " + ec.message());
    return std::nullopt;
  }
  if (!value.is_object()) {
    error = field_error("", "the body must be a JSON object, not " + std::string(kind_name(value)));
    return std::nullopt;
  }
  return std::move(value.as_object());
}

std::string JsonFields::place(std::string_view name) const {
  if (path_.empty()) return std::string(name);
  if (name.empty()) return path_;
  return path_ + "." + std::string(name);
}

void JsonFields::fail(std::string_view name, std::string_view message) {
  if (failed()) return;
  const std::string where = place(name);
  error_ = field_error(where, "'" + where + "' " + std::string(message));
}

const json::value* JsonFields::any(std::string_view name) {
  if (failed()) return nullptr;
  const json::value* value = object_.if_contains(json::string_view(name.data(), name.size()));
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<double> JsonFields::number(std::string_view name, double least, double most) {
  const json::value* value = any(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) {
    fail(name, must_be("a number", *value));
    return std::nullopt;
  }
  const double number = value->to_number<double>();
  if (std::isfinite(number) && number >= least && number <= most) return number;
  fail(name, "must be between " + number_text(least) + " and " + number_text(most));
  return std::nullopt;
}

std::optional<std::int64_t> JsonFields::integer(std::string_view name, std::int64_t least,
                                                std::int64_t most) {
  const json::value* value = any(name);
  if (value == nullptr) return std::nullopt;
  json::error_code ec;
  if (!value->is_number()) {
    fail(name, must_be("an integer", *value));
    return std::nullopt;
  }
  const auto number = value->to_number<std::int64_t>(ec);  // also of 3.0, not of 3.5 and of what is too large
  if (!ec && number >= least && number <= most) return number;
  fail(name, "must be an integer between " + std::to_string(least) + " and " + std::to_string(most));
  return std::nullopt;
}

std::optional<bool> JsonFields::boolean(std::string_view name) {
  const json::value* value = any(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  fail(name, must_be("true or false", *value));
  return std::nullopt;
}

std::optional<std::string> JsonFields::text(std::string_view name) {
  const json::value* value = any(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return to_text(value->get_string());
  fail(name, must_be("a string", *value));
  return std::nullopt;
}

std::string JsonFields::required_text(std::string_view name) {
  auto value = text(name);
  if (!value) fail(name, "is missing");
  if (value && value->empty()) fail(name, "is empty");
  return value.value_or("");
}

const json::object* JsonFields::object(std::string_view name) {
  const json::value* value = any(name);
  if (value == nullptr) return nullptr;
  if (value->is_object()) return &value->get_object();
  fail(name, must_be("an object", *value));
  return nullptr;
}

const json::array* JsonFields::array(std::string_view name) {
  const json::value* value = any(name);
  if (value == nullptr) return nullptr;
  if (value->is_array()) return &value->get_array();
  fail(name, must_be("an array", *value));
  return nullptr;
}

}  // namespace loadline
