#include "llama/gbnf_check.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/utf8.h"

namespace loadline::llama {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || is_digit(c); }

/// A recursive-descent reader; the first error stays. `at_` is always within the text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Status run() {
    if (!is_valid_utf8(text_) || text_.find('\0') != std::string_view::npos) fail("it is not UTF-8 text");
    space(true);
    while (!failed() && !ended()) rule();
    if (failed()) return *error_;
    if (defined_.count("root") == 0) fail("it has no rule named root");
    if (failed()) return *error_;
    for (const auto& [name, line] : used_) {
      if (defined_.count(name) == 0)
        return Error(Code::invalid_argument,
                     "the grammar cannot be used: line " + std::to_string(line) +
                         " refers to a rule that is not defined: " + std::string(name));
    }
    return {};
  }

 private:
  bool failed() const { return error_.has_value(); }
  bool ended() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  std::size_t line() const {
    return 1 + static_cast<std::size_t>(std::count(
                   text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size())),
                   '\n'));
  }
  void fail(const std::string& what) {
    if (!error_)
      error_ = Error(Code::invalid_argument,
                     "the grammar cannot be used: line " + std::to_string(line()) + ": " + what);
  }

  void space(bool newlines) {
    while (!ended()) {
      const char c = peek();
      if (c == '#') {
        while (!ended() && peek() != '\r' && peek() != '\n') ++at_;
      } else if (c == ' ' || c == '\t' || (newlines && (c == '\r' || c == '\n'))) {
        ++at_;
      } else {
        return;
      }
    }
  }

  std::string_view word() {
    const std::size_t begin = at_;
    while (is_word(peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void rule() {
    const std::string_view name = word();
    if (name.empty()) return fail("a rule's name is expected");
    space(false);
    if (text_.substr(at_, 3) != "::=") return fail("::= is expected after a rule's name");
    at_ += 3;
    space(true);
    alternatives(false, 0);
    if (failed()) return;
    defined_.insert(name);
    if (peek() == '\r' || peek() == '\n') {
      space(true);
    } else if (!ended()) {
      fail("the end of the line is expected");
    }
  }

  /// Returns how many elements it takes, written out.
  std::size_t alternatives(bool nested, std::size_t depth) {
    std::size_t size = sequence(nested, depth);
    while (!failed() && peek() == '|') {
      ++at_;
      space(true);
      size += 1 + sequence(nested, depth);
    }
    return size;
  }

  std::size_t sequence(bool nested, std::size_t depth) {
    std::size_t size = 0, last = 0;
    bool has_item = false;
    while (!failed() && !ended()) {
      const char c = peek();
      if (c == '*' || c == '+' || c == '?' || c == '{') {
        if (!has_item) fail("nothing stands before a repetition");
        if (failed()) break;
        const std::size_t times = repetition(nested);
        size += last * times;
        last *= times + 1;
      } else if (const std::optional<std::size_t> one = item(c, nested, depth)) {
        last = *one;
        size += last;
        has_item = last > 0;  // an empty literal is nothing to repeat
      } else {
        break;
      }
      total_ = std::max(total_, size);
      if (total_ > gbnf_elements_max) fail("its repetitions make it too large");
    }
    return size;
  }

  /// One item with the space behind it; nothing if none begins here.
  std::optional<std::size_t> item(char c, bool nested, std::size_t depth) {
    std::size_t size = 1;
    if (c == '"') {
      size = literal();
    } else if (c == '[') {
      size = character_class();
    } else if (c == '<' || c == '!') {
      token();
    } else if (c == '.') {
      ++at_;
    } else if (is_word(c)) {
      const std::size_t here = line();
      used_.emplace(word(), here);
    } else if (c == '(') {
      size = group(depth);
    } else {
      return std::nullopt;
    }
    if (!failed()) space(nested);
    return size;
  }

  std::size_t group(std::size_t depth) {
    if (depth >= gbnf_nesting_max) {
      fail("parentheses are nested too deeply");
      return 0;
    }
    ++at_;
    space(true);
    const std::size_t size = alternatives(true, depth + 1);
    if (!failed() && peek() != ')') fail(") is expected");
    ++at_;
    return size + 1;
  }

  std::size_t literal() {
    std::size_t size = 0;
    ++at_;
    while (!failed() && peek() != '"') {
      character();
      ++size;
    }
    ++at_;
    return size;
  }

  std::size_t character_class() {
    std::size_t size = 0;
    ++at_;
    if (peek() == '^') ++at_;
    while (!failed() && peek() != ']') {
      character();
      ++size;
      if (!failed() && peek() == '-' && peek(1) != ']') {
        ++at_;
        character();
        ++size;
      }
    }
    if (!failed() && size == 0) fail("a character class is empty");
    ++at_;
    return size;
  }

  void character() {
    if (ended()) return fail("it ends inside a literal or character class");
    if (peek() != '\\') {
      next_code_point(text_, at_);
      return;
    }
    const char kind = peek(1);
    at_ += 2;
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    for (std::size_t i = 0; i < digits; ++i, ++at_) {
      const char c = peek();
      if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F'))
        return fail("hexadecimal digits are expected");
    }
    if (digits == 0 && std::string_view("trn\\\"[]-").find(kind) == std::string_view::npos)
      fail("an unknown escape");
  }

  /// <[123]> or !<[123]>; names of tokens are not taken, numbers say the same.
  void token() {
    if (peek() == '!') ++at_;
    if (peek() != '<' || peek(1) != '[') return fail("a token is written <[number]>");
    at_ += 2;
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    if (at_ == begin || at_ - begin > 7 || peek() != ']' || peek(1) != '>')
      return fail("a token is written <[number]>");
    at_ += 2;
  }

  std::optional<std::size_t> number() {
    std::size_t value = 0;
    const std::string_view rest = text_.substr(at_);
    const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (problem != std::errc() || value > gbnf_repetitions_max) return std::nullopt;
    at_ += static_cast<std::size_t>(end - rest.data());
    return value;
  }

  /// How many times more than once the item is written out.
  std::size_t repetition(bool nested) {
    const char kind = peek();
    ++at_;
    space(nested);
    if (kind != '{') return 1;
    const std::optional<std::size_t> least = number();
    if (!least) return fail("a number of repetitions up to 2000 is expected"), 0;
    std::size_t most = *least;
    space(nested);
    if (peek() == ',') {
      ++at_;
      space(nested);
      most = *least + 1;
      if (is_digit(peek())) {
        const std::optional<std::size_t> limit = number();
        if (!limit || *limit < *least)
          return fail("the second number must be 2000 at most, and not less than the first"), 0;
        most = *limit;
        space(nested);
      }
    }
    if (peek() != '}') return fail("} is expected"), 0;
    ++at_;
    space(nested);
    return most;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t total_ = 0;
  std::optional<Error> error_;
  std::set<std::string_view> defined_;
  std::map<std::string_view, std::size_t> used_;  // name -> the first line that uses it
};

}  // namespace

Status check_gbnf(std::string_view text) { return Reader(text).run(); }

}  // namespace loadline::llama
