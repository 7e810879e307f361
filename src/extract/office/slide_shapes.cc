#include "extract/office/slide_shapes.h"

#include <cstdlib>

namespace loadline {
namespace {

float points(const pugi::xml_node& node, std::string_view name) {
  return static_cast<float>(std::strtod(std::string(attribute_of(node, name)).c_str(), nullptr)) /
         emu_per_point;
}

}  // namespace

Box ShapeTransform::apply(const Box& box) const {
  return {box.x0 * scale_x + move_x, box.y0 * scale_y + move_y, box.x1 * scale_x + move_x,
          box.y1 * scale_y + move_y};
}

ShapeTransform ShapeTransform::inside(const pugi::xml_node& xfrm) const {
  const std::optional<Box> outer = box_of_xfrm(xfrm);
  const pugi::xml_node offset = child_of(xfrm, "chOff");
  const pugi::xml_node extent = child_of(xfrm, "chExt");
  const float width = points(extent, "cx");
  const float height = points(extent, "cy");
  if (!outer || width <= 0 || height <= 0) return *this;
  const float x = (outer->x1 - outer->x0) / width;
  const float y = (outer->y1 - outer->y0) / height;
  ShapeTransform result;
  result.scale_x = x * scale_x, result.scale_y = y * scale_y;
  result.move_x = (outer->x0 - points(offset, "x") * x) * scale_x + move_x;
  result.move_y = (outer->y0 - points(offset, "y") * y) * scale_y + move_y;
  return result;
}

std::optional<Box> box_of_xfrm(const pugi::xml_node& xfrm) {
  const pugi::xml_node offset = child_of(xfrm, "off");
  const pugi::xml_node extent = child_of(xfrm, "ext");
  if (!offset || !extent) return std::nullopt;
  const float x = points(offset, "x");
  const float y = points(offset, "y");
  return Box{x, y, x + points(extent, "cx"), y + points(extent, "cy")};
}

std::optional<Placeholder> placeholder_of(const pugi::xml_node& shape) {
  for (const pugi::xml_node& properties : shape.children()) {
    const pugi::xml_node placeholder = child_of(child_of(properties, "nvPr"), "ph");
    if (placeholder)
      return Placeholder{std::string(attribute_of(placeholder, "type")),
                         std::string(attribute_of(placeholder, "idx"))};
  }
  return std::nullopt;
}

PlaceholderBoxes::PlaceholderBoxes(const pugi::xml_node& shape_tree) {
  for (const pugi::xml_node& shape : shape_tree.children()) {
    const auto placeholder = placeholder_of(shape);
    const auto box = box_of_xfrm(child_of(child_of(shape, "spPr"), "xfrm"));
    if (placeholder && box) boxes_.emplace_back(*placeholder, *box);
  }
}

std::optional<Box> PlaceholderBoxes::find(const Placeholder& wanted) const {
  for (const auto& [placeholder, box] : boxes_)
    if (!wanted.index.empty() && placeholder.index == wanted.index) return box;
  for (const auto& [placeholder, box] : boxes_) {
    if (placeholder.type == wanted.type && (!wanted.type.empty() || placeholder.index.empty())) return box;
    if (wanted.is_title() && placeholder.is_title()) return box;
    if (wanted.type == "subTitle" && placeholder.type == "body") return box;
    if (wanted.type.empty() && placeholder.type == "body") return box;
  }
  return std::nullopt;
}

}  // namespace loadline
