#include "json_match.h"

#include <regex.h>

#include <algorithm>
#include <charconv>

#include "scenario.h"
#include "text_cursor.h"

namespace loadline {

namespace json = boost::json;

namespace {

constexpr std::size_t shown_bytes_max = 600;
using Found = std::optional<json::value>;

const std::vector<std::string_view>& operators() {
  static const std::vector<std::string_view> all{"=",     "!=",      ">=",  "<=", "contains",
                                                 "lacks", "matches", "has", "is"};
  return all;
}

std::string shown(const Found& found) {
  if (!found) return "nothing";
  const std::string text = json::serialize(*found);
  return text.size() <= shown_bytes_max ? text : text.substr(0, shown_bytes_max) + "...";
}

Error wrong(std::string message) { return {Code::invalid_argument, std::move(message)}; }

Status unless(bool fits, const Found& found, std::string_view condition) {
  if (fits) return {};
  return Error(Code::failed_precondition, "expected " + std::string(condition) + ", found " + shown(found));
}

// One "[...]" or ".name" of a path.
struct Segment {
  std::string name;
  std::optional<long> index;
  bool each = false;
};

Result<Segment> take_segment(std::string_view& path) {
  Segment segment;
  if (path.front() != '[') {
    if (path.front() == '.') path.remove_prefix(1);
    segment.name = path.substr(0, std::min(path.find_first_of(".["), path.size()));
    path.remove_prefix(segment.name.size());
    if (segment.name.empty()) return wrong("the path has an empty name");
    return segment;
  }
  const std::size_t end = path.find(']');
  if (end == std::string_view::npos) return wrong("the path has no ']' for its '['");
  const std::string_view inside = path.substr(1, end - 1);
  path.remove_prefix(end + 1);
  if (inside == "*") {
    segment.each = true;
  } else if (inside.size() > 2 && inside.front() == '"' && inside.back() == '"') {
    segment.name = inside.substr(1, inside.size() - 2);
  } else {
    long index = 0;
    const auto parsed = std::from_chars(inside.data(), inside.data() + inside.size(), index);
    if (parsed.ec != std::errc() || parsed.ptr != inside.data() + inside.size())
      return wrong("'[" + std::string(inside) + "]' is no number, [*] or [\"name\"]");
    segment.index = index;
  }
  return segment;
}

const json::value* child_of(const json::value& value, const Segment& segment) {
  if (!segment.index) return value.is_object() ? value.get_object().if_contains(segment.name) : nullptr;
  if (!value.is_array()) return nullptr;
  const auto size = static_cast<long>(value.get_array().size());
  const long index = *segment.index < 0 ? size + *segment.index : *segment.index;
  return index >= 0 && index < size ? &value.get_array()[static_cast<std::size_t>(index)] : nullptr;
}

bool same(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
  if (a.is_array() && b.is_array())
    return std::equal(a.get_array().begin(), a.get_array().end(), b.get_array().begin(), b.get_array().end(),
                      same);
  if (!a.is_object() || !b.is_object()) return a == b;
  if (a.get_object().size() != b.get_object().size()) return false;
  return std::all_of(a.get_object().begin(), a.get_object().end(), [&](const auto& field) {
    const json::value* other = b.get_object().if_contains(field.key());
    return other != nullptr && same(field.value(), *other);
  });
}

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "boolean";
    case json::kind::string:
      return "string";
    case json::kind::array:
      return "array";
    case json::kind::object:
      return "object";
    default:
      return "number";
  }
}

Status check_kind(const Found& found, std::string_view kind, std::string_view condition) {
  static const std::vector<std::string_view> kinds{"present", "absent", "null",  "boolean",
                                                   "number",  "string", "array", "object"};
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
    return wrong("'is " + std::string(kind) + "' is unknown" + meant(kind, kinds));
  if (kind == "present" || kind == "absent")
    return unless(found.has_value() == (kind == "present"), found, condition);
  return unless(found && kind_of(*found) == kind, found, condition);
}

