// search and ask.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>

#include "apps/loadline/commands.h"
#include "apps/loadline/commands_json.h"
#include "gateway/passage_list.h"

namespace loadline {
namespace {

namespace json = boost::json;

constexpr std::size_t query_line_bytes_max = 1 << 20;
constexpr std::size_t snippet_bytes = 220;

Result<SearchFilter> filter_of(const std::vector<std::string>& filters) {
  SearchFilter filter;
  for (const std::string& text : filters) {
    const std::size_t at = text.find('=');
    if (at == std::string::npos || at == 0)
      return Error(Code::invalid_argument, "a filter is KEY=VALUE, e.g. --filter type=application/pdf");
    const std::string key = text.substr(0, at), value = text.substr(at + 1);
    if (key == "document")
      filter.documents.push_back(value);
    else if (key == "type")
      filter.media_types.push_back(value);
    else if (key == "company")
      filter.entities.push_back(value);
    else if (key == "period")
      filter.periods.push_back(value);
    else if (key == "label")
      filter.labels.push_back(value);
    else
      filter.metadata.emplace_back(key, value);
  }
  return filter;
}

json::object explanation_json(const HitExplanation& e) {
  json::object features;
  for (const auto& [name, value] : e.features) features[name] = value;
  return {{"keyword", {{"score", e.keyword_score}, {"rank", e.keyword_rank}}},
          {"vector", {{"score", e.vector_score}, {"rank", e.vector_rank}}},
          {"fused", {{"score", e.fused_score}, {"rank", e.fused_rank}}},
          {"document", {{"score", e.document_score}}},
          {"features", std::move(features)}};
}

json::object hit_json(const SearchHit& hit, bool explain) {
  json::object out{{"rank", hit.rank},       {"document", hit.document},    {"page", hit.page},
                   {"score", hit.score},     {"chunk", hit.chunk.id.value}, {"text", hit.chunk.text},
                   {"box", json_of(hit.box)}};
  if (explain) out["explain"] = explanation_json(hit.explanation);
  return out;
}

void show_hit(Terminal& terminal, const SearchHit& hit, bool explain) {
  char score[48];
  std::snprintf(score, sizeof score, "%2u  %.3f  ", hit.rank, hit.score);
  terminal.line(score + terminal.styled(Style::bold, visible(hit.document)) + " p." +
                std::to_string(hit.page));
  terminal.line("      " + beginning(hit.chunk.text, snippet_bytes));
  if (!explain) return;
  const HitExplanation& e = hit.explanation;
  char line[256];
  std::snprintf(line, sizeof line,
                "      keyword %.3f (#%u)  vector %.3f (#%u)  fused %.4f (#%u)  document %.3f",
                e.keyword_score, e.keyword_rank, e.vector_score, e.vector_rank, e.fused_score, e.fused_rank,
                e.document_score);
  terminal.line(terminal.styled(Style::dim, line));
  std::string features = "     ";
  for (const auto& [name, value] : e.features) {
    std::snprintf(line, sizeof line, " %s=%.3g", name.c_str(), value);
    features += line;
  }
  if (!e.features.empty()) terminal.line(terminal.styled(Style::dim, features));
}

struct Line {
  json::value id;
  std::string text;
};

// The next line, or as much of it as tells that it is too long. False at the end.
bool next_line(std::istream& in, std::string& text) {
  text.clear();
  using Traits = std::istream::traits_type;
  std::streambuf& bytes = *in.rdbuf();
  for (auto c = bytes.sbumpc(); !Traits::eq_int_type(c, Traits::eof()); c = bytes.sbumpc()) {
    if (c == '\n') return true;
    text += Traits::to_char_type(c);
    if (text.size() > query_line_bytes_max) return true;
  }
  return !text.empty();
}

// The lines {"id", FIELD} of a JSONL file, one after the other. `take` gives whether that line succeeded.
template <class Take>
int each_line(Wire& wire, std::istream& in, const char* field, const Take& take) {
  bool failed = false, any = false;
  std::string text;
  for (std::size_t number = 1; next_line(in, text); ++number) {
    const std::string where = "line " + std::to_string(number) + ": ";
    if (text.size() > query_line_bytes_max)
      return report(wire, Error(Code::invalid_argument, where + "longer than 1 MiB"));
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_object())
      return report(wire, Error(Code::invalid_argument, where + "not a JSON object"));
    const json::value* wanted = value.as_object().if_contains(field);
    if (wanted == nullptr || !wanted->is_string())
      return report(wire, Error(Code::invalid_argument, where + "needs \"" + field + "\" as text"));
    const json::value* id = value.as_object().if_contains("id");
    const bool done = take(Line{id == nullptr ? json::value(number) : *id, std::string(wanted->as_string())});
    (done ? any : failed) = true;
  }
  return failed ? (any ? exit_partly : exit_failed) : exit_done;
}

// As each_line, over a file or standard input ("-").
template <class Take>
int each_line_of(Wire& wire, const std::string& file, const char* field, const Take& take) {
  if (file == "-") return each_line(wire, std::cin, field, take);
  std::ifstream in(file);
  if (!in) return report(wire, Error(Code::not_found, "cannot read '" + file + "'"));
  return each_line(wire, in, field, take);
}

json::object error_line(const json::value& id, const Error& error) {
  return {{"id", id},
          {"error", {{"code", std::string(code_name(error.code()))}, {"message", error.message()}}}};
}

int search_file(Wire& wire, const Retriever& retriever, SearchRequest request,
                const SearchArguments& arguments) {
  return each_line_of(wire, arguments.queries_file, "query", [&](const Line& line) {
    request.query = line.text;
    auto found = retriever.search(request, wire.context());
    if (!found) return print_json(error_line(line.id, found.error())), false;
    json::array results;
    for (const SearchHit& hit : found->hits) results.push_back(hit_json(hit, arguments.explain));
    print_json({{"id", line.id}, {"results", std::move(results)}, {"ms", found->times.total_ms}});
    return true;
  });
}

class PrintedAnswer final : public AnswerSink {
 public:
  PrintedAnswer(bool silent, bool passages_only) : silent_(silent), passages_only_(passages_only) {}
  bool on_passages(const std::vector<NumberedPassage>& passages) override {
    if (!passages_only_) return true;
    for (const NumberedPassage& passage : passages) {
      passages_.push_back({{"marker", passage.marker},
                           {"document", passage.hit.document},
                           {"page", passage.hit.page},
                           {"text", passage.prompt_text}});
      if (!silent_) std::printf("[%d] %s\n", passage.marker, visible(passage.prompt_text).c_str());
    }
    return false;
  }
  bool on_delta(const ChatDelta& delta) override {
    if (silent_) return true;
    std::fputs(visible(delta.text, "\\\n\t").c_str(), stdout);
    std::fflush(stdout);
    return true;
  }
  bool on_citations(const std::vector<Citation>&) override { return true; }
  json::array passages() && { return std::move(passages_); }

