#pragma once
// What a Word paragraph's style and numbering say about it: heading level, list level, the number that stands
// before it.
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "extract/office/xml_part.h"

namespace loadline {

struct DocxNumberRef {
  int list = 0;   // numId; 0: none
  int level = 0;  // from 0
};

struct DocxParagraphStyle {
  int heading_level = 0;  // 1 to 6; 0: none
  bool is_caption = false;
  bool breaks_page = false;  // a page break before it
  DocxNumberRef number;
  bool names_list = false;  // "List Bullet" and the like, also without numbering of its own
};

/// Styles of a document, by id, with what they inherit.
class DocxStyles {
 public:
  /// `styles` may be null.
  explicit DocxStyles(const XmlPart* styles);
  /// A paragraph's properties (w:pPr, may be a null node) on top of its style.
  DocxParagraphStyle of(const pugi::xml_node& properties) const;

 private:
  DocxParagraphStyle resolve(std::string_view id, int depth) const;
  std::map<std::string, pugi::xml_node, std::less<>> by_id_;
  std::string default_id_;
};

/// Numbers of lists, counted as the document is read from the beginning.
class DocxNumbering {
 public:
  /// `numbering` may be null.
  explicit DocxNumbering(const XmlPart* numbering);
  /// The next number of that list ("3.2.", "(b)"), "" for a bullet.
  std::string next(DocxNumberRef ref);
  bool is_list(DocxNumberRef ref) const { return lists_.contains(ref.list); }

 private:
  static constexpr std::size_t levels = 9;
  struct Level {
    std::string format = "decimal";
    std::string text;  // "%1.%2."
    int start = 1;
  };
  struct Abstract {
    std::array<Level, levels> level;
    std::array<int, levels> count{};  // numbers given; 0: none yet
  };
  struct List {
    std::string abstract;
    std::array<int, levels> restart;  // -1: goes on counting
    bool begun = false;
  };
  std::map<std::string, Abstract, std::less<>> abstracts_;
  std::map<int, List> lists_;
};

/// `number` as "decimal", "lowerLetter", "upperRoman" ... say; decimal for unknown formats.
std::string docx_number(int number, std::string_view format);

}  // namespace loadline
