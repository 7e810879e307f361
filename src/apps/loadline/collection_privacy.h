#pragma once
// Which collections take personal data out of their documents, and how questions to them are put: rules of
// the manifest, `knowledge.NAME.privacy`.
#include <map>
#include <memory>
#include <string>

#include "config/manifest.h"
#include "gateway/privacy_guard.h"
#include "governance/identity.h"
#include "privacy/document_redactor.h"
#include "retrieval/retriever.h"

namespace loadline {

/// Immutable after `make`, thread-safe.
class CollectionPrivacy final : public PageRedactors {
 public:
  /// The vault must outlive it; null only if no collection has a rule. invalid_argument: a type or pattern
  /// that does not exist.
  static Result<std::unique_ptr<CollectionPrivacy>> make(const Manifest& manifest, Vault* vault);

  const PageRedactor* of(std::string_view collection) const override;
  /// The question as a tenant may put it to the collection; "" as tenant is nobody.
  std::string question(std::string_view collection, std::string_view tenant, std::string_view text) const;
  /// Whose pseudonyms stand in the collection; "" if none do.
  std::string tenant_of(std::string_view collection) const;

 private:
  struct Rule {
    std::string tenant;
    std::unique_ptr<DocumentRedactor> redactor;
  };
  const Rule* find(std::string_view collection) const;

  std::map<std::string, Rule, std::less<>> rules_;
};

/// Whether any collection of the manifest has a rule.
bool has_private_collections(const Manifest& manifest);

/// What a route does about personal data: its own guard, and, if it answers from such a collection, the
/// collection's rule before it. Null if neither is there. `guard`: of guards.pii, or null.
Result<std::shared_ptr<const PrivacyPolicy>> make_route_privacy(const Manifest& manifest,
                                                                const RouteConfig& route,
                                                                std::shared_ptr<const PrivacyPolicy> guard,
                                                                const DataClasses& classes);

/// Asks with pseudonyms where the asker's stand in the collection (SearchRequest::tenant). Both must outlive
/// it.
std::unique_ptr<Retriever> make_private_retriever(const Retriever& retriever,
                                                  const CollectionPrivacy& privacy);

}  // namespace loadline
