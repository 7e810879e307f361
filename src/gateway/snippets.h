#pragma once
// The sentences and table rows of the retrieved chunks, each scored for how likely it answers the question:
// by the words that it shares with the question (weighted by how rare they are among all snippets), by
// meaning (cosine of embeddings), by kind of answer and period. What the model reads and what is quoted
// without a model is chosen from these. A SnippetReader is for one thread; a SnippetSet points into the hits
// it was read from.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "gateway/question.h"
#include "guard/support.h"
#include "guard/table_view.h"
#include "model/embedder.h"
#include "retrieval/retriever.h"

namespace loadline {

/// Stems of words, and numbers as "#" and their value.
using Terms = std::unordered_set<std::string>;

struct Snippet {
  std::size_t hit = 0;    // index of its chunk
  QuoteUnit range;        // bytes of the chunk's text
  std::size_t row = 0;    // index of TableView::rows if the chunk is a table
  Terms terms;            // of its own words
  Terms names;            // of a row: of the names over its columns
  double own = 0;         // share of the question's weight in its own words, 0 to 1
  double coverage = 0;    // the same with headings, column names and title
  double meaning = 0;     // cosine with the question
  bool has_kind = false;  // states something of the kind that is asked for
  int of_period = 0;      // the document's name or title: 1 names a period asked for, -1 only others, 0 none
  bool fits_period = false;  // every period of the question stands in it, its columns or its headings
  double score = 0;          // of these and of the chunk's own rank; only for comparison within one set
};

struct SnippetSet {
  const std::vector<SearchHit>* hits = nullptr;
  std::vector<TableView> tables;                    // by hit
  std::vector<Terms> contexts;                      // by hit: headings, caption, titles
  std::vector<Terms> wholes;                        // by hit: text and context
  std::vector<Snippet> snippets;                    // in the order of hits and text
  std::unordered_map<std::string, double> weights;  // of the question's terms

  std::string_view text(const Snippet& snippet) const {
    return std::string_view((*hits)[snippet.hit].chunk.text)
        .substr(snippet.range.begin, snippet.range.end - snippet.range.begin);
  }
  /// Share of the question's weight that stands in any of `places`.
  double share(std::initializer_list<const Terms*> places) const;
};

class SnippetReader {
 public:
  static constexpr std::size_t embedded_max =
      128;  // snippets that are compared by meaning, the best by words first

  /// Errors of Embedder::embed.
  Result<SnippetSet> read(const Question& question, const std::vector<SearchHit>& hits,
                          const Embedder& embedder, const CallContext& context);

  Terms terms_of(std::string_view text);

 private:
  void split(const Question& question, SnippetSet& set);
  Status compare_meaning(const Question& question, SnippetSet& set, const Embedder& embedder,
                         const CallContext& context);

  WordReader words_;
};

/// The question's terms: its content words and its numbers outside periods.
Terms question_terms(const Question& question);
/// Whether each period of the question agrees with one of `known`, as far as both say.
bool covers_periods(const std::vector<Period>& asked, const std::vector<Period>& known);
/// By hit: whether what the question names stands there, so that an answer may be taken from it: its names
/// anywhere in the document's hits, its numbers on the page, its periods in the chunk or its headings.
/// Nearness does not count: the fee of another card, the ratio of another quarter, is no answer.
std::vector<bool> hits_that_may_answer(const Question& question, const SnippetSet& set);
/// Whether two words that stand side by side in the question ("gym membership") stand in none of the hits: it
/// may be about something that the documents do not know. One such word alone is mostly said in another way.
bool has_unknown_pair(const Question& question, const SnippetSet& set);
/// The names that the question has, as written there.
std::vector<std::string> names_of_question(const Question& question);
/// Whether `text` states something of the kind asked for that is not already in the question.
bool states_kind(const Question& question, std::string_view text);

}  // namespace loadline
