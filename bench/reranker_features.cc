// Training material for the second stage: makes questions whose pages are known, asks them, and writes the
// features of every candidate page with whether it is a right one. bench/train_reranker.py learns the weights
// from it.
//
//   loadline_reranker_features --out FILE [--data DIR] [--work DIR] [--model DIR] [--extractor FILE]
//                              [--folder DIR]... [--seed N]
//
// The questions are not those that are reported:
//  - rows: from row labels of tables and the names and periods of their documents. Right are all pages of the
//    document where a row with the same label has the same figure.
//  - headings, sentences: some words of a heading or a sentence, and the document's name. Right is its page.
//  - tatqa: questions that people wrote about tables with the text around them (the set's own contexts; right
//  is
//    the context that a question belongs to).
// Documents: those of financebench, and all --folder. One JSON line a question:
// {"source","group","pages":[{"right":true,"features":[...]}]}.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "retrieval/rank/light_terms.h"
#include "retrieval/rank/page_features.h"
#include "retrieval_workspace.h"

namespace loadline {
namespace {

namespace json = boost::json;
using PageName = std::pair<std::string, int>;  // document, page

struct MadeQuestion {
  std::string source, text, collection;
  std::uint64_t group = 0;  // of the document: for splits that keep documents apart
  std::set<PageName> right;
};

struct TableRow {
  std::string label;
  std::vector<std::string> figures;
  std::string document;
  int page = 0;
  std::string year;  // of the first column, "" if not known
};

std::vector<std::string> split(std::string_view text, std::string_view by) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t at = text.find(by);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + by.size());
  }
}

std::size_t letters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }));
}

bool has_digit(std::string_view text) { return text.find_first_of("0123456789") != std::string_view::npos; }

std::string first_year(std::string_view text) {
  for (const LightTerm& term : light_terms(text)) {
    const std::string word(text.substr(term.begin, term.end - term.begin));
    if (term.number && word.size() == 4 && (word.starts_with("20") || word.starts_with("19"))) return word;
  }
  return "";
}

class QuestionMaker {
 public:
  QuestionMaker(unsigned seed, std::string collection) : random_(seed), collection_(std::move(collection)) {}

  void add_document(const DocumentRecord& record, const std::vector<Chunk>& chunks) {
    std::vector<TableRow> rows;
    std::vector<MadeQuestion> texts;
    for (const Chunk& chunk : chunks) {
      if (chunk.pages.empty()) continue;
      const int page = chunk.pages.front().page;
      if (chunk.is_table)
        add_rows(chunk, record.name, page, rows);
      else if (auto question = text_question(record, chunk, page))
        texts.push_back(std::move(*question));
    }
    std::shuffle(texts.begin(), texts.end(), random_);
    if (texts.size() > texts_per_document) texts.resize(texts_per_document);
    for (MadeQuestion& question : texts) questions_.push_back(std::move(question));
    ask_rows(record, rows);
  }

  std::vector<MadeQuestion> take() { return std::move(questions_); }

 private:
  static constexpr std::size_t rows_per_document = 60, texts_per_document = 20;

  void add_rows(const Chunk& chunk, const std::string& document, int page,
                std::vector<TableRow>& rows) const {
    const std::string year = first_year(chunk.table_header + " " + chunk.text.substr(0, 200));
    for (const std::string& line : split(chunk.text, "\n")) {
      const std::vector<std::string> cells = split(line, " | ");
      if (cells.size() < 2 || letters_in(cells[0]) < 6 || cells[0].size() > 80) continue;
      TableRow row{cells[0], {}, document, page, year};
      for (std::size_t i = 1; i < cells.size(); ++i)
        if (has_digit(cells[i]) && letters_in(cells[i]) < 3) row.figures.push_back(cells[i]);
      if (!row.figures.empty()) rows.push_back(std::move(row));
    }
  }

  // A person names a document by who and when, and a row by some of its words.
  std::string who(const DocumentRecord& record) {
    if (record.entities.empty()) return record.title;
    const auto words = split(record.entities.front(), " ");
    return words.size() > 2 && random_() % 2 == 0 ? words[0] + " " + words[1] : record.entities.front();
  }
  std::string when(const DocumentRecord& record, const std::string& year) {
    const std::string of = !year.empty()            ? year
                           : record.periods.empty() ? ""
                                                    : record.periods.front().substr(0, 4);
    if (of.empty()) return "";
    return (random_() % 2 == 0 ? "FY" : random_() % 2 == 0 ? "fiscal " : "") + of;
  }
  std::string loosely(const std::string& text, unsigned keep_percent) {
    std::string out;
    for (const std::string& word : split(text, " "))
      if (!word.empty() && (random_() % 100 < keep_percent)) out += (out.empty() ? "" : " ") + word;
    return letters_in(out) < 4 ? text : out;
  }
  static std::string lower_first(std::string text) {
    if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z' && text[0] >= 'A' && text[0] <= 'Z')
      text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
  }

