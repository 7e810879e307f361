#include "privacy/normaliser.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>

#include "base/utf8.h"

namespace loadline {
namespace {

constexpr char keeps = 0;
constexpr char vanishes = 1;

struct LookAlike {
  char32_t code_point;
  char ascii;
};

// Letters of other alphabets that most typefaces draw like Latin ones, and punctuation that stands for
// ASCII's.
constexpr std::array look_alikes = {
    LookAlike{0x0410, 'A'},  LookAlike{0x0412, 'B'},  LookAlike{0x0415, 'E'}, LookAlike{0x0405, 'S'},
    LookAlike{0x0406, 'I'},  LookAlike{0x0408, 'J'},  LookAlike{0x041A, 'K'}, LookAlike{0x041C, 'M'},
    LookAlike{0x041D, 'H'},  LookAlike{0x041E, 'O'},  LookAlike{0x0420, 'P'}, LookAlike{0x0421, 'C'},
    LookAlike{0x0422, 'T'},  LookAlike{0x0425, 'X'},  LookAlike{0x0430, 'a'}, LookAlike{0x0435, 'e'},
    LookAlike{0x043E, 'o'},  LookAlike{0x0440, 'p'},  LookAlike{0x0441, 'c'}, LookAlike{0x0443, 'y'},
    LookAlike{0x0445, 'x'},  LookAlike{0x0455, 's'},  LookAlike{0x0456, 'i'}, LookAlike{0x0458, 'j'},
    LookAlike{0x0391, 'A'},  LookAlike{0x0392, 'B'},  LookAlike{0x0395, 'E'}, LookAlike{0x0396, 'Z'},
    LookAlike{0x0397, 'H'},  LookAlike{0x0399, 'I'},  LookAlike{0x039A, 'K'}, LookAlike{0x039C, 'M'},
    LookAlike{0x039D, 'N'},  LookAlike{0x039F, 'O'},  LookAlike{0x03A1, 'P'}, LookAlike{0x03A4, 'T'},
    LookAlike{0x03A5, 'Y'},  LookAlike{0x03A7, 'X'},  LookAlike{0x03BF, 'o'}, LookAlike{0x0131, 'i'},
    LookAlike{0x00B7, '.'},  LookAlike{0x2022, '.'},  LookAlike{0x2027, '.'}, LookAlike{0x2219, '.'},
    LookAlike{0x2018, '\''}, LookAlike{0x2019, '\''}, LookAlike{0x201C, '"'}, LookAlike{0x201D, '"'},
    LookAlike{0x201E, '"'},  LookAlike{0x2044, '/'},  LookAlike{0x2215, '/'}, LookAlike{0x2028, '\n'},
    LookAlike{0x2029, '\n'}, LookAlike{0x0085, '\n'}};

bool is_mark(UChar32 c) {
  const auto type = u_charType(c);
  return type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK;
}

// The ASCII character that a compatibility decomposition comes down to, marks aside; 0 if it does not.
char ascii_base(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* nfkc = unorm2_getNFKCInstance(&status);
  if (U_FAILURE(status)) return keeps;
  std::array<UChar, 32> units{};
  const auto size =
      unorm2_getDecomposition(nfkc, c, units.data(), static_cast<int32_t>(units.size()), &status);
  if (U_FAILURE(status) || size < 1 || units[0] <= 0x20 || units[0] > 0x7E) return keeps;
  for (int32_t i = 1; i < size; ++i)
    if (!is_mark(units[static_cast<std::size_t>(i)])) return keeps;
  return static_cast<char>(units[0]);
}

char compute_fold(char32_t code_point) {
  const auto c = static_cast<UChar32>(code_point);
  if (c < 0x80) return keeps;
  for (const LookAlike& like : look_alikes)
    if (like.code_point == code_point) return like.ascii;
  if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || is_mark(c)) return vanishes;
  if (u_isUWhiteSpace(c)) return ' ';
  if (const int32_t digit = u_charDigitValue(c); digit >= 0) return static_cast<char>('0' + digit);
  if (u_charType(c) == U_OTHER_NUMBER) {
    const double value = u_getNumericValue(c);
    if (value >= 0 && value <= 9 && value == static_cast<int>(value))
      return static_cast<char>('0' + static_cast<int>(value));
  }
  if (u_hasBinaryProperty(c, UCHAR_DASH)) return '-';
  return ascii_base(c);
}

using Block = std::array<char, 256>;

struct Blocks {
  static constexpr std::size_t count = 0x110000 / 256;
  std::array<std::atomic<const Block*>, count> of{};

  ~Blocks() {
    for (auto& block : of) delete block.load();
  }

