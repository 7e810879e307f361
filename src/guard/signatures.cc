#include "guard/signatures.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/utf8.h"
#include "guard/plain_text.h"

namespace loadline {
namespace {

enum class Concept : std::uint8_t {
  drop,
  earlier,
  all,
  yours,
  rules,
  told,
  reveal,
  hidden,
  key_word,
  system_word,
  prompt_word,
  from_word,
  now_word,
  on_word,
  you_word,
  are_word,
  play,
  machine,
  unlimited,
  no_word,
  limit,
  refuse,
  never_word,
  mode_word,
  privileged,
  enable,
  reader,
  answer_word,
  order,
  in_word,
  send,
  data,
  address,
  inform,
  person,
  system_mark,
  instruct_mark,
  new_word,
  comply,
  instead,
  // not from the lexicon: by how the word stands
  line_head,  // first word of a line
  colon,      // a colon follows
  bracketed,  // "[", "<<", "<|", "###" before it
  disguised,  // spelled to be overlooked
  rot13,      // a word of the lexicon after decoding
  reversed,
};
using Mask = std::uint64_t;
constexpr Mask bit(Concept c) { return Mask{1} << static_cast<unsigned>(c); }

struct LexiconRow {
  Concept concept_id;
  std::string_view words;
};
constexpr LexiconRow lexicon_rows[] = {
#include "guard/lexicon.inc"
};

constexpr std::size_t word_bytes_max = 40;         // a longer one is in no lexicon
constexpr std::size_t encoded_word_bytes_min = 5;  // shorter ones are other words too often

constexpr std::uint32_t hash_step(std::uint32_t hash, unsigned char c) { return (hash ^ c) * 16777619U; }
constexpr std::uint32_t hash_begin = 2166136261U;
std::uint32_t hash_of(std::string_view word) {
  std::uint32_t hash = hash_begin;
  for (const char c : word) hash = hash_step(hash, static_cast<unsigned char>(c));
  return hash;
}

/// Word to concepts; open addressing, filled once.
class Lexicon {
 public:
  Lexicon() {
    for (const LexiconRow& row : lexicon_rows)
      each_word(row.words, [&](std::string_view word) { add(word, bit(row.concept_id)); });
    for (const LexiconRow& row : lexicon_rows)
      each_word(row.words, [&](std::string_view word) {
        if (word.size() < encoded_word_bytes_min || static_cast<unsigned char>(word[0]) >= 0x80) return;
        add_encoded(rot13(word), bit(Concept::rot13));
        add_encoded(loadline::reversed(word), bit(Concept::reversed));
      });
  }

  Mask find(std::string_view word) const { return find(word, hash_of(word)); }
  Mask find(std::string_view word, std::uint32_t hash) const {
    for (std::size_t at = hash & (slots - 1);; at = (at + 1) & (slots - 1)) {
      const Slot& slot = slots_[at];
      if (slot.mask == 0) return 0;
      if (slot.hash == hash && slot.word == word) return slot.mask;
    }
  }
  std::size_t longest() const { return longest_; }

 private:
  static constexpr std::size_t slots = 8192;  // at most a third of it is used (checked by `add`)
  struct Slot {
    std::string word;
    std::uint32_t hash = 0;
    Mask mask = 0;
  };

  template <class F>
  static void each_word(std::string_view words, F&& each) {
    while (!words.empty()) {
      const std::size_t end = std::min(words.find(' '), words.size());
      if (end > 0) each(words.substr(0, end));
      words.remove_prefix(std::min(end + 1, words.size()));
    }
  }
  void add(std::string_view word, Mask mask) {
    LOADLINE_ASSERT(used_ * 3 < slots);
    const std::uint32_t hash = hash_of(word);
    std::size_t at = hash & (slots - 1);
    while (slots_[at].mask != 0 && slots_[at].word != word) at = (at + 1) & (slots - 1);
    used_ += static_cast<std::size_t>(slots_[at].mask == 0);
    slots_[at] = {std::string(word), hash, slots_[at].mask | mask};
    longest_ = std::max(longest_, word.size());
  }
  void add_encoded(const std::string& word, Mask mask) {
    if (find(word) == 0) add(word, mask);
  }

