#pragma once
// Finds names of people, organisations and places, addresses, and what else describes a person without being
// a number that can be checked: dates, ages, nationalities, titles, addresses of the web.
//
// How. A text is looked at in units of a few sentences (NameUnits). Each word of a unit has the vector that
// the encoder gives its pieces and the properties of itself and two neighbours on each side (name_words.h); a
// network of one hidden layer, trained by bench/train_names.py, gives a score for each tag (begin and inside
// of each type, or nothing), and the best sequence of tags that is one is taken (Viterbi).
//
// A unit's findings depend on nothing outside it, which is what lets a stream be filtered: StreamFilter waits
// for the end of the unit and gets what the whole text would have got. The encoder must be the one that it
// was trained with; its precision moves a score in the third digit.
//
// Costs milliseconds per unit: on a pool thread. Immutable, thread-safe.
#include <string_view>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "model/embedder.h"
#include "privacy/detector.h"
#include "privacy/name_words.h"

namespace loadline {

/// The words of a unit and what the encoder says about each, row by row.
struct NameInputs {
  std::vector<NameWord> words;
  Matrix vectors;
};

class NameTagger final : public FurtherFindings {
 public:
  static constexpr std::string_view trained_for = "all-minilm-l6-v2";
  static constexpr std::size_t vector_size = 384;
  /// Words to the left and to the right whose properties count.
  static constexpr std::size_t window = 2;
  /// Findings are never as sure as a number with a check digit.
  static constexpr float confidence_max = 0.89F;

  /// `embedder` must outlive it. failed_precondition: it is another one than it was trained with.
  static Result<NameTagger> make(const Embedder& embedder);

  /// See FurtherFindings. Errors: those of the embedder.
  Status find(std::string_view unit, const CallContext& context, std::vector<Finding>& out) const override;

  static Result<NameInputs> inputs(const Embedder& embedder, std::string_view unit,
                                   const CallContext& context);

 private:
  explicit NameTagger(const Embedder& embedder) : embedder_(&embedder) {}
  const Embedder* embedder_;
};

}  // namespace loadline