Status check_regex(const Found& found, const std::string& pattern, std::string_view condition) {
  regex_t regex;
  if (::regcomp(&regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    return wrong("not a regular expression: " + pattern);
  const bool fits =
      found && found->is_string() && ::regexec(&regex, json_string(*found).c_str(), 0, nullptr, 0) == 0;
  ::regfree(&regex);
  return unless(fits, found, condition);
}

Status check_entries(const Found& found, TextCursor& cursor, std::string_view condition) {
  LOADLINE_ASSIGN(const json::value count, cursor.value());
  if (!cursor.take("entries") && !cursor.take("entry")) return wrong("'has' is followed by 'N entries'");
  LOADLINE_TRY(cursor.end());
  const bool fits = found && found->is_array() && count.is_number() &&
                    count.to_number<std::size_t>() == found->get_array().size();
  return unless(fits, found, condition);
}

bool compares(std::string_view name, const Found& found, const json::value& value) {
  if (!found) return false;
  if (name == "=") return same(*found, value);
  if (name == "contains") return holds(*found, value);
  if (!found->is_number() || !value.is_number()) return false;
  const double a = found->to_number<double>(), b = value.to_number<double>();
  return name == ">=" ? a >= b : a <= b;
}

}  // namespace

Result<Found> value_at(const json::value& root, std::string_view path) {
  const json::value* at = &root;
  while (!path.empty()) {
    LOADLINE_ASSIGN(const Segment segment, take_segment(path));
    if (segment.each) {
      if (!at->is_array()) return Found();
      json::array all;
      for (const json::value& entry : at->get_array()) {
        LOADLINE_ASSIGN(const Found inner, value_at(entry, path));
        if (inner) all.push_back(*inner);
      }
      return Found(std::move(all));
    }
    at = child_of(*at, segment);
    if (at == nullptr) return Found();
  }
  return Found(*at);
}

bool holds(const json::value& whole, const json::value& part) {
  if (whole.is_string() && part.is_string())
    return json_string(whole).find(json_string(part)) != std::string::npos;
  if (whole.is_array() && !part.is_array())
    return std::any_of(whole.get_array().begin(), whole.get_array().end(), [&](const json::value& entry) {
      return entry.is_object() ? holds(entry, part) : same(entry, part);
    });
  if (!whole.is_object() || !part.is_object()) return same(whole, part);
  return std::all_of(part.get_object().begin(), part.get_object().end(), [&](const auto& field) {
    const json::value* inner = whole.get_object().if_contains(field.key());
    return inner != nullptr &&
           (inner->is_object() ? holds(*inner, field.value()) : same(*inner, field.value()));
  });
}

Status check_value(const Found& found, std::string_view condition) {
  TextCursor cursor(condition);
  const std::string_view name = cursor.token();
  if (std::find(operators().begin(), operators().end(), name) == operators().end())
    return wrong("'" + std::string(name) + "' is no operator" + meant(name, operators()));
  if (name == "is") return check_kind(found, cursor.rest(), condition);
  if (name == "has") return check_entries(found, cursor, condition);
  LOADLINE_ASSIGN(const json::value value, cursor.value());
  LOADLINE_TRY(cursor.end());
  if (name == "matches") {
    if (!value.is_string()) return wrong("'matches' is followed by a regular expression in quotation marks");
    return check_regex(found, json_string(value), condition);
  }
  // What is not there differs from everything, but says nothing: these two want something to look at.
  if (name == "!=") return unless(found && !same(*found, value), found, condition);
  if (name == "lacks") return unless(found && !holds(*found, value), found, condition);
  return unless(compares(name, found, value), found, condition);
}

Status check_json(const json::value& root, std::string_view text) {
  TextCursor cursor(text);
  const std::string_view first = cursor.rest().substr(0, cursor.rest().find(' '));
  const bool whole = std::find(operators().begin(), operators().end(), first) != operators().end();
  const std::string_view path = whole ? std::string_view() : cursor.token();
  LOADLINE_ASSIGN(const Found found, value_at(root, path));
  const Status status = check_value(found, cursor.rest());
  if (status || path.empty()) return status;
  return status.error().within(path);
}

}  // namespace loadline