  std::vector<Slot> slots_ = std::vector<Slot>(slots);
  std::size_t used_ = 0, longest_ = 0;
};

const Lexicon& lexicon() {
  static const Lexicon words;
  return words;
}

constexpr Mask any(std::initializer_list<Concept> concepts) {
  Mask mask = 0;
  for (const Concept c : concepts) mask |= bit(c);
  return mask;
}

constexpr std::size_t steps_max = 5;
struct Step {
  Mask need = 0;         // one of these
  Mask also = 0;         // and all of these
  std::uint8_t gap = 0;  // at most so many words between it and the step before
};
struct Signature {
  InjectionKind kind;
  std::array<Step, steps_max> steps;
};

using C = Concept;
using K = InjectionKind;
constexpr Signature signatures[] = {
    // "ignore all previous instructions", "forget everything above", "disregard your guidelines"
    {K::override_rules,
     {{{any({C::drop})}, {any({C::earlier}), 0, 4}, {any({C::rules, C::told, C::prompt_word}), 0, 4}}}},
    {K::override_rules, {{{any({C::drop})}, {any({C::all, C::yours}), 0, 2}, {any({C::rules}), 0, 3}}}},
    {K::override_rules, {{{any({C::drop})}, {any({C::all}), 0, 2}, {any({C::earlier, C::told}), 0, 5}}}},
    {K::override_rules, {{{any({C::drop})}, {any({C::rules}), 0, 2}, {any({C::earlier, C::told}), 0, 4}}}},
    {K::override_rules, {{{any({C::rules})}, {any({C::earlier}), 0, 2}, {any({C::drop}), 0, 4}}}},
    {K::override_rules, {{{any({C::never_word})}, {any({C::comply}), 0, 2}, {any({C::rules}), 0, 5}}}},
    {K::override_rules, {{{any({C::comply})}, {any({C::rules}), 0, 4}, {any({C::instead}), 0, 3}}}},
    // the hidden context
    {K::reveal_hidden, {{{any({C::reveal})}, {any({C::system_word}), 0, 5}, {any({C::prompt_word}), 0, 1}}}},
    {K::reveal_hidden,
     {{{any({C::reveal})}, {any({C::yours}), 0, 4}, {any({C::rules, C::prompt_word}), 0, 3}}}},
    {K::reveal_hidden, {{{any({C::reveal})}, {any({C::hidden}), 0, 5}}}},
    {K::reveal_hidden,
     {{{any({C::reveal})},
       {any({C::all, C::prompt_word, C::rules, C::told}), 0, 5},
       {any({C::earlier}), 0, 3}}}},
    {K::reveal_hidden, {{{any({C::hidden})}, {any({C::key_word, C::hidden}), 0, 1}}}},
    {K::reveal_hidden, {{{any({C::you_word})}, {any({C::told}), 0, 3}, {any({C::earlier}), 0, 3}}}},
    // another role
    {K::new_role,
     {{{any({C::from_word})}, {any({C::now_word}), 0, 0}, {any({C::on_word, C::you_word}), 0, 1}}}},
    {K::new_role, {{{any({C::you_word})}, {any({C::are_word}), 0, 1}, {any({C::now_word, C::play}), 0, 3}}}},
    {K::new_role, {{{any({C::play})}, {any({C::machine, C::unlimited}), 0, 6}}}},
    {K::new_role, {{{any({C::unlimited})}, {any({C::machine, C::answer_word}), 0, 4}}}},
    {K::new_role,
     {{{any({C::no_word})}, {any({C::limit}), 0, 3}, {any({C::limit, C::you_word, C::machine}), 0, 6}}}},
    {K::new_role, {{{any({C::never_word})}, {any({C::refuse}), 0, 2}}}},
    {K::new_role, {{{any({C::machine})}, {any({C::no_word}), 0, 5}, {any({C::limit}), 0, 3}}}},
    {K::new_role, {{{any({C::yours})}, {any({C::are_word, C::machine}), 0, 2}, {any({C::unlimited}), 0, 4}}}},
    // modes
    {K::privileged_mode, {{{any({C::privileged})}, {any({C::mode_word}), 0, 1}}}},
    {K::privileged_mode,
     {{{any({C::enable})}, {any({C::privileged}), 0, 3}, {any({C::mode_word, C::machine}), 0, 2}}}},
    {K::privileged_mode, {{{any({C::mode_word})}, {any({C::enable, C::privileged}), 0, 2}}}},
    {K::privileged_mode,
     {{{any({C::system_word})}, {any({C::mode_word}), 0, 1}, {any({C::enable, C::drop}), 0, 4}}}},
    // voices that the text does not have
    {K::false_authority, {{{any({C::system_mark}), any({C::line_head, C::colon})}}}},
    {K::false_authority, {{{any({C::system_mark, C::instruct_mark}), any({C::bracketed})}}}},
    {K::false_authority, {{{any({C::new_word})}, {any({C::rules}), any({C::colon}), 1}}}},
    {K::false_authority,
     {{{any({C::new_word})}, {any({C::system_word}), 0, 1}, {any({C::rules, C::prompt_word}), 0, 1}}}},
    {K::false_authority, {{{any({C::reader})}, {any({C::comply}), 0, 4}, {any({C::rules}), 0, 4}}}},
    // orders to whoever reads a document
    {K::order_to_reader,
     {{{any({C::order})},
       {any({C::in_word}), 0, 12},
       {any({C::yours}), 0, 1},
       {any({C::answer_word}), 0, 2}}}},
    {K::order_to_reader,
     {{{any({C::order, C::reveal})}, {any({C::yours}), 0, 2}, {any({C::answer_word}), 0, 3}}}},
    {K::order_to_reader, {{{any({C::instead})}, {any({C::order, C::reveal}), 0, 0}}}},
    {K::order_to_reader,
     {{{any({C::reader})}, {any({C::are_word}), 0, 1}, {any({C::order, C::reveal, C::drop}), 0, 3}}}},
    // data out
    {K::exfiltration, {{{any({C::send})}, {any({C::data, C::hidden}), 0, 6}, {any({C::address}), 0, 8}}}},
    {K::exfiltration,
     {{{any({C::order})},
       {any({C::data, C::hidden}), 0, 6},
       {any({C::in_word}), 0, 3},
       {any({C::address}), 0, 3}}}},
    // silence
    {K::concealment, {{{any({C::never_word})}, {any({C::inform}), 0, 1}, {any({C::person}), 0, 2}}}},
};
constexpr std::size_t signature_count = std::size(signatures);
constexpr std::uint32_t sentence_distance = 3, paragraph_distance = 8;  // a gap counts as so many words

constexpr Mask wanted_of(const Signature& s) {
  Mask mask = 0;
  for (const Step& step : s.steps) mask |= step.need;
  return mask;
}

/// Follows all signatures at once: for each step where it last ended.
class Matcher {
 public:
  explicit Matcher(SignatureScan& out) : out_(out) {}

