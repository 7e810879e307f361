#include "encoder/wordpiece.h"

#include <algorithm>

#include "base/utf8.h"
#include "encoder/unicode_tables.h"

namespace loadline {
namespace {

constexpr std::string_view continuation_prefix = "##";

bool is_ascii_punctuation(unsigned char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

bool is_mark(CodePointKind kind) {
  return kind == CodePointKind::mark || kind == CodePointKind::mark_starter;
}

}  // namespace

/// One pass over one text. Words of plain ASCII are matched where they stand; anything else is first
/// collected code point by code point, each with the bytes that it came from.
class Wordpiece::Run {
 public:
  Run(const Wordpiece& owner, std::string_view text, std::vector<TokenSpan>& out, std::size_t limit)
      : owner_(owner),
        text_(text),
        out_(out),
        end_(limit > no_limit - out.size() ? no_limit : out.size() + limit),
        strip_accents_(owner.options_.strip_accents.value_or(owner.options_.lowercase)) {}

  void run() {
    while (at_ < text_.size() && out_.size() < end_) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (owner_.starts_special_[byte] && take_special()) continue;
      if (word_.empty() && owner_.byte_class_[byte] == ByteClass::word && take_ascii_word()) continue;
      take_code_point();
    }
    flush();
    if (out_.size() > end_) out_.resize(end_);
  }

 private:
  struct Letter {
    char32_t code_point;
    std::uint32_t begin, end;
    int combining_class;
  };

  bool take_special() {
    for (const auto& [content, id] : owner_.special_) {
      if (!text_.substr(at_).starts_with(content)) continue;
      flush();
      out_.push_back({id, position(at_), position(at_ + content.size())});
      at_ += content.size();
      return true;
    }
    return false;
  }

  /// A run of ASCII letters and digits that ends the word for certain; false, with nothing done, if it may go
  /// on with something else.
  bool take_ascii_word() {
    std::size_t stop = at_ + 1;
    while (stop < text_.size() && class_at(stop) == ByteClass::word && !special_may_start(stop)) ++stop;
    if (stop < text_.size() && class_at(stop) == ByteClass::other) return false;
    if (stop < text_.size() && class_at(stop) == ByteClass::word) return false;
    const std::size_t size = stop - at_;
    if (size > owner_.options_.word_chars_max) {
      push(owner_.unknown_id_, at_, stop);
    } else {
      bytes_.assign(text_.substr(at_, size));
      if (owner_.options_.lowercase) {
        for (char& c : bytes_) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
      }
      match([this](std::size_t begin, std::size_t end) { return std::pair(at_ + begin, at_ + end); });
    }
    at_ = stop;
    return true;
  }

  void take_code_point() {
    const std::size_t begin = at_;
    const char32_t code_point = next_code_point(text_, at_);
    const CodePointKind kind = code_point_kind(code_point);
    if (kind == CodePointKind::removed) return;
    if (kind == CodePointKind::space) return flush();
    const bool alone = kind == CodePointKind::ideograph && owner_.options_.split_ideographs;
    if (alone) flush();
    if (strip_accents_ && is_mark(kind)) {
      if (kind == CodePointKind::mark_starter) ordered_ = word_.size();
    } else {
      add_normalised(code_point, begin);
    }
    if (alone) flush();
  }

  void add_normalised(char32_t code_point, std::size_t begin) {
    const CodePoints base = strip_accents_ ? without_accents(code_point) : CodePoints{{code_point, 0, 0, 0}};
    for (const char32_t* b = base.values; *b != 0; ++b) {
      const CodePoints lower = owner_.options_.lowercase ? to_lower(*b) : CodePoints{{*b, 0, 0, 0}};
      for (const char32_t* l = lower.values; *l != 0; ++l) add_letter(*l, begin);
    }
  }

  void add_letter(char32_t code_point, std::size_t begin) {
    const CodePointKind kind = code_point_kind(code_point);
    const bool alone = kind == CodePointKind::punctuation;
    if (alone || kind == CodePointKind::space) flush();
    if (kind == CodePointKind::space) return;
    const int combining = strip_accents_ && code_point >= 0x300 ? combining_class(code_point) : 0;
    word_.push_back({code_point, position(begin), position(at_), combining});
    if (combining > 0) restore_canonical_order();
    if (alone) flush();
  }

  /// Unicode Standard, section 3.11, "Canonical Ordering Algorithm", for the letter added last.
  void restore_canonical_order() {
    for (std::size_t i = word_.size() - 1; i > ordered_; --i) {
      if (word_[i - 1].combining_class <= word_[i].combining_class) break;
      // Only what is written changes places: spans stay in the order of the text.
      std::swap(word_[i - 1].code_point, word_[i].code_point);
      std::swap(word_[i - 1].combining_class, word_[i].combining_class);
    }
  }

  /// Cuts the collected word into tokens.
  void flush() {
    if (word_.empty()) return;
    if (word_.size() > owner_.options_.word_chars_max) {
      push(owner_.unknown_id_, word_.front().begin, word_.back().end);
    } else {
      bytes_.clear();
      letter_of_byte_.clear();
      for (std::size_t i = 0; i < word_.size(); ++i) {
        append_utf8(bytes_, word_[i].code_point);
        letter_of_byte_.resize(bytes_.size(), static_cast<std::uint32_t>(i));
      }
      match([this](std::size_t begin, std::size_t end) {
        return std::pair<std::size_t, std::size_t>(word_[letter_of_byte_[begin]].begin,
                                                   word_[letter_of_byte_[end - 1]].end);
      });
    }
    word_.clear();
    ordered_ = 0;
  }

