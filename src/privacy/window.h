#pragma once
// The text that matchers read, and the proof that a decision is final.
//
// Every matcher reads only through `at`. Looking past the last byte that is there gives NUL and sets
// `touched`: a decision that touched the end may change with more text, one that did not cannot. A stream
// therefore waits exactly when `touched` is set, and equals the whole text by construction.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "privacy/data_type.h"

namespace loadline {

struct ByteClass {
  static constexpr std::uint8_t digit = 1, upper = 2, lower = 4, hex_letter = 8, mail = 16, base64url = 32,
                                starter = 64;
  static constexpr std::uint8_t letter = upper | lower, alnum = digit | upper | lower;
};

inline constexpr std::array<std::uint8_t, 256> byte_classes = [] {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = '0'; c <= '9'; ++c)
    table[c] = ByteClass::digit | ByteClass::mail | ByteClass::base64url;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) {
    const std::uint8_t more = ByteClass::mail | ByteClass::base64url | (c <= 'F' ? ByteClass::hex_letter : 0);
    table[c] = ByteClass::upper | more;
    table[c + 32] = ByteClass::lower | more;
  }
  for (const char c : {'.', '_', '%', '+', '-'}) table[static_cast<unsigned char>(c)] |= ByteClass::mail;
  for (const char c : {'_', '-'}) table[static_cast<unsigned char>(c)] |= ByteClass::base64url;
  for (const char c : {'+', '(', '[', '-', ':'}) table[static_cast<unsigned char>(c)] |= ByteClass::starter;
  return table;
}();

inline bool is_digit_byte(unsigned char c) { return c - unsigned{'0'} < 10; }
inline bool is_alnum_byte(unsigned char c) { return (byte_classes[c] & ByteClass::alnum) != 0; }
inline bool is_letter_byte(unsigned char c) { return (byte_classes[c] & ByteClass::letter) != 0; }
inline bool is_upper_byte(unsigned char c) { return (byte_classes[c] & ByteClass::upper) != 0; }
inline unsigned char to_upper_byte(unsigned char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; }
inline unsigned char to_lower_byte(unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

struct Window {
  std::string_view text;
  bool final = true;  // nothing follows
  mutable bool touched = false;
  mutable std::uint64_t steps = 0;  // bytes looked at, where they are counted

  /// Builds with sanitizers count every look, for the test that bounds them; the counter would cost others a
  /// third.
  void count([[maybe_unused]] std::size_t looks) const {
#ifdef LOADLINE_SANITIZED
    steps += looks;
#endif
  }
  unsigned char at(std::size_t i) const {
    count(1);
    if (i < text.size()) return static_cast<unsigned char>(text[i]);
    touched = true;
    return 0;
  }
  /// The byte before `i`; NUL at the beginning. Never touches the end.
  unsigned char before(std::size_t i) const { return i == 0 ? 0 : static_cast<unsigned char>(text[i - 1]); }
  /// Does `literal` stand at `i`? Reads only as far as it agrees.
  bool has(std::size_t i, std::string_view literal) const {
    for (std::size_t k = 0; k < literal.size(); ++k)
      if (at(i + k) != static_cast<unsigned char>(literal[k])) return false;
    return true;
  }
  /// The first place from `i` on whose byte is not of the class, at most `end_max`.
  std::size_t skip(std::size_t i, std::uint8_t classes, std::size_t end_max) const {
    const std::size_t begin = i, end = end_max < text.size() ? end_max : text.size();
    while (i < end && (byte_classes[static_cast<unsigned char>(text[i])] & classes) != 0) ++i;
    if (i >= text.size() && i < end_max) touched = true;
    count(i - begin + 1);
    return i;
  }
};

/// What a customer does not want to know.
struct MatchLimits {
  std::array<bool, data_type_count> off{};
  float confidence_min = 0;
};

/// The best match at one place. More confident wins, then longer, then the type that comes first.
struct Match {
  explicit Match(const MatchLimits* asked = nullptr) : limits(asked) {}

  const MatchLimits* limits;  // null: everything counts
  DataType type = DataType::custom;
  std::uint16_t pattern = 0;
  float confidence = 0;
  std::size_t end = 0;

  bool found() const { return confidence > 0; }
  void offer(DataType new_type, std::size_t new_end, float new_confidence, std::uint16_t new_pattern = 0) {
    if (limits != nullptr &&
        (limits->off[static_cast<std::size_t>(new_type)] || new_confidence < limits->confidence_min))
      return;
    const bool better = new_confidence != confidence ? new_confidence > confidence
                        : new_end != end             ? new_end > end
                                                     : new_type < type;
    if (!better) return;
    type = new_type;
    pattern = new_pattern;
    confidence = new_confidence;
    end = new_end;
  }
};

}  // namespace loadline
