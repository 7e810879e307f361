#include "extract/pdf/paragraphs.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/utf8.h"
#include "extract/pdf/characters.h"

namespace loadline::pdf {
namespace {

constexpr std::size_t heading_rows_max = 3;
constexpr std::size_t heading_bytes_max = 240;

// ---- Words divided at line ends

std::string_view trailing_part(std::string_view text, std::string_view marks) {
  std::size_t begin = text.size();
  while (begin > 0 && static_cast<unsigned char>(text[begin - 1]) > ' ' &&
         marks.find(text[begin - 1]) == std::string_view::npos)
    --begin;
  return text.substr(begin);
}

std::string_view leading_letters(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t next = at;
    const char32_t c = next_code_point(text, next);
    if (!is_letter(c) && c != '\'') break;
    at = next;
  }
  return text.substr(0, at);
}

// "manage-" + "ment" is one word; "long-" + "term" keeps its hyphen.
bool hyphen_goes(std::string_view first, std::string_view second, const Vocabulary& vocabulary) {
  const std::string joined = std::string(first) + std::string(second);
  if (vocabulary.contains(joined)) return true;
  if (vocabulary.contains(std::string(first) + "-" + std::string(second))) return false;
  constexpr std::size_t word_letters_min = 3;
  const bool both_words = first.size() >= word_letters_min && second.size() >= word_letters_min &&
                          vocabulary.contains(first) && vocabulary.contains(second);
  return !both_words;
}

void append_line(std::string& text, const std::string& line, const Vocabulary& vocabulary) {
  if (text.empty()) {
    text = line;
    return;
  }
  const char32_t last = last_character(text);
  const bool soft = last == 0xAD;
  if (!soft && last != '-' && last != 0x2010) {
    text += ' ';
    text += line;
    return;
  }
  const std::size_t mark_bytes = last == '-' ? 1 : last == 0xAD ? 2 : 3;
  const std::string_view head = std::string_view(text).substr(0, text.size() - mark_bytes);
  const std::string_view first = trailing_part(head, "-(\"'/");
  const std::string_view second = leading_letters(line);
  const bool in_word = !first.empty() && is_letter(last_character(first));
  if (in_word && is_lower(first_character(line)) && (soft || hyphen_goes(first, second, vocabulary)))
    text.resize(head.size());
  else if (!in_word || is_space(last_character(head)))
    text += ' ';  // a dash, no hyphen
  text += line;
}

void drop_soft_hyphens(std::string& text) {
  constexpr std::string_view soft_hyphen = "\u00AD";
  for (std::size_t at = text.find(soft_hyphen); at != std::string::npos; at = text.find(soft_hyphen, at))
    text.erase(at, soft_hyphen.size());
}

// ---- List marks

bool is_roman(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("ivxlcIVXLC") == std::string_view::npos;
}

// "1", "12", "a", "B", "iv"
bool is_counter(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  if (text.size() == 1 && (is_letter(static_cast<unsigned char>(text[0])))) return true;
  const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  return (digits && text.size() <= 2) || is_roman(text);
}

bool is_counter_mark(std::string_view word) {
  if (word.size() < 2) return false;
  if (word.front() == '(' && word.back() == ')') return is_counter(word.substr(1, word.size() - 2));
  if (word.back() == ')' || word.back() == '.') return is_counter(word.substr(0, word.size() - 1));
  return false;
}

bool begins_with_bullet(const Row& row) { return is_bullet(first_character(row.words.front()->text)); }

bool begins_with_dash(const Row& row) {
  const std::string& first = row.words.front()->text;
  return is_dash(first_character(first)) && first.size() <= 3 && row.words.size() > 1;
}

// ---- Where paragraphs end

bool ends_sentence(const Row& row) {
  const char32_t last = last_character(row.words.back()->text);
  return last == '.' || last == ':' || last == ';' || last == '?' || last == '!' || last == ')' ||
         last == 0x201D;
}

class ParagraphFinder {
 public:
  explicit ParagraphFinder(std::span<const Row> rows) : rows_(rows), leading_(usual_leading()) {}

  /// One past the last row of the paragraph that begins at `first`.
  std::size_t end_of(std::size_t first) const {
    std::size_t at = first + 1;
    while (at < rows_.size() && !breaks(first, at)) ++at;
    return at;
  }

 private:
  // The lower quartile of the line distances, in multiples of the size: lines within paragraphs.
  float usual_leading() const {
    constexpr float leading_default = 1.2F, leading_limit = 3.0F;
    std::vector<float> gaps;
    for (std::size_t at = 1; at < rows_.size(); ++at) {
      const float gap = (rows_[at].baseline - rows_[at - 1].baseline) / rows_[at].size;
      if (gap > 0.5F && gap < leading_limit) gaps.push_back(gap);
    }
    if (gaps.size() < 3) return leading_default;
    const auto quartile = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 4);
    std::nth_element(gaps.begin(), quartile, gaps.end());
    return std::max(*quartile, 1.0F);
  }

