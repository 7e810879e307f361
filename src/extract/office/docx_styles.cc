#include "extract/office/docx_styles.h"

#include <algorithm>
#include <cctype>

namespace loadline {
namespace {

constexpr int heading_level_max = 6;
constexpr int style_chain_max = 20;  // styles that are based on one another, perhaps in a circle

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// The properties that a w:pPr sets, over those from below.
void apply(const pugi::xml_node& properties, DocxParagraphStyle& style) {
  if (const pugi::xml_node outline = child_of(properties, "outlineLvl")) {
    const int level = number_of(outline, "val", 9);
    style.heading_level = level < 0 || level > 8 ? 0 : std::min(level + 1, heading_level_max);
  }
  if (const pugi::xml_node breaks = child_of(properties, "pageBreakBefore"))
    style.breaks_page = is_on(breaks);
  if (const pugi::xml_node number = child_of(properties, "numPr")) {
    if (const pugi::xml_node id = child_of(number, "numId")) style.number.list = number_of(id, "val", 0);
    if (const pugi::xml_node level = child_of(number, "ilvl"))
      style.number.level = std::clamp(number_of(level, "val", 0), 0, 8);
  }
}

void apply_name(std::string_view name, DocxParagraphStyle& style) {
  if (name.starts_with("heading ") && name.size() == 9 && name[8] >= '1' && name[8] <= '9')
    style.heading_level = std::min(name[8] - '0', heading_level_max);
  if (name == "title") style.heading_level = 1;
  if (name == "caption") style.is_caption = true;
  if (name.starts_with("list bullet") || name.starts_with("list number")) {
    style.names_list = true;
    if (name.back() >= '2' && name.back() <= '9') style.number.level = name.back() - '1';
  }
}

std::string roman(int number) {
  constexpr std::pair<int, const char*> digits[] = {
      {1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"},
      {40, "xl"},  {10, "x"},   {9, "ix"},  {5, "v"},    {4, "iv"},  {1, "i"}};
  std::string out;
  for (const auto& [value, text] : digits)
    for (; number >= value; number -= value) out += text;
  return out;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace

DocxStyles::DocxStyles(const XmlPart* styles) {
  if (styles == nullptr) return;
  for (const pugi::xml_node& node : styles->root().children()) {
    if (local_name(node) != "style" || attribute_of(node, "type") != "paragraph") continue;
    by_id_.emplace(attribute_of(node, "styleId"), node);
    const std::string_view is_default = attribute_of(node, "default");
    if (is_default == "1" || is_default == "true") default_id_ = attribute_of(node, "styleId");
  }
}

DocxParagraphStyle DocxStyles::resolve(std::string_view id, int depth) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || depth > style_chain_max) {
    // A document without its styles part: the ids of Word's own styles still say what they are.
    DocxParagraphStyle style;
    std::string name = lower(id);
    if (name.starts_with("heading") && name.size() == 8) name.insert(7, " ");
    apply_name(name, style);
    return style;
  }
  DocxParagraphStyle style;
  const std::string_view base = attribute_of(child_of(found->second, "basedOn"), "val");
  if (!base.empty()) style = resolve(base, depth + 1);
  apply_name(lower(attribute_of(child_of(found->second, "name"), "val")), style);
  apply(child_of(found->second, "pPr"), style);
  return style;
}

DocxParagraphStyle DocxStyles::of(const pugi::xml_node& properties) const {
  std::string_view id = attribute_of(child_of(properties, "pStyle"), "val");
  if (id.empty()) id = default_id_;
  DocxParagraphStyle style = resolve(id, 0);
  apply(properties, style);
  return style;
}

DocxNumbering::DocxNumbering(const XmlPart* numbering) {
  if (numbering == nullptr) return;
  for (const pugi::xml_node& node : numbering->root().children()) {
    if (local_name(node) != "abstractNum") continue;
    Abstract& abstract = abstracts_[std::string(attribute_of(node, "abstractNumId"))];
    for (const pugi::xml_node& level : node.children()) {
      const int index = number_of(level, "ilvl", -1);
      if (local_name(level) != "lvl" || index < 0 || index >= static_cast<int>(levels)) continue;
      Level& target = abstract.level[static_cast<std::size_t>(index)];
      target.format = attribute_of(child_of(level, "numFmt"), "val");
      target.text = attribute_of(child_of(level, "lvlText"), "val");
      target.start = number_of(child_of(level, "start"), "val", 1);
    }
  }
  for (const pugi::xml_node& node : numbering->root().children()) {
    if (local_name(node) != "num") continue;
    List list;
    list.abstract = attribute_of(child_of(node, "abstractNumId"), "val");
    list.restart.fill(-1);
    for (const pugi::xml_node& change : node.children()) {
      const int index = number_of(change, "ilvl", -1);
      if (local_name(change) == "lvlOverride" && index >= 0 && index < static_cast<int>(levels))
        list.restart[static_cast<std::size_t>(index)] =
            number_of(child_of(change, "startOverride"), "val", -1);
    }
    if (abstracts_.contains(list.abstract)) lists_.emplace(number_of(node, "numId", 0), std::move(list));
  }
}

std::string DocxNumbering::next(DocxNumberRef ref) {
  const auto found = lists_.find(ref.list);
  if (found == lists_.end()) return {};
  List& list = found->second;
  Abstract& abstract = abstracts_[list.abstract];
  if (!std::exchange(list.begun, true))
    for (std::size_t i = 0; i < levels; ++i)
      if (list.restart[i] >= 0) abstract.count[i] = 0, abstract.level[i].start = list.restart[i];
  const auto level = static_cast<std::size_t>(std::clamp(ref.level, 0, static_cast<int>(levels) - 1));
  ++abstract.count[level];
  std::fill(abstract.count.begin() + static_cast<std::ptrdiff_t>(level) + 1, abstract.count.end(), 0);
  const Level& own = abstract.level[level];
  if (own.format == "bullet" || own.format == "none") return {};
  std::string out;
  for (std::size_t i = 0; i < own.text.size(); ++i) {
    if (own.text[i] != '%' || i + 1 >= own.text.size() || own.text[i + 1] < '1' || own.text[i + 1] > '9') {
      out += own.text[i];
      continue;
    }
    const auto named = static_cast<std::size_t>(own.text[++i] - '1');
    const Level& other = abstract.level[named];
    const int number = other.start + std::max(abstract.count[named], 1) - 1;
    out += docx_number(number, other.format);
  }
  return out;
}

std::string docx_number(int number, std::string_view format) {
  constexpr int letters = 26;
  constexpr int roman_max = 3999;
  constexpr int repeats_max = 10;
  if (number >= 1 && (format == "lowerLetter" || format == "upperLetter") &&
      number <= letters * repeats_max) {
    // Word counts ..., y, z, aa, bb, cc.
    const char letter = static_cast<char>((format == "lowerLetter" ? 'a' : 'A') + (number - 1) % letters);
    return std::string(static_cast<std::size_t>(1 + (number - 1) / letters), letter);
  }
  if (number >= 1 && number <= roman_max && format == "lowerRoman") return roman(number);
  if (number >= 1 && number <= roman_max && format == "upperRoman") return upper(roman(number));
  if (format == "decimalZero" && number >= 0 && number < 10) return "0" + std::to_string(number);
  return std::to_string(number);
}

}  // namespace loadline
