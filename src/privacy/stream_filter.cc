#include "privacy/stream_filter.h"

#include <numeric>
#include <utility>

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
}

class StreamFilter::Impl {
 public:
  explicit Impl(const FilterSettings& settings) : settings_(settings) {}

  void set_context(std::string_view text) {
    normaliser_.append(text);
    normaliser_.finish();
    place_.at = normaliser_.text().size();
    released_ = normaliser_.original().size();
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
    released_ = 0;
    state_ = FilterState::open;
  }

  FilterState state() const { return state_; }
  std::size_t held_bytes() const {
    return state_ == FilterState::blocked ? 0 : normaliser_.original().size() - released_;
  }
  const FilterReport& report() const { return report_; }

 private:
  ScanResult scan(const Window& window) {
    if (settings_.detector != nullptr) return settings_.detector->impl().scan(window, place_);
    return scan_tokens(window, place_);
  }

  FilterState run(bool final, std::string& out) {
    const Window window{normaliser_.text(), final};
    for (;;) {
      const ScanResult result = scan(window);
      if (result.outcome != ScanOutcome::found && result.outcome != ScanOutcome::token) break;
      const std::size_t begin = normaliser_.original_begin(result.begin);
      const std::size_t end = normaliser_.original_end(result.match.end);
      release(begin, out);
      const std::string_view value = normaliser_.original().substr(begin, end - begin);
      if (result.outcome == ScanOutcome::token)
        restore(value, out);
      else
        act(result.match, value, out);
      released_ = end;
      if (state_ == FilterState::blocked) return state_;
    }
    release(final ? normaliser_.original().size() : normaliser_.original_begin(place_.at), out);
    if (place_.at > kept_bytes + slack_bytes) {
      const std::size_t gone = place_.at - kept_bytes;
      released_ -= normaliser_.forget(gone);
      place_.at -= gone;
    }
    return state_;
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
  std::size_t released_ = 0;  // of the original
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
