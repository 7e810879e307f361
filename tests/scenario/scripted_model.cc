#include "scripted_model.h"

#include <algorithm>
#include <sstream>

#include "scenario.h"
#include "text_cursor.h"

namespace loadline {

namespace json = boost::json;

namespace {

const std::vector<std::string_view> step_names{"delta", "says",   "call",  "hold",
                                               "fail",  "finish", "usage", "logprob"};

// A word with the blanks before it: the pieces of "says".
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = text.find_first_not_of(" \n", begin);
    end = std::min(text.find_first_of(" \n", std::min(end, text.size())), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::uint32_t count_words(const std::string& text) {
  std::istringstream in(text);
  std::uint32_t count = 0;
  for (std::string word; in >> word;) ++count;
  return count;
}

Result<Code> code_named(std::string_view name) {
  std::vector<std::string_view> known;
  for (int i = static_cast<int>(Code::cancelled); i <= static_cast<int>(Code::internal); ++i) {
    const auto code = static_cast<Code>(i);
    if (code_name(code) == name) return code;
    known.push_back(code_name(code));
  }
  return Error(Code::invalid_argument, "'" + std::string(name) + "' is no error code" + meant(name, known));
}

Result<FinishReason> finish_named(std::string_view name) {
  if (name == "stop") return FinishReason::stop;
  if (name == "length") return FinishReason::length;
  if (name == "tool_calls") return FinishReason::tool_calls;
  return Error(Code::invalid_argument, "'finish' is followed by stop, length or tool_calls");
}

Result<std::uint32_t> count_from(TextCursor& cursor) {
  LOADLINE_ASSIGN(const json::value value, cursor.value());
  if (!value.is_int64() || value.get_int64() < 0)
    return Error(Code::invalid_argument, "a number of tokens is expected, not " + json::serialize(value));
  return static_cast<std::uint32_t>(value.get_int64());
}

Status read_step(std::string_view name, TextCursor& cursor, ReplyStep& step) {
  using Kind = ReplyStep::Kind;
  if (name == "delta") {
    LOADLINE_ASSIGN(step.text, cursor.text());
  } else if (name == "call") {
    step.kind = Kind::call;
    step.name = cursor.word();
    LOADLINE_ASSIGN(const json::value arguments, cursor.value());
    step.text = json::serialize(arguments);
  } else if (name == "hold") {
    step.kind = Kind::hold;
  } else if (name == "fail") {
    step.kind = Kind::fail;
    LOADLINE_ASSIGN(step.code, code_named(cursor.word()));
    LOADLINE_ASSIGN(step.text, cursor.text());
  } else if (name == "finish") {
    step.kind = Kind::finish;
    LOADLINE_ASSIGN(step.finish, finish_named(cursor.word()));
  } else if (name == "usage") {
    step.kind = Kind::usage;
    LOADLINE_ASSIGN(step.usage.prompt_tokens, count_from(cursor));
    LOADLINE_ASSIGN(step.usage.completion_tokens, count_from(cursor));
  } else {
    step.kind = Kind::logprob;
    LOADLINE_ASSIGN(step.text, cursor.text());
    LOADLINE_ASSIGN(const json::value value, cursor.value());
    if (!value.is_number()) return Error(Code::invalid_argument, "'logprob' is a text and a number");
    step.logprob = value.to_number<float>();
  }
  return {};
}

json::object message_json(const ChatMessage& message) {
  json::object out{{"role", message.role}, {"content", message.content}};
  if (!message.tool_call_id.empty()) out["tool_call_id"] = message.tool_call_id;
  json::array calls;
  for (const ToolCall& call : message.tool_calls)
    calls.push_back(json::object{{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
  if (!calls.empty()) out["tool_calls"] = std::move(calls);
  return out;
}

json::object sampling_json(const Sampling& sampling) {
  const auto shown = [](float value) { return std::round(static_cast<double>(value) * 1e4) / 1e4; };
  json::object out{{"temperature", shown(sampling.temperature)},
                   {"top_p", shown(sampling.top_p)},
                   {"top_k", sampling.top_k},
                   {"min_p", shown(sampling.min_p)},
                   {"presence_penalty", shown(sampling.presence_penalty)},
                   {"frequency_penalty", shown(sampling.frequency_penalty)},
                   {"repeat_penalty", shown(sampling.repeat_penalty)}};
  if (sampling.seed) out["seed"] = *sampling.seed;
  for (const auto& [token, bias] : sampling.logit_bias) out["logit_bias"] = json::array{token, shown(bias)};
  return out;
}

json::value parsed(const std::string& text) {
  json::error_code ec;
  json::value value = json::parse(text, ec);
  return ec ? json::value(text) : value;
}

json::object request_json(const ChatRequest& request) {
  static constexpr std::string_view formats[] = {"text", "json_object", "json_schema"};
  json::object out{{"sampling", sampling_json(request.sampling)},
                   {"format", formats[static_cast<std::size_t>(request.format)]},
                   {"tool_choice", request.tool_choice},
                   {"parallel_tool_calls", request.parallel_tool_calls},
                   {"top_logprobs", request.top_logprobs},
                   {"cache_scope", request.cache_scope}};
  json::array messages, stops, tools;
  for (const ChatMessage& message : request.messages) messages.push_back(message_json(message));
  for (const std::string& stop : request.stop) stops.push_back(json::string(stop));
  for (const ToolDefinition& tool : request.tools)
    tools.push_back(json::object{
        {"name", tool.name}, {"description", tool.description}, {"parameters", parsed(tool.parameters)}});
  out["messages"] = std::move(messages);
  out["stop"] = std::move(stops);
  out["tools"] = std::move(tools);
  if (request.prompt) out["prompt"] = *request.prompt;
  if (request.max_tokens) out["max_tokens"] = *request.max_tokens;
  if (!request.json_schema.empty()) out["json_schema"] = parsed(request.json_schema);
  return out;
}

std::string outcome_of(const Result<ChatResult>& result) {
  if (!result) return std::string(code_name(result.error().code()));
  return result->finish == FinishReason::cancelled ? "stopped" : "ok";
}

ChatDelta delta_of(const ReplyStep& step, ChatResult& result) {
  ChatDelta delta;
  if (step.kind == ReplyStep::Kind::call) {
    const int index = static_cast<int>(result.tool_calls.size());
    const std::string id = "call_" + std::to_string(index + 1);
    const std::size_t half = step.text.size() / 2;
    delta.tool_calls.push_back({index, id, step.name, step.text.substr(0, half)});
    delta.tool_calls.push_back({index, "", "", step.text.substr(half)});
    result.tool_calls.push_back({id, step.name, step.text});
    result.finish = FinishReason::tool_calls;
    return delta;
  }
  delta.text = step.text;
  if (step.kind == ReplyStep::Kind::logprob) delta.logprobs.push_back({step.text, step.logprob, {}});
  result.content += delta.text;
  result.logprobs.insert(result.logprobs.end(), delta.logprobs.begin(), delta.logprobs.end());
  return delta;
}

}  // namespace

Result<Reply> parse_reply(std::string_view text) {
  Reply reply;
  TextCursor cursor(text);
  do {
    const std::string_view name = cursor.word();
    if (std::find(step_names.begin(), step_names.end(), name) == step_names.end())
      return Error(Code::invalid_argument,
                   "a model cannot '" + std::string(name) + "'" + meant(name, step_names));
    if (name == "says") {
      LOADLINE_ASSIGN(const std::string said, cursor.text());
      for (const std::string& word : words_of(said)) reply.emplace_back().text = word;
      continue;
    }
    LOADLINE_TRY(read_step(name, cursor, reply.emplace_back()));
  } while (cursor.take(","));
  LOADLINE_TRY(cursor.end());
  return reply;
}

ScriptedModel::ScriptedModel(const std::string& name, Gates& gates)
    : info_{name, "", 8192, 4}, gates_(gates) {}

Result<std::uint32_t> ScriptedModel::count_tokens(std::string_view text) const {
  return count_words(std::string(text));
}

void ScriptedModel::add(Reply reply) {
  std::lock_guard lock(mutex_);
  replies_.push_back(std::move(reply));
}

std::size_t ScriptedModel::unused() const {
  std::lock_guard lock(mutex_);
  return replies_.size();
}

void ScriptedModel::mark() {
  std::lock_guard lock(mutex_);
  used_.clear();
}

void ScriptedModel::repeat() {
  std::lock_guard lock(mutex_);
  replies_.insert(replies_.begin(), used_.begin(), used_.end());
  used_.clear();
}

std::size_t ScriptedModel::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

json::value ScriptedModel::asked() const {
  std::lock_guard lock(mutex_);
  return asked_;
}

Result<ChatResult> ScriptedModel::generate(const ChatRequest& request, ChatSink& sink,
                                           const CallContext& context) {
  Reply reply;
  {
    std::lock_guard lock(mutex_);
    ++calls_;
    asked_ = request_json(request);
    asked_.as_object()["outcome"] = "running";
    if (replies_.empty())
      return Error(Code::internal, "the scenario has no reply left for the model " + info_.name);
    reply = std::move(replies_.front());
    replies_.pop_front();
    used_.push_back(reply);
  }
  Result<ChatResult> result = run(reply, request, sink, context);
  std::lock_guard lock(mutex_);
  asked_.as_object()["outcome"] = outcome_of(result);
  return result;
}

Result<ChatResult> ScriptedModel::run(const Reply& reply, const ChatRequest& request, ChatSink& sink,
                                      const CallContext& context) {
  ChatResult result;
  if (request.prompt) result.usage.prompt_tokens = count_words(*request.prompt);
  for (const ChatMessage& message : request.messages)
    result.usage.prompt_tokens += count_words(message.content);
  for (const ReplyStep& step : reply) {
    LOADLINE_TRY(context.check());
    switch (step.kind) {
      case ReplyStep::Kind::hold:
        LOADLINE_TRY(gates_.hold(info_.name, context));
        continue;
      case ReplyStep::Kind::fail:
        return Error(step.code, step.text);
      case ReplyStep::Kind::finish:
        result.finish = step.finish;
        continue;
      case ReplyStep::Kind::usage:
        result.usage = step.usage;
        continue;
      default:
        break;
    }
    const ChatDelta delta = delta_of(step, result);
    ++result.usage.completion_tokens;
    if (!sink.on_delta(delta)) {
      LOADLINE_TRY(context.check());  // a client that left is not the same as a sink that has enough
      result.finish = FinishReason::cancelled;
      break;
    }
  }
  return result;
}

}  // namespace loadline
