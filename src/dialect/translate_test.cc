// The grid: every client dialect x every upstream dialect x plain, tools, JSON schema, images, thinking;
// whole answers and streams. The inputs are
// tests/golden/dialect/DIALECT.FEATURE.{request.json,answer.json,stream.sse}; every text in them begins with
// a mark that says what it is (s_ROLE_KIND_N in requests, a_KIND_N in answers). Marks must come through once,
// in their role. What is expected byte for byte stands in tests/golden/dialect/expected/;
// LOADLINE_WRITE_GOLDEN=1 writes it anew (look at the difference before you commit it).
#include "dialect/translate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <regex>
#include <set>

#include "dialect/sse_parser.h"
#include "dialect/stream_facts.h"
#include "dialect/stream_translator.h"

namespace loadline {
namespace {

const std::string folder = std::string(LOADLINE_SOURCE_DIR) + "/tests/golden/dialect/";
const std::vector<Dialect> clients = {Dialect::openai_chat, Dialect::openai_completions,
                                      Dialect::openai_responses, Dialect::anthropic_messages};
const std::vector<Dialect> upstreams = {Dialect::openai_chat, Dialect::anthropic_messages, Dialect::gemini};
const std::vector<std::string> features = {"plain", "tools", "schema", "images", "thinking", "refusal"};

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

std::optional<std::string> golden(Dialect dialect, const std::string& rest) {
  std::optional<std::string> text = read_file(folder + std::string(dialect_name(dialect)) + "." + rest);
  if (text && rest.ends_with(".json") && text->ends_with("\n")) text->pop_back();
  return text;
}

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = folder + "expected/" + name;
  if (std::getenv("LOADLINE_WRITE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(folder + "expected");
    std::ofstream(path, std::ios::binary) << text << "\n";
  }
  EXPECT_EQ(read_file(path).value_or("no such file"), text + "\n") << name;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : " ") + name;
  return out;
}

RequestFacts facts_of(Dialect dialect, std::string_view body) {
  const Result<RequestFacts> facts = read_request(dialect, body);
  EXPECT_TRUE(facts.ok()) << body;
  return facts.ok() ? *facts : RequestFacts();
}

std::vector<std::string> marks_in(const std::string& text) {
  static const std::regex mark("[sa]_[a-z_]+_[0-9]");
  return {std::sregex_token_iterator(text.begin(), text.end(), mark), std::sregex_token_iterator()};
}

// The mark that a text at this place must have, without its number.
std::string prefix_of(TextRole role, TextKind kind) {
  constexpr const char* roles[] = {"none", "system", "user", "assistant", "tool"};
  constexpr const char* kinds[] = {"text",  "reasoning", "arguments", "result",   "description", "schema",
                                   "input", "url",       "file",      "metadata", "other"};
  return std::string("s_") + roles[static_cast<int>(role)] + "_" + kinds[static_cast<int>(kind)];
}

std::string text_of(ByteRange raw, std::string_view body) {
  std::string out;
  const std::string_view token = raw.of(body);
  if (token.starts_with('"')) append_decoded_json(out, token);
  return out;
}

// Marks by reading the places of texts; each must stand where its name says.
std::multiset<std::string> placed_marks(Dialect dialect, const std::string& body) {
  std::multiset<std::string> marks;
  for (const TextPlace& place : facts_of(dialect, body).texts) {
    for (const std::string& mark : marks_in(text_of(place.raw, body))) {
      // Descriptions inside a schema are of the schema; a user's id is metadata anywhere.
      EXPECT_TRUE(mark.starts_with(prefix_of(place.role, place.kind)))
          << mark << " stands as " << prefix_of(place.role, place.kind) << " in " << body;
      marks.insert(mark);
    }
  }
  return marks;
}

std::string request_cell(Dialect client, Dialect upstream, const std::string& feature) {
  return std::string(dialect_name(client)) + "." + feature + ".to." + std::string(dialect_name(upstream));
}

TEST(DialectGrid, Requests) {
  int translated = 0;
  int same = 0;
  for (const Dialect client : clients) {
    for (const std::string& feature : features) {
      const std::optional<std::string> body = golden(client, feature + ".request.json");
      if (!body) continue;
      const std::vector<std::string> all = marks_in(*body);
      ASSERT_FALSE(all.empty());
      EXPECT_EQ(placed_marks(client, *body), std::multiset<std::string>(all.begin(), all.end()));
      for (const Dialect upstream : upstreams) {
        const std::string cell = request_cell(client, upstream, feature);
        const Result<Translated> out =
            translate_request(client, upstream, *body, facts_of(client, *body), {});
        ASSERT_TRUE(out.ok()) << cell << ": " << out.error().message();
        if (client == upstream) {
          EXPECT_EQ(out->body, *body) << cell;
          EXPECT_TRUE(out->losses.empty());
          ++same;
          continue;
        }
        ++translated;
        EXPECT_EQ(std::count(out->losses.begin(), out->losses.end(), ""), 0) << cell;
        const std::multiset<std::string> marks = placed_marks(upstream, out->body);
        for (const std::string& mark : std::set<std::string>(all.begin(), all.end())) {
          // Reasoning that the upstream did not sign, and the user's id where there is no field for it, are
          // losses.
          const bool may_go =
              mark.find("_reasoning_") != std::string::npos || mark.find("_metadata_") != std::string::npos;
          const std::size_t count = marks.count(mark);
          EXPECT_TRUE(count == 1 || (count == 0 && may_go && !out->losses.empty()))
              << cell << ": " << mark << " " << count << " times in " << out->body;
        }
        expect_golden(cell + ".json", out->body + "\nlosses: " + joined(out->losses));
      }
    }
  }
  EXPECT_EQ(translated, 2 * 5 + 3 * 1 + 3 * 5 + 2 * 5);
  EXPECT_EQ(same, 2 * 5);
}

// Places of an answer's texts as "KIND=text", pieces of a channel joined, in order of the channels' first
// piece.
struct Channels {
  std::vector<std::pair<ChannelKind, std::string>> texts;
  std::map<std::pair<int, std::uint32_t>, std::size_t> at;
  void add(const Channel& channel, const std::string& text) {
    const auto [place, is_new] =
        at.emplace(std::pair{static_cast<int>(channel.kind), channel.part}, texts.size());
    if (is_new) texts.emplace_back(channel.kind, "");
    texts[place->second].second += text;
  }
};

std::string kind_text(ChannelKind kind) {
  constexpr const char* names[] = {"text", "reasoning", "refusal", "arguments"};
  return names[static_cast<int>(kind)];
}

// All texts of one kind joined, arguments as JSON values: what a client has in the end, however it is cut
// into parts.
std::map<std::string, std::string> by_kind(const Channels& channels) {
  std::map<std::string, std::string> out;
  for (const auto& [kind, text] : channels.texts) {
    std::string more = text;
    if (kind == ChannelKind::tool_arguments) more = boost::json::serialize(boost::json::parse(text)) + ";";
    out[kind_text(kind)] += more;
  }
  return out;
}

// Arguments that stand as objects in an answer (Anthropic, Gemini) are taken whole.
std::map<std::string, std::string> answer_texts(Dialect dialect, const std::string& body) {
  const Result<AnswerFacts> facts = read_answer(dialect, body);
  EXPECT_TRUE(facts.ok()) << body;
  Channels channels;
  if (!facts.ok()) return {};
  for (const AnswerText& text : facts->texts)
    if (text.channel.kind != ChannelKind::tool_arguments || dialect != Dialect::anthropic_messages)
      channels.add(text.channel, text_of(text.raw, body));
  std::map<std::string, std::string> out = by_kind(channels);
  if (dialect == Dialect::anthropic_messages) {
    const boost::json::value answer = boost::json::parse(body);
    for (const boost::json::value& block : answer.at("content").as_array())
      if (block.at("type") == "tool_use") out["arguments"] += boost::json::serialize(block.at("input")) + ";";
  }
  return out;
}

struct StreamRead {
  std::map<std::string, std::string> texts;
  UsageFacts usage;
  std::optional<FinishKind> finish;
  bool is_terminated = false;
  std::string last_data;  // of the last event that is JSON
  int malformed = 0;
};

StreamRead read_stream(Dialect dialect, const std::string& stream) {
  SseParser parser;
  parser.feed(stream);
  parser.finish();
  StreamFacts facts(dialect);
  StreamRead out;
  Channels channels;
  for (auto event = parser.next(); event.ok() && *event; event = parser.next()) {
    const EventFacts& seen = facts.read(**event);
    out.malformed += seen.is_malformed ? 1 : 0;
    if ((*event)->data != "[DONE]") out.last_data = (*event)->data;
    for (const AnswerText& text : seen.texts)
      if (!text.is_whole) channels.add(text.channel, text_of(text.raw, (*event)->data));
  }
  out.texts = by_kind(channels);
  out.usage = facts.usage();
  out.finish = facts.finish();
  out.is_terminated = facts.is_terminated();
  return out;
}

std::string translated_stream(Dialect upstream, Dialect client, std::string_view stream) {
  StreamOptions options;
  options.model = "harbour";
  options.include_usage = true;
  options.created_seconds = 1790000000;
  StreamTranslator translator(upstream, client, options);
  SseParser parser;
  parser.feed(stream);
  parser.finish();
  std::string out;
  for (auto event = parser.next(); event.ok() && *event; event = parser.next())
    EXPECT_TRUE(translator.push(**event, out).ok());
  return out;
}

UsageFacts without_missing(UsageFacts usage) {
  usage.cached_tokens = usage.cached_tokens.value_or(0);
  usage.reasoning_tokens = usage.reasoning_tokens.value_or(0);
  return usage;
}

TEST(DialectGrid, AnswersAndTheirStreams) {
  int cells = 0;
  for (const Dialect upstream : upstreams) {
    for (const std::string& feature : features) {
      const std::optional<std::string> body = golden(upstream, feature + ".answer.json");
      const std::optional<std::string> stream = golden(upstream, feature + ".stream.sse");
      if (!body || !stream) continue;
      for (const Dialect client : clients) {
        const std::string cell = std::string(dialect_name(upstream)) + "." + feature + ".answer.to." +
                                 std::string(dialect_name(client));
        const Result<Translated> whole = translate_response(upstream, client, *body, {1790000000});
        ASSERT_TRUE(whole.ok()) << cell;
        if (client == upstream) {
          EXPECT_EQ(whole->body, *body);
          continue;
        }
        ++cells;
        EXPECT_EQ(std::count(whole->losses.begin(), whole->losses.end(), ""), 0) << cell;
        const std::map<std::string, std::string> texts = answer_texts(client, whole->body);
        for (const std::string& mark : marks_in(*body)) {
          const std::string kind = mark.substr(2, mark.size() - 4);
          if (client == Dialect::openai_completions && kind != "text") {
            EXPECT_FALSE(whole->losses.empty()) << cell;
            continue;
          }
          // Anthropic has no refusals apart from text.
          const std::string as = client == Dialect::anthropic_messages && kind == "refusal" ? "text" : kind;
          ASSERT_TRUE(texts.contains(as)) << cell << ": " << mark << whole->body;
          EXPECT_NE(texts.at(as).find(mark), std::string::npos) << cell << ": " << mark;
          std::string all;
          for (const auto& [name, text] : texts) all += text;
          EXPECT_EQ(all.find(mark), all.rfind(mark)) << cell << ": twice " << mark;
        }
        expect_golden(cell + ".json", whole->body + "\nlosses: " + joined(whole->losses));

        const std::string out = translated_stream(upstream, client, *stream);
        const StreamRead read = read_stream(client, out);
        EXPECT_EQ(read.malformed, 0) << cell << out;
        EXPECT_TRUE(read.is_terminated) << cell << out;
        EXPECT_EQ(read.texts, texts) << cell;
        const Result<AnswerFacts> facts = read_answer(client, whole->body);
        EXPECT_EQ(read.finish, facts->finish) << cell;
        EXPECT_EQ(without_missing(read.usage), without_missing(facts->usage)) << cell;
        if (client == Dialect::openai_responses) {
          EXPECT_EQ(boost::json::parse(read.last_data).at("response"), boost::json::parse(whole->body))
              << cell;
        }
        expect_golden(std::string(dialect_name(upstream)) + "." + feature + ".stream.to." +
                          std::string(dialect_name(client)) + ".sse",
                      out);
      }
    }
  }
  EXPECT_EQ(cells, 4 * 3 + 3 * 3 + 3 * 4);
}

TEST(DialectGrid, SameDialectPassesUnchanged) {
  for (const Dialect dialect : {Dialect::openai_chat, Dialect::openai_completions, Dialect::openai_embeddings,
                                Dialect::openai_responses, Dialect::anthropic_messages}) {
    EXPECT_TRUE(can_translate(dialect, dialect));
    const std::string body = *golden(dialect, "plain.request.json");
    EXPECT_EQ(translate_request(dialect, dialect, body, facts_of(dialect, body), {})->body, body);
    const std::string answer = *golden(dialect, "plain.answer.json");
    EXPECT_EQ(translate_response(dialect, dialect, answer, {})->body, answer);
    EXPECT_FALSE(read_usage(dialect, answer)->is_empty());
  }
}

TEST(DialectGrid, RefusalsNameTheField) {
  const auto why = [](Dialect client, Dialect upstream, const std::string& body) {
    const Result<Translated> out = translate_request(client, upstream, body, facts_of(client, body), {});
    return out.ok() ? "translated to " + out->body : out.error().message();
  };
  const auto chat = [](const std::string& fields, const std::string& content = "\"hi\"") {
    return R"({"model":"m","messages":[{"role":"user","content":)" + content + "}]" + fields + "}";
  };
  for (const Dialect upstream : {Dialect::anthropic_messages, Dialect::gemini}) {
    EXPECT_TRUE(why(Dialect::openai_chat, upstream, chat(R"(,"n":2)")).starts_with("n: "));
    EXPECT_TRUE(why(Dialect::openai_chat, upstream, chat(R"(,"logprobs":true)")).starts_with("logprobs: "));
    EXPECT_TRUE(
        why(Dialect::openai_chat, upstream, chat(R"(,"audio":{"voice":"v"})")).starts_with("audio: "));
    EXPECT_TRUE(why(Dialect::openai_chat, upstream, chat("", R"([{"type":"file","file":{"file_id":"f"}}])"))
                    .starts_with("messages[0].content[0]: "));
    EXPECT_TRUE(
        why(Dialect::openai_chat, upstream, chat(R"(,"tools":[{"type":"custom","custom":{"name":"x"}}])"))
            .starts_with("tools[0]: "));
    EXPECT_TRUE(
        why(Dialect::openai_responses, upstream, R"({"model":"m","input":"a","previous_response_id":"r"})")
            .starts_with("previous_response_id: "));
    EXPECT_TRUE(why(Dialect::openai_responses, upstream,
                    R"({"model":"m","input":"a","tools":[{"type":"web_search"}]})")
                    .starts_with("tools[0]: "));
    EXPECT_TRUE(why(Dialect::openai_completions, upstream, R"({"model":"m","prompt":["a","b"]})")
                    .starts_with("prompt: "));
    EXPECT_TRUE(
        why(Dialect::openai_embeddings, upstream, R"({"model":"m","input":"a"})").starts_with("model: "));
  }
  EXPECT_TRUE(why(Dialect::openai_chat, Dialect::anthropic_messages,
                  chat(R"(,"response_format":{"type":"json_object"})"))
                  .starts_with("response_format: "));
  EXPECT_TRUE(
      why(Dialect::anthropic_messages, Dialect::openai_chat,
          R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","data":"a"}}]}]})")
          .starts_with("messages[0].content[0]: "));
  EXPECT_TRUE(
      why(Dialect::anthropic_messages, Dialect::openai_chat,
          R"({"model":"m","max_tokens":1,"messages":[],"output_config":{"format":{"type":"json_schema"}}})")
          .starts_with("output_config.format.schema: "));
  EXPECT_TRUE(why(Dialect::openai_chat, Dialect::gemini,
                  R"({"messages":[{"role":"tool","tool_call_id":"x","content":"a"}]})")
                  .starts_with("messages[0]: "));
  EXPECT_FALSE(can_translate(Dialect::openai_chat, Dialect::openai_completions));
}

TEST(DialectGrid, UnknownFieldsAreLosses) {
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","name":"n","content":[{"type":"text","text":"a","x":1}]}],"seed":3,"top_k":4,"later":{"a":1},"temperature":1.7,"gone":null})";
  const Result<Translated> out = translate_request(Dialect::openai_chat, Dialect::anthropic_messages, body,
                                                   facts_of(Dialect::openai_chat, body), {});
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(joined(out->losses), "messages[0].content[0].x messages[0].name later temperature seed");
}

TEST(DialectGrid, ManyLossesAreCutShort) {
  std::string body = R"({"model":"m","messages":[{"role":"user","content":"a"}])";
  for (int i = 0; i < 500; ++i) body += ",\"field_" + std::to_string(i) + "\":1";
  body += "}";
  const Result<Translated> out = translate_request(Dialect::openai_chat, Dialect::gemini, body,
                                                   facts_of(Dialect::openai_chat, body), {});
  ASSERT_TRUE(out.ok());
  ASSERT_EQ(out->losses.size(), 65U);
  EXPECT_EQ(out->losses[63], "field_63");
  EXPECT_EQ(out->losses[64], "...");
}

// What has an equivalent comes back the same.
TEST(DialectGrid, RoundTrips) {
  for (const std::string feature : {"plain", "tools", "images", "thinking"}) {
    const std::string body = *golden(Dialect::anthropic_messages, feature + ".request.json");
    RequestOptions options;
    const Result<Translated> there =
        translate_request(Dialect::anthropic_messages, Dialect::openai_chat, body,
                          facts_of(Dialect::anthropic_messages, body), options);
    ASSERT_TRUE(there.ok());
    const Result<Translated> back =
        translate_request(Dialect::openai_chat, Dialect::anthropic_messages, there->body,
                          facts_of(Dialect::openai_chat, there->body), options);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(placed_marks(Dialect::anthropic_messages, back->body),
              placed_marks(Dialect::anthropic_messages, body));
    const boost::json::value first = boost::json::parse(body);
    const boost::json::value second = boost::json::parse(back->body);
    for (const char* name : {"model", "max_tokens", "metadata", "tools", "tool_choice", "thinking", "stream",
                             "stop_sequences", "temperature"}) {
      const bool has = first.as_object().contains(name);
      ASSERT_EQ(second.as_object().contains(name), has) << feature << " " << name;
      if (has) {
        EXPECT_EQ(first.at(name), second.at(name)) << feature;
      }
    }
    if (feature == "thinking") {
      EXPECT_EQ(second.at("messages").at(1), first.at("messages").at(1));
    }
  }
}

// The signature of a thinking block goes to a client of another dialect and comes back to its provider.
TEST(DialectGrid, SignaturesFindTheirWayBack) {
  const std::string anthropic = *golden(Dialect::anthropic_messages, "thinking.answer.json");
  for (const Dialect client : {Dialect::openai_chat, Dialect::openai_responses}) {
    const std::string answer = translate_response(Dialect::anthropic_messages, client, anthropic, {})->body;
    const boost::json::value value = boost::json::parse(answer);
    const bool is_chat = client == Dialect::openai_chat;
    const std::string history = is_chat ? boost::json::serialize(value.at("choices").at(0).at("message"))
                                        : boost::json::serialize(value.at("output"));
    const std::string body = is_chat ? R"({"model":"m","max_tokens":9,"messages":[)" + history + "]}"
                                     : R"({"model":"m","input":)" + history + "}";
    const Result<Translated> back =
        translate_request(client, Dialect::anthropic_messages, body, facts_of(client, body), {});
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(boost::json::parse(back->body).at("messages").at(0).at("content"),
              boost::json::parse(anthropic).at("content"))
        << back->body;
  }
  const std::string gemini = *golden(Dialect::gemini, "tools.answer.json");
  for (const Dialect client :
       {Dialect::openai_chat, Dialect::openai_responses, Dialect::anthropic_messages}) {
    const boost::json::value value =
        boost::json::parse(translate_response(Dialect::gemini, client, gemini, {})->body);
    std::string body;
    if (client == Dialect::openai_chat)
      body = R"({"messages":[)" + boost::json::serialize(value.at("choices").at(0).at("message")) + "]}";
    if (client == Dialect::openai_responses)
      body = R"({"input":)" + boost::json::serialize(value.at("output")) + "}";
    if (client == Dialect::anthropic_messages)
      body = R"({"messages":[{"role":"assistant","content":)" + boost::json::serialize(value.at("content")) +
             "}]}";
    const Result<Translated> back =
        translate_request(client, Dialect::gemini, body, facts_of(client, body), {});
    ASSERT_TRUE(back.ok());
    EXPECT_NE(
        back->body.find(
            R"("args":{"note":"a_arguments_1 window","seats":2}},"thoughtSignature":"c2lnbmVkLWJ5LWdlbWluaQ=="})"),
        std::string::npos)
        << back->body;
    // ... and it does not go to anybody else.
    if (client == Dialect::anthropic_messages) {
      EXPECT_EQ(translate_request(client, Dialect::openai_chat, body, facts_of(client, body), {})
                    ->body.find("loadline:"),
                std::string::npos);
    }
  }
}

TEST(DialectGrid, MissingUsageIsNotZero) {
  const std::string answer = R"({"content":[{"type":"text","text":"a"}],"stop_reason":"end_turn"})";
  for (const Dialect client : {Dialect::openai_chat, Dialect::openai_completions, Dialect::openai_responses})
    EXPECT_TRUE(read_usage(client, translate_response(Dialect::anthropic_messages, client, answer, {})->body)
                    ->is_empty());
  const std::string zero = R"({"content":[],"usage":{"input_tokens":3,"output_tokens":0}})";
  EXPECT_EQ(read_usage(Dialect::openai_chat,
                       translate_response(Dialect::anthropic_messages, Dialect::openai_chat, zero, {})->body)
                ->output_tokens,
            0U);
}

TEST(DialectGrid, ArgumentsThatAreNoObjectAreWrapped) {
  for (const std::string arguments : {R"({\"a\":)", R"({\"a\":1,\"a\":2})", "[1]"}) {
    const std::string body =
        R"({"messages":[{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":")" +
        arguments + R"("}}]}]})";
    const Result<Translated> out = translate_request(Dialect::openai_chat, Dialect::anthropic_messages, body,
                                                     facts_of(Dialect::openai_chat, body), {});
    ASSERT_TRUE(out.ok());
    EXPECT_NE(out->body.find(R"("input":{"arguments":")" + arguments + "\"}"), std::string::npos)
        << out->body;
    EXPECT_EQ(joined(out->losses), "messages[0].tool_calls[0]");
  }
}

