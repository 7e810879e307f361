#include "privacy/json_filter.h"

#include <utility>

#include "privacy/json_text.h"

namespace loadline {
namespace {

constexpr std::size_t bare_bytes_max = 64;  // a longer bare word is no JSON
constexpr std::size_t key_bytes_max = 64;   // of a key that are context

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_structure(char c) {
  return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':' || c == '"';
}

}  // namespace

class JsonStreamFilter::Impl {
 public:
  explicit Impl(const FilterSettings& settings) : settings_(settings), text_(settings) {}

  FilterState feed(std::string_view piece, std::string& out) {
    for (const char byte : piece) {
      if (state_ != FilterState::open) return state_;
      switch (mode_) {
        case Mode::between:
          between(byte, out);
          break;
        case Mode::string:
          in_string(byte, out);
          break;
        case Mode::bare:
          in_bare(byte, out);
          break;
        case Mode::prose:
          in_prose(byte, out);
          break;
      }
    }
    if (mode_ == Mode::string)
      give_string(out);
    else if (mode_ == Mode::prose)
      give_prose(out);
    return state_;
  }

  FilterState finish(std::string& out) {
    if (state_ != FilterState::open) return state_;
    if (mode_ == Mode::string)
      end_string(out);
    else if (mode_ == Mode::bare)
      end_bare(out);
    else if (mode_ == Mode::prose)
      end_prose(out);
    if (state_ == FilterState::open) state_ = FilterState::finished;
    return state_;
  }

  FilterState state() const { return state_; }
  std::size_t held_bytes() const {
    return state_ == FilterState::blocked || state_ == FilterState::failed
               ? 0
               : text_.held_bytes() + unescaper_.held_bytes() + bare_.size() + decoded_.size();
  }
  const FilterReport& report() const {
    report_ = text_.report();
    report_.add(bare_report_);
    if (text_.state() == FilterState::blocked) report_.blocked_by = text_.report().blocked_by;
    return report_;
  }

 private:
  enum class Mode : std::uint8_t { between, string, bare, prose };

  void between(char byte, std::string& out) {
    if (byte == '"') {
      out.push_back(byte);
      mode_ = Mode::string;
      begin_text();
      last_string_.clear();
    } else if (is_structure(byte) || is_blank(byte)) {
      if (byte == ':')
        key_ = last_string_ + ": ";
      else if (byte == '{')
        key_.clear();
      out.push_back(byte);
    } else {
      mode_ = Mode::bare;
      bare_.assign(1, byte);
    }
  }

  void begin_text() {
    text_.restart();
    unescaper_ = {};
    decoded_.clear();
    if (!key_.empty()) text_.set_context(key_);
  }

  void in_string(char byte, std::string& out) {
    if (byte == '"' && !unescaper_.in_escape()) {
      end_string(out);
      if (state_ == FilterState::open) out.push_back(byte);
      mode_ = Mode::between;
      return;
    }
    unescaper_.feed(byte, decoded_);
  }

  // What was unescaped goes through the filter; a string of many pieces is given piece by piece.
  void give_string(std::string& out) {
    if (last_string_.size() < key_bytes_max)
      last_string_.append(decoded_, 0, key_bytes_max - last_string_.size());
    released_.clear();
    take(text_.feed(decoded_, released_));
    decoded_.clear();
    escape(out);
  }

  void end_string(std::string& out) {
    unescaper_.finish(decoded_);
    give_string(out);
    if (state_ != FilterState::open) return;
    released_.clear();
    take(text_.finish(released_));
    escape(out);
  }

  // Half a surrogate pair is three bytes of the text, which a piece may cut: the rest waits.
  void escape(std::string& out) {
    waiting_ += released_;
    std::size_t end = waiting_.size();
    if (text_.state() == FilterState::open)
      for (std::size_t back = 1; back <= 2 && back <= end; ++back)
        if (static_cast<unsigned char>(waiting_[end - back]) == 0xED) end -= back;
    escape_json(std::string_view(waiting_).substr(0, end), out);
    waiting_.erase(0, end);
  }

  void take(FilterState state) {
    if (state == FilterState::blocked || state == FilterState::failed) state_ = state;
  }

