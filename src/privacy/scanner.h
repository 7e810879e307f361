#pragma once
// The one pass: from a place to the next value, with whatever the window holds.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "privacy/detector.h"
#include "privacy/window.h"

namespace loadline {

/// What the scanner carries from one call to the next. Places are of the normalised text.
struct ScanPlace {
  std::size_t at = 0;  // all before is decided
  /// The last finding was cut at its bound: what goes on in the same way belongs to it.
  bool cut = false;
  DataType cut_type = DataType::private_key;
};

enum class ScanOutcome : std::uint8_t {
  end,        // place.at is the end of the text: nothing is open
  need_more,  // what begins at place.at may change with more text
  found,      // a value; place.at is behind it
  token,      // a token of a vault; place.at is behind it
};

struct ScanResult {
  ScanOutcome outcome = ScanOutcome::end;
  std::size_t begin = 0;
  Match match = Match();
};

class Detector::Impl {
 public:
  struct Pattern;

  Impl();
  ~Impl();
  /// invalid_argument.
  static Result<std::unique_ptr<Impl>> make(DetectorOptions options);

  ScanResult scan(const Window& window, ScanPlace& place) const;
  /// Is a finding from elsewhere asked for?
  bool wants(const Finding& finding) const {
    return !limits_.off[static_cast<std::size_t>(finding.type)] &&
           finding.confidence >= limits_.confidence_min;
  }

  DetectorOptions options;

 private:
  Match match_at(const Window& window, std::size_t at, std::size_t& next) const;
  Match match_token(const Window& window, std::size_t at, std::size_t& next) const;
  void match_patterns(const Window& window, std::size_t at, Match& best) const;
  bool gives_way(const Window& window, std::size_t at, const Match& match) const;

  std::vector<std::unique_ptr<Pattern>> patterns_;
  std::array<bool, 256> pattern_first_{};  // bytes that some pattern may begin with
  MatchLimits limits_;
};

/// If a token of a vault stands at `at` ("[CARD_7F3AK2QX]", also without its brackets), its end; otherwise
/// `at`.
std::size_t vault_token_end(const Window& window, std::size_t at);
/// Looks for vault tokens only.
ScanResult scan_tokens(const Window& window, ScanPlace& place);

}  // namespace loadline
