#include "extract/pdf/characters.h"

#include <array>

#include "base/utf8.h"

namespace loadline::pdf {

bool is_space(char32_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_dropped(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || (c >= 0xD800 && c <= 0xDFFF) ||
         c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFB) || (c & 0xFFFE) == 0xFFFE || c > 0x10FFFF;
}

bool is_private_use(char32_t c) { return (c >= 0xE000 && c <= 0xF8FF) || c >= 0xF0000; }

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

bool is_lower(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  if (c < 0x100) return c >= 0xDF && c != 0xF7;
  if (c < 0x180) return ((c & 1) != 0) != ((c >= 0x139 && c <= 0x148) || c >= 0x179);
  if (c < 0x3AC || c > 0x44F) return false;
  return c <= 0x3CE || c >= 0x430;  // Greek, Cyrillic
}

bool is_upper(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z';
  if (c < 0x100) return c >= 0xC0 && c <= 0xDE && c != 0xD7;
  if (c < 0x180) return !is_lower(c);
  return (c >= 0x391 && c <= 0x3A9) || (c >= 0x400 && c <= 0x42F);
}

bool is_letter(char32_t c) {
  if (c < 0x180) return is_lower(c) || is_upper(c) || c == 0xAA || c == 0xBA;
  if (c < 0x2000) return true;
  return (c >= 0x2C00 && c < 0x2E00) || (c >= 0x3040 && c < 0xD7B0) || (c >= 0xF900 && c < 0xFE00) ||
         (c >= 0xFE70 && c <= 0xFEFE) || c >= 0x10000;
}

bool is_dash(char32_t c) {
  return c == '-' || c == 0x2010 || c == 0x2011 || c == 0x2012 || c == 0x2013 || c == 0x2014 || c == 0x2015 ||
         c == 0x2212;
}

std::string_view ligature_letters(char32_t c) {
  static constexpr std::array<std::string_view, 7> letters = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};
  if (c < 0xFB00 || c > 0xFB06) return {};
  return letters[c - 0xFB00];
}

char32_t symbol_character(char32_t c) {
  switch (c) {
    case 0xF0B7:
    case 0xF09F:
    case 0xF06C:
    case 0xF0A0:
      return 0x2022;  // bullet
    case 0xF0A7:
    case 0xF06E:
      return 0x25AA;  // small square
    case 0xF0D8:
    case 0xF0E0:
    case 0xF0C4:
      return 0x27A2;  // arrow
    case 0xF0A8:
    case 0xF06F:
    case 0xF071:
    case 0xF0A3:
      return 0x2610;  // box
    case 0xF0FE:
      return 0x2611;  // ticked box
    case 0xF0FD:
    case 0xF078:
      return 0x2612;  // crossed box
    case 0xF0FC:
      return 0x2713;  // tick
    case 0xF02D:
      return 0x2013;  // dash
    default:
      return 0;
  }
}

bool is_bullet(char32_t c) {
  switch (c) {
    case 0x2022:
    case 0x2023:
    case 0x2043:
    case 0x204C:
    case 0x25A0:
    case 0x25A1:
    case 0x25AA:
    case 0x25AB:
    case 0x25B6:
    case 0x25BA:
    case 0x25C6:
    case 0x25CB:
    case 0x25CF:
    case 0x25E6:
    case 0x2713:
    case 0x2714:
    case 0x2610:
    case 0x2611:
    case 0x2612:
    case 0x2756:
    case 0x27A2:
    case 0x27A4:
    case 0xB7:
      return true;
    default:
      return false;
  }
}

char32_t first_character(std::string_view text) {
  std::size_t at = 0;
  return text.empty() ? 0 : next_code_point(text, at);
}

char32_t last_character(std::string_view text) {
  if (text.empty()) return 0;
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return next_code_point(text, at);
}

}  // namespace loadline::pdf
