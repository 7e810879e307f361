#pragma once
// Sentences of an answer checked against its passages, one at a time as they arrive: which passage each rests
// on, the marker it gets, and the citation that goes with it. One object per answer, one thread.
#include <string>
#include <vector>

#include "gateway/chat_flow.h"
#include "gateway/passage_list.h"
#include "guard/support.h"

namespace loadline {

struct CheckedSentence {
  std::string text;  // as to be shown: blanks kept, markers right
  bool supported = false;
  bool says_nothing = false;  // no claim in it ("Sure, here it is:")
  std::vector<Citation> citations;
  /// Of an unsupported sentence: the table row that it means but misreads. Marker 0: none.
  int row_marker = 0;
  QuoteUnit row;
};

class AnswerCheck {
 public:
  AnswerCheck(std::string collection, std::string question, std::vector<NumberedPassage> passages)
      : collection_(std::move(collection)), question_(std::move(question)), passages_(std::move(passages)) {}

  /// The sentence's own markers are tried first. A marker whose passage does not support it is replaced by
  /// one that does; a sentence without markers gets that of the passage that supports it best. Markers to
  /// passages that do not exist are removed. An unsupported sentence keeps its existing markers, cited as
  /// unsupported.
  CheckedSentence check(const std::string& sentence);

  /// A quote taken from a passage by the extractive path.
  Citation cite_quote(int marker, std::size_t begin, std::size_t end) const;

  const std::vector<NumberedPassage>& passages() const { return passages_; }

 private:
  Citation cite(const NumberedPassage& passage, const SupportVerdict& verdict) const;

  const std::string collection_;
  const std::string question_;
  const std::vector<NumberedPassage> passages_;
  SupportChecker checker_;
};

/// Whether an answer as a whole says that it has none ("I cannot find this ...", "The passages do not mention
/// ...").
bool is_refusal(std::string_view text);

}  // namespace loadline
