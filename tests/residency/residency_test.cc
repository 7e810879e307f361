// Random manifests, labels and faults through the real flow, over real sockets. Six upstreams, each with a
// region and a highest class; what arrives there carries its label in its text, and is held against what that
// upstream may see by a rule written down here once more.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <set>

#include "api/api.h"
#include "api/gateway_flow.h"
#include "apps/loadline/gateway_wire.h"
#include "fake_upstream.h"
#include "net/http_server.h"

namespace loadline {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::uint64_t cases_default = 1500;
constexpr std::uint64_t cases_between_checks = 200;

const std::vector<std::string> classes{"open", "inner", "closed"};
const std::vector<std::string> regions{"eu", "us", "home"};

// Each party may see up to a class, in one region.
struct Party {
  std::size_t level, region;
  std::unique_ptr<FakeUpstream> upstream;
};

struct Label {
  std::size_t level = 0;
  std::set<std::size_t> allowed{0, 1, 2};  // regions

  std::string text() const {
    std::string out = "label " + std::to_string(level) + " regions ";
    for (const std::size_t region : allowed) out += std::to_string(region);
    return out + ".";
  }
  bool may_go_to(std::size_t level_max, std::size_t region) const {
    return level <= level_max && allowed.count(region) == 1;
  }
};

// What stands in a text that arrived; none: there is no label in it.
std::optional<Label> label_in(const std::string& body) {
  const std::size_t at = body.find("label ");
  if (at == std::string::npos) return std::nullopt;
  Label label;
  label.allowed.clear();
  label.level = static_cast<std::size_t>(body[at + 6] - '0');
  for (std::size_t i = at + 16; i < body.size() && body[i] != '.'; ++i)
    label.allowed.insert(static_cast<std::size_t>(body[i] - '0'));
  return label;
}

class FlowHandler final : public HttpHandler {
 public:
  explicit FlowHandler(AsyncHandler& flow) : flow_(flow) {}
  RequestPlan plan(const HttpRequest&) override {
    RequestPlan plan;
    plan.place = RequestPlan::Place::coroutine;
    plan.caller = anybody_;
    return plan;
  }
  void handle(HttpExchange&) override { std::abort(); }
  AsyncHandler* async() override { return &flow_; }
  HttpResponse refusal(int status, const Error&) override {
    HttpResponse response;
    response.status = status;
    return response;
  }
  void done(const HttpDone&) override {}
  void on_start(const HttpServerStats&) override {}

  // Who sees everything: what a request may not reach is decided by its label alone.
  static std::shared_ptr<const Identity> anybody() {
    Scopes scopes;
    scopes.routes = scopes.models = scopes.collections = {true, {}};
    scopes.clearance = classes.back();
    return std::make_shared<const Identity>(make_identity("anybody", "", scopes, {classes, regions}));
  }

 private:
  AsyncHandler& flow_;
  const std::shared_ptr<const Identity> anybody_ = anybody();
};

class NoLocalModels final : public HttpHandler {
 public:
  RequestPlan plan(const HttpRequest&) override { return {}; }
  void handle(HttpExchange& exchange) override { exchange.respond({}); }
  HttpResponse refusal(int, const Error&) override { return {}; }
  void done(const HttpDone&) override {}
  void on_start(const HttpServerStats&) override {}
};

// Nothing here is compared by meaning.
class NoEmbedder final : public Embedder {
 public:
  const EmbedderInfo& info() const override { return info_; }
  Result<Matrix> embed(std::span<const std::string_view>, const CallContext&) const override {
    return Error(Code::internal, "not used");
  }
  Result<Matrix> token_vectors(std::string_view, std::vector<TokenSpan>&, const CallContext&) const override {
    return Error(Code::internal, "not used");
  }
  std::vector<TokenSpan> tokenize(std::string_view) const override { return {}; }

