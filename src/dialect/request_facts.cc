// The facts of requests. One rule throughout: a string is skipped only where its field is known to be
// structural; what is not known here is listed as `other`, so that a guard reads everything that goes
// upstream.
#include <algorithm>
#include <initializer_list>

#include "dialect/dialect.h"

namespace loadline {
namespace {

constexpr std::size_t number_digits_min = 6;  // a shorter number in arguments identifies nobody

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A member's name as it stands, with its quotes.
bool is_plain_name(std::string_view raw) {
  constexpr std::size_t bytes_max = 64;
  return raw.size() <= bytes_max && std::all_of(raw.begin() + 1, raw.end() - 1, [](unsigned char c) {
           return (c | 0x20U) - unsigned{'a'} < 26 || c == '_';
         });
}

bool is_scalar(JsonView value) { return !value.is_object() && !value.is_array(); }

// A string's token with a role, a type or an id: letters, digits and what stands between them. Not a number.
bool is_word(std::string_view token) {
  constexpr std::size_t bytes_max = 128;
  if (token.size() < 2 || token.size() > bytes_max + 2) return token.size() <= 2;
  const std::string_view word = token.substr(1, token.size() - 2);
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return word.empty() || (std::any_of(word.begin(), word.end(), is_letter) &&
                          std::all_of(word.begin(), word.end(), [&](char c) {
                            return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                                   c == '.' || c == ':';
                          }));
}

TextRole role_named(std::string_view name) {
  if (name == "user") return TextRole::user;
  if (name == "assistant" || name == "model") return TextRole::assistant;
  if (name == "system" || name == "developer") return TextRole::system;
  if (name == "tool" || name == "function") return TextRole::tool;
  return TextRole::none;
}

class RequestReader {
 public:
  explicit RequestReader(RequestFacts& facts) : facts_(facts) {}

  Status read(JsonView root) {
    facts_.fields_at = root.range().begin + 1;
    facts_.has_fields = static_cast<bool>(root.first());
    for (JsonView value = root.first(); value; value = value.next()) {
      const std::string_view name = value.key().text(name_scratch_);
      if (shared_field(name, value)) continue;
      if (!dialect_field(name, value)) unknown_member(value);
    }
    if (error_.empty()) return {};
    return Error(Code::invalid_argument, error_);
  }

 private:
  struct Where {
    TextRole role = TextRole::none;
    TextKind kind = TextKind::other;
    bool with_keys = false;  // and long numbers
  };

  // --- listing texts ---

  void place(JsonView token, Where where, bool is_key) {
    const ByteRange raw = token.range();
    facts_.texts.push_back({raw, where.role, where.kind, token.kind(), is_key, message_});
    facts_.text_bytes += raw.size() - (token.is_string() ? 2 : 0);
  }

  void text(JsonView value, TextRole role, TextKind kind) {
    if (value.is_string()) {
      place(value, {role, kind, false}, false);
    } else if (!is_scalar(value)) {
      all(value, {role, TextKind::other, true});
    }
  }

  // Everything inside. Depth is bounded by the scan.
  void all(JsonView value, Where where) {
    if (value.is_string()) return place(value, where, false);
    if (value.kind() == JsonKind::number && where.with_keys && value.raw().size() >= number_digits_min)
      return place(value, where, false);
    for (JsonView child = value.first(); child; child = child.next()) {
      if (where.with_keys && value.is_object()) place(child.key(), where, true);
      all(child, where);
    }
  }

  void unknown(JsonView value) { all(value, {TextRole::none, TextKind::other, true}); }
  // Its name goes upstream too. One of letters and underscores is a field of a newer API; others may say
  // anything.
  void unknown_member(JsonView value) {
    if (const JsonView key = value.key(); key && !is_plain_name(key.raw()))
      place(key, {TextRole::none, TextKind::other, true}, true);
    unknown(value);
  }
  // A field that never holds what somebody said, such as a signature; an object in it is read.
  void structural(JsonView value) {
    if (!is_scalar(value)) unknown(value);
  }
  // A field that only ever holds a word; anything else in it is read.
  void word(JsonView value) {
    if (!is_scalar(value) || (value.is_string() && !is_word(value.raw()))) unknown(value);
  }

