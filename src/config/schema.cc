#include "config/schema.h"

namespace loadline {
namespace {

SchemaNode node_of(NodeType type, std::string name, std::string doc) {
  SchemaNode node;
  node.type = type;
  node.name = std::move(name);
  node.doc = std::move(doc);
  return node;
}

}  // namespace

SchemaNode object_node(std::string name, std::string doc, std::vector<SchemaNode> keys) {
  SchemaNode node = node_of(NodeType::object, std::move(name), std::move(doc));
  node.children = std::move(keys);
  return node;
}

SchemaNode map_node(std::string name, std::string doc, SchemaNode values) {
  SchemaNode node = node_of(NodeType::map, std::move(name), std::move(doc));
  node.children.push_back(std::move(values));
  return node;
}

SchemaNode list_node(std::string name, std::string doc, SchemaNode values) {
  SchemaNode node = node_of(NodeType::list, std::move(name), std::move(doc));
  node.children.push_back(std::move(values));
  return node;
}

SchemaNode string_node(std::string name, std::string doc, std::string fallback) {
  SchemaNode node = node_of(NodeType::string, std::move(name), std::move(doc));
  node.fallback = std::move(fallback);
  return node;
}

SchemaNode integer_node(std::string name, std::string doc, std::string unit, std::int64_t fallback,
                        double least, double most) {
  SchemaNode node = node_of(NodeType::integer, std::move(name), std::move(doc));
  node.unit = std::move(unit);
  node.fallback = std::to_string(fallback);
  node.least = least;
  node.most = most;
  return node;
}

SchemaNode number_node(std::string name, std::string doc, std::string unit, std::string fallback,
                       double least, double most) {
  SchemaNode node = node_of(NodeType::number, std::move(name), std::move(doc));
  node.unit = std::move(unit);
  node.fallback = std::move(fallback);
  node.least = least;
  node.most = most;
  return node;
}

SchemaNode boolean_node(std::string name, std::string doc, bool fallback) {
  SchemaNode node = node_of(NodeType::boolean, std::move(name), std::move(doc));
  node.fallback = fallback ? "true" : "false";
  return node;
}

SchemaNode choice_node(std::string name, std::string doc, std::vector<std::string> choices,
                       std::string fallback) {
  SchemaNode node = node_of(NodeType::choice, std::move(name), std::move(doc));
  node.choices = std::move(choices);
  node.fallback = std::move(fallback);
  return node;
}

SchemaNode required(SchemaNode node) {
  node.required = true;
  return node;
}

SchemaNode only_if_given(SchemaNode node) {
  node.only_if_given = true;
  return node;
}

const ConfigValue* ConfigValue::find(std::string_view key) const {
  const auto* object = std::get_if<Object>(&data);
  if (object == nullptr) return nullptr;
  for (const auto& [name, value] : *object)
    if (name == key) return &value;
  return nullptr;
}

}  // namespace loadline