  bool breaks(std::size_t first, std::size_t at) const {
    const Row& above = rows_[at - 1];
    const Row& row = rows_[at];
    return changes_style(above, row) || stands_apart(first, at) || begins_list_item(row) ||
           begins_indented(first, at) || leaves_room(first, at);
  }

  static bool changes_style(const Row& above, const Row& row) {
    const float ratio = row.size / above.size;
    if (ratio > 1.12F || ratio < 0.89F) return true;
    if (above.bold && !row.bold) return !row.words.front()->bold;
    return !above.bold && row.bold && !above.words.back()->bold;
  }

  bool stands_apart(std::size_t first, std::size_t at) const {
    constexpr float more_than_leading = 1.3F;
    const float gap = rows_[at].baseline - rows_[at - 1].baseline;
    float expected = leading_ * rows_[at].size;
    if (at - first >= 2) expected = std::max(expected, rows_[at - 1].baseline - rows_[at - 2].baseline);
    return gap > more_than_leading * expected || gap < 0;
  }

  bool centred(std::size_t at) const {
    const Box& a = rows_[at - 1].box;
    const Box& b = rows_[at].box;
    return std::abs(a.x0 + a.x1 - b.x0 - b.x1) < 6 && std::abs(a.x0 - b.x0) > 3;
  }

  bool begins_indented(std::size_t first, std::size_t at) const {
    const float step = (rows_[at].box.x0 - rows_[at - 1].box.x0) / rows_[at].size;
    constexpr float indent = 0.8F;
    if (std::abs(step) < indent || centred(at)) return false;
    const bool second_line = at == first + 1;
    // The first line may be indented, or hang out before the rest of a list item.
    if (second_line && step < 0) return step < -8;
    if (second_line && begins_list_item(rows_[first])) return step > 8;
    return step < 0 || ends_sentence(rows_[at - 1]) || !is_lower(first_character(rows_[at].words[0]->text));
  }

  // The next word would still have fitted: the line was ended on purpose.
  bool leaves_room(std::size_t first, std::size_t at) const {
    float right = 0;
    for (std::size_t i = first; i < std::min(rows_.size(), at + 3); ++i)
      right = std::max(right, rows_[i].box.x1);
    const Row& above = rows_[at - 1];
    const Word& next = *rows_[at].words.front();
    const float room = right - above.box.x1 - (next.box.x1 - next.box.x0);
    if (room < 0.6F * above.size || centred(at)) return false;
    return ends_sentence(above) || !is_lower(first_character(next.text));
  }

  const std::span<const Row> rows_;
  const float leading_;
};

// ---- Headings

struct TextFacts {
  std::size_t letters = 0, upper = 0, digits = 0, words = 0;
};

TextFacts facts_of(std::string_view text) {
  TextFacts facts;
  bool in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    facts.letters += is_letter(c) ? 1 : 0;
    facts.upper += is_upper(c) ? 1 : 0;
    facts.digits += is_digit(c) ? 1 : 0;
    if (!in_word && c != ' ') ++facts.words;
    in_word = c != ' ';
  }
  return facts;
}

// 2 for "4.2 Loans", 1 for "4. Loans" and "IV. Loans", 0 for a text without a number.
int numbering_depth(std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  if (word.size() == text.size() || word.empty()) return 0;
  if (is_roman(word.substr(0, word.size() - 1)) && word.back() == '.') return 1;
  if (word.find_first_not_of("0123456789.") != std::string_view::npos ||
      !is_digit(static_cast<unsigned char>(word[0])))
    return 0;
  const std::string_view numbers = word.back() == '.' ? word.substr(0, word.size() - 1) : word;
  if (numbers.size() == word.size() && numbers.find('.') == std::string_view::npos)
    return numbers.size() <= 2 ? 1 : 0;
  if (numbers.size() > 12 || numbers.find("..") != std::string_view::npos) return 0;
  return 1 + static_cast<int>(std::count(numbers.begin(), numbers.end(), '.'));
}

// "Item 7.", "PART II", "Note 5": parts that documents are divided into by name.
int named_part_level(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return 0;
  std::string word(text.substr(0, space));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string_view rest = text.substr(space + 1);
  const std::string_view number = rest.substr(0, rest.find_first_of(" .:-\u2014)"));
  const bool counted = !number.empty() && (is_digit(static_cast<unsigned char>(number[0])) ||
                                           is_roman(number) || number.size() == 1);
  if (!counted) return 0;
  if (word == "part" || word == "chapter" || word == "title") return 1;
  if (word == "item" || word == "section" || word == "appendix" || word == "annex" || word == "article" ||
      word == "schedule")
    return 2;
  return word == "note" || word == "exhibit" ? 3 : 0;
}

