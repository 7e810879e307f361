#include "retrieval/keyword/analyzer.h"

#include <libstemmer.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/utf8.h"
#include "retrieval/keyword/text_folding.h"

namespace loadline {
namespace {

enum class Kind : std::uint8_t { other, letter, digit, ideograph, currency, section };

constexpr std::size_t pieces_max = 16;       // of one compound; a longer one is cut
constexpr std::size_t joined_units_max = 4;  // longer joined forms are not words that anyone types
constexpr std::size_t symbol_gap_max = 3;    // bytes between a symbol and the number it belongs to

constexpr std::array<Kind, 128> make_ascii_kinds() {
  std::array<Kind, 128> kinds{};
  for (char c = 'a'; c <= 'z'; ++c) kinds[static_cast<std::size_t>(c)] = Kind::letter;
  for (char c = 'A'; c <= 'Z'; ++c) kinds[static_cast<std::size_t>(c)] = Kind::letter;
  for (char c = '0'; c <= '9'; ++c) kinds[static_cast<std::size_t>(c)] = Kind::digit;
  kinds['$'] = Kind::currency;
  return kinds;
}
constexpr std::array<Kind, 128> ascii_kinds = make_ascii_kinds();

// Scripts that are written without spaces between words.
bool is_unspaced(char32_t c) {
  return (c >= 0x2E80 && c <= 0x2FDF) || (c >= 0x3005 && c <= 0x3007) || (c >= 0x3041 && c <= 0x30FF) ||
         (c >= 0x31F0 && c <= 0x31FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x0E01 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF) ||
         (c >= 0x20000 && c <= 0x3FFFF);
}

Kind kind_of(char32_t c) {
  if (c < 0x80) return ascii_kinds[c];
  if (c == 0x00A7) return Kind::section;
  switch (u_charType(static_cast<UChar32>(c))) {
    case U_UPPERCASE_LETTER:
    case U_LOWERCASE_LETTER:
    case U_TITLECASE_LETTER:
    case U_MODIFIER_LETTER:
    case U_OTHER_LETTER:
    case U_NON_SPACING_MARK:
    case U_COMBINING_SPACING_MARK:
    case U_LETTER_NUMBER:
      return is_unspaced(c) ? Kind::ideograph : Kind::letter;
    case U_DECIMAL_DIGIT_NUMBER:
    case U_OTHER_NUMBER:
      return Kind::letter;  // the usual ones are folded to ASCII
    case U_CURRENCY_SYMBOL:
      return Kind::currency;
    default:
      return Kind::other;
  }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }
bool no_digits(std::string_view text) { return std::none_of(text.begin(), text.end(), is_digit); }
bool is_ascii_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// "45.00" and "45", "1234.50" and "1234.5" are one value.
std::string_view value_of(std::string_view number) {
  if (number.find('.') == std::string_view::npos || std::count(number.begin(), number.end(), '.') > 1) {
    return number;
  }
  while (number.back() == '0') number.remove_suffix(1);
  if (number.back() == '.') number.remove_suffix(1);
  return number;
}

bool is_year(std::string_view run) {
  return run.size() == 4 && (run.starts_with("19") || run.starts_with("20")) && all_digits(run);
}

// One run of letters and digits in the folded text, and the sign that ties it to the next (0: none).
struct Piece {
  std::size_t begin = 0, end = 0;
  char connector = 0;
};

enum class UnitKind : std::uint8_t { word, number, mixed };

// A word or number: what counts as one term.
struct Unit {
  UnitKind kind = UnitKind::word;
  std::string text;    // digit groups joined, acronym dots gone; apostrophes still in
  char connector = 0;  // to the next unit
  std::size_t end = 0;
};

}  // namespace

class Analyzer::Impl {
 public:
  Impl() : stemmer_(sb_stemmer_new("english", "UTF_8")) {}
  ~Impl() { sb_stemmer_delete(stemmer_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void analyze(std::string_view text, const Sink& sink);

 private:
  // cutting
  Kind kind_at(std::size_t at, std::size_t& next) const;
  bool is_word_at(std::size_t at) const;
  std::size_t scan_run(std::size_t at) const;
  bool connects(std::size_t at) const;
  std::size_t scan_compound(std::size_t at);
  std::size_t scan_ideographs(std::size_t at);
  // pieces to units
  std::string_view piece_text(std::size_t i) const {
    return std::string_view(text_).substr(pieces_[i].begin, pieces_[i].end - pieces_[i].begin);
  }
  void make_units();
  std::size_t take_number(std::size_t first, Unit& unit) const;
  std::size_t take_acronym(std::size_t first, Unit& unit) const;
  std::size_t take_word(std::size_t first, Unit& unit) const;
  // terms
  void emit(std::string_view term, bool counts);
  void emit_stem(std::string_view word, bool counts);
  void emit_unit(const Unit& unit);
  void emit_word(std::string_view word);
  void emit_mixed_parts(std::string_view text);
  void emit_number_symbols(const Unit& unit);
  void emit_joined(std::size_t first, std::size_t last);
  bool opens_fraction(std::size_t begin) const;
  void emit_compound(std::size_t begin, std::size_t end);
  bool percent_follows(std::size_t at) const;
  void note_symbol(std::size_t at, std::size_t next, Kind kind);

  sb_stemmer* stemmer_;
  TextFolding folding_;
  const Sink* sink_ = nullptr;
  std::string text_;  // folded
  std::string scratch_;
  std::vector<Piece> pieces_;
  std::vector<Unit> units_;
  std::string currency_;          // the sign seen last
  std::size_t currency_end_ = 0;  // 0: none
  std::size_t section_end_ = 0;
  bool is_first_unit_ = false;
  std::size_t compound_begin_ = 0;
};

// Cutting the folded text.

Kind Analyzer::Impl::kind_at(std::size_t at, std::size_t& next) const {
  const auto byte = static_cast<unsigned char>(text_[at]);
  if (byte < 0x80) {
    next = at + 1;
    return ascii_kinds[byte];
  }
  next = at;
  return kind_of(next_code_point(text_, next));
}

bool Analyzer::Impl::is_word_at(std::size_t at) const {
  if (at >= text_.size()) return false;
  std::size_t next;
  const Kind kind = kind_at(at, next);
  return kind == Kind::letter || kind == Kind::digit;
}

std::size_t Analyzer::Impl::scan_run(std::size_t at) const {
  while (at < text_.size()) {
    std::size_t next;
    const Kind kind = kind_at(at, next);
    if (kind != Kind::letter && kind != Kind::digit) break;
    at = next;
  }
  return at;
}

// Whether the sign at `at` (right behind a run) ties the run to the one after it.
bool Analyzer::Impl::connects(std::size_t at) const {
  switch (text_[at]) {
    case ',':
      return at + 1 < text_.size() && is_digit(text_[at - 1]) && is_digit(text_[at + 1]);
    case '\'':
    case '.':
    case '-':
    case '_':
    case '@':
    case '/':
    case '&':
      return is_word_at(at + 1);
    default:
      return false;
  }
}

std::size_t Analyzer::Impl::scan_compound(std::size_t at) {
  pieces_.clear();
  for (;;) {
    Piece& piece = pieces_.emplace_back();
    piece.begin = at;
    piece.end = at = scan_run(at);
    if (at >= text_.size() || pieces_.size() == pieces_max || !connects(at)) return at;
    piece.connector = text_[at++];
  }
}

std::size_t Analyzer::Impl::scan_ideographs(std::size_t at) {
  std::size_t previous = at, next = at, count = 0;
  while (at < text_.size() && kind_at(at, next) == Kind::ideograph) {
    if (count++ > 0) emit(std::string_view(text_).substr(previous, next - previous), true);
    previous = at;
    at = next;
  }
  if (count == 1) emit(std::string_view(text_).substr(previous, at - previous), true);
  return at;
}

// Pieces to units. Each take_ function returns how many pieces it took, 0 if its pattern does not apply.

std::size_t Analyzer::Impl::take_number(std::size_t first, Unit& unit) const {
  if (!all_digits(piece_text(first))) return 0;
  std::size_t last = first;  // of the digit runs tied by . , '
  while (last + 1 < pieces_.size() &&
         std::string_view(".,'").find(pieces_[last].connector) != std::string_view::npos &&
         all_digits(piece_text(last + 1))) {
    ++last;
  }
  const auto connector = [&](std::size_t i) { return pieces_[i].connector; };
  unit.text = piece_text(first);
  std::size_t taken = 1;
  // groups of three behind one to three digits, tied by the same sign
  std::size_t grouped = first;
  const char sign = connector(first);
  while (grouped < last && connector(grouped) == sign && piece_text(grouped + 1).size() == 3) ++grouped;
  const std::size_t groups = grouped - first;
  const bool opens = piece_text(first).size() <= 3 && groups > 0;
  const char decimal = sign == '.' ? ',' : '.';
  const bool fraction = grouped + 1 == last && connector(grouped) == decimal;
  if (opens && ((sign != '.' && grouped == last) || fraction)) {
    for (std::size_t i = first + 1; i <= grouped; ++i) unit.text += piece_text(i);
    if (fraction) (unit.text += '.') += piece_text(last);
    return last - first + 1;
  }
  // decimals and dotted codes
  while (first + taken <= last && connector(first + taken - 1) == '.') {
    (unit.text += '.') += piece_text(first + taken);
    ++taken;
  }
  return taken;
}

std::size_t Analyzer::Impl::take_acronym(std::size_t first, Unit& unit) const {
  std::size_t at = first;
  unit.text.clear();
  for (;; ++at) {
    const std::string_view text = piece_text(at);
    if (text.size() != 1 || is_digit(text[0])) return 0;
    unit.text += text;
    if (pieces_[at].connector != '.') break;
  }
  return at > first ? at - first + 1 : 0;
}

std::size_t Analyzer::Impl::take_word(std::size_t first, Unit& unit) const {
  std::size_t at = first;
  unit.text = piece_text(at);
  while (pieces_[at].connector == '\'' && no_digits(piece_text(at)) && no_digits(piece_text(at + 1))) {
    (unit.text += '\'') += piece_text(++at);
  }
  return at - first + 1;
}

void Analyzer::Impl::make_units() {
  units_.clear();
  for (std::size_t i = 0; i < pieces_.size();) {
    Unit& unit = units_.emplace_back();
    std::size_t taken = take_number(i, unit);
    unit.kind = UnitKind::number;
    if (taken == 0) {
      taken = take_acronym(i, unit);
      if (taken == 0) taken = take_word(i, unit);
      unit.kind = no_digits(unit.text) ? UnitKind::word : UnitKind::mixed;
    }
    i += taken;
    unit.connector = pieces_[i - 1].connector;
    unit.end = pieces_[i - 1].end;
  }
}

// Terms.

void Analyzer::Impl::emit(std::string_view term, bool counts) {
  if (term.size() > term_bytes_max) term = term.substr(0, utf8_boundary(term, term_bytes_max));
  if (!term.empty()) (*sink_)(term, counts);
}

void Analyzer::Impl::emit_stem(std::string_view word, bool counts) {
  if (word.size() > term_bytes_max || !is_ascii_text(word)) return emit(word, counts);
  const sb_symbol* stem = sb_stemmer_stem(stemmer_, reinterpret_cast<const sb_symbol*>(word.data()),
                                          static_cast<int>(word.size()));
  const int size = sb_stemmer_length(stemmer_);
  if (stem == nullptr || size <= 0) return emit(word, counts);
  emit({reinterpret_cast<const char*>(stem), static_cast<std::size_t>(size)}, counts);
}

void Analyzer::Impl::emit_word(std::string_view word) {
  const std::size_t mark = word.rfind('\'');
  if (mark == std::string_view::npos) return emit_stem(word, true);
  const std::string_view after = word.substr(mark + 1);
  if (after == "s") word = word.substr(0, mark);
  std::string joined(word);
  std::erase(joined, '\'');
  emit_stem(joined, true);
  if (after.size() > 2) emit_stem(after, false);  // o'neill, l'entreprise; not 'll, 're, 've
}

// fy2022 -> fy, 2022; 2022q4 -> 2022, q4; 10k -> 10, k.
void Analyzer::Impl::emit_mixed_parts(std::string_view text) {
  std::vector<std::string_view> runs;
  for (std::size_t at = 0, end; at < text.size(); at = end) {
    for (end = at + 1; end < text.size() && is_digit(text[end]) == is_digit(text[at]);) ++end;
    runs.push_back(text.substr(at, end - at));
  }
  const auto year = std::find_if(runs.begin(), runs.end(), is_year);
  if (year != runs.end()) {
    const auto begin = static_cast<std::size_t>(year->data() - text.data());
    emit(text.substr(0, begin), false);
    emit(*year, false);
    emit(text.substr(begin + year->size()), false);
  } else if (runs.size() == 2) {
    emit(runs[0], false);
    emit(runs[1], false);
  }
}

bool Analyzer::Impl::percent_follows(std::size_t at) const {
  if (at < text_.size() && text_[at] == ' ') ++at;
  const std::string_view rest = std::string_view(text_).substr(std::min(at, text_.size()));
  if (rest.starts_with('%')) return true;
  for (const std::string_view word : {"percent", "per cent", "pct"}) {
    if (rest.starts_with(word) && !is_word_at(at + word.size())) return true;
  }
  return false;
}

void Analyzer::Impl::emit_number_symbols(const Unit& unit) {
  const std::string_view value = value_of(unit.text);
  if (value.size() != unit.text.size()) emit(value, false);
  if (is_first_unit_ && currency_end_ != 0 && compound_begin_ - currency_end_ <= symbol_gap_max) {
    (scratch_ = currency_) += value;
    emit(scratch_, false);
  }
  if (percent_follows(unit.end)) {
    (scratch_ = value) += '%';
    emit(scratch_, false);
  }
}

void Analyzer::Impl::emit_unit(const Unit& unit) {
  if (unit.kind == UnitKind::word) {
    emit_word(unit.text);
    if (is_first_unit_ && currency_end_ != 0 && currency_end_ == compound_begin_) {
      (scratch_ = currency_) += unit.text;  // $ticker
      emit(scratch_, false);
    }
    if (unit.text == "section" || unit.text == "sections" || unit.text == "sec") section_end_ = unit.end;
    return;
  }
  emit(unit.text, true);
  if (unit.kind == UnitKind::mixed) emit_mixed_parts(unit.text);
  if (unit.kind == UnitKind::number) emit_number_symbols(unit);
  if (is_first_unit_ && section_end_ != 0 && is_digit(unit.text[0]) &&
      compound_begin_ - section_end_ <= symbol_gap_max) {
    (scratch_ = "\u00A7") += unit.text;
    emit(scratch_, false);
  }
}

// The form in one word of units [first, last], all tied by the same sign.
void Analyzer::Impl::emit_joined(std::size_t first, std::size_t last) {
  const char sign = units_[first].connector;
  if (last - first + 1 > joined_units_max || std::string_view("-&/.").find(sign) == std::string_view::npos)
    return;
  const auto begin = units_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = units_.begin() + static_cast<std::ptrdiff_t>(last) + 1;
  const auto is = [](UnitKind kind) { return [kind](const Unit& unit) { return unit.kind == kind; }; };
  const bool drops_sign = sign == '-' && !std::all_of(begin, end, is(UnitKind::number));
  scratch_.clear();
  for (auto unit = begin; unit != end; ++unit) {
    if (unit != begin && !drops_sign) scratch_ += sign;
    scratch_ += unit->text;
  }
  std::erase(scratch_, '\'');
  if (drops_sign && std::all_of(begin, end, is(UnitKind::word))) {
    emit_stem(std::string(scratch_), false);
  } else {
    emit(scratch_, false);
  }
}

// ".45" is a number below one if nothing stands right before its point.
bool Analyzer::Impl::opens_fraction(std::size_t begin) const {
  if (begin == 0 || text_[begin - 1] != '.' || units_[0].kind != UnitKind::number) return false;
  if (units_[0].text.find('.') != std::string::npos) return false;
  return begin == 1 || begin - 1 == currency_end_ ||
         std::string_view(" \n\t(-").find(text_[begin - 2]) != std::string_view::npos;
}

void Analyzer::Impl::emit_compound(std::size_t begin, std::size_t end) {
  compound_begin_ = begin;
  if (opens_fraction(begin)) units_[0].text.insert(0, "0.");
  bool has_whole_form = false;
  for (std::size_t i = 0; i < units_.size(); ++i) {
    is_first_unit_ = i == 0;
    emit_unit(units_[i]);
    has_whole_form = has_whole_form || units_[i].connector == '@' || units_[i].connector == '_';
  }
  for (std::size_t i = 0; i + 1 < units_.size();) {
    std::size_t last = i + 1;
    while (last + 1 < units_.size() && units_[last].connector == units_[i].connector) ++last;
    emit_joined(i, last);
    i = last;
  }
  if (has_whole_form) emit(std::string_view(text_).substr(begin, end - begin), false);
  currency_end_ = 0;
  if (section_end_ <= begin) section_end_ = 0;
}

void Analyzer::Impl::note_symbol(std::size_t at, std::size_t next, Kind kind) {
  if (kind == Kind::currency) {
    currency_ = text_.substr(at, next - at);
    currency_end_ = next;
  } else if (kind == Kind::section) {
    section_end_ = next;
  }
}

void Analyzer::Impl::analyze(std::string_view text, const Sink& sink) {
  sink_ = &sink;
  folding_.fold(text, text_);
  currency_end_ = section_end_ = 0;
  for (std::size_t at = 0; at < text_.size();) {
    std::size_t next;
    const Kind kind = kind_at(at, next);
    if (kind == Kind::ideograph) {
      at = scan_ideographs(at);
    } else if (kind == Kind::letter || kind == Kind::digit) {
      const std::size_t begin = at;
      at = scan_compound(at);
      make_units();
      emit_compound(begin, at);
    } else {
      note_symbol(at, next, kind);
      at = next;
    }
  }
}

Analyzer::Analyzer() : impl_(std::make_unique<Impl>()) {}
Analyzer::~Analyzer() = default;
void Analyzer::analyze(std::string_view text, const Sink& sink) { impl_->analyze(text, sink); }

}  // namespace loadline
