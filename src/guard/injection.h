#pragma once
// Does a text try to give orders to the model that its place does not allow? Prompt injection and jailbreaks,
// in what users write and in what documents and tools bring.
//
// Two parts on one scale:
//  - `scan_signatures`: patterns of words, after normalisation (plain_text.h), in one pass. Microseconds, no
//    model; on the request's own thread.
//  - `score`: the same plus a logistic head over the embedding of each sentence and of the whole text
//    (trained by bench/train_injection.py). Milliseconds; on a pool thread.
//
// Scores lie in [0, 1] and are a probability of nothing. What follows is decided by a share of harmless
// texts: the thresholds are the scores that this share of them reached where the heads were calibrated
// (bench/RESULTS.md has the curves), for each trust mark of its own: in a document every order to the
// reader's assistant counts, from a user only one against the rules.
//
// What it cannot do is in README.md: an attack written for it will pass. It lowers the share that gets
// through; what a model may reach is limited elsewhere.
//
// Immutable after construction, thread-safe. Never fails on any input; invalid UTF-8 is text like any other.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/call_context.h"
#include "base/result.h"
#include "guard/verdict.h"
#include "model/embedder.h"

namespace loadline {

/// What a signature is about.
enum class InjectionKind : std::uint8_t {
  override_rules,    // "disregard what you were told before"
  reveal_hidden,     // asks for the instructions or the secret that the model was given
  new_role,          // "from now on you are ...", no limits, never refuses
  privileged_mode,   // developer, debug, maintenance mode
  false_authority,   // a text that plays system or assistant: role markers, "new instructions:"
  order_to_reader,   // a document that tells the assistant what to write or do
  exfiltration,      // send, append or encode what it knows to an address
  concealment,       // "do not tell the user"
  encoded_order,     // one of these, found only after decoding
  hidden_characters  // invisible characters that carry text
};
inline constexpr std::size_t injection_kind_count =
    static_cast<std::size_t>(InjectionKind::hidden_characters) + 1;
std::string_view name_of(InjectionKind kind);

/// Shares of harmless texts for which there is a threshold. Between two the lower one counts, below the first
/// the first.
inline constexpr std::array<double, 6> injection_rates = {0.0025, 0.005, 0.01, 0.02, 0.05, 0.1};

struct InjectionOptions {
  /// Of harmless texts, the share that may be flagged.
  double flag_rate = 0.01;
  /// The share that may be stopped: a user's text blocked, a passage or tool result quarantined.
  double stop_rate = 0.0025;
};

struct InjectionReport {
  GuardVerdict verdict = GuardVerdict::allow;
  float score = 0;
  std::array<std::uint16_t, injection_kind_count> found{};  // signatures, by kind
  bool classified = false;                                  // the embedding part has run
  /// Sentences that the embedding part left out (over InjectionGuard::windows_max); their signatures count.
  std::uint32_t sentences_left_out = 0;
  std::size_t begin = 0, end = 0;  // bytes of the sentence with the highest score; empty if none

  std::uint32_t total() const;
  std::size_t kinds() const;  // how many have been found
};

class InjectionGuard {
 public:
  /// Name for records and metrics.
  static constexpr std::string_view name = "injection";
  /// The embedder that the classifier was trained for.
  static constexpr std::string_view embedder_name = "all-minilm-l6-v2";
  /// Windows of one text that are embedded; beyond it those with signatures and an even choice of the rest.
  static constexpr std::size_t windows_max = 64;

  explicit InjectionGuard(InjectionOptions options = {});

  /// Linear in the text. Signatures of one kind only flag, whatever the score: it takes two to stop a text.
  InjectionReport scan_signatures(std::string_view text, TrustMark trust) const;

  /// Signatures and classifier. failed_precondition: no head was trained for this embedder; otherwise the
  /// errors of Embedder::embed. An error is a guard that did not check: `verdict_of` gives its verdict.
  Result<InjectionReport> score(std::string_view text, TrustMark trust, const Embedder& embedder,
                                const CallContext& context) const;

  /// `score` as a report that is always there: on an error the signatures' report, with verdict `late` or
  /// `failed` unless the signatures alone already stop the text.
  InjectionReport check(std::string_view text, TrustMark trust, const Embedder& embedder,
                        const CallContext& context) const;

  const InjectionOptions& options() const { return options_; }

 private:
  GuardVerdict verdict_for(const InjectionReport& report, TrustMark trust) const;
  InjectionOptions options_;
};

}  // namespace loadline