  /// Longest pieces from the left; the whole word is unknown if a part of it has no piece.
  template <class SourceOf>
  void match(SourceOf source_of) {
    const std::size_t first = out_.size();
    auto root = PieceTrie::Root::word_start;
    for (std::size_t done = 0; done < bytes_.size(); root = PieceTrie::Root::continuation) {
      const PieceTrie::Match piece = owner_.pieces_.longest(root, std::string_view(bytes_).substr(done));
      if (piece.id < 0) {
        out_.resize(first);
        const auto [begin, end] = source_of(0, bytes_.size());
        return push(owner_.unknown_id_, begin, end);
      }
      const auto [begin, end] = source_of(done, done + piece.length);
      push(piece.id, begin, end);
      done += piece.length;
    }
  }

  void push(std::int32_t id, std::size_t begin, std::size_t end) {
    out_.push_back({id, position(begin), position(end)});
  }
  ByteClass class_at(std::size_t i) const { return owner_.byte_class_[static_cast<unsigned char>(text_[i])]; }
  bool special_may_start(std::size_t i) const {
    return owner_.starts_special_[static_cast<unsigned char>(text_[i])];
  }
  static std::uint32_t position(std::size_t at) { return static_cast<std::uint32_t>(at); }

  const Wordpiece& owner_;
  const std::string_view text_;
  std::vector<TokenSpan>& out_;
  const std::size_t end_;
  const bool strip_accents_;
  std::size_t at_ = 0;
  std::vector<Letter> word_;  // the word so far, when it is not plain ASCII; at most the text's code points
  std::size_t ordered_ = 0;   // letters before this one keep their place
  std::string bytes_;         // the word in UTF-8
  std::vector<std::uint32_t> letter_of_byte_;
};

void Wordpiece::encode(std::string_view text, std::vector<TokenSpan>& out, std::size_t limit) const {
  constexpr std::size_t offset_max = std::numeric_limits<std::uint32_t>::max();
  if (text.size() > offset_max) text = text.substr(0, utf8_boundary(text, offset_max));
  Run(*this, text, out, limit).run();
}

Result<Wordpiece> Wordpiece::from_vocabulary(std::string_view file, WordpieceOptions options) {
  if (file.size() > file_bytes_max) {
    return Error(Code::invalid_argument, "vocabulary: larger than 64 MiB; is this a vocab.txt?");
  }
  std::vector<Entry> entries;
  for (std::size_t at = 0; at < file.size();) {
    const std::size_t end = std::min(file.find('\n', at), file.size());
    std::string_view token = file.substr(at, end - at);
    while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.remove_suffix(1);
    if (entries.size() == vocabulary_max) {
      return Error(Code::invalid_argument, "vocabulary: more than 4194304 tokens");
    }
    entries.emplace_back(token, static_cast<std::int32_t>(entries.size()));
    at = end + 1;
  }
  return build(entries, std::move(options));
}

Result<Wordpiece> Wordpiece::build(std::span<const Entry> entries, WordpieceOptions options) {
  Wordpiece made;
  made.options_ = std::move(options);
  for (const auto& [token, id] : entries) {
    made.size_ = std::max(made.size_, static_cast<std::size_t>(id) + 1);
    const bool continues =
        token.starts_with(continuation_prefix) && token.size() > continuation_prefix.size();
    const auto root = continues ? PieceTrie::Root::continuation : PieceTrie::Root::word_start;
    const std::string_view piece = continues ? token.substr(continuation_prefix.size()) : token;
    if (!piece.empty() && !made.pieces_.add(root, piece, id)) {
      return Error(Code::invalid_argument, "vocabulary: its tokens take more than 16777216 bytes");
    }
  }
  LOADLINE_TRY(made.add_special_tokens(entries));
  made.classify_bytes();
  return made;
}

Status Wordpiece::add_special_tokens(std::span<const Entry> entries) {
  const auto id_of = [&](std::string_view token) -> std::optional<std::int32_t> {
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      if (entry->first == token) return entry->second;
    }
    return std::nullopt;
  };
  const std::pair<std::string_view, std::int32_t*> needed[] = {
      {"[CLS]", &start_id_}, {"[SEP]", &separator_id_}, {options_.unknown, &unknown_id_}};
  for (const auto& [token, id] : needed) {
    const std::optional<std::int32_t> found = id_of(token);
    if (!found) {
      return Error(Code::invalid_argument, "vocabulary: it has no " + std::string(token) +
                                               " token; this is not the vocabulary of a BERT model");
    }
    *id = *found;
  }
  for (const std::string& token : options_.special) {
    const std::optional<std::int32_t> id = id_of(token);
    if (!id || token.empty()) continue;
    special_.emplace_back(token, *id);
    starts_special_[static_cast<unsigned char>(token[0])] = true;
  }
  std::ranges::stable_sort(special_,
                           [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  return {};
}

void Wordpiece::classify_bytes() {
  for (std::size_t i = 0; i < byte_class_.size(); ++i) {
    const auto c = static_cast<unsigned char>(i);
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    byte_class_[i] = alphanumeric              ? ByteClass::word
                     : space                   ? ByteClass::space
                     : is_ascii_punctuation(c) ? ByteClass::punctuation
                                               : ByteClass::other;
  }
}

}  // namespace loadline