  // Strings of a JSON Schema but for its own words and the names of properties.
  void schema(JsonView value, Where where) {
    if (value.is_string()) return place(value, where, false);
    for (JsonView child = value.first(); child; child = child.next()) {
      const bool is_word = value.is_object() && !child.is_object() &&
                           is_one_of(child.key().text(schema_scratch_),
                                     {"type", "required", "$ref", "$schema", "format", "$id"});
      if (!is_word) schema(child, where);
    }
  }

  // --- fields of all dialects ---

  bool shared_field(std::string_view name, JsonView value) {
    if (name == "model") {
      if (!value.is_string()) return fail(value, "a string is due"), true;
      facts_.model = value.text();
      facts_.model_range = value.range();
      return true;
    }
    if (name == "stream") {
      if (!value.is_null() && !value.boolean()) return fail(value, "true or false is due"), true;
      facts_.stream = value.boolean().value_or(false);
      return true;
    }
    if (is_one_of(name,
                  {"metadata", "user", "safety_identifier", "prompt_cache_key", "stop", "stop_sequences"}))
      return all(value, {TextRole::none, TextKind::metadata, true}), true;
    if (name == "tools" || name == "functions") return tools(value), true;
    if (name == "service_tier") return structural(value), true;
    if (name == "logit_bias") return all(value, {}), true;
    if (is_one_of(name, {"tool_choice", "toolConfig", "function_call"})) {
      rest_of(value, {"type", "name", "function", "custom", "mode", "tools", "disable_parallel_tool_use",
                      "allowed_tools", "functionCallingConfig"});
      return true;
    }
    if (name == "safetySettings") return true;
    if (name == "store") return facts_.is_stored = value.boolean().value_or(facts_.is_stored), true;
    return false;
  }

  bool dialect_field(std::string_view name, JsonView value) {
    switch (facts_.dialect) {
      case Dialect::openai_chat:
        return chat_field(name, value);
      case Dialect::openai_completions:
        return completion_field(name, value);
      case Dialect::openai_embeddings:
        return embedding_field(name, value);
      case Dialect::openai_responses:
        return responses_field(name, value);
      case Dialect::anthropic_messages:
        return anthropic_field(name, value);
      case Dialect::gemini:
        return gemini_field(name, value);
    }
    return false;
  }

  bool openai_field(std::string_view name, JsonView value) {
    if (name == "stream_options") {
      facts_.stream_options_range = value.range();
      const JsonView usage = value["include_usage"];
      facts_.include_usage_range = usage.range();
      facts_.include_usage = usage.boolean().value_or(false);
      return true;
    }
    if (name == "n") return count(value), true;
    return false;
  }

  bool chat_field(std::string_view name, JsonView value) {
    if (openai_field(name, value)) return true;
    if (name == "messages") return messages(value), true;
    if (name == "max_tokens" || name == "max_completion_tokens") return output_limit(value), true;
    if (name == "response_format") return format(value), true;
    if (name == "logprobs") return facts_.has_logprobs |= value.boolean().value_or(false), true;
    if (name == "reasoning_effort")
      return facts_.has_thinking |= value.is_string() && !value.text_is("none"), true;
    if (name == "thinking") return thinking(value), true;
    if (name == "prediction") return content(value["content"], TextRole::assistant, TextKind::text), true;
    if (name == "audio") return facts_.has_files = true, structural_members(value), true;
    if (is_one_of(name, {"modalities", "verbosity", "prompt_cache_retention"})) return true;
    return false;
  }

  bool completion_field(std::string_view name, JsonView value) {
    if (openai_field(name, value)) return true;
    if (name == "prompt") return inputs(value, TextRole::user, TextKind::text), true;
    if (name == "suffix") return text(value, TextRole::none, TextKind::text), true;
    if (name == "max_tokens") return output_limit(value), true;
    if (name == "logprobs") return facts_.has_logprobs |= value.unsigned_integer().has_value(), true;
    return false;
  }

  bool embedding_field(std::string_view name, JsonView value) {
    if (name == "input") return inputs(value, TextRole::user, TextKind::embedding_input), true;
    return name == "encoding_format" && is_scalar(value);
  }