  void ask_rows(const DocumentRecord& record, std::vector<TableRow>& rows) {
    std::map<std::pair<std::string, std::string>, std::set<PageName>> same;
    for (const TableRow& row : rows) same[{row.label, row.figures.front()}].insert({row.document, row.page});
    std::vector<std::size_t> order(rows.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random_);
    for (std::size_t n = 0; n < order.size() && n < rows_per_document; ++n) {
      const TableRow& row = rows[order[n]];
      const TableRow& other = rows[order[n] + 1 < rows.size() ? order[n] + 1 : order[n]];
      const bool two = random_() % 3 == 0 && other.page == row.page && other.label != row.label;
      MadeQuestion question{
          "rows", row_question(record, row, two ? &other : nullptr), collection_, record.id.value, {}};
      question.right = same[{row.label, row.figures.front()}];
      if (two) {
        const auto& pages = same[{other.label, other.figures.front()}];
        std::set<PageName> both;
        std::set_intersection(question.right.begin(), question.right.end(), pages.begin(), pages.end(),
                              std::inserter(both, both.end()));
        if (!both.empty()) question.right = both;
      }
      questions_.push_back(std::move(question));
    }
  }

  std::string row_question(const DocumentRecord& record, const TableRow& row, const TableRow* other) {
    const std::string label = lower_first(loosely(row.label, 75)), name = who(record),
                      time = when(record, row.year);
    const std::string in = time.empty() ? "" : " in " + time;
    if (other != nullptr) {
      const std::string second = lower_first(loosely(other->label, 75));
      switch (random_() % 3) {
        case 0:
          return "What was the ratio of " + label + " to " + second + " of " + name + in + "?";
        case 1:
          return "How do " + label + " and " + second + " of " + name + " compare" + in + "?";
        default:
          return "Add " + label + " and " + second + in + " for " + name + ". Round to one decimal place.";
      }
    }
    switch (random_() % 6) {
      case 0:
        return "What is the " + (time.empty() ? "" : time + " ") + label + " of " + name + "?";
      case 1:
        return "How much was " + name + "'s " + label + in + "?";
      case 2:
        return "Did " + label + " of " + name + " change" + in + ", and by how many percent?";
      case 3:
        return "Was there any drop in " + label + " at " + name + in + "?";
      case 4:
        return name + " " + label + (time.empty() ? "" : " " + time);
      default:
        return "By how much did " + label + " grow for " + name + in + "? Answer in percent.";
    }
  }

  std::optional<MadeQuestion> text_question(const DocumentRecord& record, const Chunk& chunk, int page) {
    MadeQuestion question{"", "", collection_, record.id.value, {{record.name, page}}};
    const std::string name = who(record);
    if (!chunk.headings.empty() && random_() % 3 == 0 && letters_in(chunk.headings.back()) > 8) {
      question.source = "headings";
      question.text =
          "What does " + name + " say about " + lower_first(loosely(chunk.headings.back(), 80)) + "?";
      return question;
    }
    std::vector<std::string> sentences;
    for (std::string& sentence : split(chunk.text, ". "))
      if (sentence.size() > 60 && sentence.size() < 300 && letters_in(sentence) * 10 > sentence.size() * 7)
        sentences.push_back(std::move(sentence));
    if (sentences.empty()) return std::nullopt;
    const std::string& sentence = sentences[random_() % sentences.size()];
    std::string kept;
    for (const LightTerm& term : light_terms(sentence))
      if (!term.stop && !term.number && random_() % 100 < 45)
        kept += (kept.empty() ? "" : " ") + sentence.substr(term.begin, term.end - term.begin);
    if (letters_in(kept) < 15) return std::nullopt;
    question.source = "sentences";
    const std::string time = random_() % 2 == 0 ? when(record, "") : "";
    question.text = "What is known of " + kept + " at " + name + (time.empty() ? "" : " in " + time) + "?";
    return question;
  }

  std::mt19937 random_;
  const std::string collection_;
  std::vector<MadeQuestion> questions_;
};

// Contexts as HTML files with a table and paragraphs.
std::string html_of(const json::object& context) {
  const auto escaped = [](std::string_view text) {
    std::string out;
    for (const char c : text)
      out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
    return out;
  };
  std::string html = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body><table>";
  for (const json::value& row : context.at("table").at("table").as_array()) {
    html += "<tr>";
    for (const json::value& cell : row.as_array())
      html += "<td>" + escaped(std::string(cell.as_string())) + "</td>";
    html += "</tr>";
  }
  html += "</table>";
  for (const json::value& paragraph : context.at("paragraphs").as_array())
    html += "<p>" + escaped(std::string(paragraph.at("text").as_string())) + "</p>";
  return html + "</body></html>";
}

