#pragma once
// Filters one text that arrives in pieces: finds personal data and secrets, acts on them, and restores
// tokens.
//
//   StreamFilter filter(settings);
//   for (piece : pieces) { state = filter.feed(piece, out); send(out); if (blocked) ... }
//   state = filter.finish(out);
//
// The same function for whole texts: `filter_text` is one feed and a finish. Every chunking gives the same
// bytes, also one byte at a time and inside UTF-8 sequences, because a decision is taken only when no byte
// that is still to come could change it: a matcher that has looked at the end of what is there waits for
// more. What was released is never taken back.
//
// Held back is at most what a live match may still need: the rest of a word, a number, an address
// (Detector::reach_bytes), a private key or JWT (Detector::long_reach_bytes). Plain text is held to the end
// of its current word. The table per type is in README.md.
//
// With a model for names, text is held back to the end of its unit besides (name_words.h: a sentence or two,
// at most NameUnits::bytes_max), and `feed` takes the model's milliseconds whenever a unit ends.
//
// One object per text ("channel"), one thread at a time; cheap to make. `out` is appended to.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "privacy/detector.h"
#include "privacy/vault.h"

namespace loadline {

/// What a filter does; must outlive it. Shared by all filters of a request.
struct FilterSettings {
  const Detector* detector = nullptr;    // null: nothing is looked for (tokens may still be restored)
  const ActionTable* actions = nullptr;  // for the detector's types; custom patterns carry their own
  Vault* vault = nullptr;                // null: pseudonymise and hash become mask
  std::string tenant;
  std::string reason;           // for audit events: the request id
  bool restore_tokens = false;  // towards the client: tokens become values; otherwise tokens pass untouched
  /// Looks for what the detector cannot know; needs a detector. Null: nothing does.
  const FurtherFindings* names = nullptr;
  const CallContext* names_context =
      nullptr;                  // its deadline and its cancelling; not null where `names` is not
  bool names_must_look = true;  // a unit that `names` failed on ends the text; otherwise it passes, counted
};

enum class FilterState : std::uint8_t {
  open,
  finished,
  blocked,  // terminal: nothing after the value is released; `report().blocked_by` says which type
  failed,   // terminal: `names` could not look, and nothing that it has not seen is released;
            // `report().failure`
};

struct FilterReport {
  std::array<std::uint32_t, data_type_count> found{};  // by type, whatever was done
  std::uint32_t restored = 0;
  std::uint32_t unknown_tokens = 0;           // looked like a token, not in the vault: passed as it stood
  std::uint32_t masked_for_want_of_room = 0;  // the vault was full: masked instead of pseudonymised
  bool changed = false;                       // the output is not the input
  DataType blocked_by = DataType::custom;     // if state is blocked
  std::uint32_t units_unchecked = 0;          // units of the text that `names` failed on
  std::optional<Error> failure;               // its last error

  std::uint32_t total() const;
  void add(const FilterReport& other);
};

class StreamFilter {
 public:
  explicit StreamFilter(const FilterSettings& settings);
  ~StreamFilter();
  StreamFilter(StreamFilter&&) noexcept;
  StreamFilter& operator=(StreamFilter&&) noexcept;

  /// Text that stands before the first piece and is not filtered: its words are context (a JSON key, a
  /// label). Before the first feed only.
  void set_context(std::string_view text);
  /// Appends what is decided to `out`.
  FilterState feed(std::string_view piece, std::string& out);
  /// Decides the rest. After it only `restart`.
  FilterState finish(std::string& out);
  /// Begins another text; keeps memory and report.
  void restart();

  FilterState state() const;
  /// Bytes taken in and not yet released.
  std::size_t held_bytes() const;
  const FilterReport& report() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct FilteredText {
  std::string text;
  FilterState state = FilterState::finished;
  FilterReport report;
};
/// A whole text.
FilteredText filter_text(const FilterSettings& settings, std::string_view text);

}  // namespace loadline