 private:
  const bool silent_;
  const bool passages_only_;
  json::array passages_;
};

json::object answer_json(const Answer& answer) {
  json::array citations;
  for (const Citation& citation : answer.citations)
    citations.push_back({{"marker", citation.marker},
                         {"document", citation.document},
                         {"page", citation.page},
                         {"box", json_of(citation.box)},
                         {"quote", citation.quote},
                         {"supported", citation.supported}});
  const Usage& usage = answer.chat.usage;
  return {{"answer", answer.chat.content},
          {"abstained", answer.abstained},
          {"extractive", answer.extractive},
          {"citations", std::move(citations)},
          {"usage",
           {{"prompt_tokens", usage.prompt_tokens},
            {"completion_tokens", usage.completion_tokens},
            {"total_tokens", usage.prompt_tokens + usage.completion_tokens},
            {"cached_prompt_tokens", usage.cached_prompt_tokens}}},
          {"ms",
           {{"retrieve", answer.times.retrieve_ms},
            {"first_token", answer.times.first_token_ms},
            {"total", answer.times.total_ms}}}};
}

void show_citations(Terminal& terminal, const Answer& answer) {
  for (const Citation& citation : answer.citations) {
    std::string line = "  [" + std::to_string(citation.marker) + "] " +
                       terminal.styled(Style::bold, visible(citation.document)) + ", page " +
                       std::to_string(citation.page);
    if (!citation.supported) line += terminal.styled(Style::bad, "  (not supported)");
    terminal.line(line);
    terminal.line("      " +
                  terminal.styled(Style::dim, "\"" + beginning(citation.quote, snippet_bytes) + "\""));
  }
  char times[128];
  std::snprintf(times, sizeof times, "  %.0f ms to find, %.1f s in all%s", answer.times.retrieve_ms,
                answer.times.total_ms / 1000, answer.extractive ? ", quoted without the model" : "");
  terminal.line(terminal.styled(Style::dim, times));
}

}  // namespace