std::vector<MadeQuestion> tatqa_questions(const std::string& file, const std::string& folder) {
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::vector<MadeQuestion> questions;
  std::filesystem::create_directories(folder);
  std::uint64_t number = 0;
  for (const json::value& value : json::parse(text).as_array()) {
    const json::object& context = value.as_object();
    const std::string name = std::to_string(1000 + number) + ".html";
    std::ofstream(folder + "/" + name) << html_of(context);
    for (const json::value& asked : context.at("questions").as_array())
      questions.push_back(
          {"tatqa", std::string(asked.at("question").as_string()), "tatqa", 1000 + number, {{name, 1}}});
    ++number;
  }
  return questions;
}

// Features of the pages, in the order of the search; nothing if no right page is among them.
void write_question(const Retriever& retriever, const MadeQuestion& question, const CallContext& context,
                    std::ofstream& out) {
  SearchRequest request;
  request.collection = question.collection;
  request.query = question.text;
  request.k = search_results_max;
  request.means.deduplicate = false;
  const auto response = retriever.search(request, context);
  if (!response) return;
  json::array pages;
  std::size_t right = 0, seen = 0;
  for (const SearchHit& hit : response->hits) {
    if (hit.explanation.features.empty() || ++seen > 64) break;
    json::array features;
    for (const auto& [name, value] : hit.explanation.features) features.push_back(value);
    const bool is_right = question.right.contains({hit.document, hit.page});
    right += is_right ? 1 : 0;
    pages.push_back(json::object{{"right", is_right}, {"features", std::move(features)}});
  }
  out << json::serialize(json::object{{"source", question.source},
                                      {"group", question.group},
                                      {"found", right > 0},
                                      {"question", question.text},
                                      {"pages", std::move(pages)}})
      << "\n";
}

struct Arguments {
  WorkspaceOptions space;
  std::string data = bench_data_folder(), out;
  std::vector<std::string> folders;
  unsigned seed = 11;
};

Arguments parse(int count, char** values) {
  Arguments out;
  const auto beside = std::filesystem::path(values[0]).parent_path();
  out.space = {(beside / "retrieval-bench").string(), bench_model_folder(),
               (beside / "loadline-extractor").string()};
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = values[i], value = values[i + 1];
    if (name == "--out") out.out = value;
    if (name == "--data") out.data = value;
    if (name == "--work") out.space.folder = value;
    if (name == "--model") out.space.model = value;
    if (name == "--extractor") out.space.extractor = value;
    if (name == "--folder") out.folders.push_back(value);
    if (name == "--seed") out.seed = static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10));
  }
  return out;
}

Status make(const Arguments& arguments) {
  LOADLINE_ASSIGN(const auto space, RetrievalWorkspace::open(arguments.space));
  const std::string contexts = arguments.space.folder + "/tatqa-contexts";
  std::vector<MadeQuestion> questions =
      tatqa_questions(arguments.data + "/tatqa/tatqa_dataset_dev.json", contexts);
  LOADLINE_TRY(space->ingest("tatqa", {contexts}));
  LOADLINE_TRY(space->ingest("filings", {arguments.data + "/financebench/pdfs"}));
  std::vector<std::string> collections = {"filings"};
  for (std::size_t i = 0; i < arguments.folders.size(); ++i) {
    collections.push_back("folder" + std::to_string(i));
    LOADLINE_TRY(space->ingest(collections.back(), {arguments.folders[i]}));
  }
  for (const std::string& name : collections) {
    QuestionMaker maker(arguments.seed, name);
    LOADLINE_ASSIGN(const CollectionId id, space->store().find_collection(name));
    LOADLINE_ASSIGN(const auto records, space->store().documents(id));
    for (const DocumentRecord& record : records) {
      LOADLINE_ASSIGN(const auto chunks, space->store().chunk_range(record.id, 0, UINT32_MAX));
      maker.add_document(record, chunks);
    }
    for (MadeQuestion& question : maker.take()) questions.push_back(std::move(question));
  }
  std::ofstream out(arguments.out);
  const auto retriever = make_retriever(space->store(), space->embedder(), space->indexes());
  for (const MadeQuestion& question : questions) write_question(*retriever, question, space->context(), out);
  std::fprintf(stderr, "%zu questions\n", questions.size());
  return {};
}

}  // namespace
}  // namespace loadline

int main(int count, char** values) {
  const auto arguments = loadline::parse(count, values);
  if (arguments.out.empty()) return std::fprintf(stderr, "--out FILE is needed\n"), 2;
  if (!std::filesystem::exists(arguments.data + "/tatqa"))
    return std::fprintf(stderr, "%s/tatqa is not there (set LOADLINE_BENCH_DATA)\n", arguments.data.c_str()),
           1;
  const loadline::Status done = loadline::make(arguments);
  if (!done) std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
  return done ? 0 : 1;
}
