#include "ingest/describe.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "ingest/front_matter.h"
#include "ingest/text_pieces.h"

namespace loadline {
namespace {

constexpr std::size_t line_bytes_max = 600;
constexpr std::size_t title_bytes_max = 160;
constexpr std::size_t short_title = 60;

void add_lines(std::vector<FrontLine>& lines, std::string_view text, const FrontLine& like,
               std::size_t& left) {
  while (!text.empty() && left > 0) {
    const std::size_t end = std::min({text.find('\n'), text.size(), line_bytes_max});
    FrontLine line = like;
    for (const char c : text.substr(0, end)) {
      if (!is_blank(c))
        line.text += c;
      else if (!line.text.empty() && line.text.back() != ' ')
        line.text += ' ';
    }
    left -= std::min(left, line.text.size() + 1);
    if (!line.text.empty()) lines.push_back(std::move(line));
    text.remove_prefix(std::min(text.size(), end + (end < text.size() && text[end] == '\n' ? 1 : 0)));
  }
}

bool has_letters(std::string_view text, int at_least) {
  int letters = 0;
  for (const char c : text)
    letters += std::isalpha(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0 ? 1 : 0;
  return letters >= at_least;
}

// Titles that programs put into files by themselves, and file names.
bool says_something(std::string_view title) {
  if (title.size() < 4 || title.size() > title_bytes_max || !has_letters(title, 3)) return false;
  const std::string lower = lower_ascii(title);
  if (lower.starts_with("untitled") || lower.starts_with("document") || lower.starts_with("slide 1"))
    return false;
  if (lower.find("powerpoint presentation") != std::string::npos) return false;
  const std::size_t dot = lower.rfind('.');
  const bool file_name = dot != std::string::npos && lower.size() - dot <= 6 &&
                         lower.find(' ', dot) == std::string::npos && dot + 1 < lower.size();
  return !file_name &&
         (title.find(' ') != std::string_view::npos || title.find('_') == std::string_view::npos);
}

std::string stated_title(std::string title) {
  for (const std::string_view front : {"Microsoft Word - ", "Microsoft PowerPoint - ", "Microsoft Excel - "})
    if (title.starts_with(front)) title.erase(0, front.size());
  return title;
}

std::string find_title(const DocumentProperties& properties, const std::vector<FrontLine>& lines,
                       const std::string& name_text) {
  const std::string stated = stated_title(properties.title);
  if (says_something(stated)) return stated;
  // On the first page a heading with a word of its own; or one that names a kind; then the file's name.
  const FrontLine* kind = nullptr;
  for (const FrontLine& line : lines) {
    if (!line.heading || !line.first_page || !says_something(line.text)) continue;
    if (says_something_specific(line.text)) return line.text;
    if (kind == nullptr && line.text.size() <= short_title && !find_kind({}, line.text, "").empty())
      kind = &line;
  }
  if (kind != nullptr) return kind->text;
  return name_text;
}

void add_unless_said(std::string& line, std::string_view more) {
  if (more.empty() || lower_ascii(line).find(lower_ascii(more)) != std::string::npos) return;
  if (!line.empty()) line += ", ";
  line += more;
}

}  // namespace

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string name_as_text(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  const std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && dot > 0 && name.size() - dot <= 6) name = name.substr(0, dot);
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::vector<FrontLine> front_lines(const std::vector<ExtractedPage>& pages) {
  std::vector<FrontLine> lines;
  std::size_t left = described_bytes_max;
  int count = 0;
  for (const ExtractedPage& page : pages) {
    if (++count > described_pages) break;
    for (const Block& block : page.blocks) {
      const bool heading = block.kind == BlockKind::heading;
      const bool running = block.kind == BlockKind::running_header || block.kind == BlockKind::running_footer;
      const double weight = (count == 1 ? 2.0 : 1.0) * (heading ? 2.0 : running ? 1.5 : 1.0);
      add_lines(lines, block.text, {"", weight, heading, count == 1}, left);
    }
  }
  return lines;
}

DocumentDescription describe_document(const DocumentProperties& properties,
                                      const std::vector<ExtractedPage>& pages, std::string_view name) {
  std::vector<FrontLine> lines = front_lines(pages);
  const std::string name_text = name_as_text(name);
  DocumentDescription description;
  description.title = find_title(properties, lines, name_text);
  description.kind = find_kind(lines, description.title, name_text);
  lines.insert(lines.begin(), FrontLine{description.title, 4.0, true, true});
  description.entities = find_entities(lines, name_text);
  description.periods = find_document_periods(lines, name_text);
  return description;
}

std::string document_line(const DocumentDescription& description) {
  std::string line = description.title;
  if (!description.entities.empty()) {
    const std::string& who = description.entities.front();
    if (lower_ascii(line).find(lower_ascii(who)) == std::string::npos)
      line = line.empty() ? who : who + ", " + line;
  }
  add_unless_said(line, description.kind);
  if (!description.periods.empty()) add_unless_said(line, description.periods.front());
  return line;
}

std::string describe_version() { return "describe-2"; }

}  // namespace loadline
