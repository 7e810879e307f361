#include "config/manifest.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/rng.h"
#include "config/yaml_reader.h"

namespace loadline {
namespace {

constexpr const char* good = R"(version: 1
app: bank-assistant
data_classes: [public, internal]
models:
  house: {provider: local, model: qwen2.5-coder-1.5b-instruct}
knowledge:
  policies: {paths: ["documents/**"], class: internal}
routes:
  bank-assistant: {models: [house], knowledge: policies}
)";

std::string error_of(const std::string& yaml) {
  auto manifest = parse_manifest(yaml, "dir/loadline.yaml");
  return manifest ? "" : manifest.error().message();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Manifest, a_good_one_is_bound_with_defaults) {
  auto manifest = parse_manifest(good, "dir/loadline.yaml");
  ASSERT_TRUE(manifest.ok()) << manifest.error().message();
  EXPECT_EQ(manifest->folder, "dir");
  EXPECT_EQ(manifest->find_model("house")->context_tokens, 8192U);
  EXPECT_EQ(manifest->find_knowledge("policies")->chunk_tokens, 200U);
  EXPECT_EQ(manifest->find_route("bank-assistant")->when_unsupported, "abstain");
  EXPECT_TRUE(manifest->find_route("bank-assistant")->extractive);
  EXPECT_EQ(manifest->server.address, "127.0.0.1");
  EXPECT_EQ(manifest->server.port, 8080);
}

TEST(Manifest, unknown_keys_name_file_line_and_nearest_key) {
  EXPECT_EQ(error_of(replaced(good, "knowledge:\n", "knowlege:\n")).substr(0, 79),
            "dir/loadline.yaml:6:1: unknown key 'knowlege'; did you mean 'knowledge'?");
  EXPECT_NE(error_of(std::string(good) + "shields: {}\n")
                .find("dir/loadline.yaml:10:1: unknown key 'shields'; known"),
            std::string::npos);
}

TEST(Manifest, wrong_values_say_what_was_expected) {
  EXPECT_EQ(error_of(std::string(good) + "server: {port: 99999}\n"),
            "dir/loadline.yaml:10:16: 'server.port' must be a whole number from 0 to 65535 (port)");
  EXPECT_EQ(error_of(std::string(good) + "server: {port: 80a}\n"),
            "dir/loadline.yaml:10:16: 'server.port' must be a whole number from 0 to 65535 (port)");
  EXPECT_NE(error_of(replaced(good, "provider: local", "provider: locl")).find("did you mean 'local'?"),
            std::string::npos);
  EXPECT_NE(error_of("version: 1\nmodels: 3\n").find("'models' must be names with values"),
            std::string::npos);
}

TEST(Manifest, knowledge_entries_share_one_embedder) {
  const std::string two =
      "version: 1\nknowledge:\n  a: {paths: [x]}\n  b:\n    paths: [y]\n    precision: int8\n";
  EXPECT_EQ(
      error_of(two),
      "dir/loadline.yaml:6:16: 'knowledge.b.precision' is 'int8', and 'knowledge.a.precision' is 'auto'; "
      "write the same for all of 'knowledge'");
  EXPECT_EQ(error_of(replaced(two, "int8", "auto")), "");
}

TEST(Manifest, missing_twice_and_dangling_names_are_errors) {
  EXPECT_NE(error_of("app: x\n").find("'version' is missing"), std::string::npos);
  EXPECT_NE(error_of(std::string(good) + "app: again\n").find("'app' is given twice"), std::string::npos);
  EXPECT_EQ(error_of(replaced(good, "[house]", "[huose]")),
            "dir/loadline.yaml:9:28: 'routes.bank-assistant.models' names 'huose', which is not under "
            "'models'; did you "
            "mean 'house'?");
  EXPECT_NE(error_of(replaced(good, "class: internal", "class: secret")).find("not under 'data_classes'"),
            std::string::npos);
}

TEST(Manifest, all_errors_come_at_once) {
  const std::string message = error_of("version: 2\nserver: {port: -1, adress: x}\n");
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 2);
}

TEST(Manifest, broken_yaml_has_a_line) {
  EXPECT_NE(error_of("version: 1\napp: [\n").find("loadline.yaml:3:1: not valid YAML"), std::string::npos);
  EXPECT_FALSE(error_of("").empty());
  EXPECT_FALSE(error_of(std::string(200000, '[')).empty());
  const std::string zeros("version: 1\napp: a\0\0\0b\n", 22), latin("version: 1\napp: caf\xE9\n");
  EXPECT_NE(error_of(zeros).find("loadline.yaml:2:7: the manifest is not UTF-8 text"), std::string::npos);
  EXPECT_NE(error_of(latin).find("loadline.yaml:2:9: the manifest is not UTF-8 text"), std::string::npos);
  EXPECT_FALSE(error_of("a: &a [x,x]\nb: &b [*a,*a]\nversion: *b\n").empty());
}