  void word(Mask mask, std::uint32_t position, std::size_t begin, std::size_t end) {
    for (std::size_t s = 0; s < signature_count; ++s)
      if ((mask & wanted_[s]) != 0) advance(s, mask, position, begin, end);
  }

 private:
  struct Place {
    std::uint32_t position = 0;  // of the word, from 1; 0: not reached
    std::uint32_t disguised = 0;
    std::size_t begin = 0;  // byte where the first step stood
  };

  /// Later steps first: one word is never two steps.
  void advance(std::size_t s, Mask mask, std::uint32_t position, std::size_t begin, std::size_t end) {
    const auto& steps = signatures[s].steps;
    for (std::size_t k = steps_max; k-- > 0;) {
      const Step& step = steps[k];
      if (step.need == 0 || (mask & step.need) == 0 || (mask & step.also) != step.also) continue;
      const std::uint32_t odd = (mask & bit(Concept::disguised)) != 0 ? 1 : 0;
      Place next{position, odd, begin};
      if (k > 0) {
        const Place& before = places_[s][k - 1];
        if (before.position == 0 || position - before.position > step.gap + 1U) continue;
        next.begin = before.begin;
        next.disguised += before.disguised;
      }
      const bool last = k + 1 == steps_max || steps[k + 1].need == 0;
      if (!last) {
        places_[s][k] = next;
        continue;
      }
      report(signatures[s].kind, next, end);
      places_[s] = {};  // the same words are no second hit
      return;
    }
  }