TEST(StreamTranslator, CutAndFailedStreamsEndInTheClientsDialect) {
  for (const Dialect upstream : upstreams) {
    const std::string stream = *golden(upstream, "plain.stream.sse");
    for (const Dialect client : clients) {
      if (client == upstream) continue;
      SseParser parser;
      parser.feed(stream);
      StreamTranslator cut(upstream, client, {});
      StreamTranslator failed(upstream, client, {});
      std::string cut_out, failed_out;
      for (int i = 0; i < 3; ++i) {
        const auto event = parser.next();
        ASSERT_TRUE(event.ok() && event->has_value());
        ASSERT_TRUE(cut.push(**event, cut_out).ok());
        ASSERT_TRUE(failed.push(**event, failed_out).ok());
      }
      EXPECT_FALSE(cut.is_terminated());
      cut.cut(cut_out);
      failed.fail(504, "stalled", "no byte for 30 s", failed_out);
      const StreamRead read = read_stream(client, cut_out);
      EXPECT_EQ(read.finish, FinishKind::length) << dialect_name(client) << cut_out;
      EXPECT_TRUE(read.is_terminated);
      EXPECT_NE(failed_out.find("no byte for 30 s"), std::string::npos);
      // Nothing comes after the end.
      const std::string before = cut_out;
      for (auto event = parser.next(); event.ok() && *event; event = parser.next())
        ASSERT_TRUE(cut.push(**event, cut_out).ok());
      cut.cut(cut_out);
      EXPECT_EQ(cut_out, before);
    }
  }
}

