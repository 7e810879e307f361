#pragma once
// What a call says, for its trace, where the operator wants that: with every value of personal data and every
// secret masked, whatever guards the route has, and not longer than a trace may be. In the message form of
// the GenAI semantic conventions (1.37): [{"role":...,"parts":[{"type":"text","content":...}]}].
//
// Immutable, thread-safe.
#include <memory>
#include <string>
#include <string_view>

#include "dialect/dialect.h"
#include "gateway/privacy_guard.h"

namespace loadline {

class TraceTexts {
 public:
  /// Of the texts of one direction; what is over is left out, and the last part says so.
  static constexpr std::size_t bytes_max = 16U << 10;

  /// `everything`: all that is looked for, and masked.
  explicit TraceTexts(std::shared_ptr<const PrivacyPolicy> everything);

  /// The texts of a request; `facts` are of this body.
  std::string input(std::string_view body, const RequestFacts& facts) const;
  /// The text of an answer.
  std::string output(std::string_view answer) const;
  /// The text of a whole answer's body.
  static std::string text_of(Dialect dialect, std::string_view body);

 private:
  std::string masked(std::string_view text, std::size_t room) const;

  const std::shared_ptr<const PrivacyPolicy> everything_;
  FilterSettings settings_;
};

}  // namespace loadline
