#include "extract/office/docx_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "extract/grid_builder.h"
#include "extract/office/docx_styles.h"
#include "extract/page_writer.h"
#include "extract/table_shape.h"

namespace loadline {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Elements around text that mean nothing here.
bool is_wrapper(std::string_view name) {
  return is_one_of(
      name, {"hyperlink", "ins",  "moveTo", "smartTag", "fldSimple", "sdt",     "sdtContent", "customXml",
             "dir",       "bdo",  "r",      "oMath",    "oMathPara", "e",       "num",        "den",
             "sub",       "sup",  "f",      "sSup",     "sSub",      "sSubSup", "d",          "rad",
             "nary",      "func", "fName",  "ruby",     "rubyBase"});
}

// One section's headers or footers, by kind ("default", "first"), as text.
using RunningTexts = std::map<std::string, std::string, std::less<>>;

struct Section {
  RunningTexts headers;
  RunningTexts footers;
  bool has_first_page = false;  // its first page has its own header and footer
  bool begins_page = true;
};

// What happens inside a paragraph besides its text.
struct ParagraphContent {
  std::string text;
  std::vector<pugi::xml_node> text_boxes;
  std::vector<std::string> footnotes;  // ids
  std::vector<std::string> endnotes;
};

class DocxReader {
 public:
  explicit DocxReader(OfficePackage& package) : package_(package), out_(pages_) {}

  Status read(PageBuffer*& pages) {
    LOADLINE_ASSIGN(main_, package_.part(package_.main_part()));
    LOADLINE_ASSIGN(relationships_, package_.relationships(package_.main_part()));
    LOADLINE_TRY(load_parts());
    const pugi::xml_node body = child_of(main_->root(), "body");
    LOADLINE_TRY(load_sections(body));
    LOADLINE_TRY(flow(body));
    LOADLINE_TRY(give_notes(pending_endnotes_, endnotes_.get(), "Endnote "));
    LOADLINE_TRY(end_page(false));
    add_running_blocks();
    pages = &pages_;
    return {};
  }

 private:
  // --- parts
  // -----------------------------------------------------------------------------------------------------
  Result<std::unique_ptr<XmlPart>> optional_part(std::string_view type) {
    const std::string name = target_of_type(relationships_, type);
    if (name.empty() || !package_.has(name)) return std::unique_ptr<XmlPart>();
    return package_.part(name);
  }

  Status load_parts() {
    LOADLINE_ASSIGN(styles_part_, optional_part("styles"));
    LOADLINE_ASSIGN(numbering_part_, optional_part("numbering"));
    LOADLINE_ASSIGN(footnotes_, optional_part("footnotes"));
    LOADLINE_ASSIGN(endnotes_, optional_part("endnotes"));
    styles_.emplace(styles_part_.get());
    numbering_.emplace(numbering_part_.get());
    return {};
  }

  // Section properties stand at the end of their section: in its last paragraph, or at the end of the body.
  Status load_sections(const pugi::xml_node& body) {
    for (const pugi::xml_node& node : body.children()) {
      pugi::xml_node properties = local_name(node) == "sectPr" ? node : pugi::xml_node();
      if (local_name(node) == "p") properties = child_of(child_of(node, "pPr"), "sectPr");
      if (properties) LOADLINE_TRY(load_section(properties));
    }
    if (sections_.empty()) sections_.emplace_back();
    return {};
  }

  Status load_section(const pugi::xml_node& properties) {
    Section section;
    if (!sections_.empty())
      section.headers = sections_.back().headers, section.footers = sections_.back().footers;
    section.has_first_page = is_on(child_of(properties, "titlePg"));
    section.begins_page =
        !is_one_of(attribute_of(child_of(properties, "type"), "val"), {"continuous", "nextColumn"});
    for (const pugi::xml_node& node : properties.children()) {
      const std::string_view name = local_name(node);
      if (name != "headerReference" && name != "footerReference") continue;
      LOADLINE_ASSIGN(std::string text, running_text(target_of_id(relationships_, attribute_of(node, "id"))));
      RunningTexts& texts = name == "headerReference" ? section.headers : section.footers;
      texts[std::string(attribute_of(node, "type"))] = std::move(text);
    }
    sections_.push_back(std::move(section));
    return {};
  }

  Result<std::string> running_text(const std::string& part) {
    const auto known = running_.find(part);
    if (known != running_.end()) return known->second;
    if (part.empty() || !package_.has(part)) return std::string();
    LOADLINE_ASSIGN(const std::unique_ptr<XmlPart> xml, package_.part(part));
    return running_[part] = plain_text(xml->root());
  }