TEST(StreamTranslator, EveryChunkingGivesTheSameBytes) {
  std::mt19937 random(5);
  for (const Dialect upstream : upstreams) {
    const Dialect client =
        upstream == Dialect::anthropic_messages ? Dialect::openai_responses : Dialect::anthropic_messages;
    const std::string stream = *golden(upstream, "tools.stream.sse");
    const std::string whole = translated_stream(upstream, client, stream);
    for (const std::size_t most : {std::size_t{1}, std::size_t{9}, std::size_t{400}}) {
      StreamTranslator translator(upstream, client, {"harbour", true, 1790000000});
      SseParser parser;
      std::string out;
      for (std::size_t at = 0; at < stream.size();) {
        const std::size_t size = 1 + random() % most;
        parser.feed(std::string_view(stream).substr(at, size));
        at += size;
        for (auto event = parser.next(); event.ok() && *event; event = parser.next())
          ASSERT_TRUE(translator.push(**event, out).ok());
      }
      EXPECT_EQ(out, whole) << dialect_name(upstream) << " " << most;
    }
  }
}

TEST(StreamTranslator, ACutBeforeTheFirstEvent) {
  for (const Dialect client : clients) {
    StreamTranslator translator(Dialect::gemini, client, {});
    std::string out;
    translator.cut(out);
    EXPECT_EQ(read_stream(client, out).finish, FinishKind::length) << out;
  }
}

