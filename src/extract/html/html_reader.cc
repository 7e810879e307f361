#include "extract/html/html_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <optional>

#include "base/utf8.h"
#include "extract/grid_builder.h"
#include "extract/html/html_tree.h"
#include "extract/table_shape.h"
#include "extract/text/charset.h"

namespace loadline {
namespace {

bool is_one_of(GumboTag tag, std::initializer_list<GumboTag> tags) {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

bool is_element(const GumboNode* node) {
  return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
}

GumboTag tag_of(const GumboNode* node) { return is_element(node) ? node->v.element.tag : GUMBO_TAG_LAST; }

std::string_view attribute(const GumboNode* node, const char* name) {
  if (!is_element(node)) return {};
  const GumboAttribute* found = gumbo_get_attribute(&node->v.element.attributes, name);
  return found == nullptr ? std::string_view() : std::string_view(found->value);
}

bool has_attribute(const GumboNode* node, const char* name) {
  return is_element(node) && gumbo_get_attribute(&node->v.element.attributes, name) != nullptr;
}

// Attribute values without white space and in lower case: "display: none" and "display:none" are the same.
std::string squeezed(std::string_view value) {
  std::string out;
  for (const char c : value)
    if (!std::isspace(static_cast<unsigned char>(c)))
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

struct Children {
  const GumboVector* vector;
  const GumboNode* const* begin() const { return reinterpret_cast<const GumboNode* const*>(vector->data); }
  const GumboNode* const* end() const { return begin() + vector->length; }
};

Children children_of(const GumboNode* node) {
  static const GumboVector none{nullptr, 0, 0};
  if (node->type == GUMBO_NODE_DOCUMENT) return {&node->v.document.children};
  return {is_element(node) ? &node->v.element.children : &none};
}

bool is_hidden(const GumboNode* node) {
  const GumboTag tag = tag_of(node);
  if (is_one_of(tag, {GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE, GUMBO_TAG_NOSCRIPT, GUMBO_TAG_TEMPLATE,
                      GUMBO_TAG_NAV, GUMBO_TAG_HEAD, GUMBO_TAG_IFRAME, GUMBO_TAG_OBJECT, GUMBO_TAG_SVG,
                      GUMBO_TAG_MATH, GUMBO_TAG_BUTTON, GUMBO_TAG_SELECT, GUMBO_TAG_TEXTAREA,
                      GUMBO_TAG_CANVAS, GUMBO_TAG_AUDIO, GUMBO_TAG_VIDEO, GUMBO_TAG_DATALIST}))
    return true;
  if (has_attribute(node, "hidden") || attribute(node, "aria-hidden") == "true" ||
      attribute(node, "role") == "navigation")
    return true;
  const std::string_view style = attribute(node, "style");
  return !style.empty() && squeezed(style).find("display:none") != std::string::npos;
}

bool is_block(GumboTag tag) {
  return is_one_of(
      tag,
      {GUMBO_TAG_HTML,     GUMBO_TAG_BODY,       GUMBO_TAG_P,      GUMBO_TAG_DIV,     GUMBO_TAG_SECTION,
       GUMBO_TAG_ARTICLE,  GUMBO_TAG_MAIN,       GUMBO_TAG_HEADER, GUMBO_TAG_FOOTER,  GUMBO_TAG_ASIDE,
       GUMBO_TAG_ADDRESS,  GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_UL,     GUMBO_TAG_OL,      GUMBO_TAG_DL,
       GUMBO_TAG_DT,       GUMBO_TAG_DD,         GUMBO_TAG_PRE,    GUMBO_TAG_FIGURE,  GUMBO_TAG_FIGCAPTION,
       GUMBO_TAG_FORM,     GUMBO_TAG_FIELDSET,   GUMBO_TAG_LEGEND, GUMBO_TAG_HR,      GUMBO_TAG_DETAILS,
       GUMBO_TAG_SUMMARY,  GUMBO_TAG_CENTER,     GUMBO_TAG_HGROUP, GUMBO_TAG_TABLE,   GUMBO_TAG_TBODY,
       GUMBO_TAG_THEAD,    GUMBO_TAG_TFOOT,      GUMBO_TAG_TR,     GUMBO_TAG_TD,      GUMBO_TAG_TH,
       GUMBO_TAG_CAPTION,  GUMBO_TAG_MENU,       GUMBO_TAG_DIR,    GUMBO_TAG_LISTING, GUMBO_TAG_XMP,
       GUMBO_TAG_PLAINTEXT});
}

int heading_level(GumboTag tag) {
  return tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6 ? 1 + (tag - GUMBO_TAG_H1) : 0;
}

std::optional<int> whole_number(std::string_view text) {
  const std::string digits(text.substr(0, 12));
  char* end = nullptr;
  const long value = std::strtol(digits.c_str(), &end, 10);
  if (end == digits.c_str() || value < -1'000'000 || value > 1'000'000) return std::nullopt;
  return static_cast<int>(value);
}

// Text with white space collapsed as a browser does it; a line end only where one was asked for.
class InlineText {
 public:
  void add(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t begin = at;
      const char32_t c = next_code_point(text, at);
      if (c == 0xAD || c == 0x200B || c == 0xFEFF) continue;  // invisible: soft hyphen, zero-width space
      if (c <= 0x20 || c == 0xA0) {
        gap_ = true;
        continue;
      }
      space();
      text_ += text.substr(begin, at - begin);
    }
  }
  void add_verbatim(std::string_view text) {
    space();
    text_ += text;
  }
  void line_end() {
    gap_ = false;
    if (!text_.empty() && text_.back() != '\n') text_ += '\n';
  }
  void gap() { gap_ = true; }
  bool empty() const { return text_.empty(); }
  std::string take() {
    gap_ = false;
    std::string out;
    out.swap(text_);
    while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
    return out;
  }

 private:
  void space() {
    if (gap_ && !text_.empty() && text_.back() != '\n') text_ += ' ';
    gap_ = false;
  }
  std::string text_;
  bool gap_ = false;
};

// All text below a node on one line: what stands in a table cell.
void collect_line(const GumboNode* node, InlineText& out) {
  if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE || node->type == GUMBO_NODE_CDATA)
    return out.add(node->v.text.text);
  if (is_hidden(node)) return;
  const GumboTag tag = tag_of(node);
  const bool apart = is_block(tag) || heading_level(tag) > 0 || tag == GUMBO_TAG_BR || tag == GUMBO_TAG_LI;
  if (apart) out.gap();
  for (const GumboNode* child : children_of(node)) collect_line(child, out);
  if (apart) out.gap();
}

std::string line_of(const GumboNode* node) {
  InlineText text;
  collect_line(node, text);
  return text.take();
}

void collect_rows(const GumboNode* node, bool in_head, std::vector<std::pair<const GumboNode*, bool>>& rows) {
  for (const GumboNode* child : children_of(node)) {
    const GumboTag tag = tag_of(child);
    if (tag == GUMBO_TAG_TR && !is_hidden(child)) rows.emplace_back(child, in_head);
    if (is_one_of(tag, {GUMBO_TAG_THEAD, GUMBO_TAG_TBODY, GUMBO_TAG_TFOOT}))
      collect_rows(child, tag == GUMBO_TAG_THEAD, rows);
  }
}

bool contains_flow(const GumboNode* node) {
  for (const GumboNode* child : children_of(node)) {
    const GumboTag tag = tag_of(child);
    if (tag == GUMBO_TAG_TABLE || heading_level(tag) > 0 || contains_flow(child)) return true;
  }
  return false;
}

std::uint32_t span_of(const GumboNode* cell, const char* name) {
  constexpr int span_max = 1000;  // as the HTML standard has it for columns
  return static_cast<std::uint32_t>(std::clamp(whole_number(attribute(cell, name)).value_or(1), 1, span_max));
}

class HtmlWriter {
 public:
  HtmlWriter(PageWriter& out, HtmlFacts& facts) : out_(out), facts_(facts) {}