  bool responses_field(std::string_view name, JsonView value) {
    if (name == "input") return responses_input(value), true;
    if (name == "instructions") return content(value, TextRole::system, TextKind::text), true;
    if (name == "max_output_tokens") return output_limit(value), true;
    if (name == "previous_response_id" || name == "conversation" || name == "background") {
      facts_.is_stateful |= !value.is_null() && value.boolean() != false;
      return true;
    }
    if (name == "prompt") return stored_prompt(value), true;
    if (name == "text") return format(value["format"]), rest_of(value, {"format", "verbosity"}), true;
    if (name == "reasoning")
      return facts_.has_thinking |= value.is_object() && value.size() > 0, structural_members(value), true;
    if (name == "top_logprobs") return facts_.has_logprobs |= value.unsigned_integer().value_or(0) > 0, true;
    return is_one_of(name, {"include", "truncation", "prompt_cache_retention", "stream_options"});
  }

  bool anthropic_field(std::string_view name, JsonView value) {
    if (name == "messages") return messages(value), true;
    if (name == "system") return content(value, TextRole::system, TextKind::text), true;
    if (name == "max_tokens") return output_limit(value), true;
    if (name == "thinking") return thinking(value), true;
    if (name == "output_format") return format(value), true;
    if (name == "output_config") return format(value["format"]), rest_of(value, {"format", "effort"}), true;
    if (name == "container") return facts_.is_stateful |= value.is_string(), structural(value), true;
    return is_one_of(name, {"betas", "anthropic_version", "inference_geo", "speed"}) && is_scalar(value);
  }

  bool gemini_field(std::string_view name, JsonView value) {
    if (name == "contents") return messages(value), true;
    if (name == "systemInstruction")
      return content(value["parts"], TextRole::system, TextKind::text), rest_of(value, {"parts", "role"}),
             true;
    if (name == "generationConfig") return gemini_config(value), true;
    if (name == "cachedContent") return facts_.is_stateful = true, structural(value), true;
    return false;
  }

  void gemini_config(JsonView config) {
    if (!config.is_object()) return fail(config, "an object is due");
    facts_.config_at = config.range().begin + 1;
    facts_.has_config_fields = static_cast<bool>(config.first());
    for (JsonView value = config.first(); value; value = value.next()) {
      const std::string_view name = value.key().text(inner_scratch_);
      if (name == "maxOutputTokens") {
        output_limit(value);
      } else if (name == "candidateCount") {
        count(value);
      } else if (name == "stopSequences") {
        all(value, {TextRole::none, TextKind::metadata, true});
      } else if (name == "responseMimeType") {
        facts_.has_json_schema |= value.text_is("application/json");
      } else if (name == "responseSchema" || name == "responseJsonSchema") {
        facts_.has_json_schema = true;
        schema(value, {TextRole::system, TextKind::schema, false});
      } else if (name == "thinkingConfig") {
        facts_.has_thinking = true;
      } else if (name == "responseLogprobs") {
        facts_.has_logprobs |= value.boolean().value_or(false);
      } else if (!is_scalar(value) || value.is_string()) {
        unknown(value);
      }
    }
  }

  // --- fields that mean the same in several dialects ---

  void output_limit(JsonView value) {
    if (!value.is_null() && !value.unsigned_integer()) return fail(value, "a whole number is due");
    facts_.output_limit_ranges.push_back(value.range());
    if (value.is_null()) return;
    const std::uint64_t tokens = *value.unsigned_integer();
    facts_.output_limit = std::min(facts_.output_limit.value_or(tokens), tokens);
  }

  void count(JsonView value) {
    if (value.is_null()) return;
    const std::optional<std::uint64_t> number = value.unsigned_integer();
    if (!number || *number == 0 || *number > 1024) return fail(value, "a whole number from 1 to 1024 is due");
    facts_.choices = static_cast<std::uint32_t>(*number);
  }

  void thinking(JsonView value) {
    facts_.has_thinking |= value.is_object() && !value["type"].text_is("disabled");
    structural_members(value);
  }

  void structural_members(JsonView value) {
    for (JsonView child = value.first(); child; child = child.next()) structural(child);
  }

