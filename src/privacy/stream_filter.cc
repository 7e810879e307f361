#include "privacy/stream_filter.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "privacy/finding_merge.h"
#include "privacy/name_words.h"
#include "privacy/normaliser.h"
#include "privacy/scanner.h"

namespace loadline {
namespace {

// Decided text that is kept for context, and how much more is kept before it is thrown away.
constexpr std::size_t kept_bytes = 256;
constexpr std::size_t slack_bytes = 4096;

}  // namespace

std::uint32_t FilterReport::total() const {
  return std::accumulate(found.begin(), found.end(), std::uint32_t{0});
}

void FilterReport::add(const FilterReport& other) {
  for (std::size_t i = 0; i < found.size(); ++i) found[i] += other.found[i];
  restored += other.restored;
  unknown_tokens += other.unknown_tokens;
  masked_for_want_of_room += other.masked_for_want_of_room;
  changed = changed || other.changed;
  blocked_by = other.blocked_by;
  units_unchecked += other.units_unchecked;
  if (other.failure) failure = other.failure;
}

class StreamFilter::Impl {
 public:
  explicit Impl(const FilterSettings& settings) : settings_(settings) {}

  void set_context(std::string_view text) {
    normaliser_.append(text);
    normaliser_.finish();
    place_.at = normaliser_.text().size();
    released_ = context_end_ = normaliser_.original().size();
  }

  FilterState feed(std::string_view piece, std::string& out) {
    if (state_ != FilterState::open) return state_;
    normaliser_.append(piece);
    return run(false, out);
  }

  FilterState finish(std::string& out) {
    if (state_ != FilterState::open) return state_;
    normaliser_.finish();
    run(true, out);
    if (state_ == FilterState::open) state_ = FilterState::finished;
    return state_;
  }

  void restart() {
    normaliser_.clear();
    place_ = {};
    released_ = context_end_ = names_until_ = 0;
    merge_.clear();
    state_ = FilterState::open;
  }

  FilterState state() const { return state_; }
  std::size_t held_bytes() const { return ended() ? 0 : normaliser_.original().size() - released_; }
  const FilterReport& report() const { return report_; }

 private:
  ScanResult scan(const Window& window) {
    if (settings_.detector != nullptr) return settings_.detector->impl().scan(window, place_);
    return scan_tokens(window, place_);
  }

  bool ended() const { return state_ == FilterState::blocked || state_ == FilterState::failed; }

  FilterState run(bool final, std::string& out) {
    if (settings_.names != nullptr && settings_.detector != nullptr) return run_with_names(final, out);
    const Window window{normaliser_.text(), final};
    for (;;) {
      const ScanResult result = scan(window);
      if (result.outcome != ScanOutcome::found && result.outcome != ScanOutcome::token) break;
      take(placed(result), out);
      if (ended()) return state_;
    }
    release(final ? normaliser_.original().size() : normaliser_.original_begin(place_.at), out);
    if (place_.at > kept_bytes + slack_bytes) forget(place_.at - kept_bytes);
    return state_;
  }

  PlacedMatch placed(const ScanResult& result) const {
    return {result.match, normaliser_.original_begin(result.begin),
            normaliser_.original_end(result.match.end), result.outcome == ScanOutcome::token};
  }

  void take(const PlacedMatch& found, std::string& out) {
    release(found.begin, out);
    const std::string_view value = normaliser_.original().substr(found.begin, found.end - found.begin);
    if (found.is_token)
      restore(value, out);
    else
      act(found.match, value, out);
    released_ = found.end;
  }

  void forget(std::size_t gone) {
    const std::size_t bytes = normaliser_.forget(gone);
    place_.at -= gone;
    released_ -= bytes;
    names_until_ -= std::min(bytes, names_until_);
    context_end_ -= std::min(bytes, context_end_);
    merge_.shift(bytes);
  }

  FilterState run_with_names(bool final, std::string& out) {
    const Window window{normaliser_.text(), final};
    for (;;) {
      const ScanResult result = scan(window);
      if (result.outcome != ScanOutcome::found && result.outcome != ScanOutcome::token) break;
      merge_.add_own(placed(result));
    }
    const std::size_t own_until =
        final ? normaliser_.original().size() : normaliser_.original_begin(place_.at);
    const bool looked = find_names(final);
    while (const auto found = merge_.next(own_until, names_until_)) {
      take(*found, out);
      if (ended()) return state_;
    }
    release(merge_.plain_until(own_until, names_until_), out);
    if (!looked) return state_ = FilterState::failed;
    if (place_.at > kept_bytes + slack_bytes) {
      const std::size_t gone = place_.at - kept_bytes;
      if (normaliser_.original_end(gone) <= std::min(released_, names_until_)) forget(gone);
    }
    return state_;
  }