  Status write(const GumboNode* node) {
    LOADLINE_TRY(walk(node));
    return flush();
  }

 private:
  // What the text that is being collected will become.
  struct Mode {
    BlockKind kind = BlockKind::paragraph;
    int level = 0;
    std::string mark;  // stands before the first text: the number of a list item
  };

  Status walk(const GumboNode* node) {
    if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE ||
        node->type == GUMBO_NODE_CDATA) {
      if (preformatted_) {
        text_.add_verbatim(node->v.text.text);
      } else {
        text_.add(node->v.text.text);
      }
      return {};
    }
    if (tag_of(node) == GUMBO_TAG_HEAD) return read_head(node), Status();
    if (node->type == GUMBO_NODE_COMMENT || is_hidden(node)) return {};
    return element(node);
  }

  Status element(const GumboNode* node) {
    const GumboTag tag = tag_of(node);
    if (tag == GUMBO_TAG_BR) return text_.line_end(), Status();
    const std::string style = squeezed(attribute(node, "style"));
    if (style.find("page-break-before:always") != std::string::npos) LOADLINE_TRY(break_page());
    LOADLINE_TRY(element_content(node, tag));
    if (style.find("page-break-after:always") != std::string::npos) LOADLINE_TRY(break_page());
    return {};
  }

