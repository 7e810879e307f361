#include "extract/pdf/glyph_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/utf8.h"
#include "extract/pdf/characters.h"

namespace loadline::pdf {
namespace {

// From a page's own coordinates (y up, any origin, unrotated) to the view of one frame.
class View {
 public:
  explicit View(const PdfPage& page) : rotation_(page.api().Page_GetRotation(page.handle()) & 3) {
    width_ = page.api()._GetPageWidthF(page.handle());
    height_ = page.api()._GetPageHeightF(page.handle());
    if (page.api()._GetPageBoundingBox(page.handle(), &area_) == 0)
      area_ = rotation_ % 2 == 0 ? FpdfRect{0, height_, width_, 0} : FpdfRect{0, width_, height_, 0};
  }
  float width() const { return width_; }
  float height() const { return height_; }

  Box to_page(float left, float bottom, float right, float top) const {
    switch (rotation_) {
      case 1:
        return {bottom - area_.bottom, left - area_.left, top - area_.bottom, right - area_.left};
      case 2:
        return {area_.right - right, bottom - area_.bottom, area_.right - left, top - area_.bottom};
      case 3:
        return {area_.top - top, area_.right - right, area_.top - bottom, area_.right - left};
      default:
        return {left - area_.left, area_.top - top, right - area_.left, area_.top - bottom};
    }
  }
  // Quarter turns clockwise of text that runs along (x, y) in the page's own coordinates.
  int turn_of(float x, float y) const {
    const int own = std::abs(x) >= std::abs(y) ? (x >= 0 ? 0 : 2) : (y >= 0 ? 3 : 1);
    return (own + rotation_) & 3;
  }
  Box to_frame(int turn, const Box& box) const { return to_frame_view(turn, width_, height_, box); }

 private:
  int rotation_;
  float width_ = 0, height_ = 0;
  FpdfRect area_;
};

struct FontFacts {
  bool bold = false;
  bool italic = false;
};

// What holds for all letters of one text object.
struct Style {
  FontFacts font;
  float size = 1;
  int turn = 0;
};

struct Glyph {
  char32_t code = 0;
  Box box;
  float baseline = 0;
};

constexpr float word_gap = 0.34F;             // of the size: a gap that ends a word by itself
constexpr float word_gap_with_space = 0.08F;  // if PDFium says that there is a space
constexpr float back_step = 0.4F;             // how far a letter may lie behind the one before it
constexpr float baseline_step = 0.2F;         // a larger change of the baseline ends a word

// Joins letters of one frame to words.
class WordJoiner {
 public:
  explicit WordJoiner(Frame& frame) : frame_(frame) {}

  enum class Between { nothing, generated_space, space, line_end };

  void add(const Glyph& glyph, const Style& style, Between between) {
    if (!continues(glyph, style, between)) start(glyph, style, between);
    Word& word = frame_.words.back();
    append_text(word.text, glyph.code);
    word.box = {std::min(word.box.x0, glyph.box.x0), std::min(word.box.y0, glyph.box.y0),
                std::max(word.box.x1, glyph.box.x1), std::max(word.box.y1, glyph.box.y1)};
    word.size = std::max(word.size, style.size);
    last_box_ = glyph.box;
    open_ = true;
  }

 private:
  bool continues(const Glyph& glyph, const Style& style, Between between) const {
    if (!open_ || between == Between::space || between == Between::line_end) return false;
    const Word& word = frame_.words.back();
    const float size = std::max(style.size, 1.0F);
    if (std::abs(glyph.baseline - word.baseline) > baseline_step * size) return false;
    if (glyph.box == last_box_) return true;  // a letter of the same ligature
    const float gap = glyph.box.x0 - last_box_.x1;
    if (gap < -back_step * size) return false;
    return gap <= (between == Between::generated_space ? word_gap_with_space : word_gap) * size;
  }

  void start(const Glyph& glyph, const Style& style, Between between) {
    Word word;
    if (open_ && between == Between::nothing) {
      const float gap = glyph.box.x0 - last_box_.x1;
      word.attached = gap <= word_gap * style.size && gap >= -back_step * style.size;
    }
    word.box = glyph.box;
    word.baseline = glyph.baseline;
    word.size = style.size;
    word.bold = style.font.bold;
    word.italic = style.font.italic;
    frame_.words.push_back(std::move(word));
  }

  static void append_text(std::string& text, char32_t code) {
    if (const std::string_view letters = ligature_letters(code); !letters.empty())
      text += letters;
    else
      append_utf8(text, code);
  }

