#pragma once
// Personal data on its way out of the house and back: the texts of a request are filtered in place, the texts
// of its answer restored and looked at, piece by piece.
//
// Names (where the route wants them) are looked for in requests only: the model needs a pool thread, which
// `names_due` prepares and `names().take` ends. What an answer has of them is the house's own; pseudonyms in
// it become names again like every other value.
//
// One object for one request, one thread. `PrivacyPolicy` is constant and shared.
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dialect/dialect.h"
#include "gateway/answer_pump.h"
#include "gateway/names_look.h"
#include "governance/audit.h"
#include "guard/verdict.h"
#include "model/data_label.h"
#include "privacy/json_filter.h"
#include "privacy/stream_filter.h"

namespace loadline {

/// What a route does about personal data.
struct PrivacyPolicy {
  std::unique_ptr<const Detector> detector;
  ActionTable actions;
  bool restore = true;  // tokens in answers become values again
  bool names = false;   // also look for what the model knows: people, organisations, places
  std::chrono::milliseconds names_time_max{2000};  // of the model, for all texts of a request
  OnGuardFailure names_on_failure = OnGuardFailure::block;
  std::array<std::uint8_t, data_type_count>
      raises{};  // class that a finding of the type raises the request to
};

class PrivacyGuard final : public AnswerGuard {
 public:
  /// `vault` may be null (then values are masked, see FilterSettings). All must outlive it.
  PrivacyGuard(const PrivacyPolicy& policy, Vault* vault, std::string tenant, std::string request_id);

  /// The units that the model for names must be asked about before `filter_request`. Null: none.
  std::shared_ptr<const std::vector<std::string>> names_due(std::string_view body, const RequestFacts& facts);
  NamesLook& names() { return *names_; }
  const PrivacyPolicy& policy() const { return policy_; }
  /// It goes on, and not everything was looked through for names.
  bool is_unchecked() const { return request_report_.units_unchecked > 0; }

  /// Filters every text of the body that goes upstream. Gives the body with the changes; nothing else of it
  /// differs. permission_denied: a value of a type that is blocked (the message names the type).
  /// unavailable: names could not be looked for, and the route lets nothing through then.
  Result<std::string> filter_request(std::string_view body, const RequestFacts& facts);
  /// The same for a whole answer.
  Result<std::string> filter_answer(Dialect dialect, std::string_view body);

  // AnswerGuard, for streams.
  Status feed(const Channel& channel, std::string_view piece, std::string& released) override;
  Status finish(const Channel& channel, std::string& released) override;
  Status whole(std::string_view text, std::string& shown) override;

  /// What was found in the request raises it to this.
  DataLabel label() const;
  /// For the audit log: that it ran, and how much it found in request and answer.
  AuditGuard audit() const;

 private:
  struct Filter {
    Channel channel;
    std::variant<StreamFilter, JsonStreamFilter> filter;
  };
  Filter& filter_of(const Channel& channel);
  Status taken(FilterState state, const FilterReport& report);
  Status filter_places(std::string_view body, const RequestFacts& facts, std::vector<JsonEdit>& edits);
  Result<std::optional<std::string>> filter_place(std::string_view raw, JsonKind token, bool is_json);

  const PrivacyPolicy& policy_;
  FilterSettings request_settings_, answer_settings_;
  std::unique_ptr<NamesLook> names_;          // null: the route does not want them
  CallContext names_context_;                 // no limit of its own: the answers are here
  const FilterSettings* settings_ = nullptr;  // of the direction that is filtered now
  std::vector<Filter> filters_;
  FilterReport request_report_, answer_report_;
  bool blocked_ = false;
};

}  // namespace loadline
