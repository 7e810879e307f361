#pragma once
// Does a passage say what a sentence claims? A deterministic check: words, numbers with units and scales,
// names, periods and negation. It decides whether a citation is marked supported; it never asks a model.
//
// A claim is supported by a passage if, citation markers aside,
//   - it stands there verbatim (case, blanks and quotes aside), or
//   - every quantity of it agrees with one of the passage (scale words, table captions and rounding
//   considered), in a
//     table from a row that shares its words and a column that fits its period; and
//   - every name of it stands in the passage or its headings (a name that only the question has is not
//   confirmed by
//     the passage), every period there or in the question; and
//   - enough of its other words stand there too, at least one in the passage itself; and
//   - a bare figure is read as the question with the figure filled in; and
//   - it does not deny what the passage states, nor the other way round.
// One Checker per thread.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/word.h"

namespace loadline {

/// What a citation may point to.
struct Passage {
  std::string_view text;  // the quoted text
  std::string_view
      context;  // title, period, headings, a table's caption and header: may support, is never quoted
  std::string_view table_header;  // header rows as in table_text; "" if no table
  bool is_table = false;
  /// Names of the question that stand elsewhere in the document: a claim may repeat them, unless its sentence
  /// is about somebody or something else by name.
  std::string_view named_in_document = {};
};

enum class SupportReason : std::uint8_t {
  verbatim,
  agreement,
  // not supported:
  quantity_not_in_passage,
  quantity_of_other_row_or_period,
  quantity_of_other_column,  // the row is right; it is the quote
  name_not_in_passage,
  period_not_in_passage,
  words_not_in_passage,
  contradicts,
  no_claim,  // nothing to check: no content words and no quantities
};

struct SupportVerdict {
  bool supported = false;
  SupportReason reason = SupportReason::no_claim;
  double coverage = 0;  // share of the claim's content words found
  std::size_t quote_begin = 0,
              quote_end = 0;  // the sentence or table row of the passage that fits best, in bytes
};

class SupportChecker {
 public:
  /// `question` is what was asked: the claim may repeat its words, its names and its periods. Linear in the
  /// lengths.
  SupportVerdict check(std::string_view claim, const Passage& passage, std::string_view question);

 private:
  WordReader words_;
};

/// The claim without "[1]", "[2, 3]".
std::string without_markers(std::string_view claim);
/// The numbers in its markers, in order, each once.
std::vector<int> markers_of(std::string_view claim);

/// The sentences of a passage, or the rows of a table: what may be quoted. Byte ranges.
struct QuoteUnit {
  std::size_t begin = 0, end = 0;
};
std::vector<QuoteUnit> quote_units(const Passage& passage);

}  // namespace loadline