  void rest_of(JsonView object, std::initializer_list<std::string_view> known) {
    for (JsonView child = object.first(); child; child = child.next())
      if (!is_one_of(child.key().text(inner_scratch_), known)) unknown_member(child);
  }

  // response_format, text.format, output_config.format: with or without a level between.
  void format(JsonView value) {
    if (!value.is_object()) return;
    facts_.has_json_schema |= value["type"].text_is("json_schema") || value["type"].text_is("json_object");
    for (JsonView child = value.first(); child; child = child.next()) {
      const std::string_view name = child.key().text(inner_scratch_);
      if (name == "schema" || name == "json_schema") {
        schema(child, {TextRole::system, TextKind::schema, false});
      } else if (name == "description") {
        text(child, TextRole::system, TextKind::schema);
      } else if (name != "type" && name != "name" && name != "strict") {
        unknown(child);
      }
    }
  }

  void tools(JsonView list) {
    facts_.has_tools |= static_cast<bool>(list.first());
    for (JsonView tool = list.first(); tool; tool = tool.next()) tool_fields(tool);
  }

  void tool_fields(JsonView tool) {
    if (!tool.is_object()) return unknown(tool);
    std::string scratch;
    for (JsonView value = tool.first(); value; value = value.next()) {
      const std::string_view name = value.key().text(scratch);
      if (name == "function") {
        tool_fields(value);
      } else if (name == "functionDeclarations") {
        for (JsonView each = value.first(); each; each = each.next()) tool_fields(each);
      } else if (name == "description") {
        text(value, TextRole::system, TextKind::tool_description);
      } else if (is_one_of(name, {"parameters", "input_schema", "parametersJsonSchema", "response",
                                  "output_schema"})) {
        schema(value, {TextRole::system, TextKind::tool_description, false});
      } else if (is_one_of(name, {"type", "name", "strict", "cache_control"})) {
        if (name != "cache_control") structural(value);
      } else {
        unknown(value);
      }
    }
  }

  void inputs(JsonView value, TextRole role, TextKind kind) {
    if (value.is_string()) return text(value, role, kind);
    if (!value.is_array()) return fail(value, "a string or an array is due");
    facts_.inputs = value.size();
    for (JsonView input = value.first(); input; input = input.next()) {
      facts_.has_token_ids |= !input.is_string();
      text(input, role, kind);
      ++message_;
    }
    message_ = 0;
  }

  void stored_prompt(JsonView value) {
    facts_.is_stateful |= value.is_object();
    all(value["variables"], {TextRole::user, TextKind::text, false});
    rest_of(value, {"id", "version", "variables"});
  }

  // --- messages and their parts ---

  void messages(JsonView list) {
    if (!list.is_array()) return fail(list, "an array is due");
    facts_.messages_at = list.range().begin + 1;
    facts_.messages_end = list.range().end - 1;
    facts_.inputs = list.size();
    message_ = 0;
    for (JsonView message = list.first(); message; message = message.next(), ++message_) {
      if (!message.is_object()) return fail(message, "an object is due");
      const TextRole role = role_named(message["role"].text(role_scratch_));
      message_fields(message, role);
      facts_.has_prefill = role == TextRole::assistant;
    }
    message_ = 0;
  }

  void message_fields(JsonView message, TextRole role) {
    const TextKind kind = role == TextRole::tool ? TextKind::tool_result : TextKind::text;
    std::string scratch;
    for (JsonView value = message.first(); value; value = value.next()) {
      const std::string_view name = value.key().text(scratch);
      if (name == "content" || name == "parts") {
        content(value, role, kind);
      } else if (is_one_of(name, {"role", "tool_call_id", "type", "id", "status", "phase"})) {
        word(value);
      } else if (name == "tool_calls") {
        for (JsonView call = value.first(); call; call = call.next()) tool_call(call);
      } else if (name == "function_call") {
        tool_call(value);
      } else if (name == "reasoning_content" || name == "reasoning") {
        if (!value.is_null()) facts_.has_thinking = true;
        text(value, role, TextKind::reasoning);
      } else if (name == "thinking_blocks" || name == "reasoning_details") {
        content(value, role, TextKind::reasoning);
      } else if (name == "refusal") {
        text(value, role, TextKind::text);
      } else if (name == "name") {
        text(value, role, TextKind::metadata);
      } else if (name == "audio" && value["id"]) {
        facts_.is_stateful = true;
      } else {
        unknown(value);
      }
    }
  }

