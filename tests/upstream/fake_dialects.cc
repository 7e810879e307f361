#include "fake_dialects.h"

#include <algorithm>
#include <boost/json.hpp>

namespace loadline {
namespace {

namespace json = boost::json;

constexpr std::int64_t created = 1'700'000'000;
constexpr int embedding_dimensions = 8;

// --- reading

std::string_view text_of(const json::value& value) {
  return value.is_string() ? std::string_view(value.get_string()) : std::string_view();
}

const json::value& member(const json::value& value, std::string_view name) {
  static const json::value none;
  const json::object* object = value.if_object();
  const json::value* found = object != nullptr ? object->if_contains(name) : nullptr;
  return found != nullptr ? *found : none;
}

bool is_true(const json::value& value) { return value.is_bool() && value.get_bool(); }

std::optional<std::uint64_t> number_of(const json::value& value) {
  if (!value.is_int64() || value.get_int64() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(value.get_int64());
}

void add(std::string& into, std::string_view text) {
  if (!into.empty() && !text.empty()) into += ' ';
  into += text;
}

// A string, or a list of parts of any dialect: texts are joined, images counted, tool results set apart.
std::string content_text(const json::value& content, FakeRequest& request) {
  if (content.is_string()) return std::string(text_of(content));
  std::string text;
  if (content.is_object()) return std::string(text_of(member(content, "text")));
  if (!content.is_array()) return text;
  for (const json::value& part : content.get_array()) {
    if (part.is_string()) add(text, text_of(part));
    const std::string_view type = text_of(member(part, "type"));
    add(text, text_of(member(part, "text")));
    if (type == "image_url" || type == "image" || type == "input_image" ||
        !member(part, "inlineData").is_null() || !member(part, "fileData").is_null())
      ++request.images;
    if (type == "tool_result") add(request.tool_result, content_text(member(part, "content"), request));
    const json::value& response = member(part, "functionResponse");
    if (!response.is_null()) add(request.tool_result, json::serialize(member(response, "response")));
  }
  return text;
}

void read_messages(const json::value& messages, FakeRequest& request) {
  if (!messages.is_array()) return;
  for (const json::value& message : messages.get_array()) {
    const std::string_view role = text_of(member(message, "role"));
    if (text_of(member(message, "type")) == "function_call_output") {
      add(request.tool_result, text_of(member(message, "output")));
      continue;
    }
    const json::value& content = member(message, "content");
    std::string text = content_text(content.is_null() ? member(message, "parts") : content, request);
    request.prompt_tokens += count_words(text);
    if (role == "system" || role == "developer") {
      add(request.system, text);
    } else if (role == "tool") {
      add(request.tool_result, text);
    } else {
      ++request.turns;
      if (role == "user" && !text.empty()) request.user = std::move(text);
    }
  }
}

void read_tools(const json::value& tools, FakeRequest& request) {
  if (!tools.is_array()) return;
  for (const json::value& tool : tools.get_array()) {
    const json::value& inner = member(tool, "function");
    const std::string_view name = text_of(member(inner.is_null() ? tool : inner, "name"));
    if (!name.empty()) request.tools.emplace_back(name);
    const json::value& declarations = member(tool, "functionDeclarations");
    if (declarations.is_array()) read_tools(declarations, request);
  }
}

void read_inputs(const json::value& input, FakeRequest& request) {
  if (input.is_string()) request.inputs.emplace_back(text_of(input));
  if (!input.is_array()) return;
  for (const json::value& each : input.get_array())
    request.inputs.push_back(each.is_string() ? std::string(text_of(each)) : json::serialize(each));
}

FakeDialect dialect_of(std::string_view path) {
  const auto ends = [path](std::string_view end) { return path.ends_with(end); };
  if (ends("/chat/completions")) return FakeDialect::chat;
  if (ends("/completions")) return FakeDialect::completions;
  if (ends("/embeddings")) return FakeDialect::embeddings;
  if (ends("/responses")) return FakeDialect::responses;
  if (ends("/messages")) return FakeDialect::anthropic;
  if (ends(":generateContent") || ends(":streamGenerateContent")) return FakeDialect::gemini;
  if (ends(":embedContent") || ends(":batchEmbedContents")) return FakeDialect::gemini_embeddings;
  if (ends("/models")) return FakeDialect::models;
  return FakeDialect::unknown;
}

void read_gemini(std::string_view target, std::string_view path, const json::value& body,
                 FakeRequest& request) {
  const std::size_t models = path.find("/models/");
  const std::size_t colon = path.rfind(':');
  if (models != std::string_view::npos && colon > models)
    request.model = path.substr(models + 8, colon - models - 8);
  request.stream = path.ends_with(":streamGenerateContent");
  request.sse = target.find("alt=sse") != std::string_view::npos;
  const json::value& camel = member(body, "systemInstruction");
  request.system =
      content_text(member(camel.is_null() ? member(body, "system_instruction") : camel, "parts"), request);
  read_messages(member(body, "contents"), request);
  const json::value& config = member(body, "generationConfig");
  request.schema =
      !member(config, "responseSchema").is_null() || !member(config, "responseJsonSchema").is_null();
  request.output_tokens_max = number_of(member(config, "maxOutputTokens"));
  if (!member(body, "content").is_null())
    request.inputs.push_back(content_text(member(member(body, "content"), "parts"), request));
  const json::value& batch = member(body, "requests");
  if (batch.is_array())
    for (const json::value& each : batch.get_array())
      request.inputs.push_back(content_text(member(member(each, "content"), "parts"), request));
}

void read_openai(const json::value& body, FakeRequest& request) {
  request.usage_wanted = request.dialect != FakeDialect::chat ||
                         is_true(member(member(body, "stream_options"), "include_usage"));
  const std::string_view format = text_of(member(member(body, "response_format"), "type"));
  const std::string_view text_format = text_of(member(member(member(body, "text"), "format"), "type"));
  request.schema = format == "json_schema" || format == "json_object" || text_format == "json_schema";
  for (const char* name : {"max_tokens", "max_completion_tokens", "max_output_tokens"})
    if (const auto limit = number_of(member(body, name))) request.output_tokens_max = limit;
  switch (request.dialect) {
    case FakeDialect::completions:
      read_inputs(member(body, "prompt"), request);
      if (!request.inputs.empty()) request.user = request.inputs.back();
      break;
    case FakeDialect::embeddings:
      read_inputs(member(body, "input"), request);
      break;
    case FakeDialect::responses:
      request.system = text_of(member(body, "instructions"));
      if (member(body, "input").is_string())
        request.user = text_of(member(body, "input"));
      else
        read_messages(member(body, "input"), request);
      break;
    default:
      read_messages(member(body, "messages"), request);
  }
}

// --- what is answered

struct Reply {
  std::string text, thinking, tool, arguments;
  std::vector<std::string> deltas;  // of the text
  std::string finish;               // "stop", "length", "tool", ...
  std::uint64_t prompt_tokens = 0, completion_tokens = 0;
  bool usage = true;
  std::string id;
};

std::string echo(const FakeRequest& request) {
  std::string tools;
  for (const std::string& tool : request.tools) tools += (tools.empty() ? "" : ",") + tool;
  std::string text = "system[" + request.system + "] user[" + request.user + "] tools[" + tools + "] turns[" +
                     std::to_string(request.turns) + "] images[" + std::to_string(request.images) + "]";
  if (!request.tool_result.empty()) text += " result[" + request.tool_result + "]";
  if (!request.schema) return text;
  return json::serialize(json::object{{"echo", text}});
}

// Into at most `count` pieces of about one length, between characters.
std::vector<std::string> split_text(std::string_view text, std::uint32_t count) {
  std::vector<std::string> pieces;
  const std::size_t size = std::max<std::size_t>(1, (text.size() + count - 1) / std::max(1U, count));
  while (!text.empty()) {
    std::size_t end = std::min(size, text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return pieces;
}

std::string first_words(std::string_view text, std::uint64_t count) {
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count) {
    at = text.find_first_not_of(' ', at);
    at = std::min(text.find(' ', at == std::string_view::npos ? text.size() : at), text.size());
  }
  return std::string(text.substr(0, at));
}

// Tokens are words; those of each delta are counted apart, so that a stream that is cut is billed right.
Reply make_reply(const FakeRequest& request, const FakeFault& fault, std::uint64_t number) {
  Reply reply;
  reply.id = std::to_string(number);
  reply.text = fault.text ? *fault.text : echo(request);
  reply.finish = "stop";
  if (request.output_tokens_max && !fault.ignores_limit &&
      count_words(reply.text) > *request.output_tokens_max) {
    reply.text = first_words(reply.text, *request.output_tokens_max);
    reply.finish = "length";
  }
  if (fault.thinking) reply.thinking = "thinking about " + request.user;
  if (fault.tool && !request.tools.empty()) {
    reply.tool = request.tools.front();
    reply.arguments = json::serialize(json::object{{"question", request.user}});
    reply.finish = "tool";
  }
  if (!fault.finish.empty()) reply.finish = fault.finish;
  reply.deltas = split_text(reply.text, fault.deltas);
  reply.prompt_tokens = request.prompt_tokens;
  reply.usage = fault.usage != "missing";
  for (const std::string& delta : reply.deltas) reply.completion_tokens += count_words(delta);
  reply.completion_tokens += count_words(reply.thinking) + count_words(reply.arguments);
  return reply;
}

// What is stated, which a fault may make wrong. The bill stays right.
Reply as_stated(Reply reply, const FakeFault& fault) {
  const std::uint64_t factor = fault.usage == "wrong" ? 10 : fault.usage == "none" ? 0 : 1;
  reply.prompt_tokens *= factor;
  reply.completion_tokens *= factor;
  return reply;
}

class Events {
 public:
  explicit Events(FakeAnswer& answer) : answer_(answer) {}
  void data(const json::value& value, std::uint64_t tokens = 0) {
    answer_.events.push_back({"data: " + json::serialize(value) + "\n\n", tokens});
  }
  void named(const json::object& value, std::uint64_t tokens = 0) {
    answer_.events.push_back(
        {"event: " + std::string(text_of(value.at("type"))) + "\ndata: " + json::serialize(value) + "\n\n",
         tokens});
  }
  void raw(std::string text, std::uint64_t tokens = 0) {
    answer_.events.push_back({std::move(text), tokens});
  }

 private:
  FakeAnswer& answer_;
};

void whole(FakeAnswer& answer, const json::value& value, std::uint64_t tokens) {
  answer.events.push_back({json::serialize(value), tokens});
}

// --- OpenAI chat

json::object openai_usage(const Reply& reply) {
  return {{"prompt_tokens", reply.prompt_tokens},
          {"completion_tokens", reply.completion_tokens},
          {"total_tokens", reply.prompt_tokens + reply.completion_tokens}};
}

std::string openai_finish(const Reply& reply) { return reply.finish == "tool" ? "tool_calls" : reply.finish; }

json::object chat_tool_call(const Reply& reply, bool in_stream) {
  json::object call{{"id", "call_" + reply.id},
                    {"type", "function"},
                    {"function", {{"name", reply.tool}, {"arguments", in_stream ? "" : reply.arguments}}}};
  if (in_stream) call["index"] = 0;
  return call;
}

void chat(const FakeRequest& request, const Reply& reply, FakeAnswer& answer, std::uint64_t tokens) {
  json::object base{{"id", "chatcmpl-" + reply.id}, {"created", created}, {"model", request.model}};
  if (!request.stream) {
    json::object message{{"role", "assistant"}, {"content", reply.text}};
    if (!reply.thinking.empty()) message["reasoning_content"] = reply.thinking;
    if (!reply.tool.empty()) message["content"] = nullptr;
    if (!reply.tool.empty()) message["tool_calls"] = json::array{chat_tool_call(reply, false)};
    base["object"] = "chat.completion";
    base["choices"] = json::array{
        json::object{{"index", 0}, {"message", message}, {"finish_reason", openai_finish(reply)}}};
    if (reply.usage) base["usage"] = openai_usage(reply);
    return whole(answer, base, tokens);
  }
  Events events(answer);
  base["object"] = "chat.completion.chunk";
  const auto chunk = [&](json::object delta, json::value finish, std::uint64_t spent) {
    json::object event = base;
    event["choices"] =
        json::array{json::object{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", finish}}};
    events.data(event, spent);
  };
  chunk({{"role", "assistant"}, {"content", ""}}, nullptr, 0);
  if (!reply.thinking.empty())
    chunk({{"reasoning_content", reply.thinking}}, nullptr, count_words(reply.thinking));
  if (reply.tool.empty()) {
    for (const std::string& delta : reply.deltas) chunk({{"content", delta}}, nullptr, count_words(delta));
  } else {
    chunk({{"tool_calls", json::array{chat_tool_call(reply, true)}}}, nullptr, 0);
    for (const std::string& piece : split_text(reply.arguments, 3)) {
      json::object call{{"index", 0}, {"function", {{"arguments", piece}}}};
      chunk({{"tool_calls", json::array{call}}}, nullptr, count_words(piece));
    }
  }
  chunk({}, json::value(openai_finish(reply)), 0);
  if (reply.usage && request.usage_wanted) {
    json::object last = base;
    last["choices"] = json::array();
    last["usage"] = openai_usage(reply);
    events.data(last);
  }
  events.raw("data: [DONE]\n\n");
}

void completions(const FakeRequest& request, const Reply& reply, FakeAnswer& answer, std::uint64_t tokens) {
  json::object base{{"id", "cmpl-" + reply.id},
                    {"object", "text_completion"},
                    {"created", created},
                    {"model", request.model}};
  const auto choice = [&](const std::string& text, json::value finish) {
    base["choices"] = json::array{
        json::object{{"index", 0}, {"text", text}, {"logprobs", nullptr}, {"finish_reason", finish}}};
  };
  if (!request.stream) {
    choice(reply.text, json::value(openai_finish(reply)));
    if (reply.usage) base["usage"] = openai_usage(reply);
    return whole(answer, base, tokens);
  }
  Events events(answer);
  for (const std::string& delta : reply.deltas) {
    choice(delta, nullptr);
    events.data(base, count_words(delta));
  }
  choice("", json::value(openai_finish(reply)));
  if (reply.usage) base["usage"] = openai_usage(reply);
  events.data(base);
  events.raw("data: [DONE]\n\n");
}

json::array embedding_of(std::string_view text) {
  std::uint64_t state = 1469598103934665603U;
  for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 1099511628211U;
  json::array vector;
  for (int i = 0; i < embedding_dimensions; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    vector.push_back(static_cast<double>(state >> 40) / (1 << 24) - 0.5);
  }
  return vector;
}

void embeddings(const FakeRequest& request, const Reply& reply, FakeAnswer& answer) {
  json::array data;
  for (std::size_t i = 0; i < request.inputs.size(); ++i)
    data.push_back(
        json::object{{"object", "embedding"}, {"index", i}, {"embedding", embedding_of(request.inputs[i])}});
  json::object body{{"object", "list"}, {"data", data}, {"model", request.model}};
  if (reply.usage)
    body["usage"] = {{"prompt_tokens", reply.prompt_tokens}, {"total_tokens", reply.prompt_tokens}};
  whole(answer, body, 0);
}

// --- OpenAI Responses

json::object responses_body(const FakeRequest& request, const Reply& reply, std::string_view status,
                            json::array output) {
  json::object body{
      {"id", "resp_" + reply.id}, {"object", "response"},          {"created_at", created},
      {"status", status},         {"model", request.model},        {"output", std::move(output)},
      {"error", nullptr},         {"incomplete_details", nullptr}, {"usage", nullptr}};
  if (status == "incomplete") body["incomplete_details"] = {{"reason", "max_output_tokens"}};
  if (reply.usage && status != "in_progress")
    body["usage"] = {{"input_tokens", reply.prompt_tokens},
                     {"output_tokens", reply.completion_tokens},
                     {"total_tokens", reply.prompt_tokens + reply.completion_tokens}};
  return body;
}

json::object responses_item(const Reply& reply, bool filled) {
  const std::string_view status = filled ? "completed" : "in_progress";
  if (!reply.tool.empty())
    return {{"type", "function_call"},
            {"id", "fc_" + reply.id},
            {"call_id", "call_" + reply.id},
            {"name", reply.tool},
            {"arguments", filled ? reply.arguments : ""},
            {"status", status}};
  json::array content;
  if (filled)
    content.push_back(
        json::object{{"type", "output_text"}, {"text", reply.text}, {"annotations", json::array()}});
  return {{"type", "message"},
          {"id", "msg_" + reply.id},
          {"role", "assistant"},
          {"status", status},
          {"content", std::move(content)}};
}

void responses(const FakeRequest& request, const Reply& reply, FakeAnswer& answer, std::uint64_t tokens) {
  const std::string_view status = reply.finish == "length" ? "incomplete" : "completed";
  json::array output;
  if (!reply.thinking.empty())
    output.push_back(json::object{
        {"type", "reasoning"},
        {"id", "rs_" + reply.id},
        {"summary", json::array{json::object{{"type", "summary_text"}, {"text", reply.thinking}}}}});
  output.push_back(responses_item(reply, true));
  const json::object last = responses_body(request, reply, status, output);
  if (!request.stream) return whole(answer, last, tokens);

  Events events(answer);
  std::uint64_t sequence = 0;
  const std::size_t index = output.size() - 1;
  const auto send = [&](std::string_view type, json::object event, std::uint64_t spent = 0) {
    event["type"] = type;
    event["sequence_number"] = sequence++;
    events.named(event, spent);
  };
  const json::object begun = responses_body(request, reply, "in_progress", {});
  send("response.created", {{"response", begun}});
  send("response.in_progress", {{"response", begun}});
  if (index > 0)
    send("response.output_item.done", {{"output_index", 0}, {"item", output[0]}},
         count_words(reply.thinking));
  send("response.output_item.added", {{"output_index", index}, {"item", responses_item(reply, false)}});
  if (reply.tool.empty()) {
    const std::string item = "msg_" + reply.id;
    json::object part{{"type", "output_text"}, {"text", ""}, {"annotations", json::array()}};
    const json::object place{{"item_id", item}, {"output_index", index}, {"content_index", 0}};
    const auto at = [&](std::string_view name, json::value value) {
      json::object event = place;
      event[name] = std::move(value);
      return event;
    };
    send("response.content_part.added", at("part", part));
    for (const std::string& delta : reply.deltas)
      send("response.output_text.delta", at("delta", json::value(delta)), count_words(delta));
    send("response.output_text.done", at("text", json::value(reply.text)));
    part["text"] = reply.text;
    send("response.content_part.done", at("part", part));
  } else {
    const json::object place{{"item_id", "fc_" + reply.id}, {"output_index", index}};
    for (const std::string& piece : split_text(reply.arguments, 3)) {
      json::object event = place;
      event["delta"] = piece;
      send("response.function_call_arguments.delta", std::move(event), count_words(piece));
    }
    json::object event = place;
    event["arguments"] = reply.arguments;
    send("response.function_call_arguments.done", std::move(event));
  }
  send("response.output_item.done", {{"output_index", index}, {"item", responses_item(reply, true)}});
  send(status == "incomplete" ? "response.incomplete" : "response.completed", {{"response", last}});
}

// --- Anthropic

std::string anthropic_finish(const Reply& reply) {
  if (reply.finish == "stop") return "end_turn";
  if (reply.finish == "length") return "max_tokens";
  return reply.finish == "tool" ? "tool_use" : reply.finish;
}

void anthropic(const FakeRequest& request, const Reply& reply, FakeAnswer& answer, std::uint64_t tokens) {
  json::object message{{"id", "msg_" + reply.id},
                       {"type", "message"},
                       {"role", "assistant"},
                       {"model", request.model},
                       {"stop_sequence", nullptr}};
  const std::string signature = "signature-" + reply.id;
  if (!request.stream) {
    json::array content;
    if (!reply.thinking.empty())
      content.push_back(
          json::object{{"type", "thinking"}, {"thinking", reply.thinking}, {"signature", signature}});
    if (reply.tool.empty())
      content.push_back(json::object{{"type", "text"}, {"text", reply.text}});
    else
      content.push_back(json::object{{"type", "tool_use"},
                                     {"id", "toolu_" + reply.id},
                                     {"name", reply.tool},
                                     {"input", json::parse(reply.arguments)}});
    message["content"] = std::move(content);
    message["stop_reason"] = anthropic_finish(reply);
    if (reply.usage)
      message["usage"] = {{"input_tokens", reply.prompt_tokens}, {"output_tokens", reply.completion_tokens}};
    return whole(answer, message, tokens);
  }
  Events events(answer);
  message["content"] = json::array();
  message["stop_reason"] = nullptr;
  message["usage"] = {{"input_tokens", reply.usage ? reply.prompt_tokens : 0}, {"output_tokens", 1}};
  events.named({{"type", "message_start"}, {"message", message}});
  int index = 0;
  const auto delta = [&](json::object value, std::uint64_t spent) {
    events.named({{"type", "content_block_delta"}, {"index", index}, {"delta", std::move(value)}}, spent);
  };
  const auto begin = [&](json::object block) {
    events.named({{"type", "content_block_start"}, {"index", index}, {"content_block", std::move(block)}});
  };
  const auto end = [&] { events.named({{"type", "content_block_stop"}, {"index", index++}}); };
  if (!reply.thinking.empty()) {
    begin({{"type", "thinking"}, {"thinking", ""}, {"signature", ""}});
    delta({{"type", "thinking_delta"}, {"thinking", reply.thinking}}, count_words(reply.thinking));
    delta({{"type", "signature_delta"}, {"signature", signature}}, 0);
    end();
  }
  events.named({{"type", "ping"}});
  if (reply.tool.empty()) {
    begin({{"type", "text"}, {"text", ""}});
    for (const std::string& text : reply.deltas)
      delta({{"type", "text_delta"}, {"text", text}}, count_words(text));
  } else {
    begin(
        {{"type", "tool_use"}, {"id", "toolu_" + reply.id}, {"name", reply.tool}, {"input", json::object()}});
    for (const std::string& piece : split_text(reply.arguments, 3))
      delta({{"type", "input_json_delta"}, {"partial_json", piece}}, count_words(piece));
  }
  end();
  json::object last{{"type", "message_delta"},
                    {"delta", {{"stop_reason", anthropic_finish(reply)}, {"stop_sequence", nullptr}}}};
  last["usage"] = {{"output_tokens", reply.usage ? reply.completion_tokens : 0}};
  events.named(last);
  events.named({{"type", "message_stop"}});
}

// --- Gemini

std::string gemini_finish(const Reply& reply) {
  if (reply.finish == "stop" || reply.finish == "tool") return "STOP";
  return reply.finish == "length" ? "MAX_TOKENS" : reply.finish;
}

json::object gemini_piece(const FakeRequest& request, const Reply& reply, json::array parts, bool last) {
  json::object candidate{{"index", 0}, {"content", {{"role", "model"}, {"parts", std::move(parts)}}}};
  if (last) candidate["finishReason"] = gemini_finish(reply);
  json::object piece{{"candidates", json::array{candidate}},
                     {"modelVersion", request.model},
                     {"responseId", "resp-" + reply.id}};
  if (reply.usage && last)
    piece["usageMetadata"] = {{"promptTokenCount", reply.prompt_tokens},
                              {"candidatesTokenCount", reply.completion_tokens},
                              {"totalTokenCount", reply.prompt_tokens + reply.completion_tokens}};
  return piece;
}

void gemini(const FakeRequest& request, const Reply& reply, FakeAnswer& answer, std::uint64_t tokens) {
  json::array first;
  if (!reply.thinking.empty()) first.push_back(json::object{{"text", reply.thinking}, {"thought", true}});
  json::array call;
  if (!reply.tool.empty())
    call.push_back(
        json::object{{"functionCall", {{"name", reply.tool}, {"args", json::parse(reply.arguments)}}}});
  if (!request.stream) {
    if (reply.tool.empty()) first.push_back(json::object{{"text", reply.text}});
    for (json::value& part : call) first.push_back(part);
    return whole(answer, gemini_piece(request, reply, std::move(first), true), tokens);
  }
  std::vector<std::pair<json::array, std::uint64_t>> pieces;
  if (!first.empty()) pieces.emplace_back(first, count_words(reply.thinking));
  if (!call.empty()) pieces.emplace_back(call, count_words(reply.arguments));
  if (call.empty())
    for (const std::string& delta : reply.deltas)
      pieces.emplace_back(json::array{json::object{{"text", delta}}}, count_words(delta));
  Events events(answer);
  if (!request.sse) answer.content_type = "application/json";
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool last = i + 1 == pieces.size();
    const json::object piece = gemini_piece(request, reply, std::move(pieces[i].first), last);
    if (request.sse)
      events.data(piece, pieces[i].second);
    else
      events.raw((i == 0 ? "[" : ",\r\n") + json::serialize(piece) + (last ? "]" : ""), pieces[i].second);
  }
}

void gemini_embeddings(const FakeRequest& request, FakeAnswer& answer) {
  json::array all;
  for (const std::string& input : request.inputs)
    all.push_back(json::object{{"values", embedding_of(input)}});
  if (all.size() == 1) return whole(answer, json::object{{"embedding", all[0]}}, 0);
  whole(answer, json::object{{"embeddings", std::move(all)}}, 0);
}

}  // namespace

std::uint64_t count_words(std::string_view text) {
  std::uint64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!space && !inside) ++words;
    inside = !space;
  }
  return words;
}

FakeRequest read_fake_request(std::string_view target, std::string_view body) {
  FakeRequest request;
  const std::string_view path = target.substr(0, target.find('?'));
  request.dialect = dialect_of(path);
  if (request.dialect == FakeDialect::unknown) request.problem = "there is no such path";
  if (request.dialect == FakeDialect::unknown || request.dialect == FakeDialect::models) return request;
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  if (error) {
    request.problem = "the body is not JSON: " + error.message();
    return request;
  }
  request.model = text_of(member(value, "model"));
  const std::size_t deployment = path.find("/deployments/");
  if (request.model.empty() && deployment != std::string_view::npos)
    request.model = path.substr(deployment + 13, path.find('/', deployment + 13) - deployment - 13);
  request.stream = is_true(member(value, "stream"));
  read_tools(member(value, "tools"), request);
  if (request.dialect == FakeDialect::gemini || request.dialect == FakeDialect::gemini_embeddings) {
    read_gemini(target, path, value, request);
  } else if (request.dialect == FakeDialect::anthropic) {
    request.system = content_text(member(value, "system"), request);
    request.output_tokens_max = number_of(member(value, "max_tokens"));
    if (!request.output_tokens_max) request.problem = "max_tokens: Field required";
    read_messages(member(value, "messages"), request);
  } else {
    read_openai(value, request);
  }
  for (const std::string& input : request.inputs) request.prompt_tokens += count_words(input);
  const bool apart = request.dialect == FakeDialect::anthropic || request.dialect == FakeDialect::gemini ||
                     request.dialect == FakeDialect::responses;
  if (apart) request.prompt_tokens += count_words(request.system);
  if (request.dialect == FakeDialect::responses && member(value, "input").is_string())
    request.prompt_tokens += count_words(request.user);
  return request;
}

FakeAnswer make_fake_answer(const FakeRequest& request, const FakeFault& fault, std::uint64_t number) {
  FakeAnswer answer;
  const Reply right = make_reply(request, fault, number);
  const Reply reply = as_stated(right, fault);
  answer.stream = request.stream;
  if (answer.stream) answer.content_type = "text/event-stream";
  switch (request.dialect) {
    case FakeDialect::chat:
      chat(request, reply, answer, right.completion_tokens);
      break;
    case FakeDialect::completions:
      completions(request, reply, answer, right.completion_tokens);
      break;
    case FakeDialect::embeddings:
      embeddings(request, reply, answer);
      break;
    case FakeDialect::responses:
      responses(request, reply, answer, right.completion_tokens);
      break;
    case FakeDialect::anthropic:
      anthropic(request, reply, answer, right.completion_tokens);
      break;
    case FakeDialect::gemini:
      gemini(request, reply, answer, right.completion_tokens);
      break;
    case FakeDialect::gemini_embeddings:
      gemini_embeddings(request, answer);
      break;
    default:
      answer.events.push_back({R"({"object":"list","data":[{"id":"fake-model","object":"model"}]})"});
  }
  if (fault.malformed_event && *fault.malformed_event < answer.events.size())
    answer.events[*fault.malformed_event] = {"data: {\"broken\": \n\n", 0};
  return answer;
}

FakeAnswer make_fake_error(FakeDialect dialect, int status, std::string_view message) {
  FakeAnswer answer;
  answer.status = status;
  json::object body;
  if (dialect == FakeDialect::anthropic) {
    const std::string_view type = status == 429   ? "rate_limit_error"
                                  : status == 529 ? "overloaded_error"
                                  : status >= 500 ? "api_error"
                                                  : "invalid_request_error";
    body = {{"type", "error"}, {"error", {{"type", type}, {"message", message}}}};
  } else if (dialect == FakeDialect::gemini || dialect == FakeDialect::gemini_embeddings) {
    const std::string_view name = status == 429   ? "RESOURCE_EXHAUSTED"
                                  : status >= 500 ? "UNAVAILABLE"
                                                  : "INVALID_ARGUMENT";
    body = {{"error", {{"code", status}, {"message", message}, {"status", name}}}};
  } else {
    const std::string_view type = status == 429   ? "rate_limit_exceeded"
                                  : status >= 500 ? "server_error"
                                                  : "invalid_request_error";
    body = {{"error", {{"message", message}, {"type", type}, {"param", nullptr}, {"code", nullptr}}}};
  }
  answer.events.push_back({json::serialize(body)});
  return answer;
}

}  // namespace loadline
