#include "apps/loadline/token_wire.h"

#include <fstream>

#include "apps/loadline/blocking_http.h"
#include "apps/loadline/gateway_wire.h"
#include "base/printable.h"

namespace loadline {
namespace {

NameSet names_of(const std::vector<std::string>& names) {
  NameSet set;
  for (const std::string& name : names) {
    if (name == "*")
      set.every = true;
    else
      set.names.push_back(name);
  }
  return set;
}

ClaimRule rule_of(const TokenRuleConfig& config) {
  ClaimRule rule{config.claim, config.value, {}};
  Scopes& scopes = rule.scopes;
  scopes.routes = names_of(config.routes);
  scopes.models = names_of(config.models);
  scopes.collections = names_of(config.collections);
  scopes.clearance = config.clearance;
  scopes.floor = config.floor;
  scopes.admin = config.admin;
  scopes.weight = config.weight;
  scopes.priority = config.priority;
  scopes.limits = limits_of(config.limits);
  scopes.budget = budget_of(config.budget);
  return rule;
}

JwtOptions jwt_options(const TokensConfig& config, const DataClasses& classes) {
  JwtOptions options;
  options.issuer = config.issuer;
  options.audience = config.audience;
  options.algorithms = config.algorithms;
  options.subject_claim = config.subject_claim;
  options.team_claim = config.team_claim;
  options.leeway = std::chrono::seconds(config.leeway_seconds);
  options.classes = classes;
  for (const TokenRuleConfig& rule : config.rules) options.rules.push_back(rule_of(rule));
  return options;
}

Result<std::string> read_key_set(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(JwtOptions::key_set_bytes_max + 1, '\0');
  if (!in || (in.read(text.data(), static_cast<std::streamsize>(text.size())), in.bad()))
    return Error(Code::unavailable, "the key set " + printable(file) + " cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

Result<std::function<Result<std::string>()>> fetch_of(const Manifest& manifest, const Clock& clock) {
  const TokensConfig& config = manifest.server.tokens;
  if (!config.jwks_file.empty())
    return std::function<Result<std::string>()>(
        [file = manifest.beside(config.jwks_file)] { return read_key_set(file); });
  LOADLINE_ASSIGN(const std::shared_ptr<BlockingHttp> http,
                  BlockingHttp::open(config.jwks_url, manifest.beside(config.ca_file), clock));
  return std::function<Result<std::string>()>([http]() -> Result<std::string> {
    const HttpField fields[] = {{"accept", "application/json"}};
    LOADLINE_ASSIGN(BlockingReply reply, http->send({.target = http->url().path,
                                                     .fields = fields,
                                                     .answer_bytes_max = JwtOptions::key_set_bytes_max}));
    if (reply.status != 200)
      return Error(Code::unavailable,
                   "the identity provider answered with status " + std::to_string(reply.status));
    return std::move(reply.body);
  });
}

}  // namespace

Result<std::unique_ptr<BearerTokens>> make_bearer_tokens(const Manifest& manifest, const Clock& clock,
                                                         Log& log) {
  const TokensConfig& config = manifest.server.tokens;
  if (!config.on) return std::unique_ptr<BearerTokens>();
  KeySetOptions keys;
  auto fetch = fetch_of(manifest, clock);
  if (!fetch) return fetch.error().within("server.tokens");
  keys.fetch = std::move(*fetch);
  keys.refresh_every =
      config.jwks_file.empty() ? std::chrono::seconds(config.refresh_seconds) : std::chrono::seconds(1);
  keys.unknown_every = std::chrono::seconds(config.unknown_key_seconds);
  keys.stale_max = std::chrono::seconds(config.stale_seconds);
  auto tokens = BearerTokens::open(jwt_options(config, {manifest.data_classes, manifest.regions}),
                                   std::move(keys), clock, log);
  if (!tokens) return tokens.error().within("server.tokens");
  return tokens;
}

}  // namespace loadline