  void report(InjectionKind kind, const Place& place, std::size_t end) {
    ++out_.counts[static_cast<std::size_t>(kind)];
    out_.disguised += place.disguised;
    if (out_.hits.size() < SignatureScan::hits_max) out_.hits.push_back({kind, place.begin, end});
  }

  static constexpr std::array<Mask, signature_count> wanted_ = [] {
    std::array<Mask, signature_count> masks{};
    for (std::size_t s = 0; s < signature_count; ++s) masks[s] = wanted_of(signatures[s]);
    return masks;
  }();

  SignatureScan& out_;
  std::array<std::array<Place, steps_max>, signature_count> places_{};
};

constexpr std::array<unsigned char, 256> word_bytes = [] {  // lower case, or 0
  std::array<unsigned char, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) {
    table[static_cast<std::size_t>(c)] = static_cast<unsigned char>(c);
    table[static_cast<std::size_t>(c - 32)] = static_cast<unsigned char>(c);
  }
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = static_cast<unsigned char>(c);
  table['_'] = '_';
  for (int c = 0x80; c < 0x100; ++c) table[static_cast<std::size_t>(c)] = static_cast<unsigned char>(c);
  return table;
}();

bool is_ideograph(char32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3);
}

/// Reads words and what stands between them.
class WordScanner {
 public:
  WordScanner(std::string_view text, SignatureScan& out) : text_(text), out_(out), matcher_(out) {}

  void run() {
    std::size_t at = 0;
    while (at < text_.size()) {
      const std::size_t gap = at;
      while (at < text_.size() && word_bytes[static_cast<unsigned char>(text_[at])] == 0) ++at;
      take_gap(gap, at);
      if (at == text_.size()) break;
      at = take_word(at);
    }
    flush_letters();
    out_.words = words_;
  }

 private:
  void take_gap(std::size_t begin, std::size_t end) {
    gap_ = text_.substr(begin, end - begin);
    line_head_ = begin == 0 || gap_.find('\n') != std::string_view::npos;
    if (gap_.size() > 1) {
      if (gap_.find("\n\n") != std::string_view::npos)
        position_ += paragraph_distance;
      else if (gap_.find_first_of(".!?\n") != std::string_view::npos)
        position_ += sentence_distance;
    } else if (gap_ == "\n") {
      position_ += 1;
    }
  }

