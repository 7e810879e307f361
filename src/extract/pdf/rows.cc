#include "extract/pdf/rows.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "extract/pdf/characters.h"

namespace loadline::pdf {
namespace {

constexpr float same_line = 0.3F;         // of the smaller size: how far baselines of one line differ
constexpr float small_mark_size = 0.85F;  // of the word beside it
constexpr float mark_rise_max = 0.75F;    // of the size of the line

struct Line {
  std::vector<Word*> words;
  float baseline = 0, size = 0;
};

std::vector<Line> group_by_baseline(std::vector<Word>& words) {
  std::vector<Word*> sorted;
  sorted.reserve(words.size());
  for (Word& word : words) sorted.push_back(&word);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Word* a, const Word* b) { return a->baseline < b->baseline; });
  std::vector<Line> lines;
  for (Word* word : sorted) {
    Line* line = lines.empty() ? nullptr : &lines.back();
    if (line == nullptr || word->baseline - line->baseline > same_line * std::min(word->size, line->size)) {
      lines.push_back({{}, word->baseline, word->size});
      line = &lines.back();
    } else if (word->size > line->size) {
      line->size = word->size, line->baseline = word->baseline;
    }
    line->words.push_back(word);
  }
  return lines;
}

bool beside(const Word& mark, const Word& word, bool word_is_first) {
  const float behind = mark.box.x0 - word.box.x1, before = word.box.x0 - mark.box.x1;
  // A footnote's mark may hang out before its text.
  const float before_max = word_is_first ? 3.0F : 0.5F;
  return (behind > -0.3F * word.size && behind < 0.5F * word.size) ||
         (before > -0.1F * word.size && before < before_max * word.size);
}

// Moves small words of `from` that stand at a word of `to` there.
void move_marks(Line& from, Line& to, bool raised) {
  if (std::abs(from.baseline - to.baseline) > mark_rise_max * to.size) return;
  const Word* const leftmost = *std::min_element(
      to.words.begin(), to.words.end(), [](const Word* a, const Word* b) { return a->box.x0 < b->box.x0; });
  auto stays = from.words.begin();
  for (Word* mark : from.words) {
    const auto word = std::find_if(to.words.begin(), to.words.end(), [&](const Word* w) {
      return mark->size < small_mark_size * w->size && beside(*mark, *w, w == leftmost);
    });
    if (word == to.words.end()) {
      *stays++ = mark;
      continue;
    }
    mark->raised = raised;
    to.words.push_back(mark);
  }
  from.words.erase(stays, from.words.end());
}

void join_marks(std::vector<Line>& lines) {
  for (std::size_t at = 0; at + 1 < lines.size(); ++at) {
    Line& upper = lines[at];
    Line& lower = lines[at + 1];
    if (lower.baseline - upper.baseline > mark_rise_max * std::max(upper.size, lower.size)) continue;
    if (upper.size < small_mark_size * lower.size)
      move_marks(upper, lower, true);
    else
      move_marks(lower, upper, false);
  }
  std::erase_if(lines, [](const Line& line) { return line.words.empty(); });
}

// Marks that share the baseline group of their line: small and standing higher.
void flag_raised(Line& line) {
  for (Word* word : line.words)
    if (word->size < small_mark_size * line.size && line.baseline - word->baseline > 0.12F * line.size)
      word->raised = true;
}

bool is_ordinal_ending(std::string_view text) {
  return text == "st" || text == "nd" || text == "rd" || text == "th";
}

bool needs_space(const Word& left, const Word& right) {
  const float size = std::max(left.size, right.size);
  const float gap = gap_between(left, right);
  if (right.raised && !left.raised) {
    const char32_t first = first_character(right.text);
    const bool reads_as_part = is_digit(first) || is_letter(first) || first == '(';
    if (!reads_as_part || is_ordinal_ending(right.text)) return gap > 0.3F * size;
    return left.text.size() > 2 ||
           gap > 0.3F * size;  // "m2" stays, "Total (1)" and "1,234 (1)" do not run on
  }
  if (right.attached) return gap > 0.34F * size;
  if (!left.raised || gap > 0.3F * size) return true;
  const char32_t first = first_character(right.text);  // "flows 1." ends a sentence
  return is_letter(first) || is_digit(first) || first == '(';
}

}  // namespace

Row row_of(std::vector<const Word*> words) {
  Row row;
  row.words = std::move(words);
  row.box = united_box(row.words);
  std::size_t letters_most = 0;
  row.bold = row.italic = true;
  for (const Word* word : row.words) {
    if (!word->raised) {
      row.bold = row.bold && word->bold;
      row.italic = row.italic && word->italic;
    }
    // The size of the longest word stands for the row: cheap, and right but for odd mixtures.
    if (word->text.size() > letters_most && !word->raised) {
      letters_most = word->text.size();
      row.size = word->size;
      row.baseline = word->baseline;
    }
  }
  if (letters_most == 0) row.size = row.words.front()->size, row.baseline = row.words.front()->baseline;
  return row;
}

std::vector<Row> build_rows(std::vector<Word>& words) {
  std::vector<Line> lines = group_by_baseline(words);
  join_marks(lines);
  std::vector<Row> rows;
  rows.reserve(lines.size());
  for (Line& line : lines) {
    flag_raised(line);
    std::stable_sort(line.words.begin(), line.words.end(),
                     [](const Word* a, const Word* b) { return a->box.x0 < b->box.x0; });
    rows.push_back(row_of({line.words.begin(), line.words.end()}));
  }
  return rows;
}

std::string joined_text(std::span<const Word* const> words) {
  std::string text;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (at > 0 && needs_space(*words[at - 1], *words[at])) text += ' ';
    text += words[at]->text;
  }
  return text;
}

Box united_box(std::span<const Word* const> words) {
  Box box = words.front()->box;
  for (const Word* word : words)
    box = {std::min(box.x0, word->box.x0), std::min(box.y0, word->box.y0), std::max(box.x1, word->box.x1),
           std::max(box.y1, word->box.y1)};
  return box;
}

}  // namespace loadline::pdf