 private:
  EmbedderInfo info_;
};

// Everything that a flow stands on, with nothing kept.
class Gateway {
 public:
  explicit Gateway(AuditLog* audit = nullptr)
      : budgets_(clock_),
        limits_(clock_),
        gates_(clock_),
        log_(clock_, LogLevel::error, [](std::string_view) {}),
        cache_({}, clock_),
        pool_("local", 2),
        guard_pool_("guard", 1),
        flow_({.governance = {budgets_, limits_, gates_, nullptr, audit},
               .local = {local_, pool_},
               .embedder = embedder_,
               .guard_pool = guard_pool_,
               .injection_memo = injection_memo_,
               .clock = clock_,
               .log = log_,
               .metrics = metrics_,
               .memory = {.answers = cache_,
                          .questions = questions_,
                          .precision = precision_,
                          .embedder = embedder_,
                          .clock = clock_,
                          .pool = pool_},
               .trust = nullptr},
              std::make_shared<GatewayTable>()),
        handler_(flow_) {
    HttpServerOptions options;
    options.port = 0;
    server_ = std::move(*HttpServer::open(options, clock_, handler_));
  }
  ~Gateway() { server_->stop(); }

  /// Gives the table that requests go by from now on.
  std::shared_ptr<GatewayTable> use(const std::string& yaml) {
    auto manifest = parse_manifest(yaml, "random");
    if (!manifest) return ADD_FAILURE() << manifest.error().message() << "\n" << yaml, nullptr;
    auto table = make_gateway_table(*manifest, {}, "");
    if (!table) return ADD_FAILURE() << table.error().message(), nullptr;
    flow_.use(*table);
    return *table;
  }
  std::uint16_t port() const { return server_->port(); }
  std::string metrics() const {
    std::string out;
    metrics_.append(out);
    return out;
  }

