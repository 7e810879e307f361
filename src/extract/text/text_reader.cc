#include "extract/text/text_reader.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "extract/page_writer.h"
#include "extract/text/aligned_table.h"
#include "extract/text/charset.h"

namespace loadline {
namespace {

constexpr std::size_t heading_bytes_max = 100;
// A paragraph is cut at a line end when it has become this long: files without blank lines.
constexpr std::size_t paragraph_bytes_max = 16384;

std::string_view trimmed(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t\r\v");
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r\v") - begin + 1);
}

bool is_underline(std::string_view line, char mark) {
  return line.size() >= 3 && line.find_first_not_of(mark) == std::string_view::npos;
}

bool is_capitals(std::string_view line) {
  std::size_t letters = 0;
  for (const char c : line) {
    if (c >= 'a' && c <= 'z') return false;
    if (c >= 'A' && c <= 'Z') ++letters;
  }
  return letters >= 4 && letters * 2 >= line.size() && line.size() <= heading_bytes_max;
}

// The bytes of "- ", "* ", "• ", "12. ", "b) " at the start of a line; 0 if it is no list item. Numbers are
// kept in the text, since others refer to them.
std::size_t list_mark(std::string_view line, bool& keep) {
  keep = false;
  for (const std::string_view mark : {"- ", "* ", "• ", "– ", "o "})
    if (line.starts_with(mark)) return mark.size();
  std::size_t at = 0;
  while (at < line.size() && at < 3 && line[at] >= '0' && line[at] <= '9') ++at;
  if (at == 0 && line.size() > 1 && line[0] >= 'a' && line[0] <= 'z' && line[1] == ')') at = 1;
  if (at == 0 || at + 1 >= line.size() || (line[at] != '.' && line[at] != ')') || line[at + 1] != ' ')
    return 0;
  keep = true;
  return at + 2;
}

class TextReader {
 public:
  explicit TextReader(PageWriter& out) : out_(out) {}

  Status line(std::string_view raw) {
    const std::string_view line = trimmed(raw);
    if (line.empty()) return flush();
    const bool is_one_text =
        kind_ == BlockKind::paragraph && lines_ == 1 && text_.find("  ") == std::string::npos;
    if (is_one_text && (is_underline(line, '=') || is_underline(line, '-')))
      return flush_heading(line[0] == '=' ? 1 : 2);
    bool keep_mark = false;
    if (const std::size_t mark = list_mark(line, keep_mark); mark > 0 && starts_item(keep_mark)) {
      LOADLINE_TRY(flush());
      kind_ = BlockKind::list_item;
      append(keep_mark ? line : line.substr(mark), raw);
      return {};
    }
    if (text_.size() + line.size() > paragraph_bytes_max) LOADLINE_TRY(flush());
    append(line, raw);
    return {};
  }

  Status flush() {
    if (kind_ == BlockKind::paragraph && lines_ == 1 && is_capitals(text_)) return flush_heading(2);
    const int level =
        kind_ == BlockKind::list_item ? 1 + static_cast<int>(std::min<std::size_t>(indent_ / 2, 5)) : 0;
    return give(kind_, level);
  }

 private:
  // A number at the start of a wrapped line in the middle of a paragraph is no item.
  bool starts_item(bool numbered) const { return lines_ == 0 || kind_ == BlockKind::list_item || !numbered; }

  void append(std::string_view line, std::string_view raw) {
    if (lines_ == 0) indent_ = raw.find_first_not_of(" \t");
    if (lines_ > 0) text_ += '\n';
    text_ += line;
    raw_lines_.push_back(raw);
    ++lines_;
  }
  Status flush_heading(int level) { return give(BlockKind::heading, level); }
  Status give(BlockKind kind, int level) {
    std::string text;
    text.swap(text_);
    const std::vector<std::string_view> raw = std::exchange(raw_lines_, {});
    lines_ = 0, indent_ = 0, kind_ = BlockKind::paragraph;
    if (kind == BlockKind::paragraph && raw.size() >= 2)
      if (std::optional<Table> table = aligned_table(raw)) return out_.add(*std::move(table));
    return out_.add(kind, level, std::move(text));
  }

  PageWriter& out_;
  std::string text_;
  std::vector<std::string_view> raw_lines_;  // of the block being read
  std::size_t lines_ = 0;
  std::size_t indent_ = 0;
  BlockKind kind_ = BlockKind::paragraph;
};

Status write_pages(std::string_view text, PageSink& sink) {
  PageWriter out(sink);
  LOADLINE_TRY(write_text(text, out));
  return out.finish();
}

}  // namespace

Status write_text(std::string_view text, PageWriter& out) {
  TextReader reader(out);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\n\f", at), text.size());
    std::string_view line = text.substr(at, end - at);
    // A single line of megabytes (minified something) is cut where paragraphs are.
    for (; line.size() > paragraph_bytes_max; line.remove_prefix(utf8_boundary(line, paragraph_bytes_max)))
      LOADLINE_TRY(reader.line(line.substr(0, utf8_boundary(line, paragraph_bytes_max))));
    LOADLINE_TRY(reader.line(line));
    if (end < text.size() && text[end] == '\f') {
      LOADLINE_TRY(reader.flush());
      LOADLINE_TRY(out.end_page());
    }
    at = end + 1;
  }
  return reader.flush();
}

Status read_text(const ReadInput& input, PageSink& sink) {
  LOADLINE_ASSIGN(std::string text, decode_text(input.text()));
  std::replace(text.begin(), text.end(), '\0', ' ');
  PageCounter counter;
  LOADLINE_TRY(write_pages(text, counter));
  DocumentProperties properties;
  properties.media_type = "text/plain";
  properties.page_count = counter.pages();
  if (!sink.on_properties(properties)) return sink_stopped();
  PagesFrom rest(sink, input.first_page);
  return write_pages(text, rest);
}

}  // namespace loadline
