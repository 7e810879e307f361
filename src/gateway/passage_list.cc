#include "gateway/passage_list.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/utf8.h"

namespace loadline {
namespace {

std::string heading_of(const SearchHit& hit) {
  std::string text = hit.document + ", page " + std::to_string(hit.page);
  if (!hit.chunk.context.empty())
    text += " - " + hit.chunk.context.substr(0, utf8_boundary(hit.chunk.context, passage_context_bytes_max));
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text + "\n";
}

// Chosen snippets of the passages, by chunk, within the budget.
class Selection {
 public:
  Selection(const SnippetSet& set, std::size_t count, std::uint32_t tokens_max, const Embedder& embedder)
      : set_(set), count_(count), tokens_max_(tokens_max), embedder_(embedder), chosen_(set.hits->size()) {}

  bool full() const { return used_ >= tokens_max_; }

  // Whether the snippet is in now. `must`: budget or not.
  bool add(std::size_t index, bool must) {
    const Snippet& snippet = set_.snippets[index];
    std::set<std::size_t>& of_hit = chosen_[snippet.hit];
    if (of_hit.count(index) != 0) return true;
    const bool is_new = of_hit.empty();
    if (is_new && (order_.size() >= count_ || is_contained(snippet.hit))) return false;
    std::size_t cost = embedder_.count_tokens(line_of(snippet));
    if (is_new) cost += embedder_.count_tokens(heading_of((*set_.hits)[snippet.hit]));
    if (!must && used_ + cost > tokens_max_) return false;
    used_ += cost;
    of_hit.insert(index);
    if (is_new) order_.push_back(snippet.hit);
    return true;
  }

  std::vector<NumberedPassage> passages(const std::vector<bool>& may_answer) const {
    std::vector<NumberedPassage> passages;
    for (const std::size_t hit : order_) {
      NumberedPassage passage;
      passage.marker = static_cast<int>(passages.size()) + 1;
      passage.hit = (*set_.hits)[hit];
      passage.hit_index = hit;
      passage.may_answer = may_answer[hit];
      passage.prompt_text = heading_of(passage.hit);
      std::size_t before = 0;
      for (const std::size_t index : chosen_[hit]) {
        if (before != 0 && index != before + 1) passage.prompt_text += "...\n";
        passage.prompt_text += line_of(set_.snippets[index]) + "\n";
        before = index;
      }
      passage.tokens = static_cast<std::uint32_t>(embedder_.count_tokens(passage.prompt_text));
      passages.push_back(std::move(passage));
    }
    return passages;
  }

 private:
  std::string line_of(const Snippet& snippet) const {
    const TableView& table = set_.tables[snippet.hit];
    if (!table.rows.empty()) return row_in_words(table.rows[snippet.row]);
    return std::string(set_.text(snippet));
  }

  bool is_contained(std::size_t hit) const {
    const Chunk& chunk = (*set_.hits)[hit].chunk;
    return std::any_of(order_.begin(), order_.end(), [&](std::size_t other) {
      const Chunk& better = (*set_.hits)[other].chunk;
      return better.context == chunk.context && better.text.find(chunk.text) != std::string::npos;
    });
  }

  const SnippetSet& set_;
  const std::size_t count_;
  const std::uint32_t tokens_max_;
  const Embedder& embedder_;
  std::vector<std::set<std::size_t>> chosen_;  // by hit: indexes of snippets
  std::vector<std::size_t> order_;             // hits, in the order they came in
  std::size_t used_ = 0;                       // tokens
};

}  // namespace

Passage NumberedPassage::as_passage() const {
  return {hit.chunk.text, hit.chunk.context, hit.chunk.table_header, hit.chunk.is_table, named};
}

std::vector<NumberedPassage> choose_passages(const Question& question, const SnippetSet& set,
                                             const std::vector<bool>& may_answer, std::size_t count,
                                             std::uint32_t tokens_max, const Embedder& embedder) {
  std::vector<std::size_t> order(set.snippets.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return set.snippets[a].score > set.snippets[b].score;
  });
  std::stable_partition(order.begin(), order.end(),
                        [&](std::size_t index) { return may_answer[set.snippets[index].hit]; });
  Selection selection(set, count, tokens_max, embedder);
  bool first = true;
  for (const std::size_t index : order) {
    const bool in = selection.add(index, std::exchange(first, false));
    if (!in || !set.tables[set.snippets[index].hit].rows.empty()) continue;
    // A sentence is read with the ones around it.
    for (const std::size_t beside : {index - 1, index + 1})
      if (beside < set.snippets.size() && set.snippets[beside].hit == set.snippets[index].hit)
        selection.add(beside, false);
    if (selection.full()) break;
  }
  std::vector<NumberedPassage> passages = selection.passages(may_answer);
  std::string named;
  for (const std::string& name : names_of_question(question)) named += name + " ";
  for (NumberedPassage& passage : passages)
    if (passage.may_answer) passage.named = named;
  return passages;
}

NumberedPassage whole_passage(const SearchHit& hit) {
  NumberedPassage passage;
  passage.marker = 1;
  passage.hit = hit;
  return passage;
}

}  // namespace loadline
