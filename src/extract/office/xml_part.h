#pragma once
// One XML part of an Office document, parsed. Names are compared without their prefix: writers are free to
// choose it.
#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

/// Elements inside one another. Deeper ones are no document.
inline constexpr std::size_t xml_nesting_max = 500;

/// Owns the bytes and the tree. Not copyable, not movable: nodes point into it.
class XmlPart {
 public:
  /// invalid_argument: not well-formed, or with a DTD, which Office does not allow (and entity bombs need).
  /// resource_exhausted: nested too deep, or memory.
  static Result<std::unique_ptr<XmlPart>> parse(std::string bytes);
  XmlPart(const XmlPart&) = delete;
  /// The outermost element.
  pugi::xml_node root() const { return document_.document_element(); }

 private:
  XmlPart() = default;
  std::string bytes_;
  pugi::xml_document document_;
};

/// "p" of "w:p".
std::string_view local_name(const pugi::xml_node& node);
/// The first child element of that name; a null node if there is none.
pugi::xml_node child_of(const pugi::xml_node& node, std::string_view name);
/// The first element of that name at any depth; a null node if there is none.
pugi::xml_node descendant_of(const pugi::xml_node& node, std::string_view name);
/// The attribute's value; "" if there is none.
std::string_view attribute_of(const pugi::xml_node& node, std::string_view name);
bool has_attribute(const pugi::xml_node& node, std::string_view name);
/// The attribute as a whole number; `otherwise` if it is none or does not fit.
int number_of(const pugi::xml_node& node, std::string_view name, int otherwise);
/// Office's booleans: the element is there and its value is not "0", "false", "off" or "none".
bool is_on(const pugi::xml_node& element, std::string_view attribute = "val");

}  // namespace loadline
