#include "apps/loadline/collection_privacy.h"

#include <algorithm>
#include <cstdio>

#include "apps/loadline/privacy_wire.h"
#include "base/hash.h"

namespace loadline {
namespace {

std::string where_of(const KnowledgeConfig& knowledge) { return "knowledge." + knowledge.name + ".privacy"; }

// Everything of the rule, in a form that differs where the rule does.
std::string version_of(const KnowledgeConfig& knowledge) {
  std::string all;
  const auto add = [&all](std::string_view text) { (all += text) += '\0'; };
  const PiiConfig& rule = knowledge.privacy;
  add(knowledge.privacy_tenant);
  add(rule.action);
  for (const std::string& type : rule.detect) add(type);
  for (const auto& [type, action] : rule.actions) add(type), add(action);
  for (const PatternConfig& pattern : rule.patterns) {
    add(pattern.name), add(pattern.expression), add(pattern.check), add(pattern.action);
    for (const std::string& word : pattern.context) add(word);
    add(std::to_string(pattern.bytes_max));
  }
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(hash64(all)));
  return hex;
}

// Whether the rule looks for the type: named, or of those that nobody has to name.
bool offers(const PiiConfig& rule, DataType type) {
  if (is_found_by_model(type) && !rule.names) return false;
  if (rule.detect.empty()) return !is_only_on_request(type);
  return std::find(rule.detect.begin(), rule.detect.end(), name_of(type)) != rule.detect.end();
}

std::string action_for(const PiiConfig& rule, std::string_view type) {
  for (const auto& [name, action] : rule.actions)
    if (name == type) return action;
  return rule.action;
}

// A question may name what documents may not: it finds nothing, and the value goes no further.
std::string for_questions(const std::string& action) { return action == "block" ? "mask" : action; }

}  // namespace

bool has_private_collections(const Manifest& manifest) {
  return std::any_of(manifest.knowledge.begin(), manifest.knowledge.end(),
                     [](const KnowledgeConfig& knowledge) { return knowledge.privacy.on; });
}

Result<std::unique_ptr<CollectionPrivacy>> CollectionPrivacy::make(const Manifest& manifest, Vault* vault) {
  auto made = std::make_unique<CollectionPrivacy>();
  for (const KnowledgeConfig& knowledge : manifest.knowledge) {
    if (!knowledge.privacy.on) continue;
    LOADLINE_ASSIGN(const auto policy, make_privacy_policy(knowledge.privacy, where_of(knowledge), {}));
    DocumentRule rule;
    rule.detector = std::shared_ptr<const Detector>(policy, policy->detector.get());
    rule.actions = policy->actions;
    rule.vault = vault;
    rule.tenant = knowledge.privacy_tenant;
    rule.version = version_of(knowledge);
    made->rules_[knowledge.name] = {knowledge.privacy_tenant,
                                    std::make_unique<DocumentRedactor>(std::move(rule))};
  }
  return made;
}

const CollectionPrivacy::Rule* CollectionPrivacy::find(std::string_view collection) const {
  const auto found = rules_.find(collection);
  return found == rules_.end() ? nullptr : &found->second;
}

const PageRedactor* CollectionPrivacy::of(std::string_view collection) const {
  const Rule* rule = find(collection);
  return rule == nullptr ? nullptr : rule->redactor.get();
}

std::string CollectionPrivacy::question(std::string_view collection, std::string_view tenant,
                                        std::string_view text) const {
  const Rule* rule = find(collection);
  if (rule == nullptr || rule->tenant != tenant) return std::string(text);
  return rule->redactor->redact_question(text);
}

std::string CollectionPrivacy::tenant_of(std::string_view collection) const {
  const Rule* rule = find(collection);
  return rule == nullptr ? std::string() : rule->tenant;
}

Result<std::shared_ptr<const PrivacyPolicy>> make_route_privacy(const Manifest& manifest,
                                                                const RouteConfig& route,
                                                                std::shared_ptr<const PrivacyPolicy> guard,
                                                                const DataClasses& classes) {
  const KnowledgeConfig* knowledge = manifest.find_knowledge(route.knowledge);
  if (knowledge == nullptr || !knowledge->privacy.on) return guard;
  const PiiConfig& rule = knowledge->privacy;
  PiiConfig both;
  both.on = true;
  both.action = "keep";
  both.patterns = rule.patterns;
  for (PatternConfig& pattern : both.patterns) pattern.action = for_questions(pattern.action);
  for (std::size_t i = 0; i < data_type_count; ++i) {
    const std::string type(name_of(static_cast<DataType>(i)));
    const bool guarded = guard != nullptr && offers(manifest.pii, static_cast<DataType>(i));
    if (!offers(rule, static_cast<DataType>(i)) && !guarded) continue;
    both.detect.push_back(type);
    both.actions.emplace_back(type, offers(rule, static_cast<DataType>(i))
                                        ? for_questions(action_for(rule, type))
                                        : action_for(manifest.pii, type));
  }
  if (guard != nullptr) {
    both.raises = manifest.pii.raises;
    both.restore = manifest.pii.restore;
    both.names = manifest.pii.names;
    both.names_milliseconds = manifest.pii.names_milliseconds;
    both.names_on_failure = manifest.pii.names_on_failure;
    for (const PatternConfig& pattern : manifest.pii.patterns)
      if (std::none_of(both.patterns.begin(), both.patterns.end(),
                       [&](const PatternConfig& other) { return other.name == pattern.name; }))
        both.patterns.push_back(pattern);
  }
  return make_privacy_policy(both, where_of(*knowledge), classes);
}

namespace {

class PrivateRetriever final : public Retriever {
 public:
  PrivateRetriever(const Retriever& retriever, const CollectionPrivacy& privacy)
      : retriever_(retriever), privacy_(privacy) {}

  Result<SearchResponse> search(const SearchRequest& request, const CallContext& context) const override {
    if (request.tenant.empty()) return retriever_.search(request, context);
    SearchRequest asked = request;
    asked.query = privacy_.question(request.collection, request.tenant, request.query);
    return retriever_.search(asked, context);
  }
  Result<std::vector<Chunk>> neighbours(const SearchHit& hit, std::uint32_t before,
                                        std::uint32_t after) const override {
    return retriever_.neighbours(hit, before, after);
  }

 private:
  const Retriever& retriever_;
  const CollectionPrivacy& privacy_;
};

}  // namespace

std::unique_ptr<Retriever> make_private_retriever(const Retriever& retriever,
                                                  const CollectionPrivacy& privacy) {
  return std::make_unique<PrivateRetriever>(retriever, privacy);
}

}  // namespace loadline
