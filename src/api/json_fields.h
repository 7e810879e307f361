#pragma once
// Reads fields of a JSON object with their types and ranges checked. The first thing that is wrong is kept as
// an ApiError that names the field; after it, reads give nothing, so that a parser is straight-line code that
// looks at `error()` once at its end. A field that is null counts as absent; unknown fields are left alone.
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/api_error.h"

namespace loadline {

inline constexpr std::size_t json_depth_max = 64;

/// The object in `body`. nullopt with `error` set: it is not JSON, nested too deeply, or no object.
std::optional<boost::json::object> parse_json_object(std::string_view body, ApiError& error);

class JsonFields {
 public:
  /// `path`: the object's own place, put in front of the names of its fields ("messages[2]"); "" for the
  /// body. All must outlive it. `error` may be shared by several readers; status 0 means none yet.
  JsonFields(const boost::json::object& object, std::string path, ApiError& error)
      : object_(object), path_(std::move(path)), error_(error) {}

  std::optional<double> number(std::string_view name, double least, double most);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::string> text(std::string_view name);
  const boost::json::object* object(std::string_view name);
  const boost::json::array* array(std::string_view name);
  /// Whatever it is, unless absent or null.
  const boost::json::value* any(std::string_view name);

  /// As above; absent is an error.
  std::string required_text(std::string_view name);

  void fail(std::string_view name, std::string_view message);
  bool failed() const { return error_.status != 0; }
  /// Full name of a field, as errors give it.
  std::string place(std::string_view name) const;

 private:
  const boost::json::object& object_;
  const std::string path_;
  ApiError& error_;
};

/// "a string", "an object" ...: what a value is, for messages.
std::string_view kind_name(const boost::json::value& value);

inline std::string to_text(const boost::json::string& text) { return {text.data(), text.size()}; }

}  // namespace loadline
