#include "encoder/json_reader.h"

#include <boost/json.hpp>

namespace loadline {
namespace {

namespace json = boost::json;

const json::value* member(const json::value& object, std::string_view name) {
  return object.is_object() ? object.get_object().if_contains(json::string_view(name.data(), name.size()))
                            : nullptr;
}

}  // namespace

Result<json::value> parse_json(std::string_view text, std::string_view file_name, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return Error(Code::invalid_argument,
                 std::string(file_name) + ": larger than " + std::to_string(bytes_max) + " bytes");
  }
  json::parse_options options;
  options.max_depth = 32;
  json::error_code failed;
  json::value parsed = json::parse(json::string_view(text.data(), text.size()), failed, {}, options);
  if (failed) {
    return Error(Code::invalid_argument,
                 std::string(file_name) + ": not valid JSON (" + failed.message() + ")");
  }
  return parsed;
}

std::string string_member(const json::value& object, std::string_view name) {
  const json::value* found = member(object, name);
  return found && found->is_string() ? std::string(found->get_string().c_str(), found->get_string().size())
                                     : "";
}

bool bool_member(const json::value& object, std::string_view name, bool fallback) {
  const json::value* found = member(object, name);
  return found && found->is_bool() ? found->get_bool() : fallback;
}

std::optional<std::size_t> size_member(const json::value& object, std::string_view name, std::size_t fallback,
                                       std::size_t most) {
  const json::value* found = member(object, name);
  if (!found) return fallback;
  if (!found->is_int64() || found->get_int64() < 0) return std::nullopt;
  const auto value = static_cast<std::size_t>(found->get_int64());
  return value <= most ? std::optional(value) : std::nullopt;
}

}  // namespace loadline
