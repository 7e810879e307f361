#include "guard/output_markup.h"

#include <algorithm>
#include <array>

namespace loadline {
namespace {

constexpr std::string_view address_removed = "(address removed)";
constexpr std::uint32_t brackets_max = 32;  // deeper ones count as of images
constexpr std::size_t destination_blanks_max = 16;
constexpr std::size_t again = std::string_view::npos;  // nothing taken, but the mode has changed

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_break(char c) { return c == '\n' || c == '\r'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || is_break(c); }

/// Bytes at which text_step looks further; all others pass.
constexpr std::array<bool, 256> special = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("`~\\<][!\n\rhHfFwWdD")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

/// The end of "name of a file>"; 0 if something else stands there, `again` if more bytes are needed.
std::size_t file_name_end(std::string_view text, bool last) {
  constexpr std::string_view others = " ./-_#?=%+~";
  for (std::size_t at = 0; at < MarkupStage::tag_bytes_max; ++at) {
    if (at == text.size()) return last ? 0 : again;
    const char c = text[at];
    if (c == '>') return at + 1;
    if (!is_letter(c) && !is_digit(c) && static_cast<unsigned char>(c) < 0x80 &&
        others.find(c) == std::string_view::npos)
      return 0;
  }
  return 0;
}

std::size_t run_of(std::string_view text, char c) { return std::min(text.find_first_not_of(c), text.size()); }

}  // namespace

bool MarkupStage::feed(std::string_view piece, bool last, std::string& out) {
  out_ = &out;
  held_.append(piece);
  std::size_t at = 0;
  while (at < held_.size() && !blocked_) {
    const std::size_t taken = step(std::string_view(held_).substr(at), last);
    if (taken == 0) break;
    if (taken != again) at += taken;
  }
  held_.erase(0, at);
  if (blocked_) held_.clear();
  return !blocked_;
}

std::size_t MarkupStage::step(std::string_view text, bool last) {
  switch (mode_) {
    case Mode::text:
      return line_start_ ? line_step(text, last) : text_step(text, last);
    case Mode::fence:
      return fence_step(text[0]);
    case Mode::allowed_address:
      return allowed_step(text[0]);
    default:
      return dropping_step(text[0]);
  }
}

void MarkupStage::emit(std::string_view text) {
  if (text.empty()) return;
  if (separate_) {
    separate_ = false;
    const bool closes = last_ == ']' && std::string_view(".,;?)]").find(text[0]) != std::string_view::npos;
    if (!is_blank(last_) && !is_blank(text[0]) && !closes) out_->push_back(' ');
  }
  out_->append(text);
  last_ = text.back();
  if (const std::size_t at = text.find_last_not_of(" \t\r\n"); at != std::string_view::npos)
    last_visible_ = text[at];
  beside_address_ = false;
}

/// Counts, and blocks if that is the policy.
bool MarkupStage::found(OutputFinding finding) {
  ++report_.found[static_cast<std::size_t>(finding)];
  const OutputAction action = policy_[finding];
  if (action == OutputAction::block) {
    report_.blocked_by = finding;
    blocked_ = true;
  }
  if (action != OutputAction::keep) report_.changed = true;
  return action != OutputAction::keep;
}

/// Whether an address must go; `mask`: something is left in its place.
bool MarkupStage::act(OutputFinding finding, AddressKind kind, bool& mask) {
  if (kind != AddressKind::foreign && kind != AddressKind::script) return false;
  if (kind == AddressKind::script) finding = OutputFinding::script;
  mask = policy_[finding] == OutputAction::mask;
  return found(finding);
}

bool MarkupStage::spans_count() const {
  return policy_.code_is_inert && policy_[OutputFinding::html] != OutputAction::keep;
}

std::size_t MarkupStage::line_step(std::string_view text, bool last) {
  if (spans_count() && !fences_off_ && (text[0] == '`' || text[0] == '~')) {
    const std::size_t taken = fence_open(text, last);
    if (taken != std::string_view::npos) return taken;
  }
  line_start_ = false;
  return text_step(text, last);
}

/// npos: none.
std::size_t MarkupStage::fence_open(std::string_view text, bool last) {
  constexpr std::string_view info = "+#._-";
  const std::size_t run = run_of(text, text[0]);
  if (run == text.size() && !last && run < fence_bytes_max) return 0;
  if (run < 3) return std::string_view::npos;
  std::size_t at = run;
  while (at < text.size() && at < fence_bytes_max &&
         (is_letter(text[at]) || is_digit(text[at]) || text[at] == ' ' ||
          info.find(text[at]) != std::string_view::npos))
    ++at;
  if (at == text.size() && !last && at < fence_bytes_max) return 0;
  if (at == text.size() || !is_break(text[at])) {
    fences_off_ = true;
    return std::string_view::npos;
  }
  fence_char_ = text[0];
  fence_size_ = run;
  mode_ = Mode::fence;
  line_indent_ = line_run_ = 0;
  line_may_close_ = true;
  line_run_over_ = false;
  emit(text.substr(0, at + 1));
  return at + 1;
}

/// Everything in a fence passes; only its end is looked for.
std::size_t MarkupStage::fence_step(char c) {
  emit({&c, 1});
  if (is_break(c)) {
    if (line_may_close_ && line_run_ >= fence_size_) {
      mode_ = Mode::text;
      line_start_ = line_empty_ = true;
      spans_off_ = false;
    }
    line_indent_ = line_run_ = 0;
    line_may_close_ = true;
    line_run_over_ = false;
  } else if (line_may_close_ && c == fence_char_ && !line_run_over_) {
    ++line_run_;
  } else if (line_may_close_ && (c == ' ' || (c == '\t' && line_run_ > 0))) {
    line_run_over_ = line_run_ > 0;
    if (line_run_ == 0 && ++line_indent_ > 3) line_may_close_ = false;
  } else {
    line_may_close_ = false;
  }
  return 1;
}

std::size_t MarkupStage::text_step(std::string_view text, bool last) {
  std::size_t plain = 0;
  while (plain < text.size() && !special[static_cast<unsigned char>(text[plain])]) ++plain;
  if (plain > 0) {
    if (line_empty_ && text.substr(0, plain).find_first_not_of(" \t") != std::string_view::npos)
      line_empty_ = false;
    emit(text.substr(0, plain));
    return plain;
  }
  const char c = text[0];
  if (is_break(c)) return newline(text);
  line_empty_ = false;
  switch (c) {
    case '`':
      return backticks(text, last);
    case '~':
      if (run_of(text, '~') == text.size() && text.size() < 3 && !last) return 0;
      fences_off_ = fences_off_ || text.starts_with("~~~");
      break;
    case '\\':
      return backslash(text, last);
    case '<':
      return angle(text, last);
    case ']':
      return bracket_close(text, last);
    case '!':
      if (text.size() == 1 && !last) return 0;
      if (text.starts_with("![")) {
        images_ = (images_ << 1) | 1U;
        ++brackets_;
        emit("![");
        return 2;
      }
      break;
    case '[':
      images_ <<= 1;
      ++brackets_;
      break;
    default:
      return bare_address(text, last);
  }
  emit(text.substr(0, 1));
  return 1;
}

std::size_t MarkupStage::newline(std::string_view text) {
  if (line_empty_) {  // a blank line ends the paragraph
    spans_off_ = false;
    images_ = brackets_ = 0;
  }
  emit(text.substr(0, 1));
  line_start_ = line_empty_ = true;
  return 1;
}

std::size_t MarkupStage::backticks(std::string_view text, bool last) {
  const std::size_t run = run_of(text, '`');
  if (run == text.size() && !last && run < code_span_bytes_max) return 0;
  if (run >= 3) fences_off_ = true;
  if (spans_count() && !spans_off_) {
    for (std::size_t at = run; at < text.size() && at < code_span_bytes_max;) {
      if (is_break(text[at]) || text[at] == '|') break;
      if (text[at] != '`') {
        ++at;
        if (at == text.size() && !last && at < code_span_bytes_max) return 0;
        continue;
      }
      const std::size_t close = run_of(text.substr(at), '`');
      if (at + close == text.size() && !last && at + close < code_span_bytes_max) return 0;
      at += close;
      if (close == run && at < code_span_bytes_max) {
        emit(text.substr(0, at));
        return at;
      }
    }
    spans_off_ = true;
  }
  emit(text.substr(0, run));
  return run;
}

/// An escaped backtick opens no code.
std::size_t MarkupStage::backslash(std::string_view text, bool last) {
  if (text.size() == 1 && !last) return 0;
  const std::size_t taken = text.size() > 1 && (text[1] == '`' || text[1] == '\\') ? 2 : 1;
  emit(text.substr(0, taken));
  return taken;
}

std::size_t MarkupStage::angle(std::string_view text, bool last) {
  if (text.size() == 1 && !last) return 0;
  const char next = text.size() > 1 ? text[1] : ' ';
  const bool opens = is_letter(next) || next == '/' || next == '!' || next == '?';
  if (!opens || policy_[OutputFinding::html] == OutputAction::keep) {
    emit("<");
    return 1;
  }
  // "<https://...>"
  for (std::size_t at = 1; at < tag_bytes_max; ++at) {
    if (at == text.size()) {
      if (!last) return 0;
      break;
    }
    const char c = text[at];
    if (c == '<' || c == '`' || is_blank(c)) break;
    if (c != '>') continue;
    const Address address = read_destination(text.substr(1, at - 1), true, true, policy_.allowed_hosts);
    if (address.kind == AddressKind::none) break;
    bool mask = false;
    if (!act(OutputFinding::link, address.kind, mask)) {
      emit(text.substr(0, at + 1));
    } else if (!blocked_) {
      separate();
      if (mask) emit(address_removed);
      separate();
    }
    return at + 1;
  }
  return tag(text, last);
}

std::size_t MarkupStage::tag(std::string_view text, bool last) {
  if (policy_[OutputFinding::html] == OutputAction::strip) {
    const bool comment = text.starts_with("<!--");
    for (std::size_t at = 1; at < tag_bytes_max; ++at) {
      if (at == text.size()) {
        if (!last) return 0;
        break;
      }
      if (text[at] == '<') break;
      if (text[at] != '>' || (comment && !text.substr(0, at).ends_with("--"))) continue;
      found(OutputFinding::html);
      separate();
      return at + 1;
    }
  }
  found(OutputFinding::html);
  if (blocked_) return 1;
  if (beside_address_) separate();
  emit("&lt;");
  return 1;
}

/// "](destination" of a link or image, "]: destination" of a definition.
std::size_t MarkupStage::bracket_close(std::string_view text, bool last) {
  if (text.size() == 1 && !last) return 0;
  const char next = text.size() > 1 ? text[1] : ' ';
  const bool image = brackets_ == 0 || brackets_ > brackets_max || (images_ & 1U) != 0 || next == ':';
  const auto pop = [&] {
    images_ >>= 1;
    brackets_ -= brackets_ > 0 ? 1 : 0;
  };
  if (next != '(' && next != ':') {
    pop();
    emit("]");
    return 1;
  }
  std::size_t at = 2;
  while (at < text.size() && is_blank(text[at]) && at < destination_blanks_max + 2) ++at;
  if (at == text.size() && !last) return 0;
  const bool pointed = at < text.size() && text[at] == '<';
  if (pointed) ++at;
  const std::string_view rest = text.substr(std::min(at, text.size()));
  Address address{AddressKind::foreign, 0};  // behind more blanks than anybody writes
  if (rest.empty() || !is_blank(rest[0]) || at < destination_blanks_max + 2)
    address = read_destination(rest, last, pointed, policy_.allowed_hosts);
  if (address.kind == AddressKind::incomplete) return 0;
  const std::size_t file = pointed && address.kind == AddressKind::none ? file_name_end(rest, last) : 0;
  if (file == again) return 0;
  pop();
  if (pointed && address.kind == AddressKind::none) {
    emit(file == 0 ? "]" : text.substr(0, at + file));
    if (file == 0) separate();  // no destination: its "<" is looked at as any other
    return file == 0 ? 1 : at + file;
  }
  bool mask = false;
  if (!act(image ? OutputFinding::image : OutputFinding::link, address.kind, mask)) {
    if (address.kind == AddressKind::none) {
      emit("]");
      return 1;  // what follows is text
    }
    emit(text.substr(0, at + address.bytes));
    mode_ = Mode::allowed_address;
    return at + address.bytes;
  }
  if (blocked_) return text.size();
  emit("]");
  separate();
  if (mask) {
    emit(address_removed);
    separate();
  }
  mode_ = next == ':' ? Mode::dropped_address : Mode::dropped_target;
  pointed_ = pointed;
  depth_ = 0;
  return at;
}

std::size_t MarkupStage::bare_address(std::string_view text, bool last) {
  const bool inside_word = !separate_ && (is_letter(last_) || is_digit(last_));
  const char first = static_cast<char>(text[0] | 0x20);
  if (inside_word && (first == 'w' || first == 'd')) {
    emit(text.substr(0, 1));
    return 1;
  }
  const Address address = read_bare_address(text, last, policy_.allowed_hosts);
  if (address.kind == AddressKind::incomplete) return 0;
  bool mask = false;
  if (!act(OutputFinding::link, address.kind, mask)) {
    const std::size_t bytes = address.kind == AddressKind::none ? 1 : address.bytes;
    if (address.kind != AddressKind::none) mode_ = Mode::allowed_address;
    emit(text.substr(0, bytes));
    return bytes;
  }
  if (blocked_) return text.size();
  // Otherwise what follows would take its place in "](" or "]:".
  const bool must_stay = std::string_view("(:<").find(last_visible_) != std::string_view::npos;
  if (mask || must_stay) emit(address_removed);
  separate();
  mode_ = Mode::dropped_address;
  pointed_ = false;
  depth_ = 0;
  return address.bytes;
}

/// Ends where any reader would end it, and at all that could begin something else.
std::size_t MarkupStage::allowed_step(char c) {
  if (is_blank(c) || std::string_view("()<>[]!\"'`|*\\").find(c) != std::string_view::npos) {
    mode_ = Mode::text;
    beside_address_ = true;
    return again;
  }
  emit({&c, 1});
  return 1;
}

std::size_t MarkupStage::dropping_step(char c) {
  const auto stop = [&] {
    mode_ = Mode::text;
    return again;
  };
  switch (mode_) {
    case Mode::dropped_address:
      if (is_blank(c) || c == '<' || c == '"' || c == '`' || c == '|' || (c == '>' && !pointed_) ||
          (c == ')' && depth_ == 0)) {
        return stop();
      }
      depth_ += c == '(' ? 1 : 0;
      depth_ -= c == ')' ? 1 : 0;
      return 1;
    case Mode::dropped_target:
      if (is_break(c)) return stop();
      if (pointed_) {
        if (c == '>') mode_ = Mode::dropped_after;
        return 1;
      }
      if (c == ' ' || c == '\t') mode_ = Mode::dropped_after;
      if (c == ')' && depth_ == 0) stop();
      depth_ += c == '(' ? 1 : 0;
      depth_ -= c == ')' && depth_ > 0 ? 1 : 0;
      return 1;
    case Mode::dropped_after:
      if (c == ')') {
        stop();
        return 1;
      }
      if (c == ' ' || c == '\t') return 1;
      if (c == '"' || c == '\'' || c == '(') {
        quote_ = c == '(' ? ')' : c;
        mode_ = Mode::dropped_title;
        return 1;
      }
      return stop();
    default:  // dropped_title
      if (is_break(c)) return stop();
      if (c == quote_) mode_ = Mode::dropped_after;
      return 1;
  }
}

}  // namespace loadline
