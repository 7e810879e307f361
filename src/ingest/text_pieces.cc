#include "ingest/text_pieces.h"

#include <algorithm>

#include "base/utf8.h"
#include "text/sentence.h"

namespace loadline {
namespace {

// How much of a long text is tokenized to find one piece; more where words are long.
constexpr std::size_t window_bytes_per_token = 12;

TextPiece trimmed(std::string_view text, std::size_t begin, std::size_t end) {
  while (begin < end && is_blank(text[begin])) ++begin;
  while (end > begin && is_blank(text[end - 1])) --end;
  return {begin, end, 0};
}

// How good a place is for a cut before byte `at`: 0 none, higher is better.
int cut_quality(std::string_view text, std::size_t at) {
  if (at == 0 || at >= text.size()) return 0;
  const char before = text[at - 1];
  if (before == '\n') return 4;
  if (!is_blank(before)) return 0;
  if (at >= 2 && text[at - 2] == '|') return 3;
  if (at >= 2 && (text[at - 2] == ';' || text[at - 2] == ',' || text[at - 2] == ':')) return 2;
  return 1;
}

// The best cut in the last third of [begin, limit]; `limit` itself, moved to a whole character, if none.
std::size_t best_cut(std::string_view text, std::size_t begin, std::size_t limit) {
  const std::size_t earliest = begin + (limit - begin) * 2 / 3;
  std::size_t best = 0;
  int quality = 0;
  for (std::size_t at = limit; at > earliest; --at) {
    if (cut_quality(text, at) <= quality) continue;
    best = at;
    quality = cut_quality(text, at);
  }
  if (quality > 0) return best;
  for (std::size_t at = earliest; at > begin; --at)
    if (cut_quality(text, at) > 0) return at;
  const std::size_t whole = utf8_boundary(text, limit);
  if (whole > begin) return whole;
  return std::min(text.size(), limit + 4);  // not UTF-8 at all: any place
}

}  // namespace

std::vector<TextPiece> whole_pieces(std::string_view text, std::size_t begin, std::size_t end,
                                    const Embedder& embedder, const PieceLimits& limits) {
  std::vector<TextPiece> pieces;
  TextPiece rest = trimmed(text, begin, end);
  std::size_t window = std::min(limits.bytes_max, limits.tokens_max * window_bytes_per_token);
  while (rest.begin < rest.end) {
    const std::size_t window_end = std::min(rest.end, rest.begin + window);
    const std::size_t stop =
        window_end == rest.end ? rest.end : std::max(rest.begin + 1, utf8_boundary(text, window_end));
    const std::vector<TokenSpan> tokens = embedder.tokenize(text.substr(rest.begin, stop - rest.begin));
    if (tokens.size() <= limits.tokens_max && stop < rest.end && window < limits.bytes_max) {
      window = std::min(limits.bytes_max, window * 4);
      continue;
    }
    if (stop == rest.end && tokens.size() <= limits.tokens_max && stop - rest.begin <= limits.bytes_max) {
      rest.tokens = tokens.size();
      pieces.push_back(rest);
      break;
    }
    const std::size_t limit =
        tokens.size() <= limits.tokens_max ? stop : rest.begin + tokens[limits.tokens_max].begin;
    const std::size_t cut = best_cut(text, rest.begin, std::max(limit, rest.begin + 1));
    TextPiece piece = trimmed(text, rest.begin, std::min(cut, rest.end));
    piece.tokens = embedder.count_tokens(text.substr(piece.begin, piece.end - piece.begin));
    pieces.push_back(piece);
    rest = trimmed(text, std::min(cut, rest.end), rest.end);
  }
  return pieces;
}

std::vector<TextPiece> sentence_pieces(std::string_view text, const Embedder& embedder,
                                       const PieceLimits& limits) {
  std::vector<TextPiece> pieces;
  std::size_t from = 0;
  const auto take = [&](std::size_t end) {
    const std::vector<TextPiece> more = whole_pieces(text, from, end, embedder, limits);
    pieces.insert(pieces.end(), more.begin(), more.end());
    from = end;
  };
  for (const TextSpan& sentence : split_sentences(text)) take(sentence.end);
  take(text.size());
  return pieces;
}

std::string_view front_tokens(std::string_view text, std::size_t tokens_max, const Embedder& embedder) {
  constexpr std::size_t bytes_per_token_max = 64;
  const std::string_view window = text.substr(0, utf8_boundary(text, tokens_max * bytes_per_token_max));
  const std::vector<TokenSpan> tokens = embedder.tokenize(window);
  if (tokens.size() <= tokens_max) return window;
  if (tokens_max == 0) return {};
  std::size_t end = tokens[tokens_max].begin;
  const std::size_t word = window.find_last_of(" \n", end == 0 ? 0 : end - 1);
  if (word != std::string_view::npos && word > 0 && word < end) end = word;
  while (end > 0 && is_blank(window[end - 1])) --end;
  return window.substr(0, end);
}

}  // namespace loadline