int run_search(Wire& wire, Terminal& terminal, const SearchArguments& arguments) {
  if (arguments.query.empty() == arguments.queries_file.empty())
    return report(wire, Error(Code::invalid_argument, "give either a query or --queries FILE.jsonl")),
           exit_usage;
  SearchRequest request;
  auto filter = filter_of(arguments.filters);
  if (!filter) return report(wire, filter.error()), exit_usage;
  request.filter = std::move(filter).value();
  request.k = arguments.k;
  auto collection = wire.collection(arguments.collection);
  if (!collection) return report(wire, collection.error());
  request.collection = *collection;
  auto retriever = wire.retriever();
  if (!retriever) return report(wire, retriever.error());
  auto privacy = wire.privacy();
  if (!privacy) return report(wire, privacy.error());
  request.tenant = (*privacy)->tenant_of(*collection);  // who may read the data folder may ask for all of it
  if (!arguments.queries_file.empty()) return search_file(wire, **retriever, request, arguments);
  request.query = arguments.query;
  auto found = (*retriever)->search(request, wire.context());
  if (!found) return report(wire, found.error());
  if (wire.options().json) {
    json::array results;
    for (const SearchHit& hit : found->hits) results.push_back(hit_json(hit, arguments.explain));
    print_json({{"id", nullptr}, {"results", std::move(results)}, {"ms", found->times.total_ms}});
    return exit_done;
  }
  for (const SearchHit& hit : found->hits) show_hit(terminal, hit, arguments.explain);
  if (found->hits.empty()) terminal.line("nothing found");
  return exit_done;
}

int run_ask(Wire& wire, Terminal& terminal, const AskArguments& arguments) {
  if (arguments.question.empty() == arguments.questions_file.empty())
    return report(wire, Error(Code::invalid_argument, "give either a question or --questions FILE.jsonl")),
           exit_usage;
  auto collection = wire.collection(arguments.collection);
  if (!collection) return report(wire, collection.error());
  auto route = wire.route_for(*collection);
  if (!route) return report(wire, route.error());
  auto flow = wire.chat_flow(*route);
  if (!flow) return report(wire, flow.error());
  auto privacy = wire.privacy();
  if (!privacy) return report(wire, privacy.error());
  const std::string tenant = (*privacy)->tenant_of(*collection);
  const CallContext context = wire.context();
  cancel_on_signals(context);
  const auto ask = [&](const std::string& question, PrintedAnswer& sink) {
    ChatRequest request;
    request.messages.push_back({"user", (*privacy)->question(*collection, tenant, question), {}, ""});
    request.sampling.temperature = 0;
    return (*flow)->chat(*route, request, sink, context);
  };
  const auto full_json = [&](const Answer& answer, PrintedAnswer& sink) {
    json::object out = answer_json(answer);
    if (arguments.passages_only) out["passages"] = std::move(sink).passages();
    return out;
  };
  if (!arguments.questions_file.empty())
    return each_line_of(wire, arguments.questions_file, "question", [&](const Line& line) {
      PrintedAnswer sink(true, arguments.passages_only);
      auto answer = ask(line.text, sink);
      if (!answer) return print_json(error_line(line.id, answer.error())), false;
      json::object out = full_json(*answer, sink);
      out["id"] = line.id;
      print_json(out);
      return true;
    });
  PrintedAnswer sink(wire.options().json, arguments.passages_only);
  auto answer = ask(arguments.question, sink);
  if (!answer) return report(wire, answer.error());
  if (wire.options().json) {
    print_json(full_json(*answer, sink));
    return exit_done;
  }
  terminal.line("");
  show_citations(terminal, *answer);
  return exit_done;
}

}  // namespace loadline
