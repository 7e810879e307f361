#include "dialect/json_scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "dialect/json_string.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace loadline {
namespace {

constexpr bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }
constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Length of the valid UTF-8 sequence of two or more bytes at `p`, 0 if it is none (Unicode 15, table 3-7).
std::size_t sequence_bytes(const char* p, const char* end) {
  const auto left = static_cast<std::size_t>(end - p);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(p[i]); };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned char lead = byte(0);
  if (lead >= 0xC2 && lead <= 0xDF) return left >= 2 && follows(1) ? 2 : 0;
  if ((lead & 0xF0U) == 0xE0U) {
    if (left < 3 || !follows(1) || !follows(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    return lead == 0xED && byte(1) >= 0xA0 ? 0 : 3;
  }
  if (lead < 0xF0 || lead > 0xF4 || left < 4 || !follows(1) || !follows(2) || !follows(3)) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  return lead == 0xF4 && byte(1) >= 0x90 ? 0 : 4;
}

const char* skip_plain_scalar(const char* p, const char* end) {
  while (p != end && is_plain(static_cast<unsigned char>(*p))) ++p;
  return p;
}

#if defined(__SSE2__)
// Sixteen bytes a step. Signed comparison: bytes over 0x7F are negative, so "less than a space" finds them
// too.
const char* skip_plain(const char* p, const char* end) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(' ');
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i stops =
        _mm_or_si128(_mm_cmplt_epi8(bytes, space),
                     _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(stops));
    if (mask != 0) return p + std::countr_zero(mask);
  }
  return skip_plain_scalar(p, end);
}
#else
const char* skip_plain(const char* p, const char* end) { return skip_plain_scalar(p, end); }
#endif

}  // namespace

std::size_t plain_string_bytes(std::string_view text, std::size_t at) {
  const char* begin = text.data() + at;
  return static_cast<std::size_t>(skip_plain(begin, text.data() + text.size()) - begin);
}

std::size_t plain_string_bytes_scalar(std::string_view text, std::size_t at) {
  const char* begin = text.data() + at;
  return static_cast<std::size_t>(skip_plain_scalar(begin, text.data() + text.size()) - begin);
}

std::string_view json_kind_name(JsonKind kind) {
  constexpr std::array<std::string_view, 6> names = {"null",     "a boolean", "a number",
                                                     "a string", "an array",  "an object"};
  return names.at(static_cast<std::size_t>(kind));
}

