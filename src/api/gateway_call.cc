#include "api/gateway_call.h"

#include <algorithm>
#include <charconv>

#include "api/api_error.h"
#include "base/assert.h"
#include "base/nearest_name.h"
#include "base/printable.h"
#include "dialect/translate.h"

namespace loadline {
namespace {

// A text of n bytes has rarely more than n/3 tokens; with what stands between messages on top.
constexpr std::uint64_t bytes_per_token_least = 3;
constexpr std::uint64_t tokens_per_input = 8;
constexpr std::uint64_t tokens_per_request = 32;
constexpr std::uint64_t tokens_per_image = 1600;

std::uint32_t needed_capabilities(const RequestFacts& facts) {
  std::uint32_t needed = facts.dialect == Dialect::openai_embeddings ? cap_embeddings : cap_chat;
  if (facts.has_tools) needed |= cap_tools;
  if (facts.has_json_schema) needed |= cap_json_schema;
  if (facts.has_images) needed |= cap_images;
  if (facts.has_thinking) needed |= cap_thinking;
  if (facts.has_prefill) needed |= cap_prefill;
  if (facts.is_stateful) needed |= cap_stateful;
  return needed;
}

std::string_view operation_name(Dialect dialect) {
  switch (dialect) {
    case Dialect::openai_embeddings:
      return "embeddings";
    case Dialect::openai_completions:
      return "text_completion";
    default:
      return "chat";
  }
}

GenAiProvider provider_of(const GatewayModel& model) {
  if (!model.endpoint) return GenAiProvider::own;
  switch (model.endpoint->provider()) {
    case Provider::azure:
      return GenAiProvider::azure;
    case Provider::anthropic:
      return GenAiProvider::anthropic;
    case Provider::gemini:
      return GenAiProvider::gemini;
    default:
      return GenAiProvider::openai;
  }
}

std::string_view finish_name(FinishKind kind) {
  constexpr std::string_view names[] = {"stop", "length", "tool_calls", "content_filter", "other"};
  return names[static_cast<std::size_t>(kind)];
}

// The field that a message of the dialect begins with: "messages[1].role: ...".
std::string named_field(std::string_view message) {
  const std::size_t end = message.find(": ");
  const std::string_view field = message.substr(0, end == std::string_view::npos ? 0 : end);
  const bool is_path = std::all_of(field.begin(), field.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '[' || c == ']';
  });
  return is_path ? std::string(field) : std::string();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

CallRefusal refusal_of(const Error& error, std::string code, std::string param) {
  const ApiError known = api_error(error);
  CallRefusal refusal;
  refusal.status = known.status;
  refusal.code = code.empty() ? known.code : std::move(code);
  refusal.type = known.type;
  refusal.param = std::move(param);
  refusal.message = error.message();
  return refusal;
}

GatewayCall::GatewayCall(const GatewayFlowParts& parts, GatewayRules rules, const HttpRequest& request,
                         Dialect client, Rng& random)
    : parts_(parts),
      table_(std::move(rules.table)),
      index_(std::move(rules.series)),
      request_(request),
      client_(client),
      random_(random),
      started_(parts.clock.now()),
      identity_(std::static_pointer_cast<const Identity>(request.caller)) {
  LOADLINE_ASSERT(identity_ != nullptr);  // the plan of such a request says whom it comes from
  if (parts_.traces == nullptr) return;
  started_unix_nanos_ = parts_.clock.unix_millis() * 1'000'000;
  if (const auto caller = parse_traceparent(request_.header("traceparent"))) {
    parent_span_ = caller->span_id;
    trace_ = new_span(*caller, random_);
  } else {
    trace_ = new_trace(random_);
  }
}

GatewayCall::~GatewayCall() {
  if (!closed_)
    close({.model = std::nullopt, .outcome = RowOutcome::cancelled, .status = 499, .first_token = {}});
}

std::optional<CallRefusal> GatewayCall::recognise() {
  if (request_.body.empty())
    return refusal_of(Error(Code::invalid_argument, "the request needs a JSON body"));
  Result<RequestFacts> facts = read_request(client_, request_.body);
  if (!facts) return refusal_of(facts.error(), "", named_field(facts.error().message()));
  facts_ = std::move(*facts);
  if (auto refused = find_route()) return refused;
  body_ = request_.body;
  if (route_->guards.is_empty()) return std::nullopt;
  guards_.emplace(route_->guards, parts_.vault, identity_->tenant(), request_.request_id, parts_.clock);
  guards_->read_request(body_, facts_);
  return std::nullopt;
}

InjectionCheck* GatewayCall::classifier_due() {
  InjectionCheck* const check = guards_ ? guards_->injection() : nullptr;
  return check != nullptr && check->to_classify() ? check : nullptr;
}

std::optional<CallRefusal> GatewayCall::admit() {
  if (auto refused = filter_request()) return refused;
  if (auto refused = raise_label()) return refused;
  need_.capabilities = needed_capabilities(facts_);
  need_.prompt_tokens = prompt_estimate();
  need_.output_tokens =
      client_ == Dialect::openai_embeddings
          ? 0
          : facts_.output_limit.value_or(GatewayFlow::output_tokens_default) * facts_.choices;
  need_.budgeted = is_budgeted();
  plan_.emplace(route_->policy, *route_->state, table_->route_models, need_, random_, started_);
  if (auto refused = check_limits()) return refused;
  look_into_cache();
  if (!cache_ || !cache_->answer())
    if (auto refused = reserve()) return refused;
  return begin_row();
}

std::optional<CallRefusal> GatewayCall::find_route() {
  if (facts_.model.empty())
    return refusal_of(Error(Code::invalid_argument, "'model' is missing"), "", "model");
  route_ = table_->find_route(facts_.model);
  const Scopes& scopes = identity_->scopes;
  const bool allowed =
      route_ != nullptr && (scopes.routes.has(facts_.model) || scopes.models.has(facts_.model));
  if (allowed && !route_->collection.empty() && !scopes.collections.has(route_->collection))
    return refusal_of(Error(Code::permission_denied, "this key may not use the collection that '" +
                                                         printable(facts_.model) + "' answers from"),
                      "collection_not_allowed");
  if (allowed) return std::nullopt;
  if (route_ != nullptr)
    return refusal_of(
        Error(Code::permission_denied, "this key may not use '" + printable(facts_.model) + "'"),
        "route_not_allowed");
  std::vector<std::string_view> known;
  for (const GatewayRoute& route : table_->routes) known.push_back(route.policy.name);
  const std::string near = nearest_name(facts_.model, known);
  return refusal_of(Error(Code::not_found, "there is no route or model '" + printable(facts_.model) + "'" +
                                               (near.empty() ? "; GET /v1/models lists them"
                                                             : "; did you mean '" + near + "'?")),
                    "model_not_found", "model");
}

std::optional<CallRefusal> GatewayCall::filter_request() {
  if (!guards_) return std::nullopt;
  Result<std::string> filtered = guards_->filter_request(body_, facts_);
  if (!filtered)
    return refusal_of(filtered.error(),
                      filtered.error().code() == Code::unavailable ? "guard_unavailable" : "content_blocked");
  if (*filtered == body_) return std::nullopt;
  body_ = std::move(*filtered);
  Result<RequestFacts> facts = read_request(client_, body_);
  if (!facts) return refusal_of(facts.error());
  facts_ = std::move(*facts);
  return std::nullopt;
}

std::optional<CallRefusal> GatewayCall::raise_label() {
  need_.label = identity_->floor;
  class_reason_ = identity_->floor.level > 0 ? "key floor" : "";
  const auto raise = [this](const DataLabel& by, const char* reason) {
    const DataLabel joined = join(need_.label, by);
    if (!(joined == need_.label)) class_reason_ = reason;
    need_.label = joined;
  };
  raise(route_->floor, "collection");
  if (guards_) raise(guards_->label(), "detector");
  if (const std::string_view wanted = request_.header("x-loadline-class"); !wanted.empty()) {
    const auto level = table_->classes.level_of(wanted);
    if (!level)
      return refusal_of(Error(Code::invalid_argument,
                              "x-loadline-class: '" + printable(wanted) + "' is not one of data_classes"));
    raise({*level, every_region}, "header");
  }
  if (std::string_view wanted = request_.header("x-loadline-regions"); !wanted.empty()) {
    RegionSet regions = 0;
    while (!wanted.empty()) {
      const std::size_t comma = std::min(wanted.find(','), wanted.size());
      const std::string_view name = trimmed(wanted.substr(0, comma));
      const auto region = table_->classes.region_of(name);
      if (!region)
        return refusal_of(Error(Code::invalid_argument,
                                "x-loadline-regions: '" + printable(name) + "' is not one of regions"));
      regions |= RegionSet{1} << *region;
      wanted.remove_prefix(std::min(comma + 1, wanted.size()));
    }
    raise({0, regions}, "header");
  }
  if (need_.label.level > identity_->clearance_level && !table_->classes.classes.empty())
    return refusal_of(
        Error(Code::permission_denied, "this key may not ask about data of the class '" + class_name() + "'"),
        "class_not_allowed");
  return std::nullopt;
}

std::uint64_t GatewayCall::prompt_estimate() const {
  return (facts_.text_bytes + bytes_per_token_least - 1) / bytes_per_token_least +
         tokens_per_input * facts_.inputs + tokens_per_request + tokens_per_image * facts_.image_count +
         (route_->guards.canary ? CallGuards::canary_tokens : 0);
}

std::optional<CallRefusal> GatewayCall::check_limits() {
  const LimitOwner owners[] = {{OwnerKind::key, identity_->key, identity_->scopes.limits},
                               {OwnerKind::route, route_->policy.name, route_->limits}};
  Admission admission = parts_.governance.limits.admit(owners, need_.prompt_tokens + need_.output_tokens);
  permit_ = std::move(admission.permit);
  if (!admission.refused) return std::nullopt;
  CallRefusal refusal = refusal_of(admission.refused->error, "rate_limit_exceeded");
  refusal.retry_after = std::chrono::milliseconds(admission.refused->retry_after_ms.value_or(0));
  return refusal;
}

// Tools act, state lives elsewhere, and personal data is nobody else's: none of these is answered from
// memory.
void GatewayCall::look_into_cache() {
  const bool personal = guards_ && guards_->found_anything();
  if (route_->cache_time.count() == 0 || facts_.has_tools || facts_.is_stateful || personal ||
      plan_->order().empty())
    return;
  cache_.emplace(parts_.memory, CallCache::Subject{.tenant = identity_->tenant(),
                                                   .rules = table_->version,
                                                   .route = *route_,
                                                   .label = need_.label,
                                                   .client = client_,
                                                   .body = body_,
                                                   .facts = facts_});
}

void GatewayCall::keep(std::string_view body, std::string_view content_type, std::uint32_t model,
                       std::string text) {
  if (!wants_to_keep()) return;
  // What the answer itself brought to light is not for others either.
  if (guards_ && (guards_->found_anything() || !guards_->unchecked().empty())) return;
  cache_->keep({std::string(body), std::string(content_type), table_->models[model].name, std::move(text)});
}

std::vector<BudgetOwner> GatewayCall::budget_owners() const {
  BudgetLimits team;
  for (const auto& [name, budget] : table_->teams)
    if (name == identity_->team) team = budget;
  return {{OwnerKind::key, identity_->key, identity_->scopes.budget},
          {OwnerKind::team, identity_->team, team},
          {OwnerKind::route, route_->policy.name, route_->budget}};
}

bool GatewayCall::is_budgeted() const {
  const std::vector<BudgetOwner> owners = budget_owners();
  return std::any_of(owners.begin(), owners.end(),
                     [](const BudgetOwner& owner) { return owner.limits.day || owner.limits.month; });
}

// Held for the first model that is tried; `prepare` asks for more where a later one is dearer.
std::optional<CallRefusal> GatewayCall::reserve() {
  if (plan_->order().empty()) return std::nullopt;  // the plan says why
  const Price& price = table_->route_models[plan_->order().front()].price;
  Budgets::Wanted wanted;
  wanted.most = most_cost_of(price, need_.prompt_tokens, need_.output_tokens);
  wanted.least = most_cost_of(price, need_.prompt_tokens, std::min<std::uint64_t>(need_.output_tokens, 1));
  const std::vector<BudgetOwner> owners = budget_owners();
  ReserveResult result = parts_.governance.budgets.reserve(owners, wanted);
  reservation_ = std::move(result.reservation);
  if (!result.refused) return std::nullopt;
  CallRefusal refusal = refusal_of(result.refused->error, "budget_exhausted");
  refusal.retry_after = std::chrono::milliseconds(result.refused->retry_after_ms.value_or(0));
  return refusal;
}

std::optional<CallRefusal> GatewayCall::begin_row() {
  if (parts_.governance.ledger == nullptr || plan_->order().empty()) return std::nullopt;
  const std::uint32_t first = plan_->order().front();
  const Price& price = table_->route_models[first].price;
  RowStart row;
  row.request_id = request_.request_id;
  row.key = identity_->key;
  row.team = identity_->team;
  row.route = route_->policy.name;
  row.model = table_->models[first].name;
  row.label = need_.label;
  row.reserved = reservation_.amount();
  row.prompt_cost = most_cost_of(price, need_.prompt_tokens, 0);
  row.output_price = price.output;
  row.prompt_tokens = need_.prompt_tokens;
  Result<RowId> begun = parts_.governance.ledger->start(row);
  if (!begun) {
    CallRefusal refusal = refusal_of(begun.error(), "ledger_unavailable");
    refusal.status = 503;
    refusal.message = "the ledger cannot record the call: " + refusal.message;
    refusal.retry_after = std::chrono::seconds(5);
    return refusal;
  }
  row_ = *begun;
  return std::nullopt;
}

std::optional<CallRefusal> GatewayCall::prepare(std::uint32_t model, std::string_view purpose) {
  ++attempts_;
  begin_attempt(model);
  const NanoDollars needed =
      spent_.cost + most_cost_of(table_->route_models[model].price, need_.prompt_tokens, 1);
  if (needed > reservation_.amount()) {
    const std::vector<BudgetOwner> owners = budget_owners();
    if (auto refused = parts_.governance.budgets.extend(reservation_, owners, needed - reservation_.amount()))
      return refusal_of(refused->error, "budget_exhausted");
  }
  if (parts_.governance.audit == nullptr) return std::nullopt;
  const GatewayModel& to = table_->models[model];
  AuditSend send;
  send.request_id = request_.request_id;
  send.key = identity_->key;
  send.data_class = class_name();
  send.regions = region_names();
  send.model = to.name;
  send.upstream = to.origin();
  send.region = to.region;
  send.operator_name = to.operator_name;
  send.attempt = attempts_;
  send.purpose = std::string(purpose);
  if (const auto recorded = parts_.governance.audit->record(send); !recorded) {
    CallRefusal refusal = refusal_of(recorded.error(), "audit_unavailable");
    refusal.status = 503;
    refusal.message = "the audit log cannot record the call: " + refusal.message;
    refusal.retry_after = std::chrono::seconds(5);
    return refusal;
  }
  return std::nullopt;
}

void GatewayCall::begin_attempt(std::uint32_t model) {
  const GatewayModel& to = table_->models[model];
  series_ = &index_->of(route_index(), model);
  attempt_begun_ = last_piece_ = parts_.clock.now();
  if (parts_.traces == nullptr || !trace_.sampled) return;
  Span span;
  span.name = "upstream " + to.name;
  span.kind = SpanKind::client;
  span.context = new_span(trace_, random_);
  span.parent = trace_.span_id;
  span.start_unix_nanos = unix_nanos(attempt_begun_);
  span.attributes = {{"loadline.model", to.name},
                     {"loadline.region", to.region},
                     {"loadline.attempt", std::int64_t{attempts_}},
                     {"server.address", std::string(to.host())}};
  attempt_traceparent_ = traceparent(span.context);
  spans_.push_back(std::move(span));
}

void GatewayCall::attempt_answered() {
  series_->upstream.observe(std::chrono::duration<double>(parts_.clock.now() - attempt_begun_).count());
}

void GatewayCall::piece_delivered() {
  const Instant now = parts_.clock.now();
  series_->between_tokens.observe(std::chrono::duration<double>(now - last_piece_).count());
  last_piece_ = now;
}

void GatewayCall::end_attempt(std::optional<FailureKind> failure) {
  if (failure) series_->failures[static_cast<std::size_t>(*failure)].fetch_add(1, std::memory_order_relaxed);
  if (spans_.empty()) return;
  Span& span = spans_.back();
  span.end_unix_nanos = unix_nanos(parts_.clock.now());
  span.failed = failure.has_value();
  if (failure) span.failure = failure_name(*failure);
}

std::int64_t GatewayCall::unix_nanos(Instant at) const {
  return started_unix_nanos_ + std::chrono::duration_cast<std::chrono::nanoseconds>(at - started_).count();
}

void GatewayCall::count(const End& end, Duration total, const std::vector<AuditGuard>& guards) {
  if (route_ == nullptr) return;
  const auto relaxed = std::memory_order_relaxed;
  GatewaySeries& series = series_ != nullptr ? *series_ : index_->of(route_index(), std::nullopt);
  series.total.observe(std::chrono::duration<double>(total).count());
  if (end.first_token) series.first_token.observe(std::chrono::duration<double>(*end.first_token).count());
  series.queue.observe(std::chrono::duration<double>(queue_time_).count());
  if (guards_) count_guards(series, guards);
  series.outcomes[static_cast<std::size_t>(end.outcome)].fetch_add(1, relaxed);
  series.input_tokens.fetch_add(spent_.tokens.input.value_or(0), relaxed);
  series.output_tokens.fetch_add(spent_.tokens.output.value_or(0), relaxed);
  series.cached_tokens.fetch_add(spent_.tokens.cached.value_or(0), relaxed);
  series.cost_nano.fetch_add(static_cast<std::uint64_t>(spent_.cost), relaxed);
  series.malformed_events.fetch_add(malformed_, relaxed);
}

void GatewayCall::count_guards(GatewaySeries& series, const std::vector<AuditGuard>& guards) const {
  for (std::size_t step = 0; step < guard_step_count; ++step) {
    const Duration time = guards_->time(static_cast<GuardStep>(step));
    if (time > Duration::zero()) series.guards[step].observe(std::chrono::duration<double>(time).count());
  }
  for (const AuditGuard& guard : guards) series.count_verdict(guard.name, guard.verdict);
}

void GatewayCall::trace(const End& end) {
  if (parts_.traces == nullptr || !trace_.sampled || route_ == nullptr) return;
  const GenAiVersion version = parts_.genai_version;
  const auto integer = [](const std::optional<std::uint64_t>& value) {
    return static_cast<std::int64_t>(value.value_or(0));
  };
  Span root;
  root.name = std::string(operation_name(client_)) + " " + route_->policy.name;
  root.kind = SpanKind::server;
  root.context = trace_;
  root.parent = parent_span_;
  root.start_unix_nanos = started_unix_nanos_;
  root.end_unix_nanos = unix_nanos(parts_.clock.now());
  root.attributes.reserve(17);
  const auto tell = [&root](std::string_view name, auto value) {
    root.attributes.push_back({name, std::move(value)});
  };
  tell(genai_name(GenAi::operation, version), std::string(operation_name(client_)));
  tell(genai_name(GenAi::request_model, version), route_->policy.name);
  tell("loadline.request_id", request_.request_id);
  tell("loadline.key", identity_ ? identity_->key : std::string());
  tell("loadline.data_class", class_name());
  tell("loadline.outcome", std::string(row_outcome_name(end.outcome)));
  tell("loadline.attempts", std::int64_t{attempts_});
  tell("loadline.cost_usd", static_cast<double>(spent_.cost) * 1e-9);
  tell("http.response.status_code", std::int64_t{end.status});
  if (end.model) {
    const GatewayModel& model = table_->models[*end.model];
    root.attributes.push_back({genai_name(GenAi::response_model, version), model.name});
    root.attributes.push_back(
        {genai_name(GenAi::provider, version), std::string(genai_provider(provider_of(model), version))});
  }
  if (spent_.tokens.input)
    root.attributes.push_back({genai_name(GenAi::input_tokens, version), integer(spent_.tokens.input)});
  if (spent_.tokens.output)
    root.attributes.push_back({genai_name(GenAi::output_tokens, version), integer(spent_.tokens.output)});
  if (facts_.output_limit)
    tell(genai_name(GenAi::max_tokens, version), static_cast<std::int64_t>(*facts_.output_limit));
  if (finish_)
    tell(genai_name(GenAi::finish_reason, version),
         std::vector<std::string>{std::string(finish_name(*finish_))});
  if (wants_text()) {
    tell(genai_name(GenAi::input_messages, version), parts_.trace_texts->input(body_, facts_));
    if (!answer_text_.empty())
      tell(genai_name(GenAi::output_messages, version), parts_.trace_texts->output(answer_text_));
  }
  root.failed = end.outcome != RowOutcome::completed;
  if (root.failed) root.failure = row_outcome_name(end.outcome);
  for (Span& span : spans_) parts_.traces->add(std::move(span));
  parts_.traces->add(std::move(root));
}

Status GatewayCall::may_open(std::uint32_t model) const {
  if (plan_->may_open(model)) return {};
  return Error(Code::permission_denied, "the model '" + table_->models[model].name +
                                            "' may not see data of the class '" + class_name() + "'");
}

std::uint64_t GatewayCall::output_allowed(std::uint32_t model) const {
  const Price& price = table_->route_models[model].price;
  const std::uint64_t affordable =
      allowed_output(price, need_.prompt_tokens,
                     std::max<NanoDollars>(0, reservation_.amount() - spent_.cost - spent_.uncertain));
  return std::min(need_.output_tokens, affordable);
}

Result<std::string> GatewayCall::body_for(std::uint32_t model, Dialect upstream,
                                          std::optional<std::string_view> continued) {
  const GatewayModel& to = table_->models[model];
  std::string body;
  RequestFacts facts;
  const auto read_again = [&]() -> Status {
    LOADLINE_ASSIGN(facts, read_request(client_, body));
    return {};
  };
  if (guards_ && route_->guards.canary) {
    LOADLINE_ASSIGN(body, guards_->with_canary(body_, facts_));
    LOADLINE_TRY(read_again());
  } else {
    body = body_;
    facts = facts_;
  }
  if (continued && !continued->empty()) {
    LOADLINE_ASSIGN(body, with_prefill(body, facts, *continued));
    LOADLINE_TRY(read_again());
  }
  const bool answers = client_ != Dialect::openai_embeddings;
  const std::uint64_t allowed = output_allowed(model) / std::max<std::uint32_t>(1, facts.choices);
  if (answers &&
      (facts.output_limit ? *facts.output_limit > allowed : allowed < GatewayFlow::output_tokens_default)) {
    body = set_output_limit(body, facts, std::max<std::uint64_t>(allowed, 1));
    LOADLINE_TRY(read_again());
  }
  const std::string& name = to.endpoint                      ? to.endpoint->model()
                            : to.name == route_->local_model ? route_->policy.name
                                                             : to.name;
  if (upstream != client_) {
    RequestOptions options;
    options.model = name;
    options.output_tokens_max = std::max<std::uint64_t>(allowed, 1);
    LOADLINE_ASSIGN(Translated translated, translate_request(client_, upstream, body, facts, options));
    losses_ = std::move(translated.losses);
    if (!facts.stream || (upstream != Dialect::openai_chat && upstream != Dialect::openai_completions))
      return std::move(translated.body);
    LOADLINE_ASSIGN(const RequestFacts translated_facts, read_request(upstream, translated.body));
    return force_usage(translated.body, translated_facts);
  }
  if (facts.stream && !facts.include_usage) {
    body = force_usage(body, facts);
    LOADLINE_TRY(read_again());
  }
  if (facts.model != name) body = replace_model(body, facts, name);
  return body;
}

GatewayCall::Spending GatewayCall::spending(std::uint32_t model, const UsageFacts& usage,
                                            std::uint64_t delivered_bytes, bool sent) const {
  Spending spending;
  const Price& price = table_->route_models[model].price;
  const std::uint64_t estimate =
      (delivered_bytes + AnswerPump::bytes_per_token - 1) / AnswerPump::bytes_per_token;
  if (usage.is_empty() && delivered_bytes == 0) {
    // Nobody can say whether the prompt was read, and paid.
    if (sent) spending.uncertain = most_cost_of(price, need_.prompt_tokens, 0);
    return spending;
  }
  spending.source =
      usage.input_tokens && usage.output_tokens ? UsageSource::provider : UsageSource::estimated;
  spending.tokens = {usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens};
  // What it leaves out is estimated, so that dropping the last event is no way to spend less.
  if (!spending.tokens.input) spending.tokens.input = need_.prompt_tokens;
  if (!spending.tokens.output && client_ != Dialect::openai_embeddings) spending.tokens.output = estimate;
  if (client_ == Dialect::openai_embeddings && usage.input_tokens) spending.source = UsageSource::provider;
  spending.cost = cost_of(price, spending.tokens);
  return spending;
}

void GatewayCall::passages_checked(const CallHead& head) {
  InjectionCheck* const check = guards_ ? guards_->injection() : nullptr;
  if (check == nullptr) return;
  std::uint32_t left_out = 0;
  std::string unchecked;
  for (const HttpHeader& header : head.passed) {
    if (header.name == "x-loadline-quarantined")
      std::from_chars(header.value.data(), header.value.data() + header.value.size(), left_out);
    if (header.name == "x-loadline-unchecked") unchecked = header.value;
  }
  check->passages_checked(left_out, std::move(unchecked), head.status >= 400);
}

void GatewayCall::add_loser(std::uint32_t model) {
  if (!row_) return;
  LoserCost loser;
  const GatewayModel& lost = table_->models[model];
  loser.model = lost.name;
  loser.upstream = lost.host();
  loser.uncertain = most_cost_of(table_->route_models[model].price, need_.prompt_tokens, 0);
  if (const Status added = parts_.governance.ledger->add_loser(*row_, loser); !added)
    parts_.log.error("ledger_row_lost",
                     {{"request_id", request_.request_id}, {"error", added.error().to_string()}});
}

void GatewayCall::watermark(std::uint64_t delivered_tokens) {
  if (row_) parts_.governance.ledger->watermark(*row_, delivered_tokens);
}

void GatewayCall::add_spending(const Spending& more) {
  if (more.source == UsageSource::unknown && more.uncertain == 0)
    return;  // it was refused before it cost anything
  const auto add = [](std::optional<std::uint64_t>& total, const std::optional<std::uint64_t>& part) {
    if (part) total = total.value_or(0) + *part;
  };
  add(spent_.tokens.input, more.tokens.input);
  add(spent_.tokens.output, more.tokens.output);
  add(spent_.tokens.cached, more.tokens.cached);
  add(spent_.tokens.reasoning, more.tokens.reasoning);
  spent_.cost += more.cost;
  spent_.uncertain += more.uncertain;
  told_ = told_ && more.source == UsageSource::provider;
  if (more.source == UsageSource::provider || more.source == UsageSource::estimated)
    spent_.source = told_ ? UsageSource::provider : UsageSource::estimated;
}

std::string GatewayCall::class_name() const {
  const auto& classes = table_->classes.classes;
  return need_.label.level < classes.size() ? classes[need_.label.level] : "";
}

std::vector<std::string> GatewayCall::region_names() const {
  std::vector<std::string> names;
  if (need_.label.regions == every_region) return names;
  for (std::size_t i = 0; i < table_->classes.regions.size(); ++i)
    if ((need_.label.regions >> i & 1U) != 0) names.push_back(table_->classes.regions[i]);
  return names;
}

void GatewayCall::audit_decision(const End& end, const std::vector<AuditGuard>& guards) {
  AuditDecision decision;
  decision.request_id = request_.request_id;
  decision.key = identity_ ? identity_->key : "";
  decision.team = identity_ ? identity_->team : "";
  decision.route = route_ != nullptr ? route_->policy.name : "";
  decision.data_class = class_name();
  decision.regions = region_names();
  decision.class_reason = class_reason_;
  if (plan_)
    for (const RemovedCandidate& removed : plan_->removed())
      decision.removed.push_back(
          {table_->models[removed.model].name, std::string(removal_name(removed.why))});
  if (end.model) {
    const GatewayModel& model = table_->models[*end.model];
    decision.model = model.name;
    decision.upstream = model.origin();
    decision.region = model.region;
    decision.operator_name = model.operator_name;
  }
  decision.guards = guards;
  if (cache_) decision.cache = cache_->verdict();
  decision.outcome = row_outcome_name(end.outcome);
  if (const auto recorded = parts_.governance.audit->record(decision); !recorded)
    parts_.log.error("audit_lost",
                     {{"request_id", request_.request_id}, {"error", recorded.error().to_string()}});
}

void GatewayCall::close(const End& end) {
  if (closed_) return;
  closed_ = true;
  const Duration total = parts_.clock.now() - started_;
  if (row_) {
    RowEnd row;
    row.source = spent_.source;
    row.tokens = spent_.tokens;
    row.cost = spent_.cost;
    row.uncertain = spent_.uncertain;
    row.outcome = end.outcome;
    if (end.model) {
      row.model = table_->models[*end.model].name;
      row.upstream = table_->models[*end.model].host();
    }
    row.attempts = attempts_;
    row.status = static_cast<std::uint32_t>(end.status);
    row.duration_ms =
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(total).count());
    if (end.first_token)
      row.first_token_ms = static_cast<std::uint32_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(*end.first_token).count());
    if (const Status settled = parts_.governance.ledger->settle(*row_, row); !settled)
      parts_.log.error("ledger_row_lost",
                       {{"request_id", request_.request_id}, {"error", settled.error().to_string()}});
  }
  reservation_.settle(spent_.cost + spent_.uncertain);
  permit_.used_tokens(spent_.tokens.input.value_or(0) + spent_.tokens.output.value_or(0));
  permit_.finish();
  std::vector<AuditGuard> guards;
  if (guards_) guards = guards_->audit();
  if (parts_.governance.audit != nullptr && identity_) audit_decision(end, guards);
  count(end, total, guards);
  trace(end);
}

}  // namespace loadline
