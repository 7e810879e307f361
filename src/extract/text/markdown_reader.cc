#include "extract/text/markdown_reader.h"

#include <md4c.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/utf8.h"
#include "extract/grid_builder.h"
#include "extract/html/html_reader.h"
#include "extract/page_writer.h"
#include "extract/table_shape.h"
#include "extract/text/charset.h"

namespace loadline {
namespace {

constexpr std::size_t front_matter_bytes_max = 65536;

// Receives MD4C's events. After the first error nothing more is written; it is kept for the end.
class MarkdownWriter {
 public:
  explicit MarkdownWriter(PageWriter& out) : out_(out) {}

  int enter(MD_BLOCKTYPE type, void* detail) {
    switch (type) {
      case MD_BLOCK_UL:
        flush();
        lists_.push_back({});
        break;
      case MD_BLOCK_OL:
        flush();
        lists_.push_back({true, static_cast<const MD_BLOCK_OL_DETAIL*>(detail)->start});
        break;
      case MD_BLOCK_LI:
        begin_item(*static_cast<const MD_BLOCK_LI_DETAIL*>(detail));
        break;
      case MD_BLOCK_TABLE:
        flush();
        grid_ = {};
        header_rows_ = 0;
        break;
      case MD_BLOCK_TR:
        grid_.start_row();
        break;
      case MD_BLOCK_TH:
        header_rows_ = grid_.rows();
        break;
      case MD_BLOCK_H:
      case MD_BLOCK_CODE:
        flush();
        break;
      case MD_BLOCK_HTML:
        flush();
        in_html_block_ = true;
        break;
      default:
        break;
    }
    return 0;
  }

  int leave(MD_BLOCKTYPE type, void* detail) {
    switch (type) {
      case MD_BLOCK_UL:
      case MD_BLOCK_OL:
        lists_.pop_back();
        break;
      case MD_BLOCK_LI:
      case MD_BLOCK_P:
        flush();
        in_item_ = in_item_ && type != MD_BLOCK_LI;
        break;
      case MD_BLOCK_H:
        give(BlockKind::heading, static_cast<int>(static_cast<const MD_BLOCK_H_DETAIL*>(detail)->level));
        break;
      case MD_BLOCK_CODE:
        give(BlockKind::paragraph, 0);
        break;
      case MD_BLOCK_HTML:
        give_html();
        break;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD:
        grid_.add(one_line(text_), 1, 1);
        text_.clear();
        break;
      case MD_BLOCK_TABLE:
        give_table();
        break;
      default:
        break;
    }
    return 0;
  }

  int text(MD_TEXTTYPE type, std::string_view text) {
    switch (type) {
      case MD_TEXT_BR:
        text_ += '\n';
        break;
      case MD_TEXT_SOFTBR:
        text_ += ' ';
        break;
      case MD_TEXT_NULLCHAR:
        append_utf8(text_, replacement_character);
        break;
      case MD_TEXT_ENTITY:
        append_entity(text);
        break;
      case MD_TEXT_HTML:
        // Tags between words mean nothing here; those of a block are read as a page when it ends.
        if (in_html_block_) {
          text_ += text;
        } else if (text.starts_with("<br") || text.starts_with("<BR")) {
          text_ += ' ';
        }
        break;
      default:
        text_ += text;
    }
    return 0;
  }

  Status finish() {
    flush();
    return std::move(status_);
  }
  HtmlFacts& facts() { return facts_; }

 private:
  struct List {
    bool numbered = false;
    std::uint64_t next = 1;
  };

  void begin_item(const MD_BLOCK_LI_DETAIL& item) {
    flush();
    in_item_ = true;
    mark_.clear();
    List& list = lists_.back();
    if (list.numbered) mark_ = std::to_string(list.next++) + ". ";
    if (item.is_task != 0) mark_ += item.task_mark == ' ' ? "[ ] " : "[x] ";
  }

  void flush() {
    if (in_item_ && !text_.empty()) {
      text_.insert(0, mark_);
      in_item_ = false;
      give(BlockKind::list_item, static_cast<int>(lists_.size()));
    } else {
      give(BlockKind::paragraph, 0);
    }
  }

  void give(BlockKind kind, int level) {
    std::string text;
    text.swap(text_);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    if (kind == BlockKind::heading) text = one_line(text);
    if (status_.ok()) status_ = out_.add(kind, level, std::move(text));
  }

  void give_html() {
    std::string html;
    html.swap(text_);
    in_html_block_ = false;
    if (status_.ok()) status_ = write_html(html, out_, facts_);
  }

  void give_table() {
    Table table = std::move(grid_).finish();
    table.header_rows = std::min(header_rows_, table.rows);
    grid_ = {};
    if (status_.ok()) status_ = out_.add(std::move(table));
  }