  // --- flow
  // ------------------------------------------------------------------------------------------------------
  Status flow(const pugi::xml_node& parent) {
    for (const pugi::xml_node& node : parent.children()) {
      const std::string_view name = local_name(node);
      if (name == "p") {
        LOADLINE_TRY(paragraph(node));
      } else if (name == "tbl") {
        LOADLINE_TRY(table(node));
      } else if (is_one_of(name, {"sdt", "sdtContent", "customXml", "ins", "moveTo"})) {
        LOADLINE_TRY(flow(node));
      } else if (name == "AlternateContent") {
        LOADLINE_TRY(flow(preferred(node)));
      }
    }
    return {};
  }

  Status paragraph(const pugi::xml_node& node) {
    const pugi::xml_node properties = child_of(node, "pPr");
    const DocxParagraphStyle style = styles_->of(properties);
    if (style.breaks_page && !at_page_start()) LOADLINE_TRY(end_page(true));
    ParagraphContent content;
    mark_ = number_of_paragraph(style);
    LOADLINE_TRY(content_of(node, style, content));
    LOADLINE_TRY(give(content, style));
    for (const pugi::xml_node& box : content.text_boxes) LOADLINE_TRY(flow(box));
    if (child_of(properties, "sectPr")) {
      ++section_;
      if (section_ >= sections_.size()) section_ = sections_.size() - 1;
      if (sections_[section_].begins_page) LOADLINE_TRY(end_page(true));
    }
    return {};
  }

  std::string number_of_paragraph(const DocxParagraphStyle& style) {
    if (!numbering_->is_list(style.number)) return {};
    std::string number = numbering_->next(style.number);
    return number.empty() ? number : number + " ";
  }

  // Walks the runs. A page break inside gives what came before it and goes on on the next page.
  Status content_of(const pugi::xml_node& parent, const DocxParagraphStyle& style,
                    ParagraphContent& content) {
    if (local_name(parent) == "r" && is_on(child_of(child_of(parent, "rPr"), "vanish"))) return {};
    for (const pugi::xml_node& node : parent.children()) {
      const std::string_view name = local_name(node);
      if (name == "t") {
        content.text += node.text().get();
      } else if (name == "tab" || name == "ptab") {
        content.text += ' ';
      } else if (name == "br" || name == "cr") {
        if (attribute_of(node, "type") == "page") {
          LOADLINE_TRY(give(content, style));
          LOADLINE_TRY(end_page(true));
        } else {
          content.text += '\n';
        }
      } else if (name == "noBreakHyphen") {
        content.text += '-';
      } else if (name == "footnoteReference") {
        content.footnotes.emplace_back(attribute_of(node, "id"));
      } else if (name == "endnoteReference") {
        content.endnotes.emplace_back(attribute_of(node, "id"));
      } else if (name == "AlternateContent") {
        LOADLINE_TRY(content_of(preferred(node), style, content));
      } else if (is_one_of(name, {"drawing", "pict", "object"})) {
        collect_boxes(node, content.text_boxes);
      } else if (is_wrapper(name)) {
        LOADLINE_TRY(content_of(node, style, content));
      }
    }
    return {};
  }

  static void collect_boxes(const pugi::xml_node& parent, std::vector<pugi::xml_node>& boxes) {
    for (const pugi::xml_node& node : parent.children()) {
      if (local_name(node) == "txbxContent") {
        boxes.push_back(node);
      } else if (local_name(node) == "AlternateContent") {
        collect_boxes(preferred(node), boxes);
      } else {
        collect_boxes(node, boxes);
      }
    }
  }

  // Of two ways to say the same, the one for newer programs.
  static pugi::xml_node preferred(const pugi::xml_node& alternatives) {
    const pugi::xml_node choice = child_of(alternatives, "Choice");
    return choice ? choice : child_of(alternatives, "Fallback");
  }

  Status give(ParagraphContent& content, const DocxParagraphStyle& style) {
    for (std::string& id : content.footnotes) pending_footnotes_.push_back(std::move(id));
    for (std::string& id : content.endnotes) pending_endnotes_.push_back(std::move(id));
    content.footnotes.clear(), content.endnotes.clear();
    std::string text = trimmed(std::exchange(content.text, {}));
    if (text.empty()) return {};
    text.insert(0, std::exchange(mark_, {}));
    if (style.is_caption) caption_ = one_line(text);
    if (style.heading_level > 0) return out_.add(BlockKind::heading, style.heading_level, one_line(text));
    if (style.names_list || numbering_->is_list(style.number))
      return out_.add(BlockKind::list_item, style.number.level + 1, std::move(text));
    const bool was_caption = style.is_caption;
    if (!was_caption) caption_.clear();
    return out_.add(BlockKind::paragraph, 0, std::move(text));
  }