  void in_bare(char byte, std::string& out) {
    if (is_structure(byte)) {
      end_bare(out);
      if (state_ == FilterState::open) between(byte, out);
      return;
    }
    bare_.push_back(byte);
    if (bare_.size() <= bare_bytes_max) return;
    mode_ = Mode::prose;
    begin_text();
    decoded_ = std::exchange(bare_, {});
  }

  void end_bare(std::string& out) {
    mode_ = Mode::between;
    std::size_t end = bare_.size();
    while (end > 0 && is_blank(bare_[end - 1])) --end;
    StreamFilter filter(settings_);
    if (!key_.empty()) filter.set_context(key_);
    std::string filtered;
    filter.feed(std::string_view(bare_).substr(0, end), filtered);
    take(filter.finish(filtered));
    bare_report_.add(filter.report());
    if (filter.report().changed) {
      out.push_back('"');
      escape_json(filtered, out);
      if (state_ != FilterState::open) return bare_.clear();
      out.push_back('"');
    } else {
      out.append(bare_, 0, end);
    }
    out.append(bare_, end);
    bare_.clear();
  }

  // Not JSON: filtered as text, written as it comes.
  void in_prose(char byte, std::string& out) {
    if (byte != '"' && byte != '{' && byte != '}') {
      decoded_.push_back(byte);
      return;
    }
    end_prose(out);
    if (state_ == FilterState::open) between(byte, out);
  }

  void give_prose(std::string& out) {
    take(text_.feed(decoded_, out));
    decoded_.clear();
  }

  void end_prose(std::string& out) {
    give_prose(out);
    if (state_ == FilterState::open) take(text_.finish(out));
    mode_ = Mode::between;
  }

  const FilterSettings& settings_;
  StreamFilter text_;
  JsonUnescaper unescaper_;
  Mode mode_ = Mode::between;
  FilterState state_ = FilterState::open;
  std::string decoded_;      // not yet given to text_
  std::string released_;     // by text_, reused
  std::string waiting_;      // released, not yet escaped: at most two bytes between calls
  std::string bare_;         // a number, true, false, null
  std::string last_string_;  // its beginning: a key, if a colon follows
  std::string key_;          // of the value that comes, as context
  FilterReport bare_report_;
  mutable FilterReport report_;
};

JsonStreamFilter::JsonStreamFilter(const FilterSettings& settings)
    : impl_(std::make_unique<Impl>(settings)) {}
JsonStreamFilter::~JsonStreamFilter() = default;
JsonStreamFilter::JsonStreamFilter(JsonStreamFilter&&) noexcept = default;
JsonStreamFilter& JsonStreamFilter::operator=(JsonStreamFilter&&) noexcept = default;

FilterState JsonStreamFilter::feed(std::string_view piece, std::string& out) {
  return impl_->feed(piece, out);
}
FilterState JsonStreamFilter::finish(std::string& out) { return impl_->finish(out); }
FilterState JsonStreamFilter::state() const { return impl_->state(); }
std::size_t JsonStreamFilter::held_bytes() const { return impl_->held_bytes(); }
const FilterReport& JsonStreamFilter::report() const { return impl_->report(); }

FilteredText filter_json_string(const FilterSettings& settings, std::string_view escaped) {
  FilteredText filtered;
  std::string decoded;
  if (escaped.find('\\') != std::string_view::npos) {
    JsonUnescaper unescaper;
    for (const char byte : escaped) unescaper.feed(byte, decoded);
    unescaper.finish(decoded);
    filtered = filter_text(settings, decoded);
  } else {
    filtered = filter_text(settings, escaped);
  }
  if (!filtered.report.changed) {
    filtered.text = escaped;
    return filtered;
  }
  std::string text;
  escape_json(filtered.text, text);
  filtered.text = std::move(text);
  return filtered;
}

FilteredText filter_json(const FilterSettings& settings, std::string_view document) {
  FilteredText filtered;
  JsonStreamFilter filter(settings);
  filter.feed(document, filtered.text);
  filtered.state = filter.finish(filtered.text);
  filtered.report = filter.report();
  return filtered;
}

}  // namespace loadline
