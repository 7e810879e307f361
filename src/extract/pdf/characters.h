#pragma once
// What single characters mean for layout: which are dropped, replaced, spaces, bullets, figures.
#include <string_view>

namespace loadline::pdf {

bool is_space(char32_t c);
/// Control and format characters, noncharacters, and what PDFium gives for glyphs that mean nothing.
bool is_dropped(char32_t c);
bool is_private_use(char32_t c);
bool is_digit(char32_t c);
/// Letters of any script, as far as layout cares: ASCII, and everything above Latin-1 signs that is no
/// punctuation block.
bool is_letter(char32_t c);
bool is_lower(char32_t c);
bool is_upper(char32_t c);
bool is_dash(char32_t c);

/// The letters of a ligature (U+FB00 to U+FB06), "" for every other character.
std::string_view ligature_letters(char32_t c);
/// What the private-use code of a symbol font looks like: a bullet, a box, a tick; 0 if unknown.
char32_t symbol_character(char32_t c);
/// A sign that begins a list item.
bool is_bullet(char32_t c);

/// First and last code point; 0 if the text is empty.
char32_t first_character(std::string_view text);
char32_t last_character(std::string_view text);

}  // namespace loadline::pdf
