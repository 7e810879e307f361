#include "api/chat_routes.h"

#include <boost/json.hpp>

#include "api/chat_json.h"
#include "api/chat_stream.h"
#include "api/json_values.h"

namespace loadline {

namespace json = boost::json;

namespace {

// For an answer that is sent whole: only asks whether it is still wanted.
class SilentSink final : public AnswerSink {
 public:
  SilentSink(EventStream& events, const CallContext& context) : events_(events), context_(context) {}
  void on_passages_checked(const PassageCheck& check) override { events_.set_headers(headers_of(check)); }
  bool on_delta(const ChatDelta&) override { return context_.check().ok(); }
  bool on_citations(const std::vector<Citation>&) override { return context_.check().ok(); }

 private:
  EventStream& events_;
  const CallContext& context_;
};

// Text completions as chunks of one choice.
class CompletionStream final : public AnswerSink {
 public:
  CompletionStream(EventStream& events, const AnswerHead& head, std::size_t index, bool include_usage)
      : events_(events), head_(head), index_(index), include_usage_(include_usage) {}

  bool on_delta(const ChatDelta& delta) override {
    if (delta.text.empty() && delta.logprobs.empty()) return true;
    const std::size_t offset = offset_;
    offset_ += delta.text.size();
    return events_.send(chunk(completion_choice_json(
        index_, delta.text, delta.logprobs.empty() ? nullptr : &delta.logprobs, offset, nullptr)));
  }
  bool on_citations(const std::vector<Citation>&) override { return true; }
  bool finish(FinishReason reason) {
    return events_.send(chunk(completion_choice_json(index_, "", nullptr, offset_, &reason)));
  }
  json::object chunk(json::value choice) const {
    json::object out{{"id", head_.id},
                     {"object", "text_completion"},
                     {"created", head_.created},
                     {"model", json_text(head_.model)},
                     {"choices", json::array()}};
    if (!choice.is_null()) out["choices"].as_array().push_back(std::move(choice));
    if (include_usage_) out["usage"] = nullptr;
    return out;
  }

 private:
  EventStream& events_;
  const AnswerHead& head_;
  const std::size_t index_;
  const bool include_usage_;
  std::size_t offset_ = 0;
};

std::string id_for(std::string_view prefix, std::string_view request_id) {
  if (request_id.substr(0, 4) == "req_") request_id.remove_prefix(4);
  return std::string(prefix) + std::string(request_id);
}

void respond_json(HttpExchange& exchange, std::string body, const std::vector<HttpHeader>& headers = {}) {
  HttpResponse response = json_response(std::move(body));
  response.headers = headers;
  exchange.respond(std::move(response));
}

ApiError chat_error(const Error& error) {
  ApiError out = api_error(error);
  if (error.code() == Code::not_found) {
    out.code = "model_not_found";
    out.param = "model";
  }
  return out;
}

// A generation that was stopped has no answer to send.
ApiError stopped_error(const EventStream& events, const CallContext& context) {
  if (events.too_slow())
    return api_error(Error(Code::resource_exhausted, "the client reads more slowly than the answer is made"));
  const Status status = context.check();
  return api_error(status.ok() ? Error(Code::cancelled, "the answer was stopped") : status.error());
}

void add(Usage& total, const Usage& usage) {
  total.prompt_tokens += usage.prompt_tokens;
  total.completion_tokens += usage.completion_tokens;
  total.cached_prompt_tokens += usage.cached_prompt_tokens;
}

}  // namespace

void ChatRoutes::chat(HttpExchange& exchange, const std::string& tenant) const {
  ApiError error;
  auto call = parse_chat_call(exchange.request().body, error);
  if (!call) return exchange.respond(error_response(error));
  call->request.cache_scope = tenant;
  const CallContext& context = exchange.context();
  AnswerHead head{id_for("chatcmpl-", exchange.request().request_id), clock_.unix_millis() / 1000,
                  call->model};
  EventStream events(exchange);
  ChatStream stream(events, head, call->include_usage);
  SilentSink silent(events, context);
  AnswerSink& sink = call->stream ? static_cast<AnswerSink&>(stream) : silent;
  auto answer = flow_.chat(call->model, call->request, sink, context);
  if (!answer) return events.fail(chat_error(answer.error()), retry_after_());
  metrics_.add_answer(*answer);
  if (answer->chat.finish == FinishReason::cancelled) return events.fail(stopped_error(events, context), 1);
  if (call->stream) return stream.finish(*answer);
  respond_json(exchange, chat_completion_json(head, *answer, call->request.top_logprobs >= 0),
               events.headers());
}

void ChatRoutes::completions(HttpExchange& exchange, const std::string& tenant) const {
  ApiError error;
  auto call = parse_completion_call(exchange.request().body, error);
  if (!call) return exchange.respond(error_response(error));
  const CallContext& context = exchange.context();
  const AnswerHead head{id_for("cmpl-", exchange.request().request_id), clock_.unix_millis() / 1000,
                        call->model};
  EventStream events(exchange);
  SilentSink silent(events, context);
  json::array choices;
  Usage usage;
  for (std::size_t i = 0; i < call->requests.size(); ++i) {
    call->requests[i].cache_scope = tenant;
    CompletionStream stream(events, head, i, call->include_usage);
    AnswerSink& sink = call->stream ? static_cast<AnswerSink&>(stream) : silent;
    auto answer = flow_.chat(call->model, call->requests[i], sink, context);
    if (!answer) return events.fail(chat_error(answer.error()), retry_after_());
    metrics_.add_answer(*answer);
    add(usage, answer->chat.usage);
    const ChatResult& chat = answer->chat;
    if (chat.finish == FinishReason::cancelled) return events.fail(stopped_error(events, context), 1);
    if (call->stream && !stream.finish(chat.finish)) return events.fail(stopped_error(events, context), 1);
    if (!call->stream)
      choices.push_back(completion_choice_json(
          i, chat.content, call->requests[i].top_logprobs >= 0 ? &chat.logprobs : nullptr, 0, &chat.finish));
  }
  json::object last = CompletionStream(events, head, 0, false).chunk(nullptr);
  last["usage"] = usage_json(usage);
  if (call->stream)
    return events.finish(call->include_usage ? std::vector{last} : std::vector<json::object>{});
  last["choices"] = std::move(choices);
  respond_json(exchange, json::serialize(last));
}

}  // namespace loadline
