#pragma once
// Personal data on its way out of the house and back: the texts of a request are filtered in place, the texts
// of its answer restored and looked at, piece by piece.
//
// One object for one request, one thread. `PrivacyPolicy` is constant and shared.
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dialect/dialect.h"
#include "gateway/answer_pump.h"
#include "governance/audit.h"
#include "model/data_label.h"
#include "privacy/json_filter.h"
#include "privacy/stream_filter.h"

namespace loadline {

/// What a route does about personal data.
struct PrivacyPolicy {
  std::unique_ptr<const Detector> detector;
  ActionTable actions;
  bool restore = true;  // tokens in answers become values again
  std::array<std::uint8_t, data_type_count>
      raises{};  // class that a finding of the type raises the request to
};

class PrivacyGuard final : public AnswerGuard {
 public:
  /// `vault` may be null (then values are masked, see FilterSettings). All must outlive it.
  PrivacyGuard(const PrivacyPolicy& policy, Vault* vault, std::string tenant, std::string request_id);

  /// Filters every text of the body that goes upstream. Gives the body with the changes; nothing else of it
  /// differs. permission_denied: a value of a type that is blocked (the message names the type).
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
  Result<std::optional<std::string>> filter_place(std::string_view raw, JsonKind token, bool is_json);

  const PrivacyPolicy& policy_;
  FilterSettings request_settings_, answer_settings_;
  const FilterSettings* settings_ = nullptr;  // of the direction that is filtered now
  std::vector<Filter> filters_;
  FilterReport request_report_, answer_report_;
  bool blocked_ = false;
};

}  // namespace loadline
