#include "retrieval/keyword/text_folding.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <cstring>

#include "base/utf8.h"

namespace loadline {
namespace {

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

// Letters that have no decomposition but an ASCII spelling that people type. After case folding.
std::string_view ascii_spelling(char32_t c) {
  switch (c) {
    case 0x00E6:
      return "ae";
    case 0x0153:
      return "oe";
    case 0x00F8:
      return "o";
    case 0x0111:
    case 0x00F0:
      return "d";
    case 0x0142:
      return "l";
    case 0x00FE:
      return "th";
    case 0x0131:
      return "i";
    case 0x0127:
      return "h";
    case 0x0167:
      return "t";
    case 0x2044:
    case 0x2215:
      return "/";  // fraction and division slash
    case 0x2010:
    case 0x2011:
      return "-";  // hyphens; dashes and minus signs stay: they separate
    case 0x2018:
    case 0x2019:
    case 0x02BC:
    case 0x2032:
      return "'";
    default:
      return {};
  }
}

// What would melt into the word before it if it were folded by its compatibility form: footnote digits, trade
// marks. They become a separator and then what they stand for, or nothing.
bool stands_apart(char32_t c) {
  return c == 0x00B2 || c == 0x00B3 || c == 0x00B9 || (c >= 0x2070 && c <= 0x209C) || c == 0x2122 ||
         c == 0x2120 || c == 0x00AE || c == 0x00A9 || c == 0x00AA || c == 0x00BA ||
         (c >= 0x00BC && c <= 0x00BE);
}

bool is_removable_mark(char32_t c) {
  return (c >= 0x0300 && c <= 0x036F) || (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF) ||
         (c >= 0x20D0 && c <= 0x20FF);
}

// Hangul syllables are kept whole; everything else may be taken apart to find its marks.
bool is_hangul_syllable(char32_t c) { return c >= 0xAC00 && c <= 0xD7A3; }

constexpr int utf16_max = 64;

int normalised(const void* normalizer, const UChar* from, int size, UChar* to) {
  UErrorCode status = U_ZERO_ERROR;
  const int written =
      unorm2_normalize(static_cast<const UNormalizer2*>(normalizer), from, size, to, utf16_max, &status);
  return U_SUCCESS(status) ? written : 0;
}

}  // namespace

TextFolding::TextFolding() {
  UErrorCode status = U_ZERO_ERROR;
  case_folding_ = unorm2_getNFKCCasefoldInstance(&status);
  decomposition_ = unorm2_getNFDInstance(&status);
}

const TextFolding::Cached& TextFolding::folded(char32_t c) {
  Cached& slot = cache_[c % cache_.size()];
  if (slot.code_point == c) return slot;
  slot.code_point = c;
  slot.size = 0;
  UChar text[utf16_max], other[utf16_max];
  int size = 0;
  U16_APPEND_UNSAFE(text, size, static_cast<UChar32>(c));
  size = normalised(case_folding_, text, size, other);
  const bool whole = is_hangul_syllable(c);
  if (!whole) size = normalised(decomposition_, other, size, text);
  const UChar* const result = whole ? other : text;
  std::string out;
  if (stands_apart(c)) out += ' ';
  for (int at = 0; at < size;) {
    UChar32 part;
    U16_NEXT(result, at, size, part);
    const auto code_point = static_cast<char32_t>(part);
    if (is_removable_mark(code_point)) continue;
    if (u_charType(part) == U_DECIMAL_DIGIT_NUMBER) {
      out += static_cast<char>('0' + u_charDigitValue(part));
      continue;
    }
    const std::string_view spelling = ascii_spelling(code_point);
    if (spelling.empty()) {
      append_utf8(out, code_point);
    } else {
      out += spelling;
    }
  }
  if (c == 0x2122 || c == 0x2120 || c == 0x00AE || c == 0x00A9) out = " ";
  out.resize(utf8_boundary(out, std::min(out.size(), slot.bytes.size())));
  std::memcpy(slot.bytes.data(), out.data(), out.size());
  slot.size = static_cast<std::uint8_t>(out.size());
  return slot;
}

// Thin and narrow no-break spaces group digits ("1 234 567"): between a digit and three digits they vanish.
void TextFolding::append_space_like(std::string_view text, std::size_t next, std::string& out) const {
  const bool groups = !out.empty() && is_ascii_digit(out.back()) && next + 3 <= text.size() &&
                      is_ascii_digit(text[next]) && is_ascii_digit(text[next + 1]) &&
                      is_ascii_digit(text[next + 2]) &&
                      (next + 3 == text.size() || !is_ascii_digit(text[next + 3]));
  if (!groups) out += ' ';
}

void TextFolding::fold(std::string_view text, std::string& out) {
  out.clear();
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      out += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
      ++at;
      continue;
    }
    const char32_t c = next_code_point(text, at);
    if (c == 0x2009 || c == 0x202F) {
      append_space_like(text, at, out);
    } else if (c == replacement_character) {
      out += ' ';
    } else {
      const Cached& result = folded(c);
      out.append(result.bytes.data(), result.size);
    }
  }
}

}  // namespace loadline
