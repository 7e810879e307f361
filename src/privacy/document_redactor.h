#pragma once
// Takes personal data and secrets out of documents before they are stored: the same detectors, actions,
// tenant and pseudonyms as requests have, so that a question with a value finds the passage with its token.
//
// Each block, cell and caption is a text of its own. What stands before a block on its page, a cell's column
// header and the first cell of its row are context: "IBAN" in a header says what the numbers below are. A
// value that is cut by the end of a block or page is not found.
#include <memory>
#include <string>

#include "model/page_redactor.h"
#include "privacy/stream_filter.h"

namespace loadline {

/// Immutable, shared; what it refers to outlives it.
struct DocumentRule {
  std::shared_ptr<const Detector> detector;
  ActionTable actions;
  Vault* vault = nullptr;  // null: pseudonyms and hashes become masks
  std::string tenant;
  std::string version;  // changes with anything above
};

class DocumentRedactor final : public PageRedactor {
 public:
  explicit DocumentRedactor(DocumentRule rule);
  DocumentRedactor(const DocumentRedactor&) = delete;  // its parts point at each other
  DocumentRedactor& operator=(const DocumentRedactor&) = delete;

  Status redact(ExtractedPage& page) const override;
  Status redact(DocumentProperties& properties) const override;
  Status settle() const override;
  std::string version() const override;
  /// A question to such documents, with tokens for what they have tokens for. It is never refused: a value of
  /// a type that is blocked is masked.
  std::string redact_question(std::string_view question) const;

 private:
  Status filter(std::string& text, std::string_view context, FilterReport& report) const;
  Status filter(Table& table, FilterReport& report) const;

  const DocumentRule rule_;
  FilterSettings settings_, question_settings_;
  ActionTable question_actions_;
};

}  // namespace loadline
