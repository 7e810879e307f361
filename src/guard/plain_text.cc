#include "guard/plain_text.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/utf8.h"

namespace loadline {
namespace {

constexpr std::size_t tag_bytes_max = 2048;  // a longer one is text
constexpr std::size_t base64_bytes_min = 24, hex_bytes_min = 24, binary_groups_min = 8;
constexpr std::size_t decoded_bytes_min = 8;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
constexpr std::array<signed char, 256> base64_values = [] {
  std::array<signed char, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 26; ++i) {
    values[static_cast<std::size_t>('A' + i)] = static_cast<signed char>(i);
    values[static_cast<std::size_t>('a' + i)] = static_cast<signed char>(i + 26);
  }
  for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = static_cast<signed char>(i + 52);
  values['+'] = values['-'] = 62;
  values['/'] = values['_'] = 63;
  return values;
}();
int base64_value(char c) { return base64_values[static_cast<unsigned char>(c)]; }

/// U+00C0 to U+017F without their accents; '*' where a letter has none.
constexpr std::string_view latin_base =
    "AAAAAAACEEEEIIIIDNOOOOO*OUUUUYTsaaaaaaaceeeeiiiidnooooo*ouuuuyty"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
    "lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
static_assert(latin_base.size() == 0x180 - 0xC0);

struct LookAlike {
  char32_t code_point;
  char latin;
};
/// Cyrillic and Greek letters that are drawn like Latin ones. Ascending.
constexpr LookAlike look_alikes[] = {
    {0x391, 'A'}, {0x392, 'B'}, {0x395, 'E'}, {0x396, 'Z'}, {0x397, 'H'}, {0x399, 'I'}, {0x39A, 'K'},
    {0x39C, 'M'}, {0x39D, 'N'}, {0x39F, 'O'}, {0x3A1, 'P'}, {0x3A4, 'T'}, {0x3A5, 'Y'}, {0x3A7, 'X'},
    {0x3B1, 'a'}, {0x3B5, 'e'}, {0x3B9, 'i'}, {0x3BA, 'k'}, {0x3BD, 'v'}, {0x3BF, 'o'}, {0x3C1, 'p'},
    {0x3C4, 't'}, {0x3C5, 'u'}, {0x3C7, 'x'}, {0x405, 'S'}, {0x406, 'I'}, {0x408, 'J'}, {0x410, 'A'},
    {0x412, 'B'}, {0x415, 'E'}, {0x41A, 'K'}, {0x41C, 'M'}, {0x41D, 'H'}, {0x41E, 'O'}, {0x420, 'P'},
    {0x421, 'C'}, {0x422, 'T'}, {0x423, 'Y'}, {0x425, 'X'}, {0x430, 'a'}, {0x435, 'e'}, {0x43A, 'k'},
    {0x43E, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x443, 'y'}, {0x445, 'x'}, {0x455, 's'}, {0x456, 'i'},
    {0x458, 'j'}, {0x4AE, 'Y'}, {0x4AF, 'y'}, {0x4BB, 'h'}, {0x4C0, 'I'}, {0x4CF, 'l'}, {0x501, 'd'},
    {0x51B, 'q'}, {0x51D, 'w'}};

char latin_look_alike(char32_t c) {
  if (c < 0x391 || c > 0x51D) return 0;
  const auto* at = std::lower_bound(std::begin(look_alikes), std::end(look_alikes), c,
                                    [](const LookAlike& a, char32_t b) { return a.code_point < b; });
  return at != std::end(look_alikes) && at->code_point == c ? at->latin : '\0';
}

/// Letters and digits of the blocks that hold styled copies of ASCII; 0 if `c` is none.
char styled_ascii(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return static_cast<char>(c - 0xFF01 + '!');
  if (c >= 0x1D400 && c <= 0x1D6A3) {  // thirteen alphabets of 52
    const auto letter = static_cast<int>((c - 0x1D400) % 52);
    return static_cast<char>(letter < 26 ? 'A' + letter : 'a' + letter - 26);
  }
  if (c >= 0x1D7CE && c <= 0x1D7FF) return static_cast<char>('0' + (c - 0x1D7CE) % 10);
  if (c >= 0x24B6 && c <= 0x24CF) return static_cast<char>('A' + (c - 0x24B6));
  if (c >= 0x24D0 && c <= 0x24E9) return static_cast<char>('a' + (c - 0x24D0));
  if (c >= 0x249C && c <= 0x24B5) return static_cast<char>('a' + (c - 0x249C));
  if (c >= 0x1F110 && c <= 0x1F129) return static_cast<char>('A' + (c - 0x1F110));
  if (c >= 0x1F130 && c <= 0x1F149) return static_cast<char>('A' + (c - 0x1F130));
  if (c >= 0x1F150 && c <= 0x1F169) return static_cast<char>('A' + (c - 0x1F150));
  if (c >= 0x1F170 && c <= 0x1F189) return static_cast<char>('A' + (c - 0x1F170));
  if (c >= 0x1F1E6 && c <= 0x1F1FF) return static_cast<char>('A' + (c - 0x1F1E6));
  return 0;
}

bool is_invisible(char32_t c) {
  return c == 0xAD || c == 0x34F || c == 0x61C || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 ||
         (c >= 0x180B && c <= 0x180E) || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0x3164 || c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F) ||
         c == 0xFFA0 || (c >= 0xE0000 && c <= 0xE01EF) || (c >= 0x300 && c <= 0x36F);
}

