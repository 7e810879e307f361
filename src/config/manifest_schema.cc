// The manifest's settings: names, sentences, defaults, units, ranges. The one place to add one.
#include "config/manifest.h"

namespace loadline {
namespace {

SchemaNode price_node() {
  return object_node(
      "price", "what tokens cost; default: local nothing, else the list price (`loadline models prices`)",
      {number_node("input_per_million", "prompt tokens", "US dollars per million", "", 0, 1e6),
       number_node("output_per_million", "answer tokens", "US dollars per million", "", 0, 1e6),
       number_node("cached_input_per_million",
                   "prompt tokens that the provider had in its cache; default: as input",
                   "US dollars per million", "", 0, 1e6),
       number_node("reasoning_per_million", "reasoning tokens; default: as output", "US dollars per million",
                   "", 0, 1e6)});
}

SchemaNode model_values() {
  return object_node(
      "", "a model under the name by which routes and clients call it",
      {choice_node("provider",
                   "where it runs and how it is spoken to: 'local' is in this process, 'openai' any server "
                   "with that API",
                   {"local", "openai", "azure", "anthropic", "gemini"}, "local"),
       required(string_node("model",
                            "local: a known model (see `loadline models list`) or the path of a GGUF file; "
                            "else the provider's name for it")),
       string_node("max_class",
                   "the most closed data class it may see, one of data_classes; default: local the most "
                   "closed, else the most open"),
       string_node("region", "where it computes, one of regions"),
       string_node("operator", "who runs it, for the audit log"),
       list_node(
           "can", "what it can do beside plain chat",
           choice_node("", "an ability",
                       {"tools", "json_schema", "images", "thinking", "prefill", "embeddings", "stateful"},
                       "")),
       price_node(),
       integer_node(
           "concurrent",
           "calls at one time; further ones wait in a queue that is fair between keys; 0: any number",
           "calls", 0, 0, 65536),
       integer_node("queue", "requests that may wait, half of them of one key; one more is answered 429",
                    "requests", 64, 1, 4096),
       integer_node("queue_seconds", "time that a request may wait where concurrent is set", "seconds", 30, 1,
                    3600),
       // local
       integer_node("context_tokens", "cells of the attention cache, shared by all running requests",
                    "tokens", 8192, 512, 1048576),
       integer_node("parallel", "requests that are decoded together", "requests", 4, 1, 64),
       integer_node("threads", "threads that compute; 0: one for each core", "threads", 0, 0, 256),
       choice_node("kv_type", "element type of the attention cache", {"f16", "q8_0"}, "f16"),
       // remote
       string_node("base_url", "where its API begins, e.g. https://api.example.com/v1"),
       string_node("key_env", "environment variable that holds the provider's key"),
       string_node("key_file", "file that holds the provider's key, first line"),
       string_node("api_version",
                   "azure: the api-version parameter; anthropic: the anthropic-version header"),
       string_node(
           "ca_file",
           "PEM file with the authorities that its certificate is checked against; default: the system's"),
       list_node("pass_headers", "headers of the client's request that are passed on",
                 string_node("", "a header's name")),
       integer_node("connections_max", "connections to it", "connections", 256, 1, 65536),
       integer_node("connect_milliseconds", "time to connect", "milliseconds", 3000, 1, 600000),
       integer_node("first_byte_seconds", "time until its answer begins", "seconds", 60, 1, 86400),
       integer_node("stall_seconds", "time without a byte after which a stream has failed", "seconds", 30, 1,
                    86400),
       integer_node("bytes_per_second_min",
                    "a stream that is slower over stall_seconds has failed; 0: any pace", "bytes per second",
                    0, 0, 1048576)});
}

std::vector<std::string> action_names() { return {"keep", "pseudonymise", "mask", "hash", "drop", "block"}; }

// What is looked for and what is done with it, wherever that is.
std::vector<SchemaNode> rule_nodes() {
  SchemaNode pattern =
      object_node("", "an identifier of your own",
                  {required(string_node("expression",
                                        "regular expression (RE2) that matches it from the start of a word")),
                   choice_node("check", "a checksum that it must have besides",
                               {"none", "luhn", "mod97", "mod11"}, "none"),
                   list_node("context", "words of which one must stand before it", string_node("", "a word")),
                   integer_node("bytes_max", "longest value", "bytes", 64, 1, 256),
                   choice_node("action", "what is done with it", action_names(), "pseudonymise")});
  return {
      list_node(
          "detect",
          "types that are looked for; none named: all but date_time, age, nationality, title, web_address",
          string_node("", "a type")),
      choice_node("action", "what is done with a value", action_names(), "pseudonymise"),
      map_node("actions", "other actions for some types", choice_node("", "an action", action_names(), "")),
      map_node("patterns", "identifiers of your own by name", pattern)};
}

SchemaNode pii_node() {
  std::vector<SchemaNode> keys = rule_nodes();
  keys.push_back(map_node("raises", "the data class that a value of a type raises its request to",
                          string_node("", "a class")));
  keys.push_back(boolean_node("restore", "pseudonyms in answers become the values again", true));
  keys.push_back(boolean_node(
      "names",
      "a model looks through requests for what has no form: person, organisation, place, more of "
      "street_address, and, where 'detect' names them, date_time, age, nationality, title and "
      "web_address; needs the embedder all-minilm-l6-v2",
      false));
  keys.push_back(integer_node("names_milliseconds", "time of that model for one request", "milliseconds",
                              2000, 1, 60000));
  keys.push_back(choice_node(
      "names_on_failure",
      "what follows where it fails or is late: the request is refused, or it goes on and its answer "
      "and records say that names were not looked for",
      {"block", "mark_unchecked"}, "block"));
  return object_node("pii", "personal data and secrets in requests and answers", std::move(keys));
}

SchemaNode privacy_node() {
  std::vector<SchemaNode> keys = rule_nodes();
  keys.push_back(string_node(
      "tenant",
      "the team (or the key without one) whose pseudonyms stand for the values; it gets them restored"));
  return object_node("privacy",
                     "personal data and secrets that are taken out of documents before anything of them is "
                     "stored; block: such documents are refused",
                     std::move(keys));
}

SchemaNode knowledge_values() {
  SchemaNode paths =
      required(list_node("paths", "files to read, as globs relative to the manifest ('**' crosses folders)",
                         string_node("", "a glob")));
  paths.least = 1;
  return object_node(
      "", "a collection of documents",
      {paths,
       choice_node("embedder", "the model that turns text into vectors", {"all-minilm-l6-v2"},
                   "all-minilm-l6-v2"),
       choice_node("precision", "the embedder's arithmetic; auto: bf16 where the processor has it, else f32",
                   {"auto", "f32", "bf16", "int8"}, "auto"),
       integer_node("chunk_tokens", "aimed-at length of a chunk, by the embedder's tokenizer", "tokens", 200,
                    32, 240),
       string_node("class", "data class of all its documents, one of data_classes"),
       map_node("metadata", "values given to all its documents, for filters", string_node("", "a value")),
       only_if_given(privacy_node())});
}

SchemaNode budget_node() {
  return object_node("budget", "money that may be spent; without a value there is no limit",
                     {number_node("day", "per UTC day", "US dollars", "", 0, 1e6),
                      number_node("month", "per UTC calendar month", "US dollars", "", 0, 1e6)});
}

SchemaNode limits_node() {
  SchemaNode requests =
      number_node("requests_per_minute", "requests in any 60 seconds", "requests", "", 0, 1e6);
  SchemaNode tokens =
      number_node("tokens_per_minute", "tokens of prompt and answer in any 60 seconds", "tokens", "", 0, 1e9);
  SchemaNode concurrent = number_node("concurrent", "calls at one time", "calls", "", 0, 65536);
  for (SchemaNode* node : {&requests, &tokens, &concurrent}) node->type = NodeType::integer;
  return object_node("limits", "how much at a time; without a value there is no limit",
                     {requests, tokens, concurrent});
}

SchemaNode injection_node() {
  return object_node(
      "injection",
      "orders that do not become their place, in users' texts and in what documents and tools bring; routes "
      "name 'injection' (signatures and a classifier on embeddings) or 'injection_signatures'",
      {choice_node("action",
                   "the most that follows for a user's text: it is not looked at, it is recorded, or the "
                   "request is stopped",
                   {"allow", "flag", "block"}, "block"),
       choice_node(
           "passages",
           "the most that follows for a passage or a tool's result: not looked at, recorded, withheld "
           "from the model, or the request is stopped",
           {"allow", "flag", "quarantine", "block"}, "quarantine"),
       number_node(
           "flag_percent",
           "of harmless texts, how many may be recorded by mistake; of the calibrated shares .25, .5, "
           "1, 2, 5 and 10 the highest that is not above counts",
           "percent", "1", 0.25, 10),
       number_node("stop_percent", "of harmless texts, how many may be stopped by mistake, likewise",
                   "percent", "0.25", 0.25, 10),
       integer_node("milliseconds", "time of the classifier for one request", "milliseconds", 1000, 1, 60000),
       choice_node(
           "on_failure",
           "what follows where the classifier fails or is late: the request is refused, or it goes on "
           "and its answer and records say that it was not checked",
           {"block", "mark_unchecked"}, "block")});
}

SchemaNode output_node() {
  return object_node(
      "output", "what an answer must not bring to whoever reads it",
      {list_node("allowed_hosts", "hosts that addresses may lead to; a leading dot takes all below it",
                 string_node("", "a host")),
       choice_node("action",
                   "what is done with other addresses, images and HTML; auto: images and scripts go, links "
                   "and tags are masked",
                   {"auto", "keep", "strip", "mask", "block"}, "auto"),
       choice_node("echo", "what is done with a run of words of the system prompt",
                   {"keep", "strip", "mask", "block"}, "block")});
}

SchemaNode vault_node() {
  return object_node(
      "vault", "where pseudonyms and their values are kept, encrypted",
      {string_node("key_env", "environment variable with the master key: 64 hexadecimal digits"),
       string_node("key_file",
                   "file with the master key in its first line; default: one is made in the data folder"),
       integer_node("lifetime_days", "a value is forgotten so long after it was last seen", "days", 30, 1,
                    3650)});
}

SchemaNode telemetry_node() {
  return object_node(
      "telemetry", "traces",
      {string_node(
           "otlp_endpoint",
           "an OpenTelemetry collector (OTLP over HTTP, JSON), e.g. http://127.0.0.1:4318; none: no traces"),
       choice_node("genai_version", "version of the GenAI semantic conventions whose names are used",
                   {"1.30", "1.37"}, "1.37"),
       boolean_node("content",
                    "traces tell what requests and answers say, with all personal data and secrets masked "
                    "whatever guards a route has; else they never do",
                    false)});
}

SchemaNode route_cache_node() {
  return object_node(
      "cache", "answers of this route that are given again; in memory, under cache.bytes_max",
      {integer_node("seconds", "how long an answer is kept; 0: not at all", "seconds", 0, 0, 2592000),
       boolean_node("similar", "also to a question in other words that asks the same; needs the guard 'pii'",
                    false),
       number_node(
           "precision",
           "share of right answers to similar questions that must be shown (lower bound, 95 %); until "
           "it is, and whenever it is not, the model is asked each time and its answer compared",
           "", "0.95", 0.5, 0.999),
       number_node("sample", "share of answers to similar questions that are checked so all the same", "",
                   "0.05", 0, 1),
       number_node("similarity", "least cosine of the two questions' embeddings", "", "0.85", 0, 1)});
}

SchemaNode route_values() {
  SchemaNode models = required(list_node("models", "models that may answer, in the order of the strategy",
                                         string_node("", "a model's name")));
  models.least = 1;
  models.most = 32;
  return object_node(
      "", "a route: what clients name as `model`",
      {models,
       string_node("knowledge",
                   "the collection that answers are taken from; without one the model answers freely"),
       integer_node("passages", "passages given to the model", "passages", 6, 1, 32),
       integer_node("passage_tokens", "tokens of the prompt that passages may fill", "tokens", 600, 128,
                    65536),
       integer_node("answer_tokens", "longest answer", "tokens", 220, 8, 8192),
       choice_node(
           "when_unsupported",
           "an answer that its passages do not support is replaced by abstention, or given and marked",
           {"abstain", "mark"}, "abstain"),
       boolean_node("extractive",
                    "answer with the passage's own sentence, without the model, where it answers literally",
                    true),
       string_node("instructions", "what is put before the rules on citing, e.g. tone and language"),
       list_node("guards", "what looks at requests and answers, of those under guards",
                 choice_node("", "a guard", {"injection", "injection_signatures", "pii", "output"}, "")),
       route_cache_node(),
       boolean_node(
           "canary",
           "with the guard 'output': the system prompt that a model gets ends with a random word, and an "
           "answer or tool call that has it is stopped; such a request does not pass byte for byte",
           false),
       budget_node(),
       limits_node(),
       choice_node("strategy", "which model is asked first; the others follow when it fails",
                   {"ordered", "weighted", "least_latency", "lowest_cost"}, "ordered"),
       map_node("weights", "shares of the models under the strategy 'weighted'; 1 where none is given",
                integer_node("", "a share", "", 1, 0, 1000000)),
       choice_node(
           "when_cut",
           "a stream that breaks after its first byte: an error event; a new start if nothing was delivered; "
           "or another model goes on where it broke",
           {"fail", "restart", "continue"}, "fail"),
       integer_node("attempts", "calls made for one request at most", "attempts", 3, 1, 32),
       integer_node("seconds", "time for all attempts", "seconds", 300, 1, 86400),
       number_node("cost_max", "highest cost of one request over all attempts; 0: no cap", "US dollars", "0",
                   0, 1e6),
       integer_node("hedge_milliseconds", "silence after which a second model is asked too; 0: never",
                    "milliseconds", 0, 0, 600000),
       integer_node("backoff_milliseconds", "wait before a model is asked again; doubles", "milliseconds",
                    100, 1, 60000),
       number_node("retry_ratio", "retries earned by each request", "", "0.2", 0, 10)});
}

SchemaNode tokens_node() {
  const auto names = [](const char* key, const char* doc) {
    return list_node(key, doc, string_node("", "a name"));
  };
  SchemaNode rule = object_node(
      "", "what whoever has a value in a claim may do; what is not named is not granted",
      {required(string_node("claim", "the claim's name; inside others with dots: realm_access.roles")),
       required(string_node("value", "what it must be, or have among its elements or words; '*': anything")),
       names("routes", "routes; '*': all"), names("models", "models; '*': all"),
       names("collections", "collections; '*': all"),
       string_node("clearance", "the most closed data class it may ask about; default: the most open"),
       string_node("floor", "every request is at least of this class"),
       boolean_node("admin", "may use the admin API", false),
       integer_node("weight", "share of a full model", "", 1, 1, 1000),
       integer_node("priority", "higher goes first where models are full", "", 0, 0, 9), limits_node(),
       budget_node()});
  return object_node(
      "tokens", "bearer tokens (JWT) of an identity provider, beside keys",
      {string_node("issuer", "what `iss` must be"), string_node("audience", "what `aud` must be or contain"),
       list_node("algorithms", "signatures that are accepted; none named: all three",
                 choice_node("", "an algorithm", {"RS256", "ES256", "EdDSA"}, "")),
       string_node("jwks_file", "file with the provider's key set, read again when it changed"),
       string_node("jwks_url", "where the provider's key set is, e.g. https://login.example.com/keys"),
       string_node(
           "ca_file",
           "PEM file with the authorities that its certificate is checked against; default: the system's"),
       integer_node("refresh_seconds", "time after which the key set is fetched again", "seconds", 300, 1,
                    86400),
       integer_node("unknown_key_seconds",
                    "least time between two fetches because of tokens whose key is not known", "seconds", 10,
                    1, 3600),
       integer_node("stale_seconds", "how long the last key set serves while it cannot be fetched", "seconds",
                    3600, 1, 604800),
       integer_node("leeway_seconds", "by how much clocks may differ", "seconds", 60, 0, 600),
       string_node("subject_claim", "the claim that names who asks", "sub"),
       string_node("team_claim", "the claim that names the team; none: no team"),
       map_node("rules", "who may do what, by a name of your choice; what applies is united", rule)});
}

SchemaNode server_node() {
  SchemaNode key = object_node("", "a client's key, under the name that logs show",
                               {string_node("key_env", "environment variable that holds the key"),
                                string_node("key_file", "file that holds the key, first line")});
  constexpr double mib = 1048576;
  return object_node(
      "server", "the HTTP server",
      {string_node("address", "IP address to listen on; other than loopback only with keys", "127.0.0.1"),
       integer_node("port", "TCP port; 0: any free one", "port", 8080, 0, 65535),
       string_node("tls_certificate", "PEM file with the certificate chain; with tls_key turns TLS on"),
       string_node("tls_key", "PEM file with the private key"),
       map_node("keys", "who may call; none: everyone on loopback", key),
       object_node("admin",
                   "the key of the admin API (/admin/v1), at least 24 letters; it opens nothing else",
                   {string_node("key_env", "environment variable that holds the key"),
                    string_node("key_file", "file that holds the key, first line")}),
       tokens_node(),
       integer_node("body_bytes_max", "largest request body", "bytes", 64 * 1048576, 1024, 4096 * mib),
       integer_node("body_bytes_total_max",
                    "memory of all request bodies together; one that does not fit is answered 429", "bytes",
                    256 * mib, mib, 1048576 * mib),
       integer_node("pending_uploads_max",
                    "uploaded documents that wait for ingestion; more are answered 429", "documents", 1024, 1,
                    1048576),
       integer_node("pending_upload_bytes_max",
                    "disk that they and those being received take; one that does not fit is answered 429",
                    "bytes", 8192 * mib, mib, 1048576 * mib),
       integer_node("header_bytes_max", "largest request header", "bytes", 16384, 1024, mib),
       integer_node("header_seconds", "time for a request's header to arrive", "seconds", 10, 1, 3600),
       integer_node("idle_seconds", "time a connection may stay idle", "seconds", 75, 1, 86400),
       integer_node("request_seconds", "time for one request in all", "seconds", 300, 1, 86400),
       integer_node("connections_max", "open connections; more are refused", "connections", 1024, 1, 65536),
       integer_node("requests_in_flight_max", "requests worked on at once; more are answered 429", "requests",
                    128, 1, 65536),
       choice_node("request_log",
                   "which requests leave a line in the log; failed: those with a status of 400 or more",
                   {"all", "failed"}, "all"),
       integer_node("stop_seconds", "time for running requests to end after a stop signal", "seconds", 20, 0,
                    3600),
       integer_node("threads", "threads for connections", "threads", 2, 1, 64)});
}

SchemaNode ingest_node() {
  return object_node(
      "ingest", "bounds of reading documents",
      {integer_node("memory_bytes_max", "address space of the process that opens a document", "bytes",
                    2147483648, 268435456, 68719476736.0),
       integer_node("document_seconds", "time to extract one document", "seconds", 900, 1, 86400),
       integer_node("page_seconds", "time to extract one page", "seconds", 60, 1, 3600),
       integer_node("pages_max", "pages of one document; later ones are reported as lost", "pages", 20000, 1,
                    1000000),
       integer_node("file_bytes_max", "largest file", "bytes", 536870912, 1024, 68719476736.0),
       boolean_node("recognise_scans", "read pages without a text layer by OCR", true)});
}

SchemaNode build_schema() {
  SchemaNode version = required(integer_node("version", "version of the manifest's form: 1", "", 1, 1, 1));
  SchemaNode classes =
      list_node("data_classes", "names of data classes, from open to closed", string_node("", "a class"));
  SchemaNode regions =
      list_node("regions", "names of the places where models compute", string_node("", "a region"));
  classes.most = 32;
  regions.most = 64;
  return object_node(
      "", "Loadline manifest",
      {version, string_node("app", "name of the application", "app"), classes, regions,
       map_node("models", "models by name", model_values()),
       map_node("knowledge", "collections of documents by name", knowledge_values()),
       map_node("routes", "routes by name", route_values()),
       object_node(
           "guards", "what guards do where routes name them",
           {only_if_given(injection_node()), only_if_given(pii_node()), only_if_given(output_node())}),
       vault_node(), telemetry_node(),
       object_node(
           "records", "what is kept of governed calls",
           {boolean_node("ledger", "a row for each call; without it budgets forget at a restart", true),
            boolean_node("audit", "a record of each decision and of each sending of data", true)}),
       object_node("cache", "answers given again",
                   {integer_node("bytes_max", "memory for them", "bytes", 67108864, 1048576, 68719476736.0)}),
       map_node("teams", "teams that keys belong to, by name", object_node("", "a team", {budget_node()})),
       server_node(), ingest_node()});
}

}  // namespace

const SchemaNode& manifest_schema() {
  static const SchemaNode schema = build_schema();
  return schema;
}

}  // namespace loadline
