#pragma once
// Checks what a model writes, while it is being written: addresses that a client would open (markdown images
// and links, bare addresses, data: and javascript:), raw HTML, and echoes of the hidden context.
//
//   OutputCheck check(policy, hidden);
//   for (piece : pieces) { state = check.feed(piece, out); send(out); if (blocked) ... }
//   state = check.finish(out);
//
// Every chunking gives the same bytes, also one byte at a time: a decision is taken only when no byte to come
// could change it, and what was released is never taken back. Held back is at most `held_bytes_max`, in
// general the current word, or an address up to the end of its host.
//
// What strip does: a markdown link or image keeps its text and loses its destination ("[text]"), a bare
// address goes (or is masked where what follows could take its place), a tag goes, an echo goes. mask leaves
// "(address removed)", "&lt;" for the "<" of a tag, or "[removed]". A blank is put where two parts would grow
// together. The result has nothing left to find, and no address or tag that a markdown renderer would see;
// README.md says how code is treated and where this ends.
//
// One object per text ("channel"), one thread at a time; cheap to make. `out` is appended to.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guard/verdict.h"

namespace loadline {

enum class OutputFinding : std::uint8_t {
  image,   // ![..](address) of a host that is not allowed
  link,    // [..](address), <address>, or a bare address
  script,  // javascript:, vbscript:, data: and every other scheme but http and https
  html,    // a tag, comment or declaration
  canary,  // a canary token of the hidden context
  echo,    // a run of words of the hidden context
};
inline constexpr std::size_t output_finding_count = static_cast<std::size_t>(OutputFinding::echo) + 1;
std::string_view name_of(OutputFinding finding);

enum class OutputAction : std::uint8_t { keep, strip, mask, block };
std::string_view name_of(OutputAction action);

struct OutputPolicy {
  /// "example.com", or ".example.com" for it and all below it. Lower case, without port. Addresses without a
  /// host (relative ones) are always allowed.
  std::vector<std::string> allowed_hosts;
  std::array<OutputAction, output_finding_count> actions = {OutputAction::strip, OutputAction::mask,
                                                            OutputAction::strip, OutputAction::mask,
                                                            OutputAction::block, OutputAction::block};
  /// Code spans and fenced blocks are shown as they are by markdown renderers: nothing in them is live. Off
  /// for clients that render HTML. Has no effect where html is kept.
  bool code_is_inert = true;

  OutputAction operator[](OutputFinding finding) const { return actions[static_cast<std::size_t>(finding)]; }
  void set(OutputFinding finding, OutputAction action) {
    actions[static_cast<std::size_t>(finding)] = action;
  }
};

/// What the model was given and must not repeat, made ready for comparison: system prompts and canary tokens.
/// About 0.1 ms for 2,000 words, so keep it for prompts that come again. Immutable, thread-safe.
class HiddenContext {
 public:
  /// Words in a row that count as an echo. Text in double quotes is left out: it is there to be said.
  static constexpr std::size_t echo_words = 12;
  static constexpr std::size_t words_max = 32768;  // of all texts; what is over is not compared
  static constexpr std::size_t canaries_max = 16;
  static constexpr std::size_t canary_bytes_min = 8, canary_bytes_max = 64;

  /// invalid_argument: too many canaries, or one that is too short or too long.
  static Result<std::unique_ptr<const HiddenContext>> make(const std::vector<std::string_view>& texts,
                                                           const std::vector<std::string_view>& canaries);
  ~HiddenContext();
  /// Words that were not compared for want of room.
  std::size_t words_left_out() const;
  /// Whether a text has one of the canary tokens, in any case of its letters.
  bool has_canary(std::string_view text) const;

  class Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit HiddenContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

enum class OutputState : std::uint8_t {
  open,
  finished,
  blocked,  // terminal: nothing after the finding is released; `report().blocked_by` says what it was
};

struct OutputReport {
  std::array<std::uint32_t, output_finding_count> found{};  // after a block: of what had been seen
  bool changed = false;                                     // the output is not the input
  OutputFinding blocked_by = OutputFinding::image;

  std::uint32_t total() const;
  /// block, flag (something was found), or allow.
  GuardVerdict verdict(OutputState state) const;
};

/// What is looked for: everything, or only what must never be said (canary tokens), where the rest is
/// nobody's reading: the arguments of a tool call.
enum class OutputScope : std::uint8_t { all, canaries };

class OutputCheck {
 public:
  /// Name for records and metrics.
  static constexpr std::string_view name = "output";
  static constexpr std::size_t held_bytes_max = 4096;

  /// Both must outlive it; `hidden` may be null: then nothing is compared.
  OutputCheck(const OutputPolicy& policy, const HiddenContext* hidden, OutputScope scope = OutputScope::all);
  ~OutputCheck();
  OutputCheck(OutputCheck&&) noexcept;
  OutputCheck& operator=(OutputCheck&&) noexcept;

  /// Appends what is decided to `released`.
  OutputState feed(std::string_view piece, std::string& released);
  /// Decides the rest.
  OutputState finish(std::string& released);

  OutputState state() const;
  /// Bytes taken in and not yet released.
  std::size_t held_bytes() const;
  const OutputReport& report() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct CheckedOutput {
  std::string text;
  OutputState state = OutputState::finished;
  OutputReport report;
};
/// A whole text: one feed and a finish.
CheckedOutput check_output(const OutputPolicy& policy, const HiddenContext* hidden, std::string_view text,
                           OutputScope scope = OutputScope::all);

}  // namespace loadline