/// The state of one scan. Containers that are open are entries whose `next` is not known yet.
class JsonScanner {
 public:
  JsonScanner(std::string_view text, std::vector<JsonIndex::Entry>& entries)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), entries_(entries) {}

  Status run() {
    skip_space();
    for (bool more = value(); more;) more = after_value();
    if (failure_ == nullptr) {
      skip_space();
      if (at_ != end_) fail("more text after the value");
    }
    if (failure_ == nullptr) return {};
    return Error(Code::invalid_argument, std::string("not valid JSON at byte ")
                                             .append(std::to_string(at_ - begin_))
                                             .append(": ")
                                             .append(failure_));
  }

 private:
  std::uint32_t offset() const { return static_cast<std::uint32_t>(at_ - begin_); }
  std::uint32_t count() const { return static_cast<std::uint32_t>(entries_.size()); }
  bool in_object() const { return depth_ > 0 && entries_[open_[depth_ - 1]].kind == JsonKind::object; }

  bool fail(const char* what) {
    if (failure_ == nullptr) failure_ = what;
    return false;
  }
  void skip_space() {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void push(std::uint32_t begin, JsonKind kind, bool is_key, bool has_escapes) {
    entries_.push_back({begin, offset(), count() + 1, kind, is_key, has_escapes, in_object()});
  }

  // One value, or the opening of a container and its first value. False: failed, or the root value is
  // complete.
  bool value() {
    for (;;) {
      skip_space();
      if (at_ == end_) return fail("the text ends where a value is due");
      if (*at_ != '{' && *at_ != '[') return scalar();
      if (depth_ == json_scan_depth_max) return fail("nested too deeply");
      const bool is_object = *at_ == '{';
      const std::uint32_t begin = offset();
      ++at_;
      push(begin, is_object ? JsonKind::object : JsonKind::array, false, false);
      open_[depth_++] = count() - 1;
      if (take(is_object ? '}' : ']')) return close();
      if (is_object && !key()) return false;
    }
  }

  bool close() {
    JsonIndex::Entry& entry = entries_[open_[--depth_]];
    entry.end = offset();
    entry.next = count();
    return depth_ > 0;
  }

  bool after_value() {
    const bool is_object = in_object();
    if (take(',')) {
      if (is_object && !key()) return false;
      return value();
    }
    if (take(is_object ? '}' : ']')) return close();
    return fail(is_object ? "\",\" or \"}\" is due" : "\",\" or \"]\" is due");
  }

  bool key() {
    skip_space();
    if (at_ == end_ || *at_ != '"') return fail("a member's name is due");
    if (!string(true)) return false;
    return take(':') || fail("\":\" is due");
  }

  bool scalar() {
    const std::uint32_t begin = offset();
    switch (*at_) {
      case '"':
        if (!string(false)) return false;
        break;
      case 't':
        if (!word("true", begin, JsonKind::boolean)) return false;
        break;
      case 'f':
        if (!word("false", begin, JsonKind::boolean)) return false;
        break;
      case 'n':
        if (!word("null", begin, JsonKind::null)) return false;
        break;
      default:
        if (!number(begin)) return false;
    }
    return depth_ > 0;
  }

  bool word(std::string_view expected, std::uint32_t begin, JsonKind kind) {
    if (static_cast<std::size_t>(end_ - at_) < expected.size() ||
        std::string_view(at_, expected.size()) != expected)
      return fail("no JSON value");
    at_ += expected.size();
    push(begin, kind, false, false);
    return true;
  }

  bool digits() {
    const char* first = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != first || fail("no JSON value");
  }

  bool number(std::uint32_t begin) {
    if (*at_ == '-') ++at_;
    if (at_ != end_ && *at_ == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!digits()) return false;
    }
    push(begin, JsonKind::number, false, false);
    return true;
  }

  bool string(bool is_key) {
    const std::uint32_t begin = offset();
    bool has_escapes = false;
    ++at_;
    for (;;) {
      at_ = skip_plain(at_, end_);
      if (at_ == end_) return fail("a string has no end");
      const char c = *at_;
      if (c == '"') break;
      if (c == '\\') {
        has_escapes = true;
        if (!escape()) return false;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        return fail("a control character inside a string");
      } else if (!wide_characters()) {
        return false;
      }
    }
    ++at_;
    push(begin, JsonKind::string, is_key, has_escapes);
    return true;
  }

  // A run of characters beyond ASCII.
  bool wide_characters() {
    do {
      const std::size_t bytes = sequence_bytes(at_, end_);
      if (bytes == 0) return fail("not UTF-8");
      at_ += bytes;
    } while (at_ != end_ && static_cast<unsigned char>(*at_) >= 0x80);
    return true;
  }

  bool escape() {
    if (end_ - at_ < 2) return fail("a string has no end");
    const char c = at_[1];
    if (c != 'u') {
      if (std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) return fail("no such escape");
      at_ += 2;
      return true;
    }
    if (end_ - at_ < 6 || !std::all_of(at_ + 2, at_ + 6, is_hex)) return fail("no such escape");
    at_ += 6;
    return true;
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  std::vector<JsonIndex::Entry>& entries_;
  std::array<std::uint32_t, json_scan_depth_max> open_{};
  std::size_t depth_ = 0;
  const char* failure_ = nullptr;
};

Status JsonIndex::scan(std::string_view text) {
  entries_.clear();
  text_ = text;
  if (text.size() > json_scan_bytes_max) return Error(Code::invalid_argument, "the JSON text is too long");
  Status status = JsonScanner(text, entries_).run();
  if (!status) entries_.clear();
  return status;
}

JsonView JsonIndex::root() const {
  return entries_.empty() ? JsonView() : JsonView(*this, 0, static_cast<std::uint32_t>(entries_.size()));
}

JsonView JsonIndex::repeated_key() const {
  constexpr std::size_t few = 12;    // compared pair by pair
  std::vector<std::string> decoded;  // names with escapes: rare
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].kind != JsonKind::object) continue;
    names_.clear();
    decoded.clear();
    bool is_twice = false;
    for (std::uint32_t at = i + 1; at < entries_[i].next; at = entries_[at + 1].next) {
      const Entry& key = entries_[at];
      std::string_view name = text_.substr(key.begin + 1, key.end - key.begin - 2);
      if (key.has_escapes) {
        std::string& own = decoded.emplace_back();
        append_decoded_json(own, text_.substr(key.begin, key.end - key.begin));
        continue;
      }
      if (names_.size() < few)
        is_twice = is_twice || std::find(names_.begin(), names_.end(), name) != names_.end();
      names_.push_back(name);
    }
    // Decoded names move when the list grows, so they join at the end.
    for (const std::string& name : decoded) names_.push_back(name);
    if (names_.size() > few || !decoded.empty()) {
      std::sort(names_.begin(), names_.end());
      is_twice = std::adjacent_find(names_.begin(), names_.end()) != names_.end();
    }
    if (is_twice) return {*this, i, entries_[i].next};
  }
  return {};
}

