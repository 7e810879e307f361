#pragma once
// Patterns of words that attacks on a model are made of, found in one pass over a plain text (plain_text.h).
//
// A lexicon gives each word its concepts ("drop": ignore, disregard, vergiss ...; "earlier"; "rules"); a
// signature is a sequence of concepts with small gaps. So one signature stands for many phrases, also in
// languages that mix. Words are read in spite of spelling with digits ("1gn0re"), with single letters
// ("i g n o r e") and split ones ("ig-nore"). Text in rot13 or backwards is noticed by its words.
//
// Pure, thread-safe, linear in the text.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "guard/injection.h"

namespace loadline {

struct SignatureHit {
  InjectionKind kind = InjectionKind::override_rules;
  std::size_t begin = 0, end = 0;  // bytes of the plain text
};

struct SignatureScan {
  static constexpr std::size_t hits_max = 256;  // further ones are counted only

  std::vector<SignatureHit> hits;  // by their ends
  std::array<std::uint32_t, injection_kind_count> counts{};
  std::uint32_t words = 0;
  std::uint32_t disguised = 0;                        // words of hits that were spelled to be overlooked
  std::uint32_t rot13_words = 0, reversed_words = 0;  // words of the lexicon, so encoded
  std::uint32_t second_person = 0;                    // "you", "your"
  bool begins_with_order = false;                     // the first word is one of doing or telling

  /// Enough of them that it is no accident.
  bool looks_rot13() const { return rot13_words >= 2; }
  bool looks_reversed() const { return reversed_words >= 2; }
};

SignatureScan find_signatures(std::string_view plain);

/// What the heads of injection.cc see of a text besides its embedding. The order is that of the weights.
inline constexpr std::size_t lexical_feature_count = injection_kind_count + 10;
using LexicalFeatures = std::array<float, lexical_feature_count>;

struct TextShape {
  bool hidden_piece = false;  // not the text itself: decoded, a comment, invisible
  bool block = false;         // several sentences
};
LexicalFeatures lexical_features(const SignatureScan& scan, std::string_view plain, TextShape shape);

}  // namespace loadline