  const Block& make(std::size_t number) {
    auto block = std::make_unique<Block>();
    for (std::size_t i = 0; i < block->size(); ++i)
      (*block)[i] = compute_fold(static_cast<char32_t>(number * 256 + i));
    const Block* expected = nullptr;
    if (of[number].compare_exchange_strong(expected, block.get(), std::memory_order_acq_rel))
      return *block.release();
    return *expected;  // another thread was faster
  }
};

// The length that a lead byte announces; 1 for what leads nothing.
std::size_t announced_length(unsigned char lead) {
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  return 1;
}

// The end of what can be read now: an unfinished sequence at the end is left.
std::size_t complete_end(std::string_view text, std::size_t from) {
  for (std::size_t back = 1; back <= 3 && back <= text.size() - from; ++back) {
    const auto c = static_cast<unsigned char>(text[text.size() - back]);
    if ((c & 0xC0U) == 0x80) continue;
    return announced_length(c) > back ? text.size() - back : text.size();
  }
  return text.size();
}

bool is_ascii(const char* data, std::size_t size) {
  unsigned char any = 0;
  for (std::size_t i = 0; i < size; ++i) any |= static_cast<unsigned char>(data[i]);
  return any < 0x80;
}

}  // namespace

char fold_code_point(char32_t code_point) {
  static Blocks blocks;
  const std::size_t number = code_point / 256;
  if (number >= Blocks::count) return keeps;
  const Block* block = blocks.of[number].load(std::memory_order_acquire);
  return (block != nullptr ? *block : blocks.make(number))[code_point % 256];
}

void Normaliser::append(std::string_view bytes) {
  original_.append(bytes);
  read_until(complete_end(original_, read_));
}

void Normaliser::finish() { read_until(original_.size()); }

void Normaliser::clear() {
  original_.clear();
  text_.clear();
  shifts_.clear();
  read_ = ignorable_run_ = 0;
  same_ = true;
}

void Normaliser::read_until(std::size_t end) {
  if (is_ascii(original_.data() + read_, end - read_)) {
    if (end > read_) ignorable_run_ = 0;
    if (!same_) text_.append(original_, read_, end - read_);
    read_ = end;
    return;
  }
  while (read_ < end) {
    const std::size_t begin = read_;
    if (static_cast<unsigned char>(original_[begin]) < 0x80) {
      while (read_ < end && static_cast<unsigned char>(original_[read_]) < 0x80) ++read_;
      ignorable_run_ = 0;
      if (!same_) text_.append(original_, begin, read_ - begin);
      continue;
    }
    std::size_t at = begin;
    const char32_t code_point = next_code_point(std::string_view(original_).substr(0, end), at);
    put(at - begin == 1 ? 0 : code_point, begin, at);  // a byte that is no UTF-8 stays
    read_ = at;
  }
}

void Normaliser::put(char32_t code_point, std::size_t begin, std::size_t end) {
  char folded = code_point == 0 ? keeps : fold_code_point(code_point);
  ignorable_run_ = folded == vanishes ? ignorable_run_ + 1 : 0;
  if (ignorable_run_ > ignorable_run_max) folded = keeps;
  if (folded == keeps) {
    if (!same_) text_.append(original_, begin, end - begin);
    return;
  }
  if (same_) {
    text_.assign(original_, 0, begin);
    same_ = false;
  }
  if (folded != vanishes) {
    // The distance may be that of before, but the byte's own origin must be found again.
    text_.push_back(folded);
  }
  if (!shifts_.empty() && shifts_.back().text == text_.size())
    shifts_.back().original = end;
  else
    shifts_.push_back({text_.size(), end});
}

std::size_t Normaliser::original_begin(std::size_t at) const {
  auto after = std::upper_bound(shifts_.begin(), shifts_.end(), at,
                                [](std::size_t value, const Shift& shift) { return value < shift.text; });
  if (after == shifts_.begin()) return at;
  --after;
  return after->original + (at - after->text);
}

std::size_t Normaliser::original_end(std::size_t end) const {
  const std::size_t begin = original_begin(end - 1);
  const bool folded = !same_ && static_cast<unsigned char>(text_[end - 1]) < 0x80 &&
                      static_cast<unsigned char>(original_[begin]) >= 0x80;
  return begin + (folded ? announced_length(static_cast<unsigned char>(original_[begin])) : 1);
}

std::size_t Normaliser::forget(std::size_t count) {
  const std::size_t gone = original_begin(count);
  original_.erase(0, gone);
  read_ -= gone;
  if (same_) return gone;
  text_.erase(0, count);
  auto kept = std::upper_bound(shifts_.begin(), shifts_.end(), count,
                               [](std::size_t value, const Shift& shift) { return value < shift.text; });
  shifts_.erase(shifts_.begin(), kept);
  for (Shift& shift : shifts_) {
    shift.text -= count;
    shift.original -= gone;
  }
  if (shifts_.empty() && text_.size() == read_) {
    same_ = true;
    text_.clear();
  }
  return gone;
}

}  // namespace loadline
