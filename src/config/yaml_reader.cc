#include "config/yaml_reader.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/nearest_name.h"
#include "base/utf8.h"

namespace loadline {
namespace {

std::string number_text(double value) {
  std::string text = std::to_string(value);
  if (value == std::floor(value) && std::abs(value) < 1e15)
    return std::to_string(static_cast<std::int64_t>(value));
  while (text.back() == '0') text.pop_back();
  return text;
}

std::string range_text(const SchemaNode& schema) {
  std::string text;
  if (schema.least && schema.most)
    text = " from " + number_text(*schema.least) + " to " + number_text(*schema.most);
  else if (schema.least)
    text = " of at least " + number_text(*schema.least);
  if (!schema.unit.empty()) text += " (" + schema.unit + ")";
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string expected(const SchemaNode& schema) {
  switch (schema.type) {
    case NodeType::object:
      return "a block of keys";
    case NodeType::map:
      return "names with values";
    case NodeType::list:
      return "a list";
    case NodeType::string:
      return "text";
    case NodeType::integer:
      return "a whole number" + range_text(schema);
    case NodeType::number:
      return "a number" + range_text(schema);
    case NodeType::boolean:
      return "true or false";
    case NodeType::choice:
      return "one of " + joined(schema.choices);
  }
  return "";
}

class Reader {
 public:
  explicit Reader(std::vector<ConfigError>& errors) : errors_(errors) {}

  ConfigValue read(const YAML::Node& node, const SchemaNode& schema, const std::string& where) {
    if (++nodes_ > manifest_nodes_max) {
      if (nodes_ == manifest_nodes_max + 1) fail(node, "more than 100000 values (aliases counted each time)");
      return {};
    }
    switch (schema.type) {
      case NodeType::object:
        return read_object(node, schema, where);
      case NodeType::map:
        return read_map(node, schema, where);
      case NodeType::list:
        return read_list(node, schema, where);
      default:
        return read_scalar(node, schema, where);
    }
  }

  ConfigValue fallback(const SchemaNode& schema) {
    ConfigValue value;
    if (schema.only_if_given) return value;
    if (schema.type == NodeType::object) {
      ConfigValue::Object object;
      for (const SchemaNode& child : schema.children)
        if (ConfigValue inner = fallback(child); inner.data.index() != 0)
          object.push_back({child.name, std::move(inner)});
      value.data = std::move(object);
    } else if (!schema.fallback.empty()) {
      std::vector<ConfigError> ours;
      value = Reader(ours).read_scalar(YAML::Node(schema.fallback), schema, schema.name);
    }
    value.line = 0;
    value.from_default = true;
    return value;
  }

 private:
  void fail(const YAML::Node& node, std::string message) {
    const YAML::Mark mark = node.Mark();
    errors_.push_back({mark.line + 1, mark.column + 1, std::move(message)});
  }

  static ConfigValue at(const YAML::Node& node) {
    ConfigValue value;
    value.line = node.Mark().line + 1;
    value.column = node.Mark().column + 1;
    return value;
  }

  void wrong_type(const YAML::Node& node, const SchemaNode& schema, const std::string& where) {
    fail(node, "'" + where + "' must be " + expected(schema));
  }

  static std::string inside(const std::string& where, const std::string& key) {
    return where.empty() ? key : where + "." + key;
  }

  void unknown_key(const YAML::Node& key, const std::string& name, const SchemaNode& schema,
                   const std::string& where) {
    std::vector<std::string_view> known;
    std::vector<std::string> all;
    for (const SchemaNode& child : schema.children) known.push_back(child.name), all.push_back(child.name);
    const std::string near = nearest_name(name, known);
    std::string message = "unknown key '" + to_valid_utf8(inside(where, name)) + "'";
    message += near.empty() ? "; known here: " + joined(all) : "; did you mean '" + near + "'?";
    fail(key, std::move(message));
  }

  ConfigValue read_object(const YAML::Node& node, const SchemaNode& schema, const std::string& where) {
    if (node.IsNull() && !schema.children.empty() && !where.empty())
      return with_required(node, schema, where);
    if (!node.IsMap()) {
      fail(node, where.empty() ? "the manifest must be a block of keys such as 'version: 1'"
                               : "'" + where + "' must be a block of keys");
      return {};
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const bool known = std::any_of(schema.children.begin(), schema.children.end(),
                                     [&](const SchemaNode& child) { return child.name == name; });
      if (!known)
        unknown_key(entry.first, name, schema, where);
      else if (!seen.insert(name).second)
        fail(entry.first, "'" + inside(where, name) + "' is given twice");
    }
    return with_required(node, schema, where);
  }

  ConfigValue with_required(const YAML::Node& node, const SchemaNode& schema, const std::string& where) {
    ConfigValue value = at(node);
    ConfigValue::Object object;
    for (const SchemaNode& child : schema.children) {
      const YAML::Node given = node.IsMap() ? node[child.name] : YAML::Node(YAML::NodeType::Undefined);
      if (given.IsDefined()) {
        object.push_back({child.name, read(given, child, inside(where, child.name))});
      } else if (child.required) {
        fail(node, "'" + inside(where, child.name) + "' is missing: " + child.doc);
      } else if (ConfigValue inner = fallback(child); inner.data.index() != 0) {
        object.push_back({child.name, std::move(inner)});
      }
    }
    value.data = std::move(object);
    return value;
  }

  ConfigValue read_map(const YAML::Node& node, const SchemaNode& schema, const std::string& where) {
    if (!node.IsMap()) return wrong_type(node, schema, where), ConfigValue{};
    ConfigValue value = at(node);
    ConfigValue::Object object;
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (!is_name(name)) {
        fail(entry.first, "names under '" + where + "' are 1 to 64 letters, digits, '-', '_', '.' and '/'");
        continue;
      }
      if (!seen.insert(name).second) fail(entry.first, "'" + inside(where, name) + "' is given twice");
      object.push_back({name, read(entry.second, schema.children.front(), inside(where, name))});
    }
    value.data = std::move(object);
    return value;
  }

  static bool is_name(const std::string& name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '/';
    });
  }

