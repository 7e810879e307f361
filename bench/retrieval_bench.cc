// Page hits of search on the filing questions: all documents in one collection, the question as it stands,
// the evidence page among the first k distinct pages. One line for each set of means, with bootstrap
// intervals.
//
//   loadline_retrieval_bench [--data DIR] [--work DIR] [--model DIR] [--extractor FILE] [--list]
//
// DIR has financebench/ (default LOADLINE_BENCH_DATA or ../shared/data); it is not part of the project. The
// documents are ingested into --work (default: retrieval-bench beside the program) once. --list prints every
// question with the rank of its page.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "retrieval/rank/retriever_options.h"
#include "retrieval_workspace.h"

namespace loadline {
namespace {

namespace json = boost::json;

struct BenchQuestion {
  std::string id, text, document;
  std::set<int> pages;  // from 1; any of them counts
};

std::vector<BenchQuestion> read_questions(const std::string& path) {
  std::vector<BenchQuestion> questions;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const json::value row = json::parse(line);
    BenchQuestion question;
    question.id = row.at("financebench_id").as_string();
    question.text = row.at("question").as_string();
    question.document = std::string(row.at("doc_name").as_string()) + ".pdf";
    for (const json::value& evidence : row.at("evidence").as_array())
      question.pages.insert(static_cast<int>(evidence.at("evidence_page_num").as_int64()) + 1);
    questions.push_back(std::move(question));
  }
  return questions;
}

struct QuestionResult {
  int page_rank = 0;  // of the first right page among distinct pages; 0: not found
  bool document_first = false;
  SearchTimes times;
};

constexpr std::array<int, 5> depths = {1, 3, 5, 10, 20};

using Measure = std::function<double(const QuestionResult&)>;

struct Interval {
  double mean = 0, low = 0, high = 0;
};

// 95 % by resampling questions; the seed is fixed so that runs can be compared.
Interval bootstrap(const std::vector<QuestionResult>& results, const Measure& measure) {
  constexpr int resamples = 2000;
  std::mt19937 random(7);
  std::vector<double> means;
  Interval interval;
  for (const QuestionResult& result : results)
    interval.mean += measure(result) / static_cast<double>(results.size());
  for (int i = 0; i < resamples; ++i) {
    double sum = 0;
    for (std::size_t n = 0; n < results.size(); ++n) sum += measure(results[random() % results.size()]);
    means.push_back(sum / static_cast<double>(results.size()));
  }
  std::sort(means.begin(), means.end());
  interval.low = means[resamples / 40];
  interval.high = means[resamples - 1 - resamples / 40];
  return interval;
}

QuestionResult ask(const Retriever& retriever, const BenchQuestion& question, const SearchMeans& means,
                   const CallContext& context) {
  SearchRequest request;
  request.collection = "filings";
  request.query = question.text;
  request.k = 100;
  request.means = means;
  QuestionResult result;
  const auto response = retriever.search(request, context);
  if (!response) {
    std::fprintf(stderr, "%s: %s\n", question.id.c_str(), response.error().to_string().c_str());
    std::exit(1);
  }
  std::set<std::pair<std::string, int>> pages;
  for (const SearchHit& hit : response->hits) {
    if (!pages.insert({hit.document, hit.page}).second) continue;
    if (pages.size() == 1) result.document_first = hit.document == question.document;
    if (result.page_rank == 0 && hit.document == question.document && question.pages.contains(hit.page))
      result.page_rank = static_cast<int>(pages.size());
  }
  result.times = response->times;
  return result;
}

void print_row(const std::string& name, const std::vector<QuestionResult>& results) {
  std::printf("| %-34s |", name.c_str());
  for (const int depth : depths) {
    const Interval hit = bootstrap(results, [depth](const QuestionResult& r) {
      return r.page_rank > 0 && r.page_rank <= depth ? 1.0 : 0.0;
    });
    std::printf(" %.2f (%.2f-%.2f) |", hit.mean, hit.low, hit.high);
  }
  const Interval document =
      bootstrap(results, [](const QuestionResult& r) { return r.document_first ? 1.0 : 0.0; });
  const Interval reciprocal = bootstrap(results, [](const QuestionResult& r) {
    return r.page_rank > 0 && r.page_rank <= 10 ? 1.0 / r.page_rank : 0.0;
  });
  std::printf(" %.2f (%.2f-%.2f) | %.2f (%.2f-%.2f) |\n", document.mean, document.low, document.high,
              reciprocal.mean, reciprocal.low, reciprocal.high);
  std::fflush(stdout);
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

struct Variant {
  std::string name;
  SearchMeans means;
  RetrieverOptions options;
};

std::vector<Variant> variants() {
  SearchMeans all;
  const auto only = [](bool keyword, bool vector, bool documents, bool rerank) {
    return SearchMeans{keyword, vector, documents, rerank, true};
  };
  RetrieverOptions reciprocal;
  reciprocal.candidates.fusion.rule = FusionRule::reciprocal_rank;
  SearchMeans keep = all;
  keep.deduplicate = false;
  return {{"keyword", only(true, false, false, false), {}},
          {"vector", only(false, true, false, false), {}},
          {"fused by reciprocal rank", only(true, true, false, false), reciprocal},
          {"fused by weighted sum", only(true, true, false, false), {}},
          {"+ document evidence", only(true, true, true, false), {}},
          {"+ document evidence, reciprocal rank", only(true, true, true, false), reciprocal},
          {"+ second stage, no documents", only(true, true, false, true), {}},
          {"all", all, {}},
          {"all but keyword", only(false, true, true, true), {}},
          {"all but vector", only(true, false, true, true), {}},
          {"all but duplicates", keep, {}}};
}

struct Arguments {
  WorkspaceOptions space;
  std::string data = bench_data_folder();
  bool list = false;
  bool last_only = false;
};

Arguments parse(int count, char** values) {
  Arguments out;
  out.space.model = bench_model_folder();
  out.space.folder = (std::filesystem::path(values[0]).parent_path() / "retrieval-bench").string();
  out.space.extractor = (std::filesystem::path(values[0]).parent_path() / "loadline-extractor").string();
  for (int i = 1; i < count; ++i) {
    const std::string name = values[i];
    const std::string value = i + 1 < count ? values[i + 1] : "";
    if (name == "--list")
      out.list = true;
    else if (name == "--data")
      out.data = value, ++i;
    else if (name == "--work")
      out.space.folder = value, ++i;
    else if (name == "--model")
      out.space.model = value, ++i;
    else if (name == "--extractor")
      out.space.extractor = value, ++i;
  }
  return out;
}

int run(const Arguments& arguments) {
  const std::string folder = arguments.data + "/financebench";
  if (!std::filesystem::exists(folder + "/questions.jsonl")) {
    std::fprintf(stderr, "%s is not there: nothing measured (set LOADLINE_BENCH_DATA)\n", folder.c_str());
    return 0;
  }
  auto space = RetrievalWorkspace::open(arguments.space);
  if (!space) return std::fprintf(stderr, "%s\n", space.error().to_string().c_str()), 1;
  if (const Status done = (*space)->ingest("filings", {folder + "/pdfs"}); !done)
    return std::fprintf(stderr, "%s\n", done.error().to_string().c_str()), 1;
  const auto questions = read_questions(folder + "/questions.jsonl");
  std::printf(
      "| %-34s | page@1 | @3 | @5 | @10 | @20 | right document first | MRR@10 "
      "|\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
      "");
  for (const Variant& variant : variants()) {
    const auto retriever =
        make_retriever((*space)->store(), (*space)->embedder(), (*space)->indexes(), variant.options);
    std::vector<QuestionResult> results;
    std::vector<double> embed, total, rerank;
    for (const BenchQuestion& question : questions) {
      results.push_back(ask(*retriever, question, variant.means, (*space)->context()));
      embed.push_back(results.back().times.embed_ms);
      rerank.push_back(results.back().times.rerank_ms);
      total.push_back(results.back().times.total_ms);
      if (arguments.list && variant.name == "all")
        std::fprintf(stderr, "%3d %s %s %s\n", results.back().page_rank,
                     results.back().document_first ? "+" : "-", question.document.c_str(),
                     question.text.substr(0, 110).c_str());
    }
    print_row(variant.name, results);
    if (variant.name == "all")
      std::fprintf(stderr, "median ms: embed %.2f, second stage %.2f, all %.2f\n", median(embed),
                   median(rerank), median(total));
  }
  return 0;
}

}  // namespace
}  // namespace loadline

int main(int count, char** values) { return loadline::run(loadline::parse(count, values)); }
