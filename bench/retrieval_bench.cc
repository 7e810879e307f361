// Page hits of search: the question as it stands, an evidence page among the first k distinct pages. Two
// sets, each with all its documents in one collection: the filing questions of financebench, and the
// answerable questions of examples/bank. One line for each set of means, with bootstrap intervals over
// questions.
//
//   loadline_retrieval_bench [--data DIR] [--bank DIR] [--work DIR] [--model DIR] [--extractor FILE]
//                            [--only NAME] [--weights FILE] [--list] [--trained-on FILE]
//
// DIR has financebench/ (default LOADLINE_BENCH_DATA or ../shared/data); it is not part of the project. The
// documents are ingested into --work (default: retrieval-bench beside the program) once. --list prints every
// question with the rank of its page; --only measures one set of means; --weights takes the second stage's
// weights from a file like page_weights.inc (for cross-validation) instead of the committed ones;
// --trained-on names a file with the documents that training questions were made from, and prints the two
// groups of questions apart.
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
  std::string text;
  std::set<std::pair<std::string, int>> pages;  // document, page from 1; any of them counts
  bool is_of(const std::string& document) const {
    return std::any_of(pages.begin(), pages.end(), [&](const auto& page) { return page.first == document; });
  }
};

struct BenchSet {
  std::string name;  // and of the collection
  std::string documents;
  std::vector<BenchQuestion> questions;
};

template <class Read>
std::vector<BenchQuestion> read_questions(const std::string& path, const Read& read) {
  std::vector<BenchQuestion> questions;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    BenchQuestion question;
    if (read(json::parse(line), question)) questions.push_back(std::move(question));
  }
  return questions;
}

BenchSet filings(const std::string& folder) {
  const auto read = [](const json::value& row, BenchQuestion& question) {
    question.text = row.at("question").as_string();
    const std::string document = std::string(row.at("doc_name").as_string()) + ".pdf";
    for (const json::value& evidence : row.at("evidence").as_array())
      question.pages.insert({document, static_cast<int>(evidence.at("evidence_page_num").as_int64()) + 1});
    return true;
  };
  return {"filings", folder + "/pdfs", read_questions(folder + "/questions.jsonl", read)};
}

BenchSet bank(const std::string& folder) {
  const auto read = [](const json::value& row, BenchQuestion& question) {
    question.text = row.at("question").as_string();
    for (const json::value& evidence : row.at("evidence").as_array())
      question.pages.insert({std::string(evidence.at("document").as_string()),
                             static_cast<int>(evidence.at("page").as_int64())});
    return row.at("answerable").as_bool();
  };
  return {"bank", folder + "/documents", read_questions(folder + "/questions.jsonl", read)};
}

struct QuestionResult {
  int page_rank = 0;  // of the first right page among distinct pages; 0: not found
  bool document_first = false;
  SearchTimes times;
};

constexpr std::array<int, 6> depths = {1, 3, 5, 10, 20, 60};

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

