#pragma once
// Where shapes are on a slide: sizes in EMU to points, through groups, and for placeholders without a place
// of their own from the layout and the master behind the slide.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "extract/office/xml_part.h"
#include "model/document.h"

namespace loadline {

/// English metric units in a point.
inline constexpr float emu_per_point = 12700;

/// How coordinates inside a group become those of the slide.
struct ShapeTransform {
  float scale_x = 1, scale_y = 1, move_x = 0, move_y = 0;
  Box apply(const Box& box) const;
  /// That of the content of a group with this a:xfrm.
  ShapeTransform inside(const pugi::xml_node& group_xfrm) const;
};

/// The box of an a:xfrm or p:xfrm; nothing if it has none.
std::optional<Box> box_of_xfrm(const pugi::xml_node& xfrm);

struct Placeholder {
  std::string type;   // "title", "body", ...; "" means an object
  std::string index;  // "" if none
  bool is_title() const { return type == "title" || type == "ctrTitle"; }
};
/// What p:ph says; nothing if the shape is no placeholder.
std::optional<Placeholder> placeholder_of(const pugi::xml_node& shape);

/// The placeholders of one layout or master.
class PlaceholderBoxes {
 public:
  explicit PlaceholderBoxes(const pugi::xml_node& shape_tree);
  /// By index first, then by type.
  std::optional<Box> find(const Placeholder& placeholder) const;

 private:
  std::vector<std::pair<Placeholder, Box>> boxes_;
};

}  // namespace loadline