  std::size_t take_word(std::size_t begin) {
    std::array<char, word_bytes_max> lower;  // NOLINT: filled as far as `size`
    std::size_t size = 0, at = begin;
    std::uint32_t hash = hash_begin;
    bool high = false, letters = false, digits = false;
    for (; at < text_.size(); ++at) {
      unsigned char c = word_bytes[static_cast<unsigned char>(text_[at])];
      if (c == 0) {
        if (text_[at] != '\'' || at + 1 == text_.size() ||
            word_bytes[static_cast<unsigned char>(text_[at + 1])] < 'a')
          break;
        continue;  // "don't" is "dont"
      }
      if (size < word_bytes_max) lower[size] = static_cast<char>(c);
      ++size;
      hash = hash_step(hash, c);
      high = high || c >= 0x80;
      digits = digits || (c >= '0' && c <= '9');
      letters = letters || (c >= 'a' && c <= 'z');
    }
    const std::string_view word(lower.data(), std::min(size, word_bytes_max));
    if (high && size > 3 && reads_ideographs(begin, at)) return at;
    if (size == 1 && letters) {
      add_letter(word[0], begin, at);
      return at;
    }
    flush_letters();
    ++words_;
    ++position_;
    if (words_ == 1) first_position_ = position_;
    if (size <= word_bytes_max) give(word, hash, letters && digits, begin, at);
    return at;
  }

  void give(std::string_view word, std::uint32_t hash, bool mixed, std::size_t begin, std::size_t end) {
    Mask mask = lexicon().find(word, hash);
    if (mask == 0 && mixed) mask = spelled_with_digits(word);
    if (mask == 0 && !before_.empty() && is_join(gap_)) mask = joined_with_before(word);
    if ((mask & (bit(Concept::rot13) | bit(Concept::reversed))) != 0) {
      out_.rot13_words += (mask & bit(Concept::rot13)) != 0 ? 1 : 0;
      out_.reversed_words += (mask & bit(Concept::reversed)) != 0 ? 1 : 0;
      mask = 0;
    }
    if (mask == 0) {
      before_.assign(word);
      return;
    }
    before_.clear();
    if (position_ == first_position_)
      out_.begins_with_order = (mask & any({C::order, C::reveal, C::drop, C::play, C::send})) != 0;
    out_.second_person += (mask & any({C::you_word, C::yours})) != 0 ? 1 : 0;
    matcher_.word(mask | standing(begin, end), position_, begin, end);
  }

  Mask standing(std::size_t begin, std::size_t end) const {
    Mask mask = line_head_ ? bit(Concept::line_head) : 0;
    std::size_t next = end;
    while (next < text_.size() && next < end + 3 &&
           (text_[next] == ' ' || text_[next] == ']' || text_[next] == '*'))
      ++next;
    if (next < text_.size() && text_[next] == ':') mask |= bit(Concept::colon);
    const std::string_view left =
        text_.substr(begin - std::min<std::size_t>(begin, 4), std::min<std::size_t>(begin, 4));
    if (left.ends_with('[') || left.ends_with("<<") || left.ends_with("<|") || left.ends_with("## ") ||
        left.ends_with("[/"))
      mask |= bit(Concept::bracketed);
    return mask;
  }

  static Mask spelled_with_digits(std::string_view word) {
    static constexpr std::string_view letters = "oi?eas?t??";  // for 0 to 9
    std::string plain(word);
    for (char& c : plain)
      if (c >= '0' && c <= '9') c = letters[static_cast<std::size_t>(c - '0')];
    const Mask mask = lexicon().find(plain);
    return mask == 0 ? 0 : mask | bit(Concept::disguised);
  }

  static bool is_join(std::string_view gap) {
    return gap == "-" || gap == "." || gap == "*" || gap == "-\n" || gap == "|" || gap == "\\" ||
           gap == "+" || gap == "~";
  }
  Mask joined_with_before(std::string_view word) {
    if (before_.size() + word.size() > lexicon().longest()) return 0;
    const Mask mask = lexicon().find(before_.append(word));
    return mask == 0 ? 0 : mask | bit(Concept::disguised);
  }