TEST(Manifest, schema_and_show_are_json_and_agree_with_the_reader) {
  const auto schema = boost::json::parse(manifest_json_schema());
  EXPECT_EQ(schema.at("properties").at("server").at("properties").at("port").at("default").as_int64(), 8080);
  auto shown = show_manifest(good, "m.yaml", false);
  ASSERT_TRUE(shown.ok());
  EXPECT_NE(shown->find("port: 8080  # default"), std::string::npos);
  EXPECT_TRUE(parse_manifest(*shown, "m.yaml").ok()) << "what is shown can be used as a manifest";
  EXPECT_TRUE(boost::json::parse(*show_manifest(good, "m.yaml", true)).is_object());
}

TEST(Manifest, remote_models_and_routes_over_several) {
  const std::string yaml =
      "version: 1\n"
      "data_classes: [public, restricted]\n"
      "regions: [on-prem, eu]\n"
      "models:\n"
      "  house: {model: m, region: on-prem, max_class: restricted}\n"
      "  cloud: {provider: openai, model: large-1, base_url: \"https://example.invalid/v1\", key_env: K, "
      "region: eu,\n"
      "          can: [tools, images], price: {input_per_million: 0.15, output_per_million: 0.6}}\n"
      "routes:\n"
      "  r: {models: [cloud, house], strategy: weighted, weights: {cloud: 3}, when_cut: continue, cost_max: "
      "0.02}\n";
  auto manifest = parse_manifest(yaml, "m.yaml");
  ASSERT_TRUE(manifest.ok()) << manifest.error().message();
  const ModelConfig& cloud = *manifest->find_model("cloud");
  EXPECT_EQ(cloud.price.input_nano, 150'000'000);
  EXPECT_EQ(cloud.price.output_nano, 600'000'000);
  EXPECT_EQ(cloud.price.cached_input_nano, -1);
  EXPECT_EQ(cloud.can, (std::vector<std::string>{"tools", "images"}));
  EXPECT_EQ(cloud.remote.stall_seconds, 30U);
  const RouteConfig& route = *manifest->find_route("r");
  EXPECT_EQ(route.weights.front(), (std::pair<std::string, std::uint32_t>{"cloud", 3}));
  EXPECT_EQ(route.cost_max_nano, 20'000'000);
  EXPECT_DOUBLE_EQ(route.retry_ratio, 0.2);
  EXPECT_FALSE(manifest->pii.on);
  auto guarded = parse_manifest(
      replaced(yaml, "cost_max: 0.02", "guards: [pii], budget: {day: 1.5}, limits: {concurrent: 3}") +
          "guards: {pii: {action: mask, actions: {iban: block}, raises: {iban: restricted}}}\n"
          "teams: {t: {budget: {month: 20}}}\n",
      "m.yaml");
  ASSERT_TRUE(guarded.ok()) << guarded.error().message();
  EXPECT_TRUE(guarded->pii.on);
  EXPECT_EQ(guarded->pii.actions.front().second, "block");
  EXPECT_FALSE(guarded->pii.names);
  const auto with_names = [&](const std::string& settings) {
    return parse_manifest(
        replaced(yaml, "cost_max: 0.02", "guards: [pii]") + "guards: {pii: {" + settings + "}}\n", "m.yaml");
  };
  auto named = with_names("names: true, names_milliseconds: 300, names_on_failure: mark_unchecked");
  ASSERT_TRUE(named.ok()) << named.error().message();
  EXPECT_TRUE(named->pii.names);
  EXPECT_EQ(named->pii.names_milliseconds, 300U);
  EXPECT_EQ(named->pii.names_on_failure, "mark_unchecked");
  EXPECT_EQ(with_names("action: mask")->pii.names_on_failure, "block");
  EXPECT_NE(with_names("name: true").error().message().find("did you mean 'names'?"), std::string::npos);
  EXPECT_NE(with_names("names_on_failure: mark").error().message().find("mark_unchecked"), std::string::npos);
  EXPECT_EQ(guarded->find_route("r")->budget.day_nano, 1'500'000'000);
  EXPECT_EQ(guarded->find_route("r")->budget.month_nano, -1);
  EXPECT_EQ(guarded->find_route("r")->limits.concurrent, 3);
  EXPECT_EQ(guarded->teams.front().second.month_nano, 20'000'000'000);
  EXPECT_NE(error_of(replaced(yaml, "cost_max: 0.02", "guards: [pii]")).find("not under 'guards'"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(yaml, "region: eu", "region: us")).find("not under 'regions'"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(yaml, "https:", "ftp:")).find("'models.cloud' needs base_url"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(yaml, "[cloud, house]", "[cloud, cloud]")).find("names 'cloud' twice"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(yaml, "{cloud: 3}", "{clout: 3}")).find("did you mean 'cloud'?"),
            std::string::npos);
}

TEST(Manifest, tokens_of_an_identity_provider_and_the_admin_key) {
  const std::string yaml =
      "version: 1\n"
      "data_classes: [public, internal]\n"
      "models:\n"
      "  house: {model: m, concurrent: 2, queue_seconds: 5}\n"
      "server:\n"
      "  admin: {key_env: A}\n"
      "  tokens:\n"
      "    issuer: https://login.example/\n"
      "    audience: loadline\n"
      "    jwks_url: https://login.example/keys\n"
      "    rules:\n"
      "      staff: {claim: groups, value: staff, models: [house], clearance: internal, weight: 3}\n";
  auto manifest = parse_manifest(yaml, "m.yaml");
  ASSERT_TRUE(manifest.ok()) << manifest.error().message();
  const TokensConfig& tokens = manifest->server.tokens;
  EXPECT_TRUE(tokens.on);
  EXPECT_EQ(tokens.algorithms.size(), 3U);
  EXPECT_EQ(tokens.stale_seconds, 3600U);
  EXPECT_EQ(tokens.rules.at(0).weight, 3U);
  EXPECT_EQ(tokens.rules[0].budget.day_nano, -1);
  EXPECT_EQ(manifest->server.admin.key_env, "A");
  EXPECT_EQ(manifest->find_model("house")->concurrent, 2U);
  EXPECT_FALSE(manifest->find_model("house")->price.given);
  EXPECT_FALSE(parse_manifest("version: 1", "m.yaml")->server.tokens.on);
  const struct {
    const char *from, *to, *says;
  } wrong[] = {
      {"issuer: ", "isuer: ", "did you mean 'issuer'?"},
      {"audience: loadline", "audience: \"\"", "needs issuer and audience"},
      {"jwks_url: https://login", "jwks_url: http://login", "https://"},
      {"jwks_url: https://login.example/keys", "jwks_url: http://localhost.evil.example/", "https://"},
      {"jwks_url: https://login.example/keys", "jwks_url: \"\"", "either jwks_file or jwks_url"},
      {"models: [house]", "models: [hose]", "did you mean 'house'?"},
      {"clearance: internal", "clearance: inernal", "did you mean 'internal'?"},
      {"weight: 3", "weight: 0", "weight"},
      {"concurrent: 2", "concurent: 2", "did you mean 'concurrent'?"},
      {"value: staff", "values: staff", "did you mean 'value'?"},
      {"admin: {key_env: A}", "admin: {key_env: A, key_file: b}", "one is enough"},
      {"    audience", "    algorithms: [none]\n    audience", "RS256"},
      {"    audience", "    stale_seconds: 10\n    audience", "stale_seconds below refresh_seconds"},
  };
  for (const auto& [from, to, says] : wrong)
    EXPECT_NE(error_of(replaced(yaml, from, to)).find(says), std::string::npos)
        << to << ": " << error_of(replaced(yaml, from, to));
}

TEST(Manifest, injection_guard_and_canary) {
  const std::string yaml =
      replaced(good, "knowledge: policies}", "knowledge: policies, guards: [injection]}") +
      "guards: {injection: {}, output: {}}\n";
  auto manifest = parse_manifest(yaml, "m.yaml");
  ASSERT_TRUE(manifest.ok()) << manifest.error().message();
  EXPECT_EQ(manifest->injection.action, "block");
  EXPECT_EQ(manifest->injection.passages, "quarantine");
  EXPECT_DOUBLE_EQ(manifest->injection.flag_percent, 1);
  EXPECT_DOUBLE_EQ(manifest->injection.stop_percent, 0.25);
  EXPECT_EQ(manifest->injection.milliseconds, 1000U);
  EXPECT_EQ(manifest->injection.on_failure, "block");
  const auto with = [&yaml](const std::string& settings) {
    return error_of(replaced(yaml, "injection: {}", "injection: {" + settings + "}"));
  };
  EXPECT_EQ(with("on_failure: mark_unchecked, flag_percent: 5, stop_percent: 2"), "");
  EXPECT_NE(with("on_failures: block").find("did you mean 'on_failure'?"), std::string::npos);
  EXPECT_NE(with("passages: quarantin").find("did you mean 'quarantine'?"), std::string::npos);
  EXPECT_NE(with("stop_percent: 2").find("above 'flag_percent'"), std::string::npos);
  EXPECT_NE(with("stop_percent: 0.1").find("from 0.25 to 10"), std::string::npos);
  EXPECT_NE(error_of(replaced(yaml, "[injection]", "[injection, injection_signatures]"))
                .find("has the signatures too"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(yaml, "[injection]", "[injection_signature]"))
                .find("did you mean 'injection_signatures'?"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(yaml, "[injection]", "[injection], canary: true")).find("needs 'output'"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(yaml, "[injection]", "[output], canari: true")).find("did you mean 'canary'?"),
            std::string::npos);
  EXPECT_TRUE(parse_manifest(replaced(yaml, "[injection]", "[output], canary: true"), "m.yaml")
                  ->find_route("bank-assistant")
                  ->canary);
}

TEST(Manifest, content_of_traces_needs_a_version_that_has_it) {
  const std::string on =
      std::string(good) + "telemetry: {otlp_endpoint: \"http://127.0.0.1:1\", content: true";
  EXPECT_EQ(error_of(on + "}\n"), "");
  EXPECT_NE(error_of(on + ", genai_version: \"1.30\"}\n").find("needs genai_version 1.37"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(on, "content", "contents") + "}\n").find("did you mean 'content'?"),
            std::string::npos);
}

TEST(Manifest, damaged_text_never_crashes) {
  const std::uint64_t seed = 20261124;
  Rng rng(seed);
  for (int round = 0; round < 500; ++round) {
    std::string text = good;
    for (int edits = 0; edits < 4; ++edits)
      text[rng.below(static_cast<std::uint32_t>(text.size()))] = static_cast<char>(rng.below(256));
    (void)parse_manifest(text, "seed 20261124").ok();
  }
}

TEST(Manifest, answers_are_given_again_only_as_a_route_says) {
  const std::string yaml = replaced(std::string(good) + "guards: {pii: {}}\n", "knowledge: policies}",
                                    "guards: [pii], cache: {seconds: 600, similar: true, precision: 0.9}}");
  const auto manifest = parse_manifest(yaml, "dir/loadline.yaml");
  ASSERT_TRUE(manifest.ok()) << manifest.error().message();
  const RouteCacheConfig& cache = manifest->find_route("bank-assistant")->cache;
  EXPECT_EQ(cache.seconds, 600U);
  EXPECT_TRUE(cache.similar);
  EXPECT_EQ(cache.precision, 0.9);
  EXPECT_EQ(cache.sample, 0.05);
  EXPECT_EQ(cache.similarity, 0.85);
  EXPECT_EQ(parse_manifest(good, "")->find_route("bank-assistant")->cache.seconds, 0U);
  EXPECT_NE(error_of(replaced(yaml, "precision:", "precison:")).find("did you mean 'precision'?"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(yaml, "precision: 0.9", "precision: 2")).find("precision' must be"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(yaml, "guards: [pii], ", "")).find("needs the guard 'pii'"), std::string::npos);
  EXPECT_NE(error_of(replaced(yaml, "seconds: 600, ", "")).find("needs 'seconds'"), std::string::npos);
}

TEST(Manifest, a_collection_has_its_rule_about_personal_data) {
  const std::string with = replaced(good, "class: internal}",
                                    "class: internal, privacy: {tenant: bank, actions: {api_key: block}, "
                                    "patterns: {customer: {expression: 'C\\d{6}'}}}}");
  auto manifest = parse_manifest(with, "loadline.yaml");
  ASSERT_TRUE(manifest.ok()) << manifest.error().message();
  const KnowledgeConfig& policies = *manifest->find_knowledge("policies");
  EXPECT_TRUE(policies.privacy.on);
  EXPECT_EQ(policies.privacy_tenant, "bank");
  EXPECT_EQ(policies.privacy.action, "pseudonymise");
  ASSERT_EQ(policies.privacy.patterns.size(), 1U);
  EXPECT_EQ(policies.privacy.patterns[0].expression, "C\\d{6}");
  EXPECT_FALSE(parse_manifest(good, "loadline.yaml")->find_knowledge("policies")->privacy.on);
  // What is not there stays away in what is shown: a guard that is there is on.
  const std::string shown = *show_manifest(good, "loadline.yaml", false);
  EXPECT_FALSE(parse_manifest(shown, "loadline.yaml")->pii.on);
  EXPECT_FALSE(parse_manifest(shown, "loadline.yaml")->find_knowledge("policies")->privacy.on);
  EXPECT_TRUE(parse_manifest(*show_manifest(with, "loadline.yaml", false), "loadline.yaml")
                  ->find_knowledge("policies")
                  ->privacy.on);
  EXPECT_NE(error_of(replaced(with, "tenant: bank, ", "")).find("'knowledge.policies.privacy' needs tenant"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(with, "tenant: bank", "tenat: bank")).find("did you mean 'tenant'?"),
            std::string::npos);
  EXPECT_NE(error_of(replaced(with, "api_key: block", "api_key: blok")).find("did you mean 'block'?"),
            std::string::npos);
}

}  // namespace
}  // namespace loadline