  // {"id","type","function":{"name","arguments"}}, or the inside of it. Also {"custom":{"name","input"}}.
  void tool_call(JsonView call) {
    std::string scratch;
    for (JsonView value = call.first(); value; value = value.next()) {
      const std::string_view name = value.key().text(scratch);
      if (name == "function" || name == "custom") {
        tool_call(value);
      } else if (name == "arguments" || name == "input") {
        arguments(value);
      } else if (is_one_of(name, {"id", "type", "name", "index", "call_id", "status"})) {
        structural(value);
      } else if (name == "extra_content") {  // signatures of Gemini behind the OpenAI form
        rest_of(value, {"google"});
        rest_of(value["google"], {"thought_signature"});
      } else {
        unknown(value);
      }
    }
  }

  void arguments(JsonView value) { all(value, {TextRole::assistant, TextKind::tool_arguments, true}); }

  void content(JsonView value, TextRole role, TextKind kind) {
    if (value.is_string()) return text(value, role, kind);
    if (value.is_object()) return part(value, role, kind);
    for (JsonView child = value.first(); child; child = child.next()) {
      if (child.is_object()) {
        part(child, role, kind);
      } else {
        all(child, {role, kind, true});
      }
    }
  }

  void part(JsonView object, TextRole role, TextKind kind) {
    std::string type_scratch, scratch;
    const std::string_view type = object["type"].text(type_scratch);
    if (type == "thinking" || type == "redacted_thinking") facts_.has_thinking = true;
    if (object["thought"].boolean() == true) kind = TextKind::reasoning, facts_.has_thinking = true;
    for (JsonView value = object.first(); value; value = value.next())
      part_field(value.key().text(scratch), value, type, role, kind);
  }

  void part_field(std::string_view name, JsonView value, std::string_view type, TextRole role,
                  TextKind kind) {
    if (name == "text")
      return text(value, role,
                  type == "reasoning_text" || type == "summary_text" ? TextKind::reasoning : kind);
    if (is_one_of(name, {"type", "id", "signature", "encrypted_content", "tool_use_id", "call_id", "detail",
                         "file_id", "status", "format", "thoughtSignature", "is_error", "media_type"}))
      return structural(value);
    if (name == "cache_control") return rest_of(value, {"type", "ttl", "scope"});
    if (name == "mediaResolution") return structural(value);
    if (name == "image_url") {
      rest_of(value, {"url", "detail"});
      return image(value.is_object() ? value["url"] : value);
    }
    if (name == "source") return source(value, type, role);
    if (name == "thinking" || name == "summary") return content(value, role, TextKind::reasoning);
    if (name == "refusal") return text(value, role, TextKind::text);
    if (name == "content")
      return content(value, type.ends_with("tool_result") ? TextRole::tool : role,
                     type.ends_with("tool_result") ? TextKind::tool_result : kind);
    if (name == "input" || name == "arguments") return arguments(value);
    if (name == "name" && (type.ends_with("tool_use") || type.ends_with("call"))) return structural(value);
    if (name == "data" && type == "redacted_thinking") return structural(value);
    if (name == "data" && type.starts_with("reasoning.")) return structural(value);
    if (name == "title" || name == "context") return text(value, role, TextKind::file_text);
    if (name == "input_audio") return file(), structural_members(value);
    if (name == "file") return file(), file_fields(value);
    if (name == "file_data") return file(), structural(value);
    if (name == "file_url") return file(), text(value, role, TextKind::url);
    if (name == "filename") return text(value, role, TextKind::metadata);
    gemini_part_field(name, value, role);
  }

  void gemini_part_field(std::string_view name, JsonView value, TextRole role) {
    std::string scratch;
    if (name == "inlineData") {
      const bool is_image = value["mimeType"].text(scratch).starts_with("image/");
      if (is_image) return image({});
      return file();
    }
    if (name == "fileData") return file(), text(value["fileUri"], role, TextKind::url);
    if (name == "functionCall") return arguments(value["args"]);
    if (name == "functionResponse")
      return all(value["response"], {TextRole::tool, TextKind::tool_result, true});
    if (name == "thought") return;
    all(value, {role, TextKind::other, true});
  }