QuestionResult ask(const Retriever& retriever, const std::string& collection, const BenchQuestion& question,
                   const SearchMeans& means, const CallContext& context) {
  SearchRequest request;
  request.collection = collection;
  request.query = question.text;
  request.k = 100;
  request.means = means;
  QuestionResult result;
  const auto response = retriever.search(request, context);
  if (!response) {
    std::fprintf(stderr, "%s: %s\n", question.text.c_str(), response.error().to_string().c_str());
    std::exit(1);
  }
  std::set<std::pair<std::string, int>> pages;
  for (const SearchHit& hit : response->hits) {
    if (!pages.insert({hit.document, hit.page}).second) continue;
    if (pages.size() == 1) result.document_first = question.is_of(hit.document);
    if (result.page_rank == 0 && question.pages.contains({hit.document, hit.page}))
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
  std::vector<std::string_view> without;  // features of the second stage; the other weights stay
};

std::vector<Variant> variants() {
  const auto only = [](bool keyword, bool vector, bool documents, bool rerank) {
    return SearchMeans{keyword, vector, documents, rerank, true};
  };
  RetrieverOptions reciprocal;
  reciprocal.candidates.fusion.rule = FusionRule::reciprocal_rank;
  SearchMeans all, keep;
  keep.deduplicate = false;
  RetrieverOptions fewer;
  fewer.pages.pages = 50;
  return {{"keyword", only(true, false, false, false), {}, {}},
          {"vector", only(false, true, false, false), {}, {}},
          {"fused by reciprocal rank", only(true, true, false, false), reciprocal, {}},
          {"fused by weighted sum", only(true, true, false, false), {}, {}},
          {"+ document evidence", only(true, true, true, false), {}, {}},
          {"+ document evidence, reciprocal", only(true, true, true, false), reciprocal, {}},
          {"+ second stage, no documents", only(true, true, false, true), {}, {}},
          {"all", all, {}, {}},
          {"all, 50 pages re-ranked", all, fewer, {}},
          {"all but keyword", only(false, true, true, true), {}, {}},
          {"all but vector", only(true, false, true, true), {}, {}},
          {"all, duplicates kept", keep, {}, {}},
          {"all but phrases", all, {}, {"asked", "parts", "pairs"}},
          {"all but headings and labels", all, {}, {"heading", "label", "labels"}},
          {"all but periods and numbers", all, {}, {"years", "numbers"}},
          {"all but page type",
           all,
           {},
           {"figures", "figures_wanted", "table", "table_wanted", "listing", "short"}},
          {"all but neighbours", all, {}, {"neighbours"}}};
}

struct Arguments {
  WorkspaceOptions space;
  std::string data = bench_data_folder(), bank = "examples/bank", only, weights, trained_on;
  bool list = false;
};

Arguments parse(int count, char** values) {
  Arguments out;
  const auto beside = std::filesystem::path(values[0]).parent_path();
  out.space = {(beside / "retrieval-bench").string(), bench_model_folder(),
               (beside / "loadline-extractor").string()};
  const std::map<std::string, std::string*> texts = {
      {"--data", &out.data},         {"--bank", &out.bank},
      {"--only", &out.only},         {"--weights", &out.weights},
      {"--work", &out.space.folder}, {"--trained-on", &out.trained_on},
      {"--model", &out.space.model}, {"--extractor", &out.space.extractor}};
  for (int i = 1; i < count; ++i) {
    const auto text = texts.find(values[i]);
    if (text != texts.end() && i + 1 < count)
      *text->second = values[++i];
    else if (std::string_view(values[i]) == "--list")
      out.list = true;
    else
      std::fprintf(stderr, "%s is no option of this program\n", values[i]), std::exit(2);
  }
  return out;
}

// The first number of each line that has one, as bench/train_reranker.py writes them.
PageModel read_model(const std::string& file) {
  PageModel model = learned_page_model();
  std::ifstream in(file);
  std::size_t count = 0;
  for (std::string line; std::getline(in, line) && count < page_feature_count;) {
    char* end = nullptr;
    const double value = std::strtod(line.c_str(), &end);
    if (end != line.c_str()) model.weights[count++] = value;
  }
  if (count < page_feature_count)
    std::fprintf(stderr, "%s has too few numbers\n", file.c_str()), std::exit(1);
  return model;
}

class Measurement {
 public:
  Measurement(RetrievalWorkspace& space, const Arguments& arguments) : space_(space), arguments_(arguments) {
    std::ifstream in(arguments.trained_on);
    for (std::string line; std::getline(in, line);) trained_on_.insert(line);
  }

  Status run(const BenchSet& set) {
    LOADLINE_TRY(space_.ingest(set.name, {set.documents}));
    std::printf("\n%s: %zu questions\n", set.name.c_str(), set.questions.size());
    std::printf(
        "| %-34s | page@1 | @3 | @5 | @10 | @20 | @60 | right document first | MRR@10 "
        "|\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        "");
    for (Variant variant : variants()) {
      if (!arguments_.only.empty() && arguments_.only != variant.name) continue;
      PageModel& model = variant.options.pages.model;
      if (!arguments_.weights.empty()) model = read_model(arguments_.weights);
      for (std::size_t i = 0; i < page_feature_count; ++i)
        if (std::count(variant.without.begin(), variant.without.end(), page_feature_names[i]) > 0)
          model.weights[i] = 0;
      measure(set, variant);
    }
    return {};
  }

 private:
  void measure(const BenchSet& set, const Variant& variant) {
    const auto retriever =
        make_retriever(space_.store(), space_.embedder(), space_.indexes(), variant.options);
    std::vector<QuestionResult> results, seen, unseen;
    std::vector<double> embed, total, rerank;
    for (const BenchQuestion& question : set.questions) {
      results.push_back(ask(*retriever, set.name, question, variant.means, space_.context()));
      const QuestionResult& result = results.back();
      (trained_on_.contains(question.pages.begin()->first) ? seen : unseen).push_back(result);
      embed.push_back(result.times.embed_ms);
      rerank.push_back(result.times.rerank_ms);
      total.push_back(result.times.total_ms);
      if (arguments_.list && variant.name == "all")
        std::fprintf(stderr, "%3d %s %-30.30s %.140s\n", result.page_rank, result.document_first ? "+" : "-",
                     question.pages.begin()->first.c_str(), question.text.c_str());
    }
    print_row(variant.name, results);
    if (!variant.means.rerank || !variant.without.empty()) return;
    std::fprintf(stderr, "%s: median ms: embed %.2f, second stage %.2f (most %.2f), all %.2f\n",
                 variant.name.c_str(), median(embed), median(rerank),
                 *std::max_element(rerank.begin(), rerank.end()), median(total));
    if (variant.name != "all") return;
    if (!seen.empty() && !unseen.empty()) {
      print_row("all, documents trained on (" + std::to_string(seen.size()) + ")", seen);
      print_row("all, other documents (" + std::to_string(unseen.size()) + ")", unseen);
    }
  }

  RetrievalWorkspace& space_;
  const Arguments& arguments_;
  std::set<std::string> trained_on_;
};

int run(const Arguments& arguments) {
  auto space = RetrievalWorkspace::open(arguments.space);
  if (!space) return std::fprintf(stderr, "%s\n", space.error().to_string().c_str()), 1;
  Measurement measurement(**space, arguments);
  const std::vector<BenchSet> sets = {filings(arguments.data + "/financebench"), bank(arguments.bank)};
  for (const BenchSet& set : sets) {
    if (set.questions.empty()) {
      std::fprintf(stderr, "%s is not there: %s not measured\n", set.documents.c_str(), set.name.c_str());
      continue;
    }
    const Status done = measurement.run(set);
    if (!done) return std::fprintf(stderr, "%s\n", done.error().to_string().c_str()), 1;
  }
  return 0;
}

}  // namespace
}  // namespace loadline

int main(int count, char** values) { return loadline::run(loadline::parse(count, values)); }