bool is_blank(char32_t c) {
  return c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

/// Tags that stand inside words and sentences: taken out without a trace.
bool is_inline_tag(std::string_view name) {
  static constexpr std::string_view names[] = {"a",   "abbr", "b",    "big", "code",  "em",   "font",
                                               "i",   "ins",  "mark", "s",   "small", "span", "strong",
                                               "sub", "sup",  "tt",   "u",   "wbr"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

struct Decoded {
  char32_t code_point = 0;
  std::size_t bytes = 0;  // 0: none
};

Decoded number_reference(std::string_view text) {  // "&#105;", "&#x69;"
  const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  std::size_t at = hex ? 3 : 2;
  char32_t value = 0;
  const std::size_t first = at;
  for (; at < text.size() && at - first < 8; ++at) {
    const int digit = hex_value(text[at]);
    if (digit < 0 || (!hex && digit > 9)) break;
    value = value * (hex ? 16 : 10) + static_cast<char32_t>(digit);
  }
  if (at == first || value == 0 || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  if (at < text.size() && text[at] == ';') ++at;
  return {value, at};
}

Decoded named_reference(std::string_view text) {
  static constexpr std::pair<std::string_view, char32_t> names[] = {
      {"&amp;", '&'},   {"&lt;", '<'},   {"&gt;", '>'},   {"&quot;", '"'},
      {"&apos;", '\''}, {"&nbsp;", ' '}, {"&shy;", 0xAD}, {"&zwnj;", 0x200C}};
  for (const auto& [name, value] : names)
    if (text.starts_with(name)) return {value, name.size()};
  return {};
}

Decoded hex_escape(std::string_view text, std::size_t prefix, std::size_t digits) {
  if (text.size() < prefix + digits) return {};
  char32_t value = 0;
  for (const char c : text.substr(prefix, digits)) {
    const int digit = hex_value(c);
    if (digit < 0) return {};
    value = value * 16 + static_cast<char32_t>(digit);
  }
  if (value < 0x20 || (value >= 0xD800 && value <= 0xDFFF) || (digits == 2 && value >= 0x7F)) return {};
  return {value, prefix + digits};
}

Decoded escape_at(std::string_view text) {
  if (text[0] == '&') return text.starts_with("&#") ? number_reference(text) : named_reference(text);
  if (text[0] == '%') return hex_escape(text, 1, 2);
  if (text.starts_with("\\u")) return hex_escape(text, 2, 4);
  if (text.starts_with("\\x")) return hex_escape(text, 2, 2);
  return {};
}

bool reads_as_text(std::string_view bytes) {
  if (bytes.size() < decoded_bytes_min || !is_valid_utf8(bytes)) return false;
  std::size_t letters = 0, odd = 0;
  for (const char c : bytes) {
    letters += static_cast<std::size_t>(is_letter(c) || c == ' ' || (static_cast<unsigned char>(c) >= 0x80));
    odd += static_cast<std::size_t>(
        (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F);
  }
  return odd == 0 && letters * 10 >= bytes.size() * 7;
}

std::string from_base64(std::string_view run) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : run) {
    const int value = base64_value(c);
    if (value < 0) continue;  // line breaks
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) out += static_cast<char>((bits >> (count -= 8)) & 0xFF);
  }
  return out;
}

class Plainer {
 public:
  explicit Plainer(PlainText& out) : out_(out) {}

  void run(std::string_view text) {
    add_piece(PieceOrigin::text, text, 0, text.size(), 0);
    if (!invisible_.empty())
      add_piece(PieceOrigin::invisible, std::exchange(invisible_, {}), 0, text.size(), 1);
  }

 private:
  /// `source` as a piece of its own, with all that is hidden in it. `begin`, `end`: in the original.
  void add_piece(PieceOrigin origin, std::string_view source, std::size_t begin, std::size_t end, int depth) {
    if (out_.pieces.size() == PlainText::pieces_max) {
      ++out_.pieces_left_out;
      return;
    }
    const std::size_t index = out_.pieces.size();
    out_.pieces.push_back({origin, {}, begin, end});
    std::string plain;
    plain.reserve(source.size());
    std::vector<OffsetStep>* offsets = index == 0 ? &out_.offsets : nullptr;
    read(source, plain, offsets, begin, end, depth);
    out_.pieces[index].text = std::move(plain);
    if (depth < PlainText::depth_max) find_encoded(index, depth);
  }

  static void note(std::vector<OffsetStep>* offsets, std::size_t plain, std::size_t source) {
    if (offsets == nullptr) return;
    if (!offsets->empty() && source - offsets->back().source == plain - offsets->back().plain) return;
    offsets->push_back({plain, source});
  }

  void read(std::string_view source, std::string& plain, std::vector<OffsetStep>* offsets, std::size_t begin,
            std::size_t end, int depth) {
    std::size_t at = 0;
    std::size_t comments_looked_to = 0;
    while (at < source.size()) {
      const std::size_t run = plain_run(source, at);
      if (run > at) {
        note(offsets, plain.size(), at);
        plain.append(source, at, run - at);
        at = run;
        continue;
      }
      note(offsets, plain.size(), at);
      if (const std::size_t tag = source[at] == '<' ? tag_length(source, at, comments_looked_to) : 0;
          tag != 0) {
        take_tag(source.substr(at, tag), plain, offsets != nullptr ? at : begin,
                 offsets != nullptr ? at + tag : end, depth);
        at += tag;
        continue;
      }
      const Decoded escape = escape_at(source.substr(at));
      if (escape.bytes != 0) {
        at += escape.bytes;
        append(plain, escape.code_point, source, at);
        continue;
      }
      const char32_t c = next_code_point(source, at);
      append(plain, c, source, at);
    }
  }

  /// The end of what needs no look: ASCII without '<', '&', '%', '\\'.
  static std::size_t plain_run(std::string_view text, std::size_t at) {
    while (at < text.size()) {
      const auto c = static_cast<unsigned char>(text[at]);
      if (c >= 0x80 || c == '<' || c == '&' || c == '%' || c == '\\') break;
      ++at;
    }
    return at;
  }

  /// `at`: after the character.
  void append(std::string& plain, char32_t c, std::string_view source, std::size_t at) {
    if (c < 0x80) {
      plain += static_cast<char>(c);
      return;
    }
    if (is_invisible(c)) {
      if (c >= 0xE0000) ++out_.hidden_characters;
      if (c >= 0xE0020 && c <= 0xE007E) invisible_ += static_cast<char>(c - 0xE0000);
      return;
    }
    if (is_blank(c)) {
      plain += ' ';
    } else if (c == 0x85 || c == 0x2028 || c == 0x2029) {
      plain += '\n';
    } else if (c >= 0xC0 && c < 0x180) {
      const char base = latin_base[c - 0xC0];
      base == '*' ? append_utf8(plain, c) : void(plain += base);
    } else if (c >= 0x1E00 && c <= 0x1EFF) {
      append_vietnamese(plain, c);
    } else if (c >= 0x2010 && c <= 0x2015) {
      plain += '-';
    } else if (c == 0x2018 || c == 0x2019 || c == 0x201B) {
      plain += '\'';
    } else if (c == 0x201C || c == 0x201D || c == 0x201E) {
      plain += '"';
    } else if (const char styled = styled_ascii(c); styled != 0) {
      plain += styled;
    } else if (const char latin = latin_look_alike(c); latin != 0 && in_latin_word(plain, source, at)) {
      plain += latin;
    } else {
      append_utf8(plain, c);
    }
  }

  /// Latin letters with two marks: their base letter, by ranges of the block.
  static void append_vietnamese(std::string& plain, char32_t c) {
    char base = 0;
    if (c >= 0x1EA0 && c <= 0x1EB7)
      base = 'a';
    else if (c >= 0x1EB8 && c <= 0x1EC7)
      base = 'e';
    else if (c >= 0x1EC8 && c <= 0x1ECB)
      base = 'i';
    else if (c >= 0x1ECC && c <= 0x1EE3)
      base = 'o';
    else if (c >= 0x1EE4 && c <= 0x1EF1)
      base = 'u';
    else if (c >= 0x1EF2 && c <= 0x1EF9)
      base = 'y';
    base == 0 ? append_utf8(plain, c) : void(plain += base);
  }

  /// Whether a letter that could be Latin stands beside one that is (other such letters between them).
  static bool in_latin_word(std::string_view plain, std::string_view source, std::size_t at) {
    if (!plain.empty() && is_letter(plain.back())) return true;
    for (int looked = 0; at < source.size() && looked < 16; ++looked) {
      if (is_letter(source[at])) return true;
      const char32_t next = next_code_point(source, at);
      if (!is_invisible(next) && latin_look_alike(next) == 0) return false;
    }
    return false;
  }

  /// 0 if no tag or comment begins there. `looked_to`: no comment that began before ends before it; keeps a
  /// text of nothing but openings linear.
  static std::size_t tag_length(std::string_view text, std::size_t at, std::size_t& looked_to) {
    const std::string_view rest = text.substr(at, tag_bytes_max);
    if (rest.starts_with("<!--")) {
      const std::size_t from = std::max(at + 4, looked_to);
      const std::size_t end = rest.find("-->", from - at);
      if (end != std::string_view::npos) return end + 3;
      looked_to = std::max(looked_to, at + rest.size() - std::min<std::size_t>(2, rest.size()));
      return 0;
    }
    if (rest.size() < 3 || !(is_letter(rest[1]) || rest[1] == '/' || rest[1] == '!')) return 0;
    const std::size_t end = rest.find_first_of("<>", 1);
    return end == std::string_view::npos || rest[end] == '<' ? 0 : end + 1;
  }

  void take_tag(std::string_view tag, std::string& plain, std::size_t begin, std::size_t end, int depth) {
    std::size_t name_end = tag[1] == '/' ? 2 : 1;
    const std::size_t name_begin = name_end;
    std::string name;
    for (; name_end < tag.size() && is_letter(tag[name_end]); ++name_end)
      name += static_cast<char>(tag[name_end] | 0x20);
    if (!is_inline_tag(name)) plain += ' ';
    const bool comment = tag.starts_with("<!--");
    const std::string_view inside =
        comment ? tag.substr(4, tag.size() - 7)
                : tag.substr(std::max(name_begin, name_end), tag.size() - 1 - std::max(name_begin, name_end));
    if (std::count(inside.begin(), inside.end(), ' ') >= 2 && depth < PlainText::depth_max)
      add_piece(PieceOrigin::markup, inside, begin, end, depth + 1);
  }

  void find_encoded(std::size_t index, int depth) {
    const std::string text = out_.pieces[index].text;  // a copy: pieces may move
    const auto source = [&](std::size_t plain) {
      return index == 0 ? out_.source_of(plain) : std::size_t{0};
    };
    const auto source_end = [&](std::size_t plain_end) { return out_.source_end_of(plain_end); };
    for (std::size_t at = 0; at < text.size();) {
      if (base64_value(text[at]) < 0) {
        ++at;
        continue;
      }
      const std::size_t end = run_end(text, at);
      std::string decoded;
      std::size_t used = end;
      if (is_binary_or_hex_byte(text, at, end))
        used = spaced_bytes(text, at, decoded);
      else if (end - at >= std::min(base64_bytes_min, hex_bytes_min))
        decoded = decode_run(std::string_view(text).substr(at, end - at));
      if (!decoded.empty() && reads_as_text(decoded)) {
        const bool first = index == 0;
        add_piece(PieceOrigin::encoded, decoded, first ? source(at) : out_.pieces[index].begin,
                  first ? source_end(used) : out_.pieces[index].end, depth + 1);
        at = used;
      } else {
        at = end;
      }
    }
  }

  /// Of characters of base64; goes on over a line break within long lines.
  static std::size_t run_end(std::string_view text, std::size_t at) {
    std::size_t line = at;
    while (at < text.size()) {
      if (base64_value(text[at]) >= 0) {
        ++at;
      } else if (text[at] == '\n' && at - line >= 40 && at + 1 < text.size() &&
                 base64_value(text[at + 1]) >= 0) {
        line = ++at;
      } else {
        break;
      }
    }
    return at;
  }

  static std::string decode_run(std::string_view run) {
    const bool hex = run.size() >= hex_bytes_min && run.size() % 2 == 0 &&
                     std::all_of(run.begin(), run.end(), [](char c) { return hex_value(c) >= 0; });
    if (!hex) return run.size() >= base64_bytes_min ? from_base64(run) : std::string();
    std::string out;
    for (std::size_t i = 0; i + 1 < run.size(); i += 2)
      out += static_cast<char>(hex_value(run[i]) * 16 + hex_value(run[i + 1]));
    return out;
  }

  static bool is_binary_or_hex_byte(std::string_view text, std::size_t at, std::size_t end) {
    return (end - at == 8 || end - at == 2) && end < text.size() && text[end] == ' ' &&
           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at),
                       text.begin() + static_cast<std::ptrdiff_t>(end),
                       [&](char c) { return end - at == 8 ? c == '0' || c == '1' : hex_value(c) >= 0; });
  }

  /// "01001001 01100111 ..." or "49 67 ...": gives the end; `decoded` stays empty if there are too few.
  static std::size_t spaced_bytes(std::string_view text, std::size_t at, std::string& decoded) {
    const std::size_t width = run_end(text, at) - at;
    const int base = width == 8 ? 2 : 16;
    std::string bytes;
    std::size_t end = at;
    while (at + width <= text.size()) {
      int value = 0;
      bool fits = true;
      for (const char c : text.substr(at, width)) {
        const int digit = hex_value(c);
        fits = fits && digit >= 0 && digit < base;
        value = value * base + digit;
      }
      if (!fits || (at + width < text.size() && base64_value(text[at + width]) >= 0)) break;
      bytes += static_cast<char>(value);
      end = at + width;
      if (end >= text.size() || text[end] != ' ') break;
      at = end + 1;
    }
    if (bytes.size() >= binary_groups_min) decoded = std::move(bytes);
    return end;
  }

  PlainText& out_;
  std::string invisible_;
};

}  // namespace