  Status element_content(const GumboNode* node, GumboTag tag) {
    if (const int level = heading_level(tag)) return block(node, {BlockKind::heading, level, ""});
    if (is_one_of(tag, {GUMBO_TAG_UL, GUMBO_TAG_OL, GUMBO_TAG_MENU, GUMBO_TAG_DIR})) return list(node);
    if (tag == GUMBO_TAG_LI) return list_item(node);
    if (tag == GUMBO_TAG_TABLE) return table(node);
    if (is_one_of(tag, {GUMBO_TAG_PRE, GUMBO_TAG_LISTING, GUMBO_TAG_XMP})) return preformatted(node);
    // A paragraph directly in a list item is the item's text.
    if (is_block(tag)) return block(node, mode_.kind == BlockKind::list_item ? mode_ : Mode{});
    return children(node);
  }

  Status children(const GumboNode* node) {
    for (const GumboNode* child : children_of(node)) LOADLINE_TRY(walk(child));
    return {};
  }

  Status block(const GumboNode* node, Mode mode) {
    LOADLINE_TRY(flush());
    std::swap(mode_, mode);
    Status status = children(node);
    if (status.ok()) status = flush();
    // If the item's first paragraph was written inside, what follows is no new item.
    if (mode.kind == BlockKind::list_item && mode_.kind == BlockKind::paragraph) mode = {};
    std::swap(mode_, mode);
    return status;
  }

  Status list(const GumboNode* node) {
    LOADLINE_TRY(flush());
    const List outer = list_;
    list_ = {outer.depth + 1, tag_of(node) == GUMBO_TAG_OL,
             whole_number(attribute(node, "start")).value_or(1)};
    Mode mode;
    std::swap(mode_, mode);
    Status status = children(node);
    if (status.ok()) status = flush();
    mode_ = {};
    list_ = outer;
    return status;
  }

  Status list_item(const GumboNode* node) {
    std::string mark;
    if (list_.numbered) {
      list_.next = whole_number(attribute(node, "value")).value_or(list_.next);
      mark = std::to_string(list_.next++) + ". ";
    }
    return block(node, {BlockKind::list_item, std::max(list_.depth, 1), mark});
  }

  Status preformatted(const GumboNode* node) {
    LOADLINE_TRY(flush());
    const bool outer = std::exchange(preformatted_, true);
    Status status = children(node);
    preformatted_ = outer;
    return status.ok() ? flush() : status;
  }

  Status table(const GumboNode* node) {
    LOADLINE_TRY(flush());
    std::vector<std::pair<const GumboNode*, bool>> rows;
    collect_rows(node, false, rows);
    const std::string_view role = attribute(node, "role");
    // Tables that only place things on the page are read as text.
    if (role == "presentation" || role == "none" || contains_flow(node)) return block(node, {});
    GridBuilder grid;
    std::uint32_t header_rows = 0;
    for (const auto& [row, in_head] : rows) {
      const bool all_headers = add_row(row, grid);
      if ((in_head || all_headers) && header_rows + 1 == grid.rows()) header_rows = grid.rows();
    }
    Table table = std::move(grid).finish();
    tidy_columns(table);
    if (table.columns < 2) return single_column(table);
    table.header_rows = header_rows > 0 && header_rows < table.rows ? header_rows : guess_header_rows(table);
    LOADLINE_TRY(caption(node, table));
    return out_.add(std::move(table));
  }