  static std::string trimmed(std::string text) {
    const std::size_t begin = text.find_first_not_of(" \t\n");
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
  }

  // --- tables
  // ----------------------------------------------------------------------------------------------------
  static void collect(const pugi::xml_node& parent, std::string_view name,
                      std::vector<pugi::xml_node>& found) {
    for (const pugi::xml_node& node : parent.children()) {
      if (local_name(node) == name) {
        found.push_back(node);
      } else if (is_one_of(local_name(node), {"sdt", "sdtContent", "customXml", "ins"})) {
        collect(node, name, found);
      }
    }
  }

  Status table(const pugi::xml_node& node) {
    std::vector<pugi::xml_node> rows;
    collect(node, "tr", rows);
    if (is_frame(rows)) return cells_as_flow(rows);
    GridBuilder grid;
    std::uint32_t header_rows = 0;
    for (const pugi::xml_node& row : rows) {
      const pugi::xml_node properties = child_of(row, "trPr");
      grid.start_row();
      if (is_on(child_of(properties, "tblHeader")) && header_rows + 1 == grid.rows())
        header_rows = grid.rows();
      grid.skip(
          static_cast<std::uint32_t>(std::max(0, number_of(child_of(properties, "gridBefore"), "val", 0))));
      add_cells(row, grid);
    }
    if (grid.overflowed())
      return Error(Code::resource_exhausted, "A table has more than 1,000,000 cells or 16,384 columns.");
    Table table = std::move(grid).finish();
    table.header_rows =
        header_rows > 0 && header_rows < table.rows ? header_rows : guessed_headers(node, table);
    table.caption = std::exchange(caption_, {});
    return out_.add(std::move(table));
  }

  // Tables of one column only draw a box around text.
  static bool is_frame(const std::vector<pugi::xml_node>& rows) {
    for (const pugi::xml_node& row : rows) {
      std::vector<pugi::xml_node> cells;
      collect(row, "tc", cells);
      if (cells.size() > 1) return false;
    }
    return true;
  }

  Status cells_as_flow(const std::vector<pugi::xml_node>& rows) {
    for (const pugi::xml_node& row : rows) {
      std::vector<pugi::xml_node> cells;
      collect(row, "tc", cells);
      for (const pugi::xml_node& cell : cells) LOADLINE_TRY(flow(cell));
    }
    return {};
  }

  void add_cells(const pugi::xml_node& row, GridBuilder& grid) {
    std::vector<pugi::xml_node> cells;
    collect(row, "tc", cells);
    for (const pugi::xml_node& cell : cells) {
      const pugi::xml_node properties = child_of(cell, "tcPr");
      const auto span =
          static_cast<std::uint32_t>(std::max(1, number_of(child_of(properties, "gridSpan"), "val", 1)));
      const pugi::xml_node merge = child_of(properties, "vMerge");
      const bool goes_on = merge && attribute_of(merge, "val") != "restart";
      if (goes_on && grid.extend_down(span)) continue;
      grid.add(one_line(plain_text(cell)), span, 1);
    }
  }

  static std::uint32_t guessed_headers(const pugi::xml_node& node, const Table& table) {
    const std::uint32_t guess = guess_header_rows(table);
    if (guess > 0 || table.rows < 2) return guess;
    // The style says that the first row looks different; believed if it holds no figures.
    const pugi::xml_node look = child_of(child_of(node, "tblPr"), "tblLook");
    if (!look || child_of(child_of(node, "tblPr"), "tblStyle").empty()) return 0;
    if (attribute_of(look, "firstRow") != "1") return 0;
    for (const TableCell& cell : table.cells)
      if (cell.row == 0 && is_value_text(cell.text)) return 0;
    return 1;
  }

  // All text below a node, paragraphs as lines; notes referred to inside are kept for the page.
  std::string plain_text(const pugi::xml_node& parent) {
    std::string text;
    append_plain(parent, text);
    return text;
  }