  ConfigValue read_list(const YAML::Node& node, const SchemaNode& schema, const std::string& where) {
    if (!node.IsSequence()) return wrong_type(node, schema, where), ConfigValue{};
    ConfigValue value = at(node);
    ConfigValue::List list;
    for (std::size_t i = 0; i < node.size(); ++i)
      list.push_back(read(node[i], schema.children.front(), where + "[" + std::to_string(i) + "]"));
    if (schema.least && static_cast<double>(list.size()) < *schema.least)
      fail(node, "'" + where + "' must have at least " + number_text(*schema.least) + " item(s)");
    value.data = std::move(list);
    return value;
  }

  ConfigValue read_scalar(const YAML::Node& node, const SchemaNode& schema, const std::string& where) {
    if (!node.IsScalar()) return wrong_type(node, schema, where), ConfigValue{};
    ConfigValue value = at(node);
    const std::string& text = node.Scalar();
    switch (schema.type) {
      case NodeType::string:
        if (text.empty() && schema.required) fail(node, "'" + where + "' must not be empty");
        if (!is_valid_utf8(text)) fail(node, "'" + where + "' must be UTF-8");
        value.data = text;
        break;
      case NodeType::boolean:
        if (text != "true" && text != "false") wrong_type(node, schema, where);
        value.data = text == "true";
        break;
      case NodeType::choice:
        value.data = text, check_choice(node, text, schema, where);
        break;
      case NodeType::integer:
        value.data = read_integer(node, text, schema, where);
        break;
      case NodeType::number:
        value.data = read_number(node, text, schema, where);
        break;
      default:
        break;
    }
    return value;
  }

  void check_choice(const YAML::Node& node, const std::string& text, const SchemaNode& schema,
                    const std::string& where) {
    if (std::find(schema.choices.begin(), schema.choices.end(), text) != schema.choices.end()) return;
    const std::vector<std::string_view> known(schema.choices.begin(), schema.choices.end());
    const std::string near = nearest_name(text, known);
    fail(node, "'" + where + "' must be " + expected(schema) +
                   (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }

  std::int64_t read_integer(const YAML::Node& node, const std::string& text, const SchemaNode& schema,
                            const std::string& where) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() ||
        !in_range(static_cast<double>(number), schema))
      wrong_type(node, schema, where);
    return number;
  }

  double read_number(const YAML::Node& node, const std::string& text, const SchemaNode& schema,
                     const std::string& where) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number) ||
        !in_range(number, schema))
      wrong_type(node, schema, where);
    return number;
  }

  static bool in_range(double number, const SchemaNode& schema) {
    return (!schema.least || number >= *schema.least) && (!schema.most || number <= *schema.most);
  }

  std::vector<ConfigError>& errors_;
  std::size_t nodes_ = 0;
};

/// The first byte that UTF-8 text does not have; the size if there is none. The YAML library guesses UTF-16
/// and UTF-32 from zero bytes, and makes invalid text of code points that do not exist.
std::size_t first_bad_byte(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    const char32_t point = next_code_point(text, at);
    if (point == 0 || (point == replacement_character && at == begin + 1)) return begin;
  }
  return at;
}

}  // namespace

CheckedConfig read_config(std::string_view yaml, const SchemaNode& schema) {
  CheckedConfig checked;
  if (yaml.size() > manifest_bytes_max) {
    checked.errors.push_back({1, 1, "the manifest is larger than 1 MiB"});
    return checked;
  }
  if (const std::size_t bad = first_bad_byte(yaml); bad < yaml.size()) {
    const std::string_view before = yaml.substr(0, bad);
    const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    const auto column = static_cast<int>(bad - (before.rfind('\n') + 1)) + 1;
    checked.errors.push_back({line, column, "the manifest is not UTF-8 text: save it in that encoding"});
    return checked;
  }
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    checked.root = Reader(checked.errors).read(root, schema, "");
  } catch (const YAML::Exception& error) {
    checked.errors.push_back({error.mark.line + 1, error.mark.column + 1, "not valid YAML: " + error.msg});
  }
  std::stable_sort(checked.errors.begin(), checked.errors.end(),
                   [](const ConfigError& a, const ConfigError& b) { return a.line < b.line; });
  return checked;
}

std::string describe(const std::string& file, const std::vector<ConfigError>& errors) {
  std::string text;
  for (std::size_t i = 0; i < errors.size() && i < manifest_errors_max; ++i) {
    if (i > 0) text += '\n';
    text += file + ":" + std::to_string(errors[i].line) + ":" + std::to_string(errors[i].column) + ": " +
            errors[i].message;
  }
  if (errors.size() > manifest_errors_max)
    text += "\nand " + std::to_string(errors.size() - manifest_errors_max) + " more";
  return text;
}

}  // namespace loadline
