#include "privacy/scanner.h"

#include <re2/re2.h>

#include <algorithm>

#include "privacy/checksums.h"
#include "privacy/matchers.h"
#include "privacy/vault.h"

namespace loadline {

struct Detector::Impl::Pattern {
  std::unique_ptr<RE2> expression;
  std::string prefix;  // every match begins with it
  PatternCheck check = PatternCheck::none;
  std::vector<std::string> context;  // lower case
  std::size_t bytes_max = 0;
  std::uint16_t number = 0;
};

namespace {

constexpr float strong_confidence = 0.9F;
constexpr std::size_t glued_card_digits = 14;
constexpr std::size_t long_token_stride = 64;
constexpr std::size_t plain_word_max = 16;

bool passes(PatternCheck check, std::string_view match) {
  if (check == PatternCheck::none) return true;
  std::string plain;
  for (const char c : match)
    if (is_alnum_byte(static_cast<unsigned char>(c)))
      plain.push_back(static_cast<char>(to_upper_byte(static_cast<unsigned char>(c))));
  switch (check) {
    case PatternCheck::luhn:
      return luhn_valid(plain);
    case PatternCheck::mod97:
      return mod97_valid(plain) || iban_valid(plain);
    case PatternCheck::mod11:
      return mod11_2_valid(plain);
    case PatternCheck::none:
      break;
  }
  return true;
}

bool word_stands_before(const Window& w, std::size_t at, const std::vector<std::string>& words) {
  const std::size_t first = at > Detector::context_bytes ? at - Detector::context_bytes : 0;
  std::string left(w.text.substr(first, at - first));
  w.count(left.size());
  for (char& c : left) c = static_cast<char>(to_lower_byte(static_cast<unsigned char>(c)));
  for (const std::string& word : words)
    for (std::size_t i = left.find(word); i != std::string::npos; i = left.find(word, i + 1)) {
      const bool begins = i > 0 ? !is_alnum_byte(static_cast<unsigned char>(left[i - 1])) : first == 0;
      const std::size_t end = i + word.size();
      if (begins && (end == left.size() || !is_alnum_byte(static_cast<unsigned char>(left[end]))))
        return true;
    }
  return false;
}

// The next digit of the token that follows a letter, with digits enough for a card; otherwise the token's
// end.
std::size_t after_mixed_token(const Window& w, const Token& token) {
  for (std::size_t i = token.begin + 1; i + glued_card_digits <= token.end; ++i) {
    if (!is_digit_byte(w.at(i)) || !is_letter_byte(w.before(i))) continue;
    if (w.skip(i, ByteClass::digit, token.end) - i >= glued_card_digits) return i;
  }
  return token.end;
}

bool is_token_letter(unsigned char c) {
  return is_digit_byte(c) || (is_upper_byte(c) && c != 'A' && c != 'E' && c != 'I' && c != 'O' && c != 'U');
}

bool is_lower(unsigned char c) { return c >= 'a' && c <= 'z'; }

// The common case, decided without the matchers: a word of small letters between blanks, with a word behind
// it. Gives the place after its blank; `at` if the matchers must look. Says only what they would say.
std::size_t after_plain_word(const Window& w, std::size_t at) {
  const unsigned char left = w.before(at);
  if (left != ' ' && left != '\n' && left != 0) return at;
  if (left == ' ' && at >= 2 && (w.before(at - 1) == ':' || w.before(at - 1) == '=')) return at;
  std::size_t i = at;
  while (i < w.text.size() && is_lower(static_cast<unsigned char>(w.text[i]))) ++i;
  w.count(i - at);
  if (i - at >= plain_word_max || i + 1 >= w.text.size() || w.text[i] != ' ') return at;
  const auto next = static_cast<unsigned char>(w.text[i + 1]);
  const bool short_word = i - at <= 2 && (w.text[at] == 'p' || w.text[at] == 'u');  // "po box", "ul"
  return is_letter_byte(next) && !short_word ? i + 1 : at;
}

}  // namespace

std::size_t vault_token_end(const Window& w, std::size_t at) {
  const bool bracket = w.at(at) == '[';
  const std::size_t name = at + (bracket ? 1 : 0);
  std::size_t i = name;
  while (i < name + 12 && is_upper_byte(w.at(i))) ++i;
  if (i == name || w.at(i) != '_') return at;
  const std::size_t id = i + 1;
  for (i = id; i < id + token_id_bytes; ++i)
    if (!is_token_letter(w.at(i))) return at;
  if (bracket ? w.at(i) != ']' : is_alnum_byte(w.at(i)) || w.at(i) == '_') return at;
  if (!data_type_of_token_name(w.text.substr(name, id - 1 - name))) return at;
  return i + (bracket ? 1 : 0);
}

std::size_t token_at_start(std::string_view text) {
  const Window window{text};
  return text.starts_with('[') ? vault_token_end(window, 0) : 0;
}

Detector::Impl::Impl() = default;
Detector::Impl::~Impl() = default;

Result<std::unique_ptr<Detector::Impl>> Detector::Impl::make(DetectorOptions options) {
  if (options.patterns.size() > DetectorOptions::patterns_max)
    return Error(Code::invalid_argument,
                 "more than " + std::to_string(DetectorOptions::patterns_max) + " patterns");
  auto impl = std::make_unique<Impl>();
  impl->limits_.confidence_min = options.confidence_min;
  for (std::size_t i = 0; i < data_type_count; ++i)
    impl->limits_.off[i] = is_only_on_request(static_cast<DataType>(i));
  for (const DataType type : options.requested) impl->limits_.off[static_cast<std::size_t>(type)] = false;
  for (const DataType type : options.off) impl->limits_.off[static_cast<std::size_t>(type)] = true;
  for (const CustomPattern& given : options.patterns) {
    const auto refuse = [&](const std::string& why) {
      return Error(Code::invalid_argument, "pattern " + given.name + ": " + why);
    };
    if (given.bytes_max == 0 || given.bytes_max > CustomPattern::bytes_max_limit)
      return refuse("bytes_max is from 1 to " + std::to_string(CustomPattern::bytes_max_limit));
    RE2::Options how;
    how.set_log_errors(false);
    how.set_longest_match(true);
    how.set_max_mem(1 << 20);
    auto pattern = std::make_unique<Pattern>();
    pattern->expression = std::make_unique<RE2>(given.expression, how);
    if (!pattern->expression->ok()) return refuse(pattern->expression->error());
    if (RE2::FullMatch("", *pattern->expression)) return refuse("it matches the empty text");
    pattern->check = given.check;
    pattern->bytes_max = given.bytes_max;
    pattern->number = static_cast<std::uint16_t>(impl->patterns_.size());
    for (std::string word : given.context) {
      for (char& c : word) c = static_cast<char>(to_lower_byte(static_cast<unsigned char>(c)));
      pattern->context.push_back(std::move(word));
    }
    std::string low, high;
    if (pattern->expression->PossibleMatchRange(&low, &high, 16)) {
      const auto differ = std::mismatch(low.begin(), low.end(), high.begin(), high.end());
      pattern->prefix.assign(low.begin(), differ.first);
    }
    const auto from = static_cast<unsigned char>(low.empty() ? 0 : low[0]);
    const auto to = static_cast<unsigned char>(high.empty() || low.empty() ? 255 : high[0]);
    for (std::size_t c = from; c <= to; ++c) impl->pattern_first_[c] = true;
    impl->patterns_.push_back(std::move(pattern));
  }
  impl->options = std::move(options);
  return impl;
}

void Detector::Impl::match_patterns(const Window& w, std::size_t at, Match& best) const {
  if (!pattern_first_[w.at(at)]) return;
  for (const auto& pattern : patterns_) {
    if (!w.has(at, pattern->prefix)) continue;
    if (!pattern->context.empty() && !word_stands_before(w, at, pattern->context)) continue;
    const std::size_t limit = std::min(at + pattern->bytes_max, w.text.size());
    if (limit < at + pattern->bytes_max) static_cast<void>(w.at(limit));  // the whole window must be known
    w.count(pattern->bytes_max);
    re2::StringPiece match;
    if (!pattern->expression->Match(re2::StringPiece(w.text.data(), limit), at, limit, RE2::ANCHOR_START,
                                    &match, 1))
      continue;
    const std::size_t end = at + match.size();
    if (match.empty() || (is_alnum_byte(w.before(end)) && is_alnum_byte(w.at(end)))) continue;
    if (!passes(pattern->check, w.text.substr(at, match.size()))) continue;
    best.offer(DataType::custom, end, 0.95F, pattern->number);
  }
}

// A word or number. `next` is where to go on if nothing was found.
Match Detector::Impl::match_token(const Window& w, std::size_t at, std::size_t& next) const {
  Match best(&limits_);
  const Token token = token_at(w, at);
  next = token.cut ? at + long_token_stride : token.end;
  const unsigned char left = w.before(at);
  if (is_alnum_byte(left)) {  // inside a long word, or a number glued to one
    if (is_digit_byte(w.at(at))) match_glued_card(w, at, best);
    if (token.cut || token.next == '@' || (byte_classes[token.next] & ByteClass::mail) != 0)
      match_network(w, token, best);
    return best;
  }
  const bool digits = token.has_digit();
  const bool joined =
      token.next == '@' || token.next == ':' || (byte_classes[token.next] & ByteClass::mail) != 0;
  if (digits) {
    if (is_digit_byte(w.at(at))) {
      match_numbers(w, token, best);
      match_birth_date(w, token, best);
      match_address(w, token, best);
    }
    match_codes(w, token, best);
    if (!token.only_digits() && !token.cut) next = after_mixed_token(w, token);
  } else {
    const bool capital = is_upper_byte(w.at(at));
    if (token.size() <= 2 || (capital && (token.size() == 8 || token.size() == 11)))
      match_codes(w, token, best);
    if (capital || token.size() <= 3) match_address(w, token, best);
    if (capital || token.size() >= 3) match_birth_date(w, token, best);
  }
  if (joined || token.cut) match_network(w, token, best);
  const bool after_sign =
      left == ' ' ? w.before(at - 1) == ':' || w.before(at - 1) == '=' : left != 0 && left != '\n';
  if (digits || joined || token.size() >= 16 || after_sign) match_secrets(w, token, best);
  if (!patterns_.empty()) match_patterns(w, at, best);
  return best;
}

Match Detector::Impl::match_at(const Window& w, std::size_t at, std::size_t& next) const {
  const unsigned char c = w.at(at);
  if (is_alnum_byte(c)) return match_token(w, at, next);
  next = at + 1;
  Match best(&limits_);
  if (c == '-')
    match_private_key(w, at, best);
  else if (c == ':')
    match_ipv6_colon(w, at, best);
  else if (c == '+' || c == '(')
    match_phone_sign(w, at, best);
  if (!patterns_.empty() && c > ' ' && !is_alnum_byte(w.before(at))) match_patterns(w, at, best);
  return best;
}

// A weak match leaves room for a stronger one that begins inside it.
bool Detector::Impl::gives_way(const Window& w, std::size_t at, const Match& match) const {
  for (std::size_t i = at + 1; i < match.end; ++i) {
    if (!is_alnum_byte(w.at(i)) || is_alnum_byte(w.before(i))) continue;
    std::size_t next = 0;
    if (match_token(w, i, next).confidence > match.confidence) return true;
  }
  return false;
}

ScanResult Detector::Impl::scan(const Window& w, ScanPlace& place) const {
  const bool any_pattern = !patterns_.empty();
  while (place.at < w.text.size()) {
    const std::size_t at = place.at;
    const auto c = static_cast<unsigned char>(w.text[at]);
    if (!is_alnum_byte(c) && (byte_classes[c] & ByteClass::starter) == 0 && !any_pattern && !place.cut) {
      ++place.at;
      continue;
    }
    if (is_lower(c) && !any_pattern && !place.cut) {
      const std::size_t after = after_plain_word(w, at);
      if (after != at) {
        place.at = after;
        continue;
      }
    }
    w.touched = false;
    ScanResult result;
    result.begin = at;
    std::size_t next = at + 1;
    if (place.cut) {
      result.match = match_rest(w, at, place.cut_type);
    } else {
      const std::size_t token =
          c == '[' || is_upper_byte(c) ? (is_alnum_byte(w.before(at)) ? at : vault_token_end(w, at)) : at;
      if (token != at) {
        result.outcome = ScanOutcome::token;
        result.match.end = token;
      } else {
        result.match = match_at(w, at, next);
        if (result.match.found() && result.match.confidence < strong_confidence &&
            gives_way(w, at, result.match))
          result.match = Match();
      }
    }
    if (w.touched && !w.final) {
      result.outcome = ScanOutcome::need_more;
      return result;
    }
    const bool found = result.match.found();
    place.cut = found && result.match.end - at >= long_reach_bytes;
    if (place.cut) place.cut_type = result.match.type;
    if (!found && result.outcome != ScanOutcome::token) {
      place.at = next;
      continue;
    }
    place.at = result.match.end;
    if (found) result.outcome = ScanOutcome::found;
    return result;
  }
  return ScanResult{};
}

ScanResult scan_tokens(const Window& w, ScanPlace& place) {
  while (place.at < w.text.size()) {
    const std::size_t at = place.at;
    const auto c = static_cast<unsigned char>(w.text[at]);
    if ((c != '[' && !is_upper_byte(c)) || is_alnum_byte(w.before(at))) {
      ++place.at;
      continue;
    }
    w.touched = false;
    const std::size_t end = vault_token_end(w, at);
    ScanResult result;
    result.begin = at;
    if (w.touched && !w.final) {
      result.outcome = ScanOutcome::need_more;
      return result;
    }
    place.at = end == at ? at + 1 : end;
    if (end == at) continue;
    result.outcome = ScanOutcome::token;
    result.match.end = end;
    return result;
  }
  return ScanResult{};
}

}  // namespace loadline
