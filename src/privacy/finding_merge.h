#pragma once
// Two finders of one text, the scanner and a model for names, that come along it at their own pace: what both
// say, in order, as soon as nothing that is still to come can change it. The rule is that of Detector::find:
// a name counts if it is more confident than everything of the scanner that it overlaps, and then takes its
// place. Tokens of a vault never give way.
//
// One object per text, one thread. Places are bytes of the original.
#include <cstddef>
#include <deque>
#include <optional>

#include "privacy/window.h"

namespace loadline {

struct PlacedMatch {
  Match match;
  std::size_t begin = 0, end = 0;
  bool is_token = false;
};

class FindingMerge {
 public:
  /// Both in order of their beginning, none overlapping another of its kind.
  void add_own(PlacedMatch match) { own_.push_back(match); }
  void add_name(const Finding& finding) { names_.push_back(finding); }

  /// The next that is decided. All of the scanner's that begin before `own_until`, and all names that begin
  /// before `names_until`, have been added.
  std::optional<PlacedMatch> next(std::size_t own_until, std::size_t names_until);
  /// After `next` gave nothing: what stands before is decided to be no part of any.
  std::size_t plain_until(std::size_t own_until, std::size_t names_until) const;

  /// The first `gone` bytes of the original were forgotten.
  void shift(std::size_t gone);
  void clear();

 private:
  void decide(std::size_t own_until);

  std::deque<PlacedMatch> own_, won_;  // won_: names that count
  std::deque<Finding> names_;          // not decided
};

}  // namespace loadline
