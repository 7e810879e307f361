#include "privacy/finding_merge.h"

#include <algorithm>

namespace loadline {

void FindingMerge::decide(std::size_t own_until) {
  while (!names_.empty() && names_.front().end <= own_until) {
    const Finding name = names_.front();
    names_.pop_front();
    const auto overlaps = [&](const PlacedMatch& own) {
      return own.begin < name.end && name.begin < own.end;
    };
    const bool wins = std::all_of(own_.begin(), own_.end(), [&](const PlacedMatch& own) {
      return !overlaps(own) || (!own.is_token && name.confidence > own.match.confidence);
    });
    if (!wins) continue;
    own_.erase(std::remove_if(own_.begin(), own_.end(), overlaps), own_.end());
    PlacedMatch won;
    won.match.type = name.type;
    won.match.confidence = name.confidence;
    won.begin = name.begin;
    won.end = name.end;
    won_.push_back(won);
  }
}

std::optional<PlacedMatch> FindingMerge::next(std::size_t own_until, std::size_t names_until) {
  decide(own_until);
  std::deque<PlacedMatch>* from = nullptr;
  if (!won_.empty() && (own_.empty() || won_.front().begin < own_.front().begin)) {
    from = &won_;
  } else if (!own_.empty()) {
    const std::size_t end = own_.front().end;
    if (end <= names_until && (names_.empty() || names_.front().begin >= end)) from = &own_;
  }
  if (from == nullptr) return std::nullopt;
  const PlacedMatch match = from->front();
  from->pop_front();
  return match;
}

std::size_t FindingMerge::plain_until(std::size_t own_until, std::size_t names_until) const {
  std::size_t until = std::min(own_until, names_until);
  if (!own_.empty()) until = std::min(until, own_.front().begin);
  if (!won_.empty()) until = std::min(until, won_.front().begin);
  if (!names_.empty()) until = std::min(until, names_.front().begin);
  return until;
}

void FindingMerge::shift(std::size_t gone) {
  for (auto* list : {&own_, &won_})
    for (PlacedMatch& match : *list) match.begin -= gone, match.end -= gone;
  for (Finding& name : names_) name.begin -= gone, name.end -= gone;
}

void FindingMerge::clear() {
  own_.clear();
  won_.clear();
  names_.clear();
}

}  // namespace loadline