 private:
  SystemClock clock_;
  Budgets budgets_;
  RequestLimits limits_;
  CallGates gates_;
  Log log_;
  GatewayMetrics metrics_;
  AnswerCache cache_;
  SimilarQuestions questions_;
  HitPrecision precision_;
  NoEmbedder embedder_;
  NoLocalModels local_;
  WorkerPool pool_;
  InjectionMemo injection_memo_;
  WorkerPool guard_pool_;
  GatewayFlow flow_;
  FlowHandler handler_;
  std::unique_ptr<HttpServer> server_;
};

// The status of the answer, read to its end.
int ask(std::uint16_t port, const std::string& path, const std::string& fields, const std::string& body) {
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  socket.connect({asio::ip::address_v4::loopback(), port});
  asio::write(socket, asio::buffer("POST " + path + " HTTP/1.1\r\nhost: h\r\nconnection: close\r\n" + fields +
                                   "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
  std::string answer;
  boost::system::error_code ended;
  asio::read(socket, asio::dynamic_buffer(answer), ended);
  return answer.size() < 12 ? 0 : std::atoi(answer.c_str() + 9);
}

class World {
 public:
  World() {
    for (std::size_t level = 0; level < classes.size(); ++level)
      for (std::size_t region = 0; region < 2; ++region)
        parties.push_back({level, region, std::move(*FakeUpstream::start())});
  }

  // How many requests arrived; each is held against what its receiver may see.
  std::uint64_t check(std::uint64_t seed) {
    std::uint64_t arrived = 0;
    for (const Party& party : parties) {
      const json::value received = json::parse(party.upstream->requests());
      for (const json::value& request : received.as_array()) {
        const json::string& text = request.at("body").as_string();
        const std::string body(text.data(), text.size());
        const std::optional<Label> label = label_in(body);
        ++arrived;
        if (!label)
          ADD_FAILURE() << "a body without its label, near seed " << seed << ": " << body;
        else if (!label->may_go_to(party.level, party.region))
          ADD_FAILURE() << label->text() << " at an upstream for class " << party.level << " in region "
                        << party.region << ", near seed " << seed << ": " << body;
      }
      party.upstream->reset();
    }
    return arrived;
  }

  std::vector<Party> parties;
};

// One manifest, one script of faults, one request.
class Case {
 public:
  Case(std::uint64_t seed, World& world) : random_(seed), world_(world) {}

  std::string manifest() {
    std::string yaml = "version: 1\ndata_classes: [open, inner, closed]\nregions: [eu, us, home]\nmodels:\n";
    const std::uint32_t count = 1 + random_.below(6);
    // One dialect behind a route: then a model that is refused is refused for what it may not see.
    const std::string provider = pick({"openai", "openai", "anthropic"});
    std::string names;
    for (std::uint32_t i = 0; i < count; ++i) {
      const Party& party = world_.parties[random_.below(static_cast<std::uint32_t>(world_.parties.size()))];
      receivers_.push_back(&party);
      const std::string name = "m" + std::to_string(i);
      names += (i > 0 ? ", " : "") + name;
      yaml += "  " + name + ": {provider: " + provider + ", model: " + name + ", base_url: \"" +
              party.upstream->url() + "/v1\", can: [tools, prefill, thinking, images]" +
              (party.level > 0 || one_in(2) ? ", max_class: " + classes[party.level] : "") +
              ", region: " + regions[party.region] + "}\n";
    }
    yaml += "routes:\n  r: {models: [" + names +
            "], strategy: " + pick({"ordered", "weighted", "least_latency", "lowest_cost"}) +
            ", when_cut: " + pick({"fail", "restart", "continue"}) +
            ", attempts: " + std::to_string(1 + random_.below(6)) +
            ", backoff_milliseconds: 1, retry_ratio: 10" +
            (one_in(3) ? ", hedge_milliseconds: " + std::to_string(1 + random_.below(3)) : "");
    detects_ = one_in(3);
    if (detects_) yaml += ", guards: [pii]";
    return yaml + "}\nguards: {pii: {action: keep, raises: {iban: closed}}}\n";
  }

  void script_faults() {
    for (const Party& party : world_.parties) {
      json::array rules;
      for (int i = 0; i < 2; ++i) {
        json::object rule{{"times", 1 + random_.below(2)}};
        add_fault(rule);
        rules.push_back(std::move(rule));
      }
      const Status told = party.upstream->script(json::serialize(json::object{{"rules", std::move(rules)}}));
      EXPECT_TRUE(told.ok()) << told.error().message();
    }
  }

  // Asks once. The label comes from headers, or from what the detectors find.
  int run(std::uint16_t port) {
    std::string fields, words;
    label_.level = random_.below(3);
    if (label_.level > 0) fields += "x-loadline-class: " + classes[label_.level] + "\r\n";
    if (one_in(2)) {
      label_.allowed.clear();
      std::string names;
      for (std::size_t region = 0; region < regions.size(); ++region)
        if (one_in(2)) {
          label_.allowed.insert(region);
          names += (names.empty() ? "" : ", ") + regions[region];
        }
      if (names.empty()) label_.allowed.insert(2), names = "home";
      fields += "x-loadline-regions: " + names + "\r\n";
    }
    const bool direct = one_in(4);  // the model's own name: no route, and so no guard
    if (detects_ && !direct && one_in(2)) {
      words = " DE89370400440532013000 ";
      label_.level = 2;
    }
    const bool messages = one_in(3);
    json::object body{
        {"model", direct ? "m0" : "r"},
        {"max_tokens", 50},
        {"messages", json::array{json::object{{"role", "user"}, {"content", label_.text() + words}}}}};
    if (one_in(2)) body["stream"] = true;
    return ask(port, messages ? "/v1/messages" : "/v1/chat/completions", fields, json::serialize(body));
  }

  /// Models that may not see the request.
  std::uint64_t forbidden() const {
    return static_cast<std::uint64_t>(
        std::count_if(receivers_.begin(), receivers_.end(),
                      [&](const Party* p) { return !label_.may_go_to(p->level, p->region); }));
  }

 private:
  bool one_in(std::uint32_t n) { return random_.below(n) == 0; }
  std::string pick(const std::vector<std::string>& from) {
    return from[random_.below(static_cast<std::uint32_t>(from.size()))];
  }

  void add_fault(json::object& rule) {
    switch (random_.below(8)) {
      case 0:
        rule["status"] = 500 + static_cast<int>(random_.below(4));
        break;
      case 1:
        rule["status"] = 429;
        break;
      case 2:
        rule["close_before_answer"] = true;
        break;
      case 3:
        rule["drop_after_events"] = random_.below(6);
        break;
      case 4:
        rule["drop_after_bytes"] = random_.below(400);
        rule["reset"] = true;
        break;
      case 5:
        rule["malformed_event"] = random_.below(4);
        break;
      case 6:
        rule["delay_ms"] = 1 + random_.below(5);
        break;
      default:
        rule["split_bytes"] = 1 + random_.below(9);
    }
  }

  Rng random_;
  World& world_;
  std::vector<const Party*> receivers_;
  bool detects_ = false;
  Label label_;
};

std::uint64_t cases_wanted() {
  const char* given = std::getenv("LOADLINE_RESIDENCY_CASES");
  return given == nullptr ? cases_default : std::strtoull(given, nullptr, 10);
}

TEST(Residency, no_byte_to_a_forbidden_upstream) {
  World world;
  Gateway gateway;
  std::uint64_t arrived = 0, forbidden = 0, answered = 0;
  const std::uint64_t cases = cases_wanted();
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    Case one(seed, world);
    ASSERT_TRUE(gateway.use(one.manifest())) << "seed " << seed;
    one.script_faults();
    answered += one.run(gateway.port()) == 200 ? 1 : 0;
    forbidden += one.forbidden();
    if (seed % cases_between_checks == 0 || seed == cases) arrived += world.check(seed);
    ASSERT_FALSE(HasFailure());
  }
  std::printf("%llu cases, %llu requests arrived, %llu models were forbidden, %llu answers\n",
              static_cast<unsigned long long>(cases), static_cast<unsigned long long>(arrived),
              static_cast<unsigned long long>(forbidden), static_cast<unsigned long long>(answered));
  // The cases are worth something.
  EXPECT_GT(arrived, cases / 4);
  EXPECT_GT(forbidden, cases / 2);
  EXPECT_GT(answered, cases / 8);
  // The first of the two checks left nothing to the second one.
  EXPECT_EQ(gateway.metrics().find("failure=\"refused\""), std::string::npos) << gateway.metrics();
}

// Takes a model's clearance away after the plan chose it: only the check at the socket can notice.
class ClearanceThief final : public AuditLog {
 public:
  Result<std::uint64_t> record(const AuditEvent& event) override {
    if (std::holds_alternative<AuditSend>(event))
      for (RouteModel& model : table.load()->route_models) model.clearance.level_max = 0;
    return ++records_;
  }
  Result<AuditAnchor> anchor() override { return AuditAnchor{}; }

  std::atomic<GatewayTable*> table{nullptr};  // the one that requests go by

 private:
  std::uint64_t records_ = 0;
};

TEST(Residency, the_socket_asks_again) {
  World world;
  ClearanceThief thief;
  Gateway gateway(&thief);
  const Party& party = world.parties[4];  // closed, eu
  for (const std::string& hedge : {std::string(), std::string(", hedge_milliseconds: 1")}) {
    const std::shared_ptr<GatewayTable> table = gateway.use(
        "version: 1\ndata_classes: [open, inner, closed]\nregions: [eu, us, home]\nmodels:\n"
        "  m: {provider: openai, model: m, base_url: \"" +
        party.upstream->url() + "/v1\", max_class: closed, region: eu}\nroutes:\n  r: {models: [m]" + hedge +
        "}\n");
    ASSERT_TRUE(table);
    thief.table = table.get();
    const std::string body = R"({"model":"r","messages":[{"role":"user","content":"label 2 regions 012."}]})";
    EXPECT_EQ(ask(gateway.port(), "/v1/chat/completions", "x-loadline-class: closed\r\n", body), 403);
    EXPECT_EQ(json::parse(party.upstream->requests()).as_array().size(), 0U);
    // Open data goes through the very same path.
    const std::string open = R"({"model":"r","messages":[{"role":"user","content":"label 0 regions 012."}]})";
    EXPECT_EQ(ask(gateway.port(), "/v1/chat/completions", "", open), 200);
    EXPECT_EQ(world.check(0), 1U);
  }
}

}  // namespace
}  // namespace loadline