  Frame& frame_;
  Box last_box_;
  bool open_ = false;
};

class GlyphReader {
 public:
  GlyphReader(const PdfPage& page, PageWords& words)
      : api_(page.api()), text_(page.text()), view_(page), words_(words) {
    words_.width = view_.width();
    words_.height = view_.height();
    for (int turn = 0; turn < 4; ++turn) {
      Frame& frame = frames_[static_cast<std::size_t>(turn)];
      frame.turn = turn;
      frame.width = turn % 2 == 0 ? view_.width() : view_.height();
      frame.height = turn % 2 == 0 ? view_.height() : view_.width();
    }
  }

  void read(int count) {
    std::array<WordJoiner, 4> joiners = {WordJoiner(frames_[0]), WordJoiner(frames_[1]),
                                         WordJoiner(frames_[2]), WordJoiner(frames_[3])};
    for (int index = 0; index < count; ++index) {
      const char32_t code = code_at(index, count);
      if (is_space(code)) {
        note_space(code, index);
        continue;
      }
      if (is_dropped(code)) continue;
      take_style(index);
      Glyph glyph;
      if (!read_place(index, glyph)) continue;
      glyph.code = shown_character(code, index);
      if (glyph.code == 0) continue;
      joiners[static_cast<std::size_t>(style_.turn)].add(glyph, style_, between_);
      between_ = WordJoiner::Between::nothing;
    }
  }

  // The words, cleaned, into the result: the frame with the most words first.
  void finish() {
    for (Frame& frame : frames_) {
      std::erase_if(frame.words, [](const Word& word) { return word.text.empty(); });
      if (!frame.words.empty()) words_.frames.push_back(std::move(frame));
    }
    std::stable_sort(words_.frames.begin(), words_.frames.end(),
                     [](const Frame& a, const Frame& b) { return a.words.size() > b.words.size(); });
  }

  const View& view() const { return view_; }

 private:
  char32_t code_at(int& index, int count) {
    char32_t code = api_.Text_GetUnicode(text_, index);
    constexpr char32_t divided = 2;  // what PDFium makes of a hyphen at the end of a line
    if (code == divided && api_.Text_IsHyphen(text_, index) == 1) return '-';
    if (code < 0xD800 || code > 0xDBFF || index + 1 >= count) return code;
    const char32_t low = api_.Text_GetUnicode(text_, index + 1);
    if (low < 0xDC00 || low > 0xDFFF) return code;
    ++index;
    return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }

  void note_space(char32_t code, int index) {
    using Between = WordJoiner::Between;
    if (code == '\r' || code == '\n')
      between_ = std::max(between_, Between::line_end);
    else
      between_ = std::max(
          between_, api_.Text_IsGenerated(text_, index) == 1 ? Between::generated_space : Between::space);
  }

