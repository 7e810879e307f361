// search and ask.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>

#include "apps/loadline/commands.h"
#include "apps/loadline/commands_json.h"

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
  terminal.line(score + terminal.styled(Style::bold, printable(hit.document)) + " p." +
                std::to_string(hit.page));
  terminal.line("      " + printable(hit.chunk.text.substr(0, snippet_bytes)));
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

// One JSON line of a queries file.
Result<std::pair<json::value, std::string>> query_of(const std::string& line, std::size_t number) {
  const std::string where = "line " + std::to_string(number) + " of the queries: ";
  boost::system::error_code error;
  const json::value value = json::parse(line, error);
  if (error || !value.is_object()) return Error(Code::invalid_argument, where + "not a JSON object");
  const json::object& object = value.as_object();
  const json::value* query = object.if_contains("query");
  if (query == nullptr || !query->is_string())
    return Error(Code::invalid_argument, where + "needs \"query\" as text");
  const json::value* id = object.if_contains("id");
  return std::pair<json::value, std::string>(id == nullptr ? json::value(number) : *id,
                                             std::string(query->as_string()));
}

int search_file(Wire& wire, const Retriever& retriever, SearchRequest request,
                const SearchArguments& arguments, std::istream& in) {
  bool failed = false, any = false;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (line.size() > query_line_bytes_max)
      return report(
          wire, Error(Code::invalid_argument, "line " + std::to_string(number) + " is longer than 1 MiB"));
    auto query = query_of(line, number);
    if (!query) return report(wire, query.error());
    request.query = query->second;
    auto found = retriever.search(request, wire.context());
    json::object out{{"id", query->first}};
    if (!found) {
      failed = true;
      out["error"] = {{"code", std::string(code_name(found.error().code()))},
                      {"message", found.error().message()}};
    } else {
      any = true;
      json::array results;
      for (const SearchHit& hit : found->hits) results.push_back(hit_json(hit, arguments.explain));
      out["results"] = std::move(results);
      out["ms"] = found->times.total_ms;
    }
    print_json(out);
  }
  return failed ? (any ? exit_partly : exit_failed) : exit_done;
}

class PrintedAnswer final : public AnswerSink {
 public:
  explicit PrintedAnswer(bool silent) : silent_(silent) {}
  bool on_delta(const ChatDelta& delta) override {
    if (!silent_) std::fwrite(delta.text.data(), 1, delta.text.size(), stdout), std::fflush(stdout);
    return true;
  }
  bool on_citations(const std::vector<Citation>&) override { return true; }

 private:
  const bool silent_;
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
                       terminal.styled(Style::bold, printable(citation.document)) + ", page " +
                       std::to_string(citation.page);
    if (!citation.supported) line += terminal.styled(Style::bad, "  (not supported)");
    terminal.line(line);
    terminal.line(
        "      " +
        terminal.styled(Style::dim, "\"" + printable(citation.quote.substr(0, snippet_bytes)) + "\""));
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
  if (arguments.queries_file == "-") return search_file(wire, **retriever, request, arguments, std::cin);
  if (!arguments.queries_file.empty()) {
    std::ifstream in(arguments.queries_file);
    if (!in) return report(wire, Error(Code::not_found, "cannot read '" + arguments.queries_file + "'"));
    return search_file(wire, **retriever, request, arguments, in);
  }
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
  auto collection = wire.collection(arguments.collection);
  if (!collection) return report(wire, collection.error());
  auto route = wire.route_for(*collection);
  if (!route) return report(wire, route.error());
  auto flow = wire.chat_flow(*route);
  if (!flow) return report(wire, flow.error());
  const CallContext context = wire.context();
  cancel_on_signals(context);
  ChatRequest request;
  request.messages.push_back({"user", arguments.question, {}, ""});
  request.sampling.temperature = 0;
  PrintedAnswer sink(wire.options().json);
  auto answer = (*flow)->chat(*route, request, sink, context);
  if (!answer) return report(wire, answer.error());
  if (wire.options().json) {
    print_json(answer_json(*answer));
    return exit_done;
  }
  terminal.line("");
  show_citations(terminal, *answer);
  return exit_done;
}

}  // namespace loadline
