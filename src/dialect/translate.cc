#include "dialect/translate.h"

#include "dialect/chat_form.h"
#include "dialect/json_scan.h"

namespace loadline {
namespace {

bool is_client_chat(Dialect dialect) {
  return dialect == Dialect::openai_chat || dialect == Dialect::openai_completions ||
         dialect == Dialect::openai_responses || dialect == Dialect::anthropic_messages;
}
bool is_upstream_chat(Dialect dialect) {
  return dialect == Dialect::openai_chat || dialect == Dialect::anthropic_messages ||
         dialect == Dialect::gemini;
}

Error no_way(Dialect client, Dialect upstream) {
  return {Code::invalid_argument, std::string("model: requests of ")
                                      .append(dialect_name(client))
                                      .append(" cannot be translated for ")
                                      .append(dialect_name(upstream))};
}

// What no other dialect has, or what would silently give another answer.
Status check_facts(const RequestFacts& facts, JsonView root) {
  if (facts.choices > 1) return refused("n", "only one choice can be asked of a model of another dialect");
  if (facts.has_logprobs)
    return refused(root["logprobs"] ? "logprobs" : "top_logprobs",
                   "a model of another dialect gives no log-probabilities");
  if (!facts.is_stateful || facts.dialect != Dialect::openai_responses) return {};
  for (const char* name : {"previous_response_id", "conversation", "background", "prompt"})
    if (root[name] && !root[name].is_null() && root[name].boolean() != false)
      return refused(name, "state kept by a provider cannot be used with a model of another dialect");
  return {};
}

Result<ChatForm> read_form(Dialect client, JsonView root, Losses& losses) {
  switch (client) {
    case Dialect::openai_chat:
      return read_openai_chat_request(root, losses);
    case Dialect::openai_completions:
      return read_openai_completions_request(root, losses);
    case Dialect::openai_responses:
      return read_openai_responses_request(root, losses);
    case Dialect::anthropic_messages:
      return read_anthropic_request(root, losses);
    case Dialect::openai_embeddings:
    case Dialect::gemini:
      break;
  }
  return Error(Code::internal, "no reader for this dialect");
}

Result<std::string> write_form(Dialect upstream, const ChatForm& form, const WriteOptions& options,
                               Losses& losses) {
  switch (upstream) {
    case Dialect::openai_chat:
      return write_openai_chat_request(form, options, losses);
    case Dialect::anthropic_messages:
      return write_anthropic_request(form, options, losses);
    case Dialect::gemini:
      return write_gemini_request(form, options, losses);
    case Dialect::openai_completions:
    case Dialect::openai_embeddings:
    case Dialect::openai_responses:
      break;
  }
  return Error(Code::internal, "no writer for this dialect");
}

Result<AnswerForm> read_answer_form(Dialect upstream, JsonView root, Losses& losses) {
  if (upstream == Dialect::anthropic_messages) return read_anthropic_answer(root, losses);
  if (upstream == Dialect::gemini) return read_gemini_answer(root, losses);
  return read_openai_chat_answer(root, losses);
}

std::string write_answer_form(Dialect client, const AnswerForm& answer, Losses& losses) {
  switch (client) {
    case Dialect::openai_responses:
      return write_openai_responses_answer(answer);
    case Dialect::anthropic_messages:
      return write_anthropic_answer(answer);
    case Dialect::openai_completions:
      for (const ChatBlock& block : answer.blocks)
        if (block.kind != ChatBlockKind::text) losses.add(block.at);
      return write_openai_completions_answer(answer);
    case Dialect::openai_chat:
    case Dialect::openai_embeddings:
    case Dialect::gemini:
      break;
  }
  return write_openai_chat_answer(answer);
}

}  // namespace

bool can_translate(Dialect client, Dialect upstream) {
  return client == upstream || (is_client_chat(client) && is_upstream_chat(upstream));
}

Result<Translated> translate_request(Dialect client, Dialect upstream, std::string_view body,
                                     const RequestFacts& facts, const RequestOptions& options) {
  if (client == upstream)
    return Translated{options.model.empty() ? std::string(body) : replace_model(body, facts, options.model),
                      {}};
  if (!can_translate(client, upstream)) return no_way(client, upstream);
  JsonIndex index;
  LOADLINE_TRY(index.scan(body));
  LOADLINE_TRY(check_facts(facts, index.root()));
  Losses losses;
  LOADLINE_ASSIGN(ChatForm form, read_form(client, index.root(), losses));
  if (!options.model.empty()) form.model = options.model;
  LOADLINE_ASSIGN(
      std::string out,
      write_form(upstream, form, {options.output_tokens_max, options.openai_limit_field}, losses));
  return Translated{std::move(out), losses.names()};
}

Result<Translated> translate_response(Dialect upstream, Dialect client, std::string_view body,
                                      const AnswerOptions& options) {
  if (client == upstream) return Translated{std::string(body), {}};
  if (!can_translate(client, upstream)) return no_way(client, upstream);
  JsonIndex index;
  LOADLINE_TRY(scan_answer(index, body));
  Losses losses;
  LOADLINE_ASSIGN(AnswerForm answer, read_answer_form(upstream, index.root(), losses));
  if (answer.created == 0) answer.created = options.created_seconds;
  std::string out = write_answer_form(client, answer, losses);
  return Translated{std::move(out), losses.names()};
}

}  // namespace loadline