  void append_plain(const pugi::xml_node& parent, std::string& text) {
    if (local_name(parent) == "r" && is_on(child_of(child_of(parent, "rPr"), "vanish"))) return;
    for (const pugi::xml_node& node : parent.children()) {
      const std::string_view name = local_name(node);
      if (name == "t") {
        text += node.text().get();
      } else if (name == "p") {
        if (!text.empty() && text.back() != '\n') text += '\n';
        const DocxParagraphStyle style = styles_->of(child_of(node, "pPr"));
        text += number_of_paragraph(style);
        append_plain(node, text);
      } else if (is_one_of(name, {"tab", "ptab", "br", "cr"})) {
        text += ' ';
      } else if (name == "noBreakHyphen") {
        text += '-';
      } else if (name == "footnoteReference") {
        pending_footnotes_.emplace_back(attribute_of(node, "id"));
      } else if (name == "endnoteReference") {
        pending_endnotes_.emplace_back(attribute_of(node, "id"));
      } else if (name == "AlternateContent") {
        append_plain(preferred(node), text);
      } else if (is_one_of(name, {"drawing", "pict"})) {
        std::vector<pugi::xml_node> boxes;
        collect_boxes(node, boxes);
        for (const pugi::xml_node& box : boxes) append_plain(box, text);
      } else if (is_wrapper(name) || is_one_of(name, {"tbl", "tr", "tc"})) {
        if (name == "tc" && !text.empty()) text += ' ';
        append_plain(node, text);
      }
    }
  }

  // --- pages
  // -----------------------------------------------------------------------------------------------------
  bool at_page_start() const { return out_.page_is_empty(); }

  // `also_empty`: the break makes a page even if nothing is on it.
  Status end_page(bool also_empty) {
    LOADLINE_TRY(give_notes(pending_footnotes_, footnotes_.get(), "Footnote "));
    const int before = out_.pages();
    LOADLINE_TRY(also_empty ? out_.end_page() : out_.finish());
    if (out_.pages() > before) page_sections_.resize(static_cast<std::size_t>(out_.pages()), page_section_);
    page_section_ = section_;
    return {};
  }

  Status give_notes(std::vector<std::string>& ids, const XmlPart* notes, const char* label) {
    const std::vector<std::string> wanted = std::exchange(ids, {});
    if (notes == nullptr) return {};
    for (const std::string& id : wanted) {
      const pugi::xml_node note = notes->root().find_child(
          [&](const pugi::xml_node& node) { return attribute_of(node, "id") == id; });
      std::string text = one_line(plain_text(note));
      if (text.empty()) continue;
      int& number = label[0] == 'F' ? footnote_number_ : endnote_number_;
      LOADLINE_TRY(out_.add(BlockKind::paragraph, 0, label + std::to_string(++number) + ": " + text));
    }
    return {};
  }

  // Headers and footers of each page, once all pages are there.
  void add_running_blocks() {
    std::size_t section_before = sections_.size();
    for (ExtractedPage& page : pages_.pages()) {
      const auto index = static_cast<std::size_t>(page.number - 1);
      const std::size_t section = index < page_sections_.size() ? page_sections_[index] : section_;
      const bool first = section != section_before && sections_[section].has_first_page;
      section_before = section;
      add_running(page, sections_[section].headers, first, BlockKind::running_header);
      add_running(page, sections_[section].footers, first, BlockKind::running_footer);
    }
  }

  static void add_running(ExtractedPage& page, const RunningTexts& texts, bool first, BlockKind kind) {
    const auto found = texts.find(first ? "first" : "default");
    if (found == texts.end()) return;
    Block block;
    block.kind = kind;
    block.text = one_line(found->second);
    if (block.text.empty()) return;
    page.blocks.insert(kind == BlockKind::running_header ? page.blocks.begin() : page.blocks.end(),
                       std::move(block));
  }

  OfficePackage& package_;
  std::unique_ptr<XmlPart> main_, styles_part_, numbering_part_, footnotes_, endnotes_;
  Relationships relationships_;
  std::optional<DocxStyles> styles_;
  std::optional<DocxNumbering> numbering_;
  std::vector<Section> sections_;
  std::map<std::string, std::string> running_;  // text of header and footer parts, by name

  PageBuffer pages_;
  PageWriter out_;
  std::size_t section_ = 0;       // the one being read
  std::size_t page_section_ = 0;  // the one in which the page began
  std::vector<std::size_t> page_sections_;
  std::string mark_;     // number of the paragraph, until it is written
  std::string caption_;  // of the table that may follow
  std::vector<std::string> pending_footnotes_, pending_endnotes_;
  int footnote_number_ = 0, endnote_number_ = 0;
};

}  // namespace

Status read_docx(OfficePackage& package, const ReadInput& input, PageSink& sink) {
  DocumentProperties properties = package.properties();
  properties.media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  DocxReader reader(package);
  PageBuffer* pages = nullptr;
  LOADLINE_TRY(reader.read(pages));
  return pages->give(std::move(properties), input.first_page, sink);
}

}  // namespace loadline