  // True if all cells that say something are header cells.
  bool add_row(const GumboNode* row, GridBuilder& grid) {
    grid.start_row();
    bool all = true;
    bool some = false;
    for (const GumboNode* cell : children_of(row)) {
      const GumboTag tag = tag_of(cell);
      if ((tag != GUMBO_TAG_TD && tag != GUMBO_TAG_TH) || is_hidden(cell)) continue;
      std::string text = line_of(cell);
      some = some || tag == GUMBO_TAG_TH;
      if (tag == GUMBO_TAG_TD && !text.empty()) all = false;
      grid.add(std::move(text), span_of(cell, "colspan"), span_of(cell, "rowspan"));
    }
    return all && some;
  }

  Status single_column(const Table& table) {
    for (const TableCell& cell : table.cells) LOADLINE_TRY(out_.add(BlockKind::paragraph, 0, cell.text));
    return {};
  }

  Status caption(const GumboNode* node, Table& table) {
    for (const GumboNode* child : children_of(node))
      if (tag_of(child) == GUMBO_TAG_CAPTION) table.caption = line_of(child);
    return out_.add(BlockKind::paragraph, 0, table.caption);
  }

  void read_head(const GumboNode* head) {
    for (const GumboNode* child : children_of(head)) {
      if (tag_of(child) == GUMBO_TAG_TITLE && facts_.title.empty()) facts_.title = line_of(child);
      if (tag_of(child) != GUMBO_TAG_META) continue;
      const std::string name = squeezed(attribute(child, "name")) + squeezed(attribute(child, "property"));
      const std::string content = one_line(attribute(child, "content"));
      if (name == "author") facts_.author = content;
      if (name == "date" || name == "dcterms.created" || name == "article:published_time")
        facts_.created = content;
    }
  }

  Status break_page() {
    LOADLINE_TRY(flush());
    return out_.page_is_empty() ? Status() : out_.end_page();
  }

  Status flush() {
    std::string text = text_.take();
    if (text.empty()) return {};
    const Mode mode = mode_;
    if (mode_.kind == BlockKind::list_item) mode_ = {};
    if (mode.kind == BlockKind::heading) text = one_line(text);
    return out_.add(mode.kind, mode.level, mode.mark + text);
  }

  struct List {
    int depth = 0;
    bool numbered = false;
    int next = 1;
  };

  PageWriter& out_;
  HtmlFacts& facts_;
  InlineText text_;
  Mode mode_;
  List list_;
  bool preformatted_ = false;
};

std::string value_after(std::string_view head, std::string_view key) {
  const std::size_t at = head.find(key);
  if (at == std::string_view::npos) return {};
  std::string_view rest = head.substr(at + key.size());
  rest.remove_prefix(std::min(rest.find_first_not_of("\"' "), rest.size()));
  return std::string(rest.substr(0, rest.find_first_of("\"' ;>?/")));
}

}  // namespace

std::string declared_html_charset(std::string_view bytes) {
  constexpr std::size_t looked_at = 4096;
  std::string head(bytes.substr(0, looked_at));
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (head.starts_with("<?xml"))
    if (std::string name = value_after(head.substr(0, head.find("?>")), "encoding="); !name.empty())
      return name;
  return value_after(head, "charset=");
}

Status write_html(std::string_view html, PageWriter& out, HtmlFacts& facts) {
  LOADLINE_ASSIGN(const std::unique_ptr<HtmlTree> tree, HtmlTree::parse(html));
  return HtmlWriter(out, facts).write(tree->root());
}

Result<std::string> html_to_line(std::string_view html) {
  LOADLINE_ASSIGN(const std::unique_ptr<HtmlTree> tree, HtmlTree::parse(html));
  return line_of(tree->root());
}

Status read_html(const ReadInput& input, PageSink& sink) {
  // Bytes that are UTF-8 are UTF-8, whatever the page says of itself.
  const std::string_view guess = guess_charset(input.text());
  const std::string declared = declared_html_charset(input.text());
  LOADLINE_ASSIGN(
      const std::string html,
      decode_text(input.text(), guess == "windows-1252" && !declared.empty() && declared != "utf-8"
                                    ? std::string_view(declared)
                                    : guess));
  PageBuffer pages;
  PageWriter out(pages);
  HtmlFacts facts;
  LOADLINE_TRY(write_html(html, out, facts));
  LOADLINE_TRY(out.finish());
  DocumentProperties properties;
  properties.media_type = "text/html";
  properties.title = facts.title, properties.author = facts.author, properties.created = facts.created;
  return pages.give(std::move(properties), input.first_page, sink);
}

}  // namespace loadline
