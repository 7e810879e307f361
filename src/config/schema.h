#pragma once
// The manifest's schema as data: one tree of nodes from which come validation with helpful errors, the
// defaults, the output of `config show` and the JSON Schema for editors. Adding a setting is adding one node.
//
// Values, no thread rule.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace loadline {

enum class NodeType : std::uint8_t { object, map, list, string, integer, number, boolean, choice };

struct SchemaNode {
  NodeType type = NodeType::string;
  std::string name;  // key within its object; "" for the values of maps and lists
  std::string doc;   // one sentence; for numbers with the unit
  bool required = false;
  bool only_if_given = false;         // object: being there says something, so it is never filled in
  std::string fallback;               // scalars: the default as YAML text; "" with required=false: unset
  std::optional<double> least, most;  // integer, number: inclusive range; string, list, map: length
  std::string unit;                   // "tokens", "seconds", "bytes" ...
  std::vector<std::string> choices;   // choice
  std::vector<SchemaNode> children;   // object: its keys; map and list: one node, the type of the values
};

SchemaNode object_node(std::string name, std::string doc, std::vector<SchemaNode> keys);
SchemaNode map_node(std::string name, std::string doc, SchemaNode values);
SchemaNode list_node(std::string name, std::string doc, SchemaNode values);
SchemaNode string_node(std::string name, std::string doc, std::string fallback = "");
SchemaNode integer_node(std::string name, std::string doc, std::string unit, std::int64_t fallback,
                        double least, double most);
SchemaNode number_node(std::string name, std::string doc, std::string unit, std::string fallback,
                       double least, double most);
SchemaNode boolean_node(std::string name, std::string doc, bool fallback);
SchemaNode choice_node(std::string name, std::string doc, std::vector<std::string> choices,
                       std::string fallback);
SchemaNode required(SchemaNode node);
SchemaNode only_if_given(SchemaNode node);

/// A validated value. Objects hold every key of their schema that is set or has a default, in schema order.
struct ConfigValue {
  struct Member;
  using Object = std::vector<Member>;
  using List = std::vector<ConfigValue>;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Object> data;
  int line = 0;    // from 1; 0: a default
  int column = 0;  // from 1
  bool from_default = false;

  const ConfigValue* find(std::string_view key) const;
};

struct ConfigValue::Member {
  std::string name;
  ConfigValue value;
};

}  // namespace loadline
