#include "guard/injection_windows.h"

#include <algorithm>

#include "text/sentence.h"

namespace loadline {
namespace {

constexpr std::size_t sentence_words_min = 4;   // shorter ones go with the next
constexpr std::size_t sentence_words_max = 60;  // longer ones are cut
constexpr std::size_t block_sentences = 6, block_words_max = 150;

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    words += !blank && !inside ? 1 : 0;
    inside = !blank;
  }
  return words;
}

struct Part {
  std::size_t begin = 0, end = 0, words = 0;
};

/// The end of the first `words` words of `text`.
std::size_t end_of_words(std::string_view text, std::size_t words) {
  std::size_t at = 0;
  while (words-- > 0 && at < text.size()) {
    at = text.find_first_not_of(" \n\t\r", at);
    if (at == std::string_view::npos) return text.size();
    at = std::min(text.find_first_of(" \n\t\r", at), text.size());
  }
  return at;
}

/// Sentences, short ones with the next, long ones cut.
std::vector<Part> parts_of(std::string_view text) {
  std::vector<Part> parts;
  bool join = false;
  for (const TextSpan& span : split_sentences(text)) {
    Part part{span.begin, span.end, count_words(span.of(text))};
    if (join) {
      part = {parts.back().begin, span.end, parts.back().words + part.words};
      parts.pop_back();
    }
    while (part.words > sentence_words_max) {
      const std::size_t cut =
          part.begin + end_of_words(text.substr(part.begin, part.end - part.begin), sentence_words_max);
      parts.push_back({part.begin, cut, sentence_words_max});
      part = {cut, part.end, part.words - sentence_words_max};
    }
    join = part.words < sentence_words_min;
    parts.push_back(part);
  }
  return parts;
}

class WindowMaker {
 public:
  explicit WindowMaker(const ScannedText& text) : text_(text) {}

  InjectionWindows run() {
    for (std::size_t i = 0; i < text_.plain.pieces.size(); ++i) {
      const TextPiece& piece = text_.plain.pieces[i];
      add_piece(piece, piece.text, i == 0, i != 0);
      if (text_.scans[i].looks_rot13()) add_piece(piece, rot13(piece.text), false, true);
      if (text_.scans[i].looks_reversed()) add_piece(piece, reversed(piece.text), false, true);
    }
    choose();
    return std::move(out_);
  }

 private:
  void add_piece(const TextPiece& piece, std::string_view text, bool mapped, bool hidden) {
    const std::vector<Part> parts = parts_of(text);
    for (const Part& part : parts) add(piece, text, part, mapped, {hidden, false});
    if (parts.size() < 2) return;
    Part block;
    std::size_t sentences = 0;
    for (const Part& part : parts) {
      if (sentences == block_sentences || (sentences > 0 && block.words + part.words > block_words_max)) {
        if (sentences > 1) add(piece, text, block, mapped, {hidden, true});
        sentences = 0;
      }
      block = sentences == 0 ? part : Part{block.begin, part.end, block.words + part.words};
      ++sentences;
    }
    if (sentences > 1) add(piece, text, block, mapped, {hidden, true});
  }

  void add(const TextPiece& piece, std::string_view text, const Part& part, bool mapped, TextShape shape) {
    InjectionWindow window;
    window.text = text.substr(part.begin, part.end - part.begin);
    window.begin = mapped ? text_.plain.source_of(part.begin) : piece.begin;
    window.end = mapped && part.end > part.begin ? text_.plain.source_end_of(part.end) : piece.end;
    const SignatureScan scan = find_signatures(window.text);
    window.has_signature = !scan.hits.empty();
    window.features = lexical_features(scan, window.text, shape);
    out_.windows.push_back(std::move(window));
  }

  /// At most windows_max: those with signatures first (three quarters of the room), then an even choice.
  void choose() {
    constexpr std::size_t room = InjectionGuard::windows_max;
    const std::size_t count = out_.windows.size();
    if (count <= room) return;
    std::vector<char> taken(count, 0);
    std::size_t used = 0;
    for (std::size_t i = 0; i < count && used < room * 3 / 4; ++i)
      if (out_.windows[i].has_signature) taken[i] = 1, ++used;
    const std::size_t left = room - used;
    for (std::size_t k = 0; k < left; ++k) {
      const std::size_t at = k * count / left;
      used += taken[at] == 0 ? 1 : 0;
      taken[at] = 1;
    }
    std::vector<InjectionWindow> chosen;
    for (std::size_t i = 0; i < count; ++i)
      if (taken[i] != 0) chosen.push_back(std::move(out_.windows[i]));
    out_.left_out = static_cast<std::uint32_t>(count - chosen.size());
    out_.windows = std::move(chosen);
  }

  const ScannedText& text_;
  InjectionWindows out_;
};

void add_counts(SignatureScan& to, const SignatureScan& from, bool hidden) {
  for (std::size_t k = 0; k < injection_kind_count; ++k) to.counts[k] += from.counts[k];
  if (hidden)
    to.counts[static_cast<std::size_t>(InjectionKind::encoded_order)] +=
        static_cast<std::uint32_t>(from.hits.size());
  to.words += from.words;
  to.disguised += from.disguised;
  to.second_person += from.second_person;
}

}  // namespace

ScannedText scan_text(std::string_view text) {
  ScannedText out{plain_text(text), {}, {}, {}};
  bool hidden = false;
  for (std::size_t i = 0; i < out.plain.pieces.size(); ++i) {
    const std::string& piece = out.plain.pieces[i].text;
    out.scans.push_back(find_signatures(piece));
    add_counts(out.total, out.scans.back(), i > 0);
    if (i == 0) out.total.begins_with_order = out.scans[0].begins_with_order;
    hidden = hidden || (i > 0 && !out.scans.back().hits.empty());
    if (out.scans.back().looks_rot13())
      add_counts(out.total, find_signatures(rot13(piece)), true), hidden = true;
    if (out.scans.back().looks_reversed())
      add_counts(out.total, find_signatures(reversed(piece)), true), hidden = true;
  }
  const auto disguised = static_cast<std::size_t>(InjectionKind::encoded_order);
  out.total.counts[disguised] += out.total.disguised > 1 ? 1 : 0;
  out.total.counts[static_cast<std::size_t>(InjectionKind::hidden_characters)] +=
      out.plain.hidden_characters > 7 ? 1 : 0;
  out.features =
      lexical_features(out.total, out.plain.pieces[0].text, {hidden, out.total.words > sentence_words_max});
  return out;
}

InjectionWindows injection_windows(const ScannedText& text) { return WindowMaker(text).run(); }

}  // namespace loadline
