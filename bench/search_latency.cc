// How long searches take, stage by stage, the embedding of the question included, over an ingested data
// folder.
//
//   loadline_search_latency FOLDER COLLECTION [--made N] [--questions FILE] [--cold N] [--k N] [--model DIR]
//
// Questions are made of words of the stored chunks (three runs of three words each, from chunks of one
// document, seeded), each asked once; FILE adds {"question": ...} lines, also each once. One retriever serves
// them all, in turn, as a server does: pages come up for the first time or again as it happens. "Cold": N
// questions, each to a retriever of its own, which has seen no page before; of these only the second stage is
// reported, because such a retriever also reads where all chunks stand. Made collections:
// loadline_server_collection; real ones: what loadline_retrieval_bench leaves in its --work folder.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <random>

#include "retrieval_workspace.h"

namespace loadline {
namespace {

namespace json = boost::json;

struct Arguments {
  WorkspaceOptions space;
  std::string collection, questions;
  std::size_t made = 1000, cold = 100, k = 10;
};

Arguments parse(int count, char** values) {
  Arguments out;
  out.space.model = bench_model_folder();
  const std::map<std::string, std::string*> texts = {{"--questions", &out.questions},
                                                     {"--model", &out.space.model}};
  const std::map<std::string, std::size_t*> numbers = {
      {"--made", &out.made}, {"--cold", &out.cold}, {"--k", &out.k}};
  std::vector<std::string> places;
  for (int i = 1; i < count; ++i) {
    const std::string key = values[i];
    const auto text = texts.find(key);
    const auto number = numbers.find(key);
    if (text != texts.end() && i + 1 < count)
      *text->second = values[++i];
    else if (number != numbers.end() && i + 1 < count)
      *number->second = std::stoul(values[++i]);
    else
      places.push_back(key);
  }
  if (places.size() != 2)
    std::fprintf(stderr, "usage: loadline_search_latency FOLDER COLLECTION [options]\n"), std::exit(2);
  out.space.folder = places[0];
  out.collection = places[1];
  return out;
}

// `words` words of the text from a random one on, numbers and signs left out.
std::string run_of_words(const std::string& text, std::size_t words, std::mt19937& random) {
  std::vector<std::string> all;
  std::string word;
  for (const char c : text + " ") {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter) word += c;
    if (letter || word.empty()) continue;
    if (word.size() > 2) all.push_back(word);
    word.clear();
  }
  if (all.size() < words) return "";
  const std::size_t first = random() % (all.size() - words + 1);
  std::string run;
  for (std::size_t i = 0; i < words; ++i) run += (i == 0 ? "" : " ") + all[first + i];
  return run;
}

Result<std::vector<std::string>> made_questions(const KnowledgeStore& store, const std::string& collection,
                                                std::size_t count) {
  constexpr std::size_t runs = 3, words = 3;
  LOADLINE_ASSIGN(const CollectionId id, store.find_collection(collection));
  LOADLINE_ASSIGN(const auto places, store.chunk_places(id));
  std::map<std::uint64_t, std::vector<ChunkId>> by_document;
  for (const auto& place : places) by_document[place.document.value].push_back(place.chunk);
  std::mt19937 random(11);
  std::vector<std::string> questions;
  for (std::size_t tries = 0; !places.empty() && questions.size() < count && tries < 20 * count; ++tries) {
    const auto& chunks = by_document[places[random() % places.size()].document.value];
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < runs; ++i) {
      const ChunkId chunk = chunks[random() % chunks.size()];
      LOADLINE_ASSIGN(const auto read, store.chunks({&chunk, 1}));
      parts.push_back(read.empty() ? "" : run_of_words(read.front().text, words, random));
    }
    if (std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.empty(); })) continue;
    questions.push_back("What was the " + parts[0] + " of the " + parts[1] + ", and how did it change with " +
                        parts[2] + "?");
  }
  return questions;
}

std::vector<std::string> read_questions(const std::string& file) {
  std::vector<std::string> questions;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    questions.emplace_back(json::parse(line).at("question").as_string());
  return questions;
}

using Times = std::vector<SearchTimes>;

void print(const std::string& name, const Times& times, const std::function<double(const SearchTimes&)>& of) {
  std::vector<double> all;
  for (const SearchTimes& each : times) all.push_back(of(each));
  std::sort(all.begin(), all.end());
  const auto at = [&](double share) {
    return all[std::min(all.size() - 1, static_cast<std::size_t>(share * static_cast<double>(all.size())))];
  };
  std::printf("  %-22s p50 %6.2f  p95 %6.2f  p99 %6.2f  most %6.2f ms\n", name.c_str(), at(0.5), at(0.95),
              at(0.99), all.back());
}

void print_stages(const std::string& title, const Times& times) {
  if (times.empty()) return;
  std::printf("%s: %zu questions\n", title.c_str(), times.size());
  print("embedding", times, [](const SearchTimes& t) { return t.embed_ms; });
  print("keyword index", times, [](const SearchTimes& t) { return t.keyword_ms; });
  print("vector index", times, [](const SearchTimes& t) { return t.vector_ms; });
  print("second stage", times, [](const SearchTimes& t) { return t.rerank_ms; });
  print("whole search", times, [](const SearchTimes& t) { return t.total_ms; });
}

Result<Times> ask(const Retriever& retriever, const Arguments& arguments,
                  const std::vector<std::string>& questions, const CallContext& context) {
  Times times;
  for (const std::string& question : questions) {
    SearchRequest request;
    request.collection = arguments.collection;
    request.query = question;
    request.k = arguments.k;
    LOADLINE_ASSIGN(const SearchResponse response, retriever.search(request, context));
    times.push_back(response.times);
  }
  return times;
}

Status measure(const Arguments& arguments) {
  LOADLINE_ASSIGN(const auto space, RetrievalWorkspace::open(arguments.space));
  const CallContext context = space->context();
  LOADLINE_ASSIGN(const auto made, made_questions(space->store(), arguments.collection, arguments.made));
  const auto given = read_questions(arguments.questions);
  const auto retriever = make_retriever(space->store(), space->embedder(), space->indexes());
  LOADLINE_TRY(ask(*retriever, arguments, {"What is this about?"}, context));  // reads where all chunks stand
  LOADLINE_ASSIGN(const Times first, ask(*retriever, arguments, given, context));
  print_stages("given questions", first);
  LOADLINE_ASSIGN(const Times second, ask(*retriever, arguments, made, context));
  print_stages("made questions", second);
  std::vector<std::string> all = given;
  all.insert(all.end(), made.begin(), made.end());
  all.resize(std::min(all.size(), arguments.cold));
  Times cold;
  for (const std::string& question : all) {
    const auto fresh = make_retriever(space->store(), space->embedder(), space->indexes());
    LOADLINE_ASSIGN(const Times one, ask(*fresh, arguments, {question}, context));
    cold.push_back(one.front());
  }
  if (cold.empty()) return {};
  std::printf("no page seen before: %zu questions\n", cold.size());
  print("second stage", cold, [](const SearchTimes& t) { return t.rerank_ms; });
  return {};
}

}  // namespace
}  // namespace loadline

int main(int count, char** values) {
  const loadline::Status status = loadline::measure(loadline::parse(count, values));
  if (!status) return std::fprintf(stderr, "error: %s\n", status.error().to_string().c_str()), 1;
  return 0;
}