  /// Asks about every unit that has come to its end. False: the text must not go on.
  bool find_names(bool final) {
    for (;;) {
      const std::string_view rest = normaliser_.original().substr(names_until_);
      const std::size_t size = rest.empty() ? 0 : name_unit_end(rest, final);
      if (size == 0) return true;
      unit_findings_.clear();
      if (const Status found =
              settings_.names->find(rest.substr(0, size), *settings_.names_context, unit_findings_);
          !found) {
        report_.failure = found.error();
        ++report_.units_unchecked;
        if (settings_.names_must_look) return false;
        unit_findings_.clear();
      }
      for (Finding finding : unit_findings_) {
        finding.begin += names_until_;
        finding.end += names_until_;
        if (finding.begin >= context_end_ && settings_.detector->impl().wants(finding))
          merge_.add_name(finding);
      }
      names_until_ += size;
    }
  }

  void release(std::size_t until, std::string& out) {
    if (until <= released_) return;
    out.append(normaliser_.original().substr(released_, until - released_));
    released_ = until;
  }

  void restore(std::string_view token, std::string& out) {
    if (settings_.restore_tokens && settings_.vault != nullptr) {
      if (const auto value = settings_.vault->restore(settings_.tenant, token, settings_.reason)) {
        ++report_.restored;
        report_.changed = true;
        out += *value;
        return;
      }
      ++report_.unknown_tokens;
    }
    out += token;
  }

  Action action_for(const Match& match) const {
    if (match.type == DataType::custom) return settings_.detector->options().patterns[match.pattern].action;
    return settings_.actions != nullptr ? (*settings_.actions)[match.type] : Action::mask;
  }

  void act(const Match& match, std::string_view value, std::string& out) {
    ++report_.found[static_cast<std::size_t>(match.type)];
    const Action action = action_for(match);
    if (action == Action::keep) {
      out += value;
      return;
    }
    report_.changed = true;
    if (action == Action::drop) return;
    if (action == Action::block) {
      state_ = FilterState::blocked;
      report_.blocked_by = match.type;
      return;
    }
    if (action == Action::pseudonymise && settings_.vault != nullptr) {
      if (const auto token = settings_.vault->token_for(settings_.tenant, match.type, value)) {
        out += *token;
        return;
      }
      ++report_.masked_for_want_of_room;
    }
    out += '[';
    out += token_name_of(match.type);
    if (action == Action::hash && settings_.vault != nullptr) {
      out += '#';
      out += settings_.vault->hash_of(settings_.tenant, match.type, value);
    }
    out += ']';
  }

  const FilterSettings& settings_;
  Normaliser normaliser_;
  ScanPlace place_;
  std::size_t released_ = 0;     // of the original, as all that follow
  std::size_t context_end_ = 0;  // what stands before is not ours
  std::size_t names_until_ = 0;  // names before are known
  FindingMerge merge_;
  std::vector<Finding> unit_findings_;
  FilterState state_ = FilterState::open;
  FilterReport report_;
};

StreamFilter::StreamFilter(const FilterSettings& settings) : impl_(std::make_unique<Impl>(settings)) {}
StreamFilter::~StreamFilter() = default;
StreamFilter::StreamFilter(StreamFilter&&) noexcept = default;
StreamFilter& StreamFilter::operator=(StreamFilter&&) noexcept = default;

void StreamFilter::set_context(std::string_view text) { impl_->set_context(text); }
FilterState StreamFilter::feed(std::string_view piece, std::string& out) { return impl_->feed(piece, out); }
FilterState StreamFilter::finish(std::string& out) { return impl_->finish(out); }
void StreamFilter::restart() { impl_->restart(); }
FilterState StreamFilter::state() const { return impl_->state(); }
std::size_t StreamFilter::held_bytes() const { return impl_->held_bytes(); }
const FilterReport& StreamFilter::report() const { return impl_->report(); }

FilteredText filter_text(const FilterSettings& settings, std::string_view text) {
  FilteredText filtered;
  StreamFilter filter(settings);
  filter.feed(text, filtered.text);
  filtered.state = filter.finish(filtered.text);
  filtered.report = filter.report();
  return filtered;
}

}  // namespace loadline
