#pragma once
// Whether a supported sentence rests on the right place. The check of `guard` asks whether a passage says
// what a sentence claims; a passage that is only near the question says true things too. Pure.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/snippets.h"

namespace loadline {

/// A sentence of an answer and the sentence or row of chunk `hit` that supports it.
struct SupportedClaim {
  std::string_view text;
  std::size_t hit = 0;
  std::string_view quote;
};

/// Two things speak against it. A claim with a figure: another sentence or row that states a figure meets
/// clearly more of the question ("claims reported" beside "claims incurred"). A claim from a table, where the
/// question compares ("lowest", "next"): its row does not have that word and is not the last or first of the
/// retrieved table in any column that may be meant. `may_answer`: by hit, see hits_that_may_answer.
bool rests_on_the_right_place(const SupportedClaim& claim, const Question& question, const SnippetSet& set,
                              const std::vector<bool>& may_answer, SnippetReader& reader);

}  // namespace loadline