std::size_t PlainText::source_of(std::size_t plain) const {
  const auto next = std::upper_bound(offsets.begin(), offsets.end(), plain,
                                     [](std::size_t p, const OffsetStep& step) { return p < step.plain; });
  const std::size_t limit = next == offsets.end() ? pieces[0].end : next->source;
  if (next == offsets.begin()) return std::min(plain, limit);
  const OffsetStep& step = *std::prev(next);
  return std::min(step.source + (plain - step.plain), limit);  // a broken byte is longer when it is replaced
}

std::size_t PlainText::source_end_of(std::size_t plain_end) const {
  return plain_end == 0 ? 0 : std::min(source_of(plain_end - 1) + 1, pieces[0].end);
}

PlainText plain_text(std::string_view text) {
  PlainText out;
  out.pieces.reserve(4);
  Plainer(out).run(text);
  return out;
}

std::string rot13(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (!is_letter(c)) continue;
    const char first = (c & 0x20) != 0 ? 'a' : 'A';
    c = static_cast<char>(first + (c - first + 13) % 26);
  }
  return out;
}

std::string reversed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t end = text.size(); end > 0;) {
    std::size_t begin = end - 1;
    while (begin > 0 && end - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    out.append(text, begin, end - begin);
    end = begin;
  }
  return out;
}

}  // namespace loadline
