// The manifest shown: as JSON Schema for editors, and with every default filled in.
#include <boost/json.hpp>

#include "config/manifest.h"
#include "config/yaml_reader.h"

namespace loadline {
namespace {

namespace json = boost::json;

json::value scalar_json(const SchemaNode& node, const std::string& text) {
  switch (node.type) {
    case NodeType::integer:
      return std::stoll(text);
    case NodeType::number:
      return std::stod(text);
    case NodeType::boolean:
      return text == "true";
    default:
      return json::string(text);
  }
}

json::object schema_json(const SchemaNode& node);

void add_type(json::object& out, const SchemaNode& node) {
  switch (node.type) {
    case NodeType::object: {
      json::object properties;
      json::array needed;
      for (const SchemaNode& child : node.children) {
        properties[child.name] = schema_json(child);
        if (child.required) needed.emplace_back(child.name);
      }
      out["type"] = "object";
      out["additionalProperties"] = false;
      out["properties"] = std::move(properties);
      if (!needed.empty()) out["required"] = std::move(needed);
      return;
    }
    case NodeType::map:
      out["type"] = "object";
      out["additionalProperties"] = schema_json(node.children.front());
      return;
    case NodeType::list:
      out["type"] = "array";
      out["items"] = schema_json(node.children.front());
      if (node.least) out["minItems"] = static_cast<std::int64_t>(*node.least);
      if (node.most) out["maxItems"] = static_cast<std::int64_t>(*node.most);
      return;
    case NodeType::choice:
      out["enum"] = json::array(node.choices.begin(), node.choices.end());
      return;
    case NodeType::integer:
      out["type"] = "integer";
      break;
    case NodeType::number:
      out["type"] = "number";
      break;
    case NodeType::boolean:
      out["type"] = "boolean";
      return;
    case NodeType::string:
      out["type"] = "string";
      return;
  }
  if (node.least) out["minimum"] = static_cast<std::int64_t>(*node.least);
  if (node.most) out["maximum"] = static_cast<std::int64_t>(*node.most);
}

json::object schema_json(const SchemaNode& node) {
  json::object out;
  out["description"] = node.unit.empty() ? node.doc : node.doc + " (" + node.unit + ")";
  add_type(out, node);
  if (!node.fallback.empty()) out["default"] = scalar_json(node, node.fallback);
  return out;
}

json::value value_json(const ConfigValue& value) {
  if (const auto* flag = std::get_if<bool>(&value.data)) return *flag;
  if (const auto* integer = std::get_if<std::int64_t>(&value.data)) return *integer;
  if (const auto* number = std::get_if<double>(&value.data)) return *number;
  if (const auto* text = std::get_if<std::string>(&value.data)) return json::string(*text);
  if (const auto* list = std::get_if<ConfigValue::List>(&value.data)) {
    json::array out;
    for (const ConfigValue& item : *list) out.push_back(value_json(item));
    return out;
  }
  json::object out;
  if (const auto* object = std::get_if<ConfigValue::Object>(&value.data))
    for (const auto& [name, inner] : *object) out[name] = value_json(inner);
  return out;
}

// JSON scalars are YAML scalars too, so one spelling serves.
void show(std::string& out, const std::string& name, const ConfigValue& value, int depth) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  const auto* object = std::get_if<ConfigValue::Object>(&value.data);
  if (object == nullptr) {
    out += indent + name + ": " + json::serialize(value_json(value));
    out += value.from_default ? "  # default\n" : "\n";
    return;
  }
  out += indent + name + ":" + (object->empty() ? " {}\n" : "\n");
  for (const auto& [key, inner] : *object) show(out, key, inner, depth + 1);
}

}  // namespace

std::string manifest_json_schema() {
  json::object schema;
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "Loadline manifest";
  for (auto& [key, value] : schema_json(manifest_schema())) schema[key] = std::move(value);
  return json::serialize(schema);
}

Result<std::string> show_manifest(std::string_view yaml, const std::string& file, bool as_json) {
  LOADLINE_TRY([&]() -> Status {
    auto parsed = parse_manifest(yaml, file);
    return parsed ? Status() : Status(parsed.error());
  }());
  const ConfigValue root = read_config(yaml, manifest_schema()).root;
  if (as_json) return json::serialize(value_json(root));
  std::string text;
  if (const auto* object = std::get_if<ConfigValue::Object>(&root.data))
    for (const auto& [name, value] : *object) show(text, name, value, 0);
  return text;
}

}  // namespace loadline