  /// Chinese, Japanese, Korean: no blanks between words, so every two characters are looked up.
  bool reads_ideographs(std::size_t begin, std::size_t end) {
    std::size_t at = begin;
    if (!is_ideograph(next_code_point(text_, at))) return false;
    flush_letters();
    std::size_t first = begin;
    for (at = begin; at < end;) {
      const std::size_t second = at;
      if (!is_ideograph(next_code_point(text_, at))) {
        first = at;
        continue;
      }
      if (second == first) continue;
      ++position_;
      ++words_;
      const Mask mask = lexicon().find(text_.substr(first, at - first));
      if (mask != 0) matcher_.word(mask, position_, first, at);
      first = second;
    }
    return true;
  }

  /// "i g n o r e": letters with one and the same character between them.
  void add_letter(char letter, std::size_t begin, std::size_t end) {
    if (!letters_.empty() && !(gap_.size() == 1 && (letters_.size() == 1 || gap_[0] == letter_gap_)))
      flush_letters();
    if (letters_.empty()) letters_begin_ = begin;
    if (letters_.size() == 1) letter_gap_ = gap_[0];
    letters_ += letter;
    letters_end_ = end;
    if (letters_.size() >= letters_max) flush_letters();
  }

  void flush_letters() {
    if (letters_.empty()) return;
    const std::string run = std::exchange(letters_, {});
    ++words_;
    ++position_;
    if (run.size() < 4) return;
    for (std::size_t at = 0; at < run.size();) {
      std::size_t length = std::min(run.size() - at, lexicon().longest());
      Mask mask = 0;
      for (; length >= 3 && mask == 0; --length)
        mask = lexicon().find(std::string_view(run).substr(at, length));
      if (mask == 0) {
        ++at;
        continue;
      }
      at += length + 1;
      ++position_;
      matcher_.word(mask | bit(Concept::disguised), position_, letters_begin_, letters_end_);
    }
  }

  static constexpr std::size_t letters_max = 256;

  std::string_view text_;
  SignatureScan& out_;
  Matcher matcher_;
  std::string_view gap_;
  bool line_head_ = true;
  std::string before_;  // the word before, if the lexicon does not know it
  std::string letters_;
  char letter_gap_ = 0;
  std::size_t letters_begin_ = 0, letters_end_ = 0;
  std::uint32_t words_ = 0, position_ = 0, first_position_ = 0;
};

}  // namespace

SignatureScan find_signatures(std::string_view plain) {
  SignatureScan out;
  WordScanner(plain, out).run();
  return out;
}

LexicalFeatures lexical_features(const SignatureScan& scan, std::string_view plain, TextShape shape) {
  LexicalFeatures out{};
  std::size_t kinds = 0;
  for (std::size_t k = 0; k < injection_kind_count; ++k) {
    out[k] = static_cast<float>(std::min<std::uint32_t>(scan.counts[k], 3));
    kinds += scan.counts[k] != 0 ? 1 : 0;
  }
  std::size_t upper = 0, high = 0;
  bool asks = false;
  for (const char c : plain) {
    upper += c >= 'A' && c <= 'Z' ? 1 : 0;
    high += static_cast<unsigned char>(c) >= 0x80 ? 1 : 0;
    asks = asks || c == '?';
  }
  const auto bytes = static_cast<float>(std::max<std::size_t>(plain.size(), 1));
  const auto words = static_cast<float>(std::max<std::uint32_t>(scan.words, 1));
  float* next = out.data() + injection_kind_count;
  *next++ = std::log1p(words) / 5;
  *next++ = static_cast<float>(std::min<std::uint32_t>(scan.disguised, 3));
  *next++ = shape.hidden_piece ? 1.0F : 0.0F;
  *next++ = static_cast<float>(upper) / bytes;
  *next++ = asks ? 1.0F : 0.0F;
  *next++ = std::min(1.0F, static_cast<float>(scan.second_person) / words * 5);
  *next++ = scan.begins_with_order ? 1.0F : 0.0F;
  *next++ = static_cast<float>(high) / bytes;
  *next++ = shape.block ? 1.0F : 0.0F;
  *next++ = static_cast<float>(std::min<std::size_t>(kinds, 4));
  return out;
}

}  // namespace loadline