TEST(StreamTranslator, OneMalformedEventIsSkipped) {
  for (const Dialect upstream : upstreams) {
    std::string stream = *golden(upstream, "plain.stream.sse");
    const Dialect client =
        upstream == Dialect::openai_chat ? Dialect::anthropic_messages : Dialect::openai_chat;
    const std::string whole = translated_stream(upstream, client, stream);
    StreamTranslator translator(upstream, client, {"harbour", true, 1790000000});
    SseParser parser;
    std::string out;
    int failures = 0;
    parser.feed(stream);
    for (auto event = parser.next(); event.ok() && *event; event = parser.next()) {
      SseEvent bad = **event;
      bad.data = "{\"broken\":";
      failures += translator.push(bad, out).ok() ? 0 : 1;
      ASSERT_TRUE(translator.push(**event, out).ok());
    }
    EXPECT_GT(failures, 1);
    EXPECT_EQ(out, whole);
  }
}

// The first event was lost, and another one begins the stream again.
TEST(StreamTranslator, AStreamBeginsOnce) {
  const std::string stream = *golden(Dialect::anthropic_messages, "tools.stream.sse");
  const std::size_t first = stream.find("event: content_block_start");
  const std::size_t end = stream.find("event: content_block_stop");
  for (const Dialect client : clients) {
    if (client == Dialect::anthropic_messages) continue;
    const std::string out =
        translated_stream(Dialect::anthropic_messages, client, stream.substr(first, end - first) + stream);
    const StreamRead read = read_stream(client, out);
    EXPECT_EQ(read.malformed, 0);
    EXPECT_TRUE(read.is_terminated) << out;
  }
}

TEST(StreamTranslator, ErrorsOfTheUpstreamAreTyped) {
  StreamTranslator translator(Dialect::anthropic_messages, Dialect::openai_chat, {});
  SseParser parser;
  parser.feed(error_event(Dialect::anthropic_messages, 529, "", "busy"));
  std::string out;
  ASSERT_TRUE(translator.push(**parser.next(), out).ok());
  EXPECT_EQ(out,
            "data: "
            "{\"error\":{\"message\":\"busy\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_"
            "failed\"}}\n\n");
  EXPECT_TRUE(translator.is_terminated());
}

}  // namespace
}  // namespace loadline