bool JsonIndex::holds_text(std::uint32_t string, std::string_view expected) const {
  const Entry& entry = entries_[string];
  if (!entry.has_escapes)
    return entry.end - entry.begin == expected.size() + 2 &&
           text_.substr(entry.begin + 1, expected.size()) == expected;
  std::string decoded;
  append_decoded_json(decoded, text_.substr(entry.begin, entry.end - entry.begin));
  return decoded == expected;
}

JsonKind JsonView::kind() const { return index_ == nullptr ? JsonKind::null : index_->entries_[at_].kind; }

ByteRange JsonView::range() const {
  if (index_ == nullptr) return {};
  return {index_->entries_[at_].begin, index_->entries_[at_].end};
}

std::string_view JsonView::raw() const {
  return index_ == nullptr ? std::string_view() : range().of(index_->text_);
}

std::string_view JsonView::text(std::string& scratch) const {
  if (!is_string()) return {};
  const std::string_view token = raw();
  if (!index_->entries_[at_].has_escapes) return token.substr(1, token.size() - 2);
  scratch.clear();
  append_decoded_json(scratch, token);
  return scratch;
}

std::string JsonView::text() const {
  std::string scratch;
  const std::string_view value = text(scratch);
  return value.data() == scratch.data() ? scratch : std::string(value);
}

bool JsonView::text_is(std::string_view expected) const {
  return is_string() && index_->holds_text(at_, expected);
}

std::optional<bool> JsonView::boolean() const {
  if (kind() != JsonKind::boolean || index_ == nullptr) return std::nullopt;
  return raw() == "true";
}

std::optional<std::uint64_t> JsonView::unsigned_integer() const {
  if (kind() != JsonKind::number) return std::nullopt;
  const std::string_view token = raw();
  std::uint64_t whole = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), whole);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (error == std::errc() && end == token.data() + token.size())
    return whole <= most ? std::optional(whole) : std::nullopt;
  double number = 0;
  if (std::from_chars(token.data(), token.data() + token.size(), number).ec != std::errc())
    return std::nullopt;
  // 2^53: up to there a double is exact.
  if (!(number >= 0 && number <= 9007199254740992.0) || number != std::floor(number)) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

JsonView JsonView::operator[](std::string_view name) const {
  JsonView found;
  if (!is_object()) return found;
  const std::vector<JsonIndex::Entry>& entries = index_->entries_;
  const std::uint32_t stop = entries[at_].next;
  for (std::uint32_t key = at_ + 1; key < stop; key = entries[key + 1].next)
    if (index_->holds_text(key, name)) found = JsonView(*index_, key + 1, stop);
  return found;
}

std::size_t JsonView::size() const {
  std::size_t count = 0;
  for (JsonView child = first(); child; child = child.next()) ++count;
  return count;
}

JsonView JsonView::first() const {
  if (index_ == nullptr || (!is_object() && !is_array())) return {};
  const std::uint32_t stop = index_->entries_[at_].next;
  const std::uint32_t begin = at_ + (is_object() ? 2 : 1);
  return begin < stop ? JsonView(*index_, begin, stop) : JsonView();
}

JsonView JsonView::next() const {
  if (index_ == nullptr) return {};
  const std::uint32_t begin = index_->entries_[at_].next + (index_->entries_[at_].in_object ? 1 : 0);
  return begin < stop_ ? JsonView(*index_, begin, stop_) : JsonView();
}

JsonView JsonView::key() const {
  if (index_ == nullptr || at_ == 0 || !index_->entries_[at_].in_object) return {};
  return {*index_, at_ - 1, at_};
}

std::string JsonView::path() const {
  if (index_ == nullptr) return {};
  std::string path;
  const auto holds = [this](const JsonView& view) {
    return at_ >= view.at_ && at_ < index_->entries_[view.at_].next;
  };
  for (JsonView view = index_->root(); view && view.at_ != at_;) {
    std::size_t position = 0;
    JsonView child = view.first();
    while (child && !holds(child)) child = child.next(), ++position;
    if (!child) break;
    if (view.is_array()) {
      path.append("[").append(std::to_string(position)).append("]");
    } else {
      std::string name = child.key().text();
      const bool is_word =
          name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
            return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
          });
      path.append(path.empty() ? "" : ".").append(is_word ? name : "?");
    }
    view = child;
  }
  return path;
}

}  // namespace loadline
