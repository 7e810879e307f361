#include "extract/office/xml_part.h"

#include <algorithm>
#include <charconv>

namespace loadline {
namespace {

// An estimate without a tree: comments and CDATA may add to it, which does not matter at this bound.
std::size_t estimated_nesting(std::string_view xml) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (std::size_t at = xml.find('<'); at != std::string_view::npos && at + 1 < xml.size();
       at = xml.find('<', at + 1)) {
    const char next = xml[at + 1];
    if (next == '/') {
      if (depth > 0) --depth;
    } else if (next != '!' && next != '?') {
      const std::size_t end = xml.find('>', at);
      if (end != std::string_view::npos && xml[end - 1] != '/') deepest = std::max(deepest, ++depth);
    }
  }
  return deepest;
}

bool has_dtd(std::string_view xml) {
  constexpr std::size_t looked_at = 65536;
  return xml.substr(0, looked_at).find("<!DOCTYPE") != std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<XmlPart>> XmlPart::parse(std::string bytes) {
  if (has_dtd(bytes))
    return Error(Code::invalid_argument,
                 "It defines entities of its own (a DTD), which no Office program writes. Save it again.");
  if (estimated_nesting(bytes) > xml_nesting_max)
    return Error(Code::resource_exhausted, "It has more than 500 XML elements inside one another.");
  std::unique_ptr<XmlPart> part(new XmlPart());
  part->bytes_ = std::move(bytes);
  const pugi::xml_parse_result result = part->document_.load_buffer_inplace(
      part->bytes_.data(), part->bytes_.size(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (result.status == pugi::status_out_of_memory)
    return Error(Code::resource_exhausted, "It needs more memory than reading it may use.");
  if (!result || !part->root())
    return Error(Code::invalid_argument, "The document is damaged: one of its parts is no well-formed XML.");
  return part;
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child_of(const pugi::xml_node& node, std::string_view name) {
  return node.find_child([&](const pugi::xml_node& child) { return local_name(child) == name; });
}

pugi::xml_node descendant_of(const pugi::xml_node& node, std::string_view name) {
  return node.find_node([&](const pugi::xml_node& below) { return local_name(below) == name; });
}

std::string_view attribute_of(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    const std::string_view full = attribute.name();
    const std::size_t colon = full.find(':');
    if ((colon == std::string_view::npos ? full : full.substr(colon + 1)) == name) return attribute.value();
  }
  return {};
}

bool has_attribute(const pugi::xml_node& node, std::string_view name) {
  return std::any_of(node.attributes_begin(), node.attributes_end(),
                     [&](const pugi::xml_attribute& attribute) {
                       const std::string_view full = attribute.name();
                       const std::size_t colon = full.find(':');
                       return (colon == std::string_view::npos ? full : full.substr(colon + 1)) == name;
                     });
}

int number_of(const pugi::xml_node& node, std::string_view name, int otherwise) {
  const std::string_view text = attribute_of(node, name);
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? value : otherwise;
}

bool is_on(const pugi::xml_node& element, std::string_view attribute) {
  if (!element) return false;
  const std::string_view value = attribute_of(element, attribute);
  return value != "0" && value != "false" && value != "off" && value != "none";
}

}  // namespace loadline