  void append_entity(std::string_view entity) {
    Result<std::string> text = html_to_line(entity);
    text_ += text.ok() ? *text : std::string(entity);
  }

  PageWriter& out_;
  HtmlFacts facts_;
  Status status_;
  std::string text_;
  std::string mark_;
  std::vector<List> lists_;
  GridBuilder grid_;
  std::uint32_t header_rows_ = 0;
  bool in_item_ = false;  // the text that comes is the first of a list item
  bool in_html_block_ = false;
};

MarkdownWriter& writer(void* self) { return *static_cast<MarkdownWriter*>(self); }

Status parse(std::string_view text, MarkdownWriter& out) {
  MD_PARSER parser{};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_PERMISSIVEAUTOLINKS;
  parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
    return writer(self).enter(type, detail);
  };
  parser.leave_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
    return writer(self).leave(type, detail);
  };
  parser.enter_span = [](MD_SPANTYPE, void*, void*) { return 0; };
  parser.leave_span = [](MD_SPANTYPE, void*, void*) { return 0; };
  parser.text = [](MD_TEXTTYPE type, const MD_CHAR* chars, MD_SIZE size, void* self) {
    return writer(self).text(type, {chars, size});
  };
  if (text.size() > std::numeric_limits<MD_SIZE>::max() ||
      md_parse(text.data(), static_cast<MD_SIZE>(text.size()), &parser, &out) != 0)
    return Error(Code::resource_exhausted, "The Markdown text needs more memory than is allowed.");
  return out.finish();
}

// "key: value" lines between two lines of "---" at the very beginning. Leaves `text` behind them.
void take_front_matter(std::string_view& text, DocumentProperties& properties) {
  if (!text.starts_with("---\n") && !text.starts_with("---\r\n")) return;
  const std::string_view head = text.substr(0, front_matter_bytes_max);
  const std::size_t end = head.find("\n---", 3);
  if (end == std::string_view::npos) return;
  for (std::string_view rest = head.substr(4, end - 4); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string value = one_line(line.substr(colon + 1));
    if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0])
      value = value.substr(1, value.size() - 2);
    if (line.substr(0, colon) == "title") properties.title = value;
    if (line.substr(0, colon) == "author") properties.author = value;
    if (line.substr(0, colon) == "date") properties.created = value;
  }
  text.remove_prefix(end + 4);
  text.remove_prefix(std::min(text.find('\n'), text.size()));
}

std::string_view next_line(std::string_view& rest) {
  std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// "|---|:-:|", "--- | ---"
bool is_delimiter_row(std::string_view line) {
  return line.size() >= 3 && line.find_first_not_of("|:- \t") == std::string_view::npos &&
         line.find('|') != std::string_view::npos && line.find("--") != std::string_view::npos;
}

bool is_atx_heading(std::string_view line) {
  const std::size_t marks = std::min(line.find_first_not_of('#'), line.size());
  return marks >= 1 && marks <= 6 && marks + 1 < line.size() && line[marks] == ' ';
}

}  // namespace

bool looks_like_markdown(std::string_view text) {
  constexpr std::size_t looked_at = 65536;
  std::string_view rest = text.substr(0, looked_at);
  int headings = 0;
  int fences = 0;
  int links = 0;
  std::string_view before;
  while (!rest.empty()) {
    const std::string_view line = next_line(rest);
    // Comments of scripts and settings also begin with "#", but do not stand alone.
    if (is_atx_heading(line) && before.empty() && (rest.empty() || rest[0] == '\n' || rest[0] == '\r'))
      ++headings;
    if (line.starts_with("```")) ++fences;
    if (line.find("](http") != std::string_view::npos || line.find("](#") != std::string_view::npos) ++links;
    if (is_delimiter_row(line) && before.find('|') != std::string_view::npos) return true;
    before = line;
  }
  return headings >= 2 || (fences >= 2 && fences % 2 == 0) || (headings + links >= 2);
}

Status read_markdown(const ReadInput& input, PageSink& sink) {
  LOADLINE_ASSIGN(const std::string decoded, decode_text(input.text()));
  std::string_view text = decoded;
  DocumentProperties properties;
  properties.media_type = "text/markdown";
  take_front_matter(text, properties);
  PageBuffer pages;
  PageWriter out(pages);
  MarkdownWriter writer(out);
  LOADLINE_TRY(parse(text, writer));
  LOADLINE_TRY(out.finish());
  if (properties.title.empty()) properties.title = writer.facts().title;
  return pages.give(std::move(properties), input.first_page, sink);
}

}  // namespace loadline
