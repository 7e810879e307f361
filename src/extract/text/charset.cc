#include "extract/text/charset.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "base/utf8.h"

namespace loadline {
namespace {

constexpr std::size_t sample_bytes = 65536;

struct Mark {
  std::string_view bytes;
  std::string_view charset;
};
// UTF-32LE's mark begins with UTF-16LE's.
constexpr std::array<Mark, 5> marks{{{std::string_view("\xFF\xFE\0\0", 4), "UTF-32LE"},
                                     {std::string_view("\0\0\xFE\xFF", 4), "UTF-32BE"},
                                     {"\xEF\xBB\xBF", "UTF-8"},
                                     {"\xFF\xFE", "UTF-16LE"},
                                     {"\xFE\xFF", "UTF-16BE"}}};

const Mark* byte_order_mark(std::string_view bytes) {
  const auto mark =
      std::find_if(marks.begin(), marks.end(), [&](const Mark& m) { return bytes.starts_with(m.bytes); });
  return mark == marks.end() ? nullptr : &*mark;
}

// Western text in UTF-16 has a zero in every second byte and none, or few, in the others.
std::string_view guess_utf16(std::string_view sample) {
  const std::size_t pairs = sample.size() / 2;
  if (pairs < 2) return {};
  std::size_t zeros[2] = {0, 0};
  for (std::size_t i = 0; i < pairs * 2; ++i)
    if (sample[i] == '\0') ++zeros[i % 2];
  if (zeros[1] * 10 >= pairs * 4 && zeros[0] * 4 <= zeros[1]) return "UTF-16LE";
  if (zeros[0] * 10 >= pairs * 4 && zeros[1] * 4 <= zeros[0]) return "UTF-16BE";
  return {};
}

// Whether the bytes over 0x7F form UTF-8 sequences, but for a few.
bool is_mostly_utf8(std::string_view bytes) {
  std::size_t good = 0;
  std::size_t bad = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    if (static_cast<unsigned char>(bytes[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    next_code_point(bytes, at);
    ++(at - begin > 1 ? good : bad);
  }
  return bad == 0 || good > bad * 10;
}

std::string convert(std::string_view bytes, const char* charset, bool& known) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, void (*)(UConverter*)> from(ucnv_open(charset, &error), ucnv_close);
  const std::unique_ptr<UConverter, void (*)(UConverter*)> to(ucnv_open("UTF-8", &error), ucnv_close);
  known = U_SUCCESS(error) != 0;
  if (!known) return {};
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  std::array<char, 16384> chunk;
  std::array<UChar, 8192> pivot;
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
  const char* source = bytes.data();
  bool first = true;
  do {
    char* target = chunk.data();
    error = U_ZERO_ERROR;
    ucnv_convertEx(to.get(), from.get(), &target, chunk.data() + chunk.size(), &source,
                   bytes.data() + bytes.size(), pivot.data(), &pivot_source, &pivot_target,
                   pivot.data() + pivot.size(), first ? 1 : 0, 1, &error);
    out.append(chunk.data(), target);
    first = false;
  } while (error == U_BUFFER_OVERFLOW_ERROR);
  return out;
}

}  // namespace

std::string_view guess_charset(std::string_view bytes) {
  if (const Mark* mark = byte_order_mark(bytes)) return mark->charset;
  if (const std::string_view utf16 = guess_utf16(bytes.substr(0, sample_bytes)); !utf16.empty()) return utf16;
  return is_mostly_utf8(bytes) ? "UTF-8" : "windows-1252";
}

bool looks_binary(std::string_view bytes, std::string_view charset) {
  const std::string_view sample = bytes.substr(0, sample_bytes);
  std::size_t controls = 0;
  std::size_t units = sample.size();
  const auto is_control = [](unsigned value) {
    return value < 0x20 && value != '\t' && value != '\n' && value != '\r' && value != '\f' &&
           value != 0x1B && value != '\b' && value != 0x1A;
  };
  if (charset.starts_with("UTF-16") || charset.starts_with("UTF-32")) {
    const std::size_t width = charset.starts_with("UTF-16") ? 2 : 4;
    units = sample.size() / width;
    for (std::size_t i = 0; i < units; ++i) {
      unsigned value = 0;
      for (std::size_t b = 0; b < width; ++b) {
        const std::size_t at = charset.ends_with("LE") ? width - 1 - b : b;
        value = (value << 8) | static_cast<unsigned char>(sample[i * width + at]);
      }
      if (is_control(value)) ++controls;
    }
  } else {
    for (const char c : sample)
      if (is_control(static_cast<unsigned char>(c))) ++controls;
  }
  // A stray control character is no proof; one in fifty is.
  return controls * 50 > units;
}

Result<std::string> decode_text(std::string_view bytes, std::string_view charset) {
  if (bytes.size() > text_bytes_max)
    return Error(Code::resource_exhausted, "It is " + std::to_string(bytes.size() >> 20) +
                                               " MiB of text; at most 256 MiB are read. Split it.");
  if (const Mark* mark = byte_order_mark(bytes)) {
    bytes.remove_prefix(mark->bytes.size());
    charset = mark->charset;
  }
  std::string name(charset.substr(0, 60));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (name == "utf-8" || name == "utf8") return to_valid_utf8(bytes);
  // As browsers do: what calls itself Latin-1 or ASCII is mostly Windows-1252 or UTF-8.
  if (name == "iso-8859-1" || name == "latin1" || name == "latin-1") name = "windows-1252";
  if (name == "us-ascii" || name == "ascii" || name.empty()) name = std::string(guess_charset(bytes));
  bool known = false;
  std::string text = convert(bytes, name.c_str(), known);
  if (known) return text;
  const std::string guess(guess_charset(bytes));
  if (guess == "UTF-8") return to_valid_utf8(bytes);
  text = convert(bytes, guess.c_str(), known);
  if (!known) return Error(Code::internal, "The tables of character encodings are missing.");
  return text;
}

Result<std::string> decode_text(std::string_view bytes) { return decode_text(bytes, guess_charset(bytes)); }

}  // namespace loadline
