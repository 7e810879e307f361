#pragma once
// A text as its reader understands it, whatever form it was given: the step before every signature.
//
// The first piece is the text itself: characters that only look different (full-width, mathematical, circled,
// accented letters, Cyrillic and Greek letters inside Latin words) replaced, invisible ones and tags taken
// out, character references and escapes (&#105; \u0069 %69) resolved. Further pieces are what stood hidden in
// it: comments and the inside of tags, base64, hexadecimal and binary runs, text in invisible tag characters;
// each is treated in the same way, down to `depth_max`.
//
// Pure, thread-safe, linear in the text (times depth_max). Never fails.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

enum class PieceOrigin : std::uint8_t { text, markup, encoded, invisible };

struct TextPiece {
  PieceOrigin origin = PieceOrigin::text;
  std::string text;                // UTF-8
  std::size_t begin = 0, end = 0;  // the bytes of the original that it was made from
};

/// Where the bytes of the first piece stood: from `plain` on, a byte at p stood at source + (p - plain).
struct OffsetStep {
  std::size_t plain = 0, source = 0;
};

struct PlainText {
  static constexpr std::size_t pieces_max = 32;
  static constexpr int depth_max = 3;

  std::vector<TextPiece> pieces;        // never empty; [0] is the text itself
  std::vector<OffsetStep> offsets;      // of pieces[0], ascending
  std::uint32_t hidden_characters = 0;  // tag characters and runs of variation selectors: they carry text
  std::uint32_t pieces_left_out = 0;    // over pieces_max; not looked at

  /// Byte of the original for a byte of pieces[0].
  std::size_t source_of(std::size_t plain) const;
  /// The end of the original for an end in pieces[0].
  std::size_t source_end_of(std::size_t plain_end) const;
};

PlainText plain_text(std::string_view text);

/// Letters moved by 13 places.
std::string rot13(std::string_view text);
/// From the last character to the first.
std::string reversed(std::string_view text);

}  // namespace loadline