bool ends_as_prose(std::string_view text) {
  const char32_t last = last_character(text);
  return last == '.' || last == ',' || last == ';';
}

int level_by_size(float ratio) {
  if (ratio >= 1.7F) return 1;
  if (ratio >= 1.35F) return 2;
  return ratio >= 1.14F ? 3 : 0;
}

// 0: no heading.
int heading_level(std::span<const Row> rows, std::string_view text, const DocumentProfile& profile) {
  if (rows.size() > heading_rows_max || text.size() > heading_bytes_max) return 0;
  const TextFacts facts = facts_of(text);
  if (facts.letters < 3 || facts.letters < facts.digits) return 0;
  const Row& row = rows.front();
  const int depth = numbering_depth(text);
  const int named = named_part_level(text);
  const bool numbered = depth > 0 || named > 0;
  const int by_size = level_by_size(row.size / profile.body_size());
  const bool bold = std::all_of(rows.begin(), rows.end(), [](const Row& r) { return r.bold; });
  const bool capitals = facts.letters >= 4 && facts.upper * 10 >= facts.letters * 9 && facts.words >= 2;
  if (by_size > 0 && !(ends_as_prose(text) && !numbered && rows.size() > 1)) return by_size;
  const bool marked = (bold && !profile.bold_body()) || capitals;
  if (!marked) return 0;
  if (ends_as_prose(text) && !(numbered && facts.words <= 12)) return 0;
  if (named > 0) return named;
  if (depth > 0) return std::min(6, 2 + depth);
  if (bold && capitals) return 3;
  return 4;
}

bool is_italic_heading(std::span<const Row> rows, std::string_view text, std::span<const Row> below) {
  if (rows.size() != 1 || !rows[0].italic || rows[0].bold || below.empty() || below[0].italic) return false;
  const TextFacts facts = facts_of(text);
  return facts.letters >= 4 && facts.letters > facts.digits && facts.words <= 10 && !ends_as_prose(text) &&
         last_character(text) != ':' && is_upper(first_character(text)) &&
         rows[0].box.x1 < below[0].box.x1 - 3 * rows[0].size;
}

// ---- Blocks

// Depth of list items by how far their marks are indented.
class ListDepth {
 public:
  int of(float x) {
    constexpr float same = 4;
    while (!marks_.empty() && marks_.back() > x + same) marks_.pop_back();
    if (marks_.empty() || marks_.back() < x - same) marks_.push_back(x);
    return static_cast<int>(std::min<std::size_t>(marks_.size(), 6));
  }
  void end_list() { marks_.clear(); }

 private:
  std::vector<float> marks_;
};

Box box_of(std::span<const Row> rows) {
  Box box = rows.front().box;
  for (const Row& row : rows)
    box = {std::min(box.x0, row.box.x0), std::min(box.y0, row.box.y0), std::max(box.x1, row.box.x1),
           std::max(box.y1, row.box.y1)};
  return box;
}

}  // namespace

bool begins_list_item(const Row& row) {
  if (begins_with_bullet(row) || begins_with_dash(row)) return true;
  const std::string& first = row.words.front()->text;
  if (row.words.size() < 2) return false;
  if (first == "o") return gap_between(*row.words[0], *row.words[1]) > 0.6F * row.size;
  if (!is_counter_mark(first)) return false;
  // "U. S." and initials are no marks, and a sentence may go on with "(i)": marks stand a little apart.
  return first.front() == '(' || is_digit(static_cast<unsigned char>(first[0])) ||
         gap_between(*row.words[0], *row.words[1]) > 0.5F * row.size;
}

std::string text_of_rows(std::span<const Row> rows, const Vocabulary& vocabulary) {
  std::string text;
  for (const Row& row : rows) append_line(text, joined_text(row.words), vocabulary);
  drop_soft_hyphens(text);
  return text;
}

void append_text_blocks(std::span<const Row> rows, const DocumentProfile& profile, std::vector<Block>& out) {
  if (rows.empty()) return;
  const ParagraphFinder paragraphs(rows);
  ListDepth depth;
  for (std::size_t first = 0, end = 0; first < rows.size(); first = end) {
    end = paragraphs.end_of(first);
    const std::span<const Row> own = rows.subspan(first, end - first);
    Block block;
    block.text = text_of_rows(own, profile.vocabulary());
    block.box = box_of(own);
    block.level = heading_level(own, block.text, profile);
    if (block.level == 0 && is_italic_heading(own, block.text, rows.subspan(end))) block.level = 5;
    const bool bullet = begins_with_bullet(own[0]);
    if (block.level > 0 && !bullet) {
      block.kind = BlockKind::heading;
      depth.end_list();
    } else if (begins_list_item(own[0])) {
      block.kind = BlockKind::list_item;
      block.level = depth.of(own[0].box.x0);
    } else {
      block.level = 0;
      depth.end_list();
    }
    out.push_back(std::move(block));
  }
}

}  // namespace loadline::pdf
