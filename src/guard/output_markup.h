#pragma once
// The part of the output check that looks for live addresses and HTML in markdown. Works on a stream; see
// output_check.h. One thread at a time.
//
// What is code is decided more strictly than a renderer does: only fenced blocks that begin in a line's first
// column, and spans that end in their line, do not cross a table's cell and follow no open backticks of their
// paragraph. Everything else is read as text, because what this stage takes for code is not checked.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "guard/address.h"
#include "guard/output_check.h"

namespace loadline {

class MarkupStage {
 public:
  static constexpr std::size_t tag_bytes_max = 512;        // a longer one is no tag
  static constexpr std::size_t code_span_bytes_max = 512;  // a longer one is read as text
  static constexpr std::size_t fence_bytes_max = 160;      // of the line that opens one

  MarkupStage(const OutputPolicy& policy, OutputReport& report) : policy_(policy), report_(report) {}
  /// False: blocked. `last`: nothing follows.
  bool feed(std::string_view piece, bool last, std::string& out);
  std::size_t held_bytes() const { return held_.size(); }

 private:
  enum class Mode : std::uint8_t {
    text,
    fence,
    allowed_address,  // its rest passes
    dropped_address,  // a bare one; its rest goes
    dropped_target,   // of a link: up to the closing bracket
    dropped_after,    // behind it, before a title or the closing bracket
    dropped_title,
  };
  /// Bytes taken; 0: more are needed.
  std::size_t step(std::string_view text, bool last);
  std::size_t text_step(std::string_view text, bool last);
  std::size_t line_step(std::string_view text, bool last);
  std::size_t newline(std::string_view text);
  std::size_t fence_open(std::string_view text, bool last);
  std::size_t fence_step(char c);
  std::size_t backticks(std::string_view text, bool last);
  std::size_t backslash(std::string_view text, bool last);
  std::size_t angle(std::string_view text, bool last);
  std::size_t tag(std::string_view text, bool last);
  std::size_t bracket_close(std::string_view text, bool last);
  std::size_t bare_address(std::string_view text, bool last);
  std::size_t allowed_step(char c);
  std::size_t dropping_step(char c);

  bool spans_count() const;
  bool act(OutputFinding finding, AddressKind kind, bool& mask);
  bool found(OutputFinding finding);
  void emit(std::string_view text);
  void separate() { separate_ = true; }

  const OutputPolicy& policy_;
  OutputReport& report_;
  std::string held_;
  std::string* out_ = nullptr;
  Mode mode_ = Mode::text;
  bool blocked_ = false;
  bool line_start_ = true;
  bool line_empty_ = true;       // so far
  bool fences_off_ = false;      // something may have been a fence: from here on none is believed
  bool spans_off_ = false;       // open backticks in this paragraph
  bool separate_ = false;        // something was taken out: what stood beside it must not grow together
  bool beside_address_ = false;  // the last byte released is of an allowed address
  char last_ = '\n';             // released
  char last_visible_ = 0;        // that is no blank
  std::uint32_t images_ = 0;     // of the open brackets, which are of images: a bit each
  std::uint32_t brackets_ = 0;
  // the fence
  char fence_char_ = 0;
  std::size_t fence_size_ = 0, line_indent_ = 0, line_run_ = 0;
  bool line_may_close_ = false, line_run_over_ = false;
  // what is dropped
  char quote_ = 0;
  std::uint32_t depth_ = 0;
  bool pointed_ = false;
};

}  // namespace loadline