  void file() { facts_.has_files = true; }
  void file_fields(JsonView value) {
    text(value["filename"], TextRole::user, TextKind::metadata);
    rest_of(value, {"filename", "file_data", "file_id"});
  }

  // `url`: none, base64 as a data URL, or an address that somebody fetches.
  void image(JsonView url) {
    facts_.has_images = true;
    ++facts_.image_count;
    std::string scratch;
    if (url && !url.text(scratch).starts_with("data:")) text(url, TextRole::user, TextKind::url);
  }

  // Anthropic: of an image or a document.
  void source(JsonView value, std::string_view type, TextRole role) {
    std::string scratch;
    const std::string_view form = value["type"].text(scratch);
    rest_of(value, {"type", "media_type", "data", "url", "content", "file_id"});
    if (type == "image") return image(value["url"]);
    file();
    if (form == "text") return text(value["data"], role, TextKind::file_text);
    if (form == "content") return content(value["content"], role, TextKind::file_text);
    text(value["url"], role, TextKind::url);
  }

  // --- Responses ---

  void responses_input(JsonView value) {
    if (value.is_string()) return text(value, TextRole::user, TextKind::text);
    if (!value.is_array()) return fail(value, "a string or an array is due");
    facts_.messages_at = value.range().begin + 1;
    facts_.messages_end = value.range().end - 1;
    facts_.inputs = value.size();
    message_ = 0;
    for (JsonView item = value.first(); item; item = item.next(), ++message_) {
      if (!item.is_object()) return fail(item, "an object is due");
      facts_.has_prefill = false;
      responses_item(item);
    }
    message_ = 0;
  }

  void responses_item(JsonView item) {
    std::string scratch;
    const std::string_view type = item["type"].text(scratch);
    if (type == "item_reference") {
      facts_.is_stateful = true;
    } else if (type == "function_call" || type == "custom_tool_call") {
      tool_call(item);
    } else if (type == "function_call_output" || type == "custom_tool_call_output") {
      content(item["output"], TextRole::tool, TextKind::tool_result);
      rest_of(item, {"type", "id", "call_id", "status", "output"});
    } else if (type == "reasoning") {
      facts_.has_thinking = true;
      content(item["summary"], TextRole::assistant, TextKind::reasoning);
      content(item["content"], TextRole::assistant, TextKind::reasoning);
      rest_of(item, {"type", "id", "summary", "content", "encrypted_content", "status"});
    } else if (type.empty() || type == "message") {
      const TextRole role = role_named(item["role"].text(role_scratch_));
      facts_.has_prefill = role == TextRole::assistant;
      message_fields(item, role);
    } else {
      unknown(item);
    }
  }

  void fail(JsonView value, std::string_view what) {
    if (error_.empty())
      error_ = value.path().append(": ").append(what).append(", not ").append(json_kind_name(value.kind()));
  }

  RequestFacts& facts_;
  std::uint32_t message_ = 0;
  std::string error_;
  std::string name_scratch_, inner_scratch_, schema_scratch_, role_scratch_;
};

}  // namespace

Result<RequestFacts> read_request(Dialect dialect, std::string_view body) {
  JsonIndex index;
  LOADLINE_TRY(index.scan(body));
  const JsonView root = index.root();
  if (!root.is_object()) return Error(Code::invalid_argument, "the body must be a JSON object");
  if (const JsonView object = index.repeated_key()) {
    const std::string path = object.path();
    return Error(Code::invalid_argument, (path.empty() ? "the body" : path) + ": the same key stands twice");
  }
  RequestFacts facts;
  facts.dialect = dialect;
  facts.is_stored = dialect == Dialect::openai_responses;
  LOADLINE_TRY(RequestReader(facts).read(root));
  std::sort(facts.texts.begin(), facts.texts.end(),
            [](const TextPlace& a, const TextPlace& b) { return a.raw.begin < b.raw.begin; });
  return facts;
}

}  // namespace loadline