  void take_style(int index) {
    FpdfPageObject* const object = api_.Text_GetTextObject(text_, index);
    if (object == object_ && object != nullptr) return;
    object_ = object;
    FpdfMatrix matrix;
    if (api_.Text_GetMatrix(text_, index, &matrix) == 0) matrix = {};
    style_.size =
        static_cast<float>(std::abs(api_.Text_GetFontSize(text_, index))) * std::hypot(matrix.c, matrix.d);
    if (!(style_.size > 0.01F) || style_.size > 10'000) style_.size = 1;
    style_.turn = view_.turn_of(matrix.a, matrix.b);
    style_.font = object == nullptr ? FontFacts{} : font_facts(api_.TextObj_GetFont(object));
  }

  const FontFacts& font_facts(FpdfFont* font) {
    const auto [place, is_new] = fonts_.try_emplace(font);
    if (!is_new || font == nullptr) return place->second;
    constexpr int flag_italic = 1 << 6, flag_force_bold = 1 << 18, weight_bold = 600;
    std::array<char, 256> buffer{};
    api_.Font_GetBaseFontName(font, buffer.data(), buffer.size() - 1);
    const std::string_view name(buffer.data());
    const auto has = [name](std::string_view part) { return name.find(part) != std::string_view::npos; };
    const int flags = std::max(0, api_.Font_GetFlags(font));
    place->second.bold = (flags & flag_force_bold) != 0 || api_.Font_GetWeight(font) >= weight_bold ||
                         has("Bold") || has("bold") || has("Black") || has("Heavy") || has("Semibold") ||
                         has("-Demi") || has("BOLD");
    place->second.italic = (flags & flag_italic) != 0 || has("Italic") || has("Oblique") || has("italic");
    return place->second;
  }

  bool read_place(int index, Glyph& glyph) {
    double left = 0, right = 0, bottom = 0, top = 0, x = 0, y = 0;
    if (api_.Text_GetCharBox(text_, index, &left, &right, &bottom, &top) == 0) return false;
    if (api_.Text_GetCharOrigin(text_, index, &x, &y) == 0) x = left, y = bottom;
    const auto narrow = [](double value) { return static_cast<float>(value); };
    const Box box = view_.to_page(narrow(left), narrow(bottom), narrow(right), narrow(top));
    const Box origin = view_.to_page(narrow(x), narrow(y), narrow(x), narrow(y));
    glyph.box = view_.to_frame(style_.turn, box);
    glyph.baseline = view_.to_frame(style_.turn, origin).y0;
    return std::isfinite(glyph.box.x0 + glyph.box.x1 + glyph.box.y0 + glyph.box.y1 + glyph.baseline);
  }

  // The character to show; 0: none is known.
  char32_t shown_character(char32_t code, int index) {
    ++words_.glyphs;
    if (is_private_use(code)) {
      const char32_t symbol = symbol_character(code);
      if (symbol == 0) ++words_.unreadable;
      return symbol;
    }
    if (code == replacement_character) {
      ++words_.unreadable;
      return 0;
    }
    // Without a map to characters PDFium gives the font's own codes; asking for every letter costs too much.
    constexpr std::size_t sampled = 16;
    if (words_.glyphs % sampled == 1 && api_.Text_HasUnicodeMapError(text_, index) == 1)
      words_.unreadable += sampled;
    return code;
  }

  const PdfiumApi& api_;
  FpdfTextPage* const text_;
  const View view_;
  PageWords& words_;
  std::array<Frame, 4> frames_;
  std::unordered_map<FpdfFont*, FontFacts> fonts_;
  FpdfPageObject* object_ = nullptr;
  Style style_;
  WordJoiner::Between between_ = WordJoiner::Between::line_end;
};

// Borders are often drawn cell by cell: pieces of one line become one rule.
void join_rules(std::vector<Rule>& rules) {
  constexpr float same_line = 0.8F, touching = 1.2F;
  std::stable_sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) {
    const auto line = [](const Rule& rule) { return std::lround(rule.box.y0 / same_line); };
    return line(a) != line(b) ? line(a) < line(b) : a.box.x0 < b.box.x0;
  });
  std::vector<Rule> joined;
  for (const Rule& rule : rules) {
    Rule* const last = joined.empty() ? nullptr : &joined.back();
    const bool goes_on = last != nullptr && rule.horizontal() && last->horizontal() &&
                         std::abs(rule.box.y0 - last->box.y0) <= same_line &&
                         rule.box.x0 <= last->box.x1 + touching && rule.box.x1 >= last->box.x0;
    if (goes_on)
      last->box.x1 = std::max(last->box.x1, rule.box.x1);
    else
      joined.push_back(rule);
  }
  rules = std::move(joined);
}

// Images and thin paths of the page.
void read_drawings(const PdfPage& page, const View& view, PageWords& words) {
  const PdfiumApi& api = page.api();
  const int count = std::min(api.Page_CountObjects(page.handle()), page_drawings_max);
  constexpr float rule_thickness_max = 2.5F, rule_length_min = 3;
  for (int index = 0; index < count; ++index) {
    FpdfPageObject* const object = api.Page_GetObject(page.handle(), index);
    const int type = api.PageObj_GetType(object);
    if (type < fpdf_object_path) continue;
    float left = 0, bottom = 0, right = 0, top = 0;
    if (api.PageObj_GetBounds(object, &left, &bottom, &right, &top) == 0) continue;
    ++words.drawings;
    const Box box = view.to_page(left, bottom, right, top);
    const float width = box.x1 - box.x0, height = box.y1 - box.y0;
    if (type == fpdf_object_image || type == fpdf_object_form) {
      const Box seen{std::max(0.0F, box.x0), std::max(0.0F, box.y0), std::min(words.width, box.x1),
                     std::min(words.height, box.y1)};
      const float share = (seen.x1 - seen.x0) * (seen.y1 - seen.y0) / (words.width * words.height);
      if (!seen.empty() && std::isfinite(share)) words.image_share = std::max(words.image_share, share);
    } else if (std::min(width, height) <= rule_thickness_max && std::max(width, height) >= rule_length_min) {
      for (Frame& frame : words.frames) frame.rules.push_back({view.to_frame(frame.turn, box)});
    }
  }
  for (Frame& frame : words.frames) join_rules(frame.rules);
}

}  // namespace

Result<PageWords> read_page_words(const PdfPage& page) {
  if (!page.ok()) return Error(Code::data_loss, "The page is damaged: it cannot be loaded.");
  if (!page.has_text()) return Error(Code::data_loss, "The text of the page cannot be read.");
  const int count = page.api().Text_CountChars(page.text());
  if (count < 0) return Error(Code::data_loss, "The text of the page cannot be read.");
  if (count > page_glyphs_max)
    return Error(Code::resource_exhausted, "The page has " + std::to_string(count) +
                                               " letters, more than the " + std::to_string(page_glyphs_max) +
                                               " that are read of one page.");
  PageWords words;
  GlyphReader reader(page, words);
  reader.read(count);
  reader.finish();
  read_drawings(page, reader.view(), words);
  return words;
}

}  // namespace loadline::pdf
