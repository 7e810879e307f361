// Training material for the second stage: makes questions whose pages are known, asks them, and writes the
// features of every candidate page with whether it is a right one. bench/train_reranker.py learns the weights
// from it.
//
//   loadline_reranker_features --out FILE [--data DIR] [--work DIR] [--model DIR] [--extractor FILE]
//                              [--folder DIR]... [--half 0|1] [--seed N]
//
// The questions are not those that are reported:
//  - rows: from row labels of tables and the names and periods of their documents. Right are all pages of the
//    document where a row with the same label has the same figure.
//  - headings, sentences: some words of a heading or a sentence, and the document's name. Right is its page.
//  - tatqa: questions that people wrote about tables with the text around them; right is the context that a
//    question belongs to.
// People do not ask in a document's own words (those who wrote tatqa had it before them), so some words are
// left out and others are replaced by one of the words of the collection that are nearest in meaning by the
// embedder. Documents: those of financebench, and all --folder. --half takes only every second document of
// financebench, so that figures can be given for documents that nothing was learned from; FILE.documents
// lists those that were used. One JSON line a question:
// {"source","group","pages":[{"right":true,"document":true,"features":[...]}]}; "document": of a right one.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "ingest/front_matter.h"
#include "retrieval/rank/light_terms.h"
#include "retrieval/rank/page_features.h"
#include "retrieval_workspace.h"
#include "text/period.h"

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

// Other words for words, out of a collection's own vocabulary.
class Thesaurus {
 public:
  static Result<Thesaurus> make(const std::vector<Chunk>& chunks, const Embedder& embedder,
                                const CallContext& context) {
    std::map<std::string, std::size_t> counts;
    for (const Chunk& chunk : chunks)
      for (const LightTerm& term : light_terms(chunk.text))
        if (const std::string word = lower(chunk.text.substr(term.begin, term.end - term.begin));
            !term.stop && letters_in(word) == word.size() && word.size() >= letters_min)
          ++counts[word];
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const auto& [word, count] : counts) ranked.emplace_back(count, word);
    std::sort(ranked.rbegin(), ranked.rend());
    if (ranked.size() > words_max) ranked.resize(words_max);
    Thesaurus made;
    for (const auto& [count, word] : ranked) made.words_.push_back(word);
    std::sort(made.words_.begin(), made.words_.end());
    const std::vector<std::string_view> views(made.words_.begin(), made.words_.end());
    LOADLINE_ASSIGN(made.vectors_, embedder.embed(views, context));
    return made;
  }

  /// One of the nearest words that is no other form of it; the word itself if none is near.
  std::string other(const std::string& word, std::mt19937& random) {
    const std::string key = lower(word);
    const auto at = std::lower_bound(words_.begin(), words_.end(), key);
    if (at == words_.end() || *at != key) return word;
    const auto row = static_cast<std::size_t>(at - words_.begin());
    auto [known, is_new] = nearest_.try_emplace(row);
    if (is_new) known->second = find_nearest(row);
    return known->second.empty() ? word : words_[known->second[random() % known->second.size()]];
  }

 private:
  static constexpr std::size_t letters_min = 4, words_max = 6000, nearest_max = 4, same_front = 5;
  static constexpr float cosine_min = 0.5F;

  static std::string lower(std::string text) {
    for (char& c : text)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
  }

  std::vector<std::size_t> find_nearest(std::size_t row) const {
    std::vector<std::pair<float, std::size_t>> near;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (words_[i].substr(0, same_front) == words_[row].substr(0, same_front)) continue;
      const auto a = vectors_.row(row), b = vectors_.row(i);
      const float cosine = std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
      if (cosine >= cosine_min) near.emplace_back(cosine, i);
    }
    std::sort(near.rbegin(), near.rend());
    if (near.size() > nearest_max) near.resize(nearest_max);
    std::vector<std::size_t> rows;
    for (const auto& [cosine, i] : near) rows.push_back(i);
    return rows;
  }

  std::vector<std::string> words_;  // sorted
  Matrix vectors_;
  std::map<std::size_t, std::vector<std::size_t>> nearest_;
};

class QuestionMaker {
 public:
  QuestionMaker(unsigned seed, std::string collection, Thesaurus thesaurus)
      : random_(seed), collection_(std::move(collection)), thesaurus_(std::move(thesaurus)) {}

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

  // In other words: each is kept, replaced or left out.
  std::string loosely(const std::string& text) {
    constexpr unsigned replaced_percent = 35, left_out_percent = 20;
    std::string out;
    std::size_t end = 0;
    for (const LightTerm& term : light_terms(text)) {
      const std::string word = text.substr(term.begin, term.end - term.begin);
      const unsigned chance = random_() % 100;
      std::string kept = word;
      if (!term.stop && !term.number && chance < replaced_percent)
        kept = thesaurus_.other(word, random_);
      else if (chance >= 100 - left_out_percent)
        kept.clear();
      if (!kept.empty()) out += (out.empty() ? "" : " ") + kept;
      end = term.end;
    }
    return letters_in(out) < 4 ? text.substr(0, end) : out;
  }

  std::vector<MadeQuestion> take() { return std::move(questions_); }

 private:
  static constexpr std::size_t rows_per_document = 60, texts_per_document = 30, heading_bytes_max = 90;

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

  // A person names a document by who and when, and a row by some of its words. Of the organisations in a
  // document the one is meant that its file is called by, if there is such a one.
  std::string who(const DocumentRecord& record) {
    if (record.entities.empty()) return record.title;
    std::string name = record.entities.front();
    for (const std::string& entity : record.entities)
      if (front_agrees(entity, record.name)) {
        name = entity;
        break;
      }
    const auto words = split(name, " ");
    return words.size() > 2 && random_() % 2 == 0 ? words[0] + " " + words[1] : name;
  }
  static bool front_agrees(const std::string& entity, const std::string& file) {
    const auto letters = [](const std::string& text) {
      std::string out;
      for (const char c : text)
        if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') out += static_cast<char>(c | 0x20);
      return out;
    };
    const std::string a = letters(entity), b = letters(file);
    return a.size() >= 3 && b.size() >= 3 && (a.starts_with(b.substr(0, a.size())) || b.starts_with(a));
  }
  // The period that its file is called by, if there is one; else what it states; else the year of its tables.
  std::string when(const DocumentRecord& record, const std::string& year) {
    std::string stated = record.periods.empty() ? "" : record.periods.front();
    for (const Period& period : find_periods(name_as_text(record.name)))
      if (period.year != 0) stated = period.name();
    if (stated.size() == 10 && random_() % 2 == 0) return day_name(stated);
    if (stated.size() == 7 && stated[5] == 'Q' && random_() % 2 == 0)
      return "Q" + stated.substr(6) + " of FY" + stated.substr(0, 4);
    const std::string of = stated.empty() ? year : stated.substr(0, 4);
    if (of.empty()) return "";
    return (random_() % 2 == 0 ? "FY" : random_() % 2 == 0 ? "fiscal " : "") + of;
  }
  // "2022-12-31" is "December 31, 2022".
  static std::string day_name(const std::string& date) {
    static constexpr std::array<const char*, 12> months = {"January",   "February", "March",    "April",
                                                           "May",       "June",     "July",     "August",
                                                           "September", "October",  "November", "December"};
    const int month = std::clamp(std::atoi(date.substr(5, 2).c_str()), 1, 12);
    return std::string(months[static_cast<std::size_t>(month - 1)]) + " " +
           std::to_string(std::atoi(date.substr(8, 2).c_str())) + ", " + date.substr(0, 4);
  }
  static std::string lower_first(std::string text) {
    if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z' && text[0] >= 'A' && text[0] <= 'Z')
      text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
  }

  // The year that most tables of a document begin with is its own: people ask a report about that one.
  static std::string own_year(const std::vector<TableRow>& rows) {
    std::map<std::string, std::size_t> counts;
    for (const TableRow& row : rows)
      if (!row.year.empty()) ++counts[row.year];
    std::string best;
    for (const auto& [year, count] : counts)
      if (best.empty() || count > counts[best]) best = year;
    return best;
  }

  void ask_rows(const DocumentRecord& record, std::vector<TableRow>& rows) {
    const std::string own = own_year(rows);
    std::erase_if(rows, [&](const TableRow& row) { return !row.year.empty() && row.year != own; });
    for (TableRow& row : rows) row.year = own;
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
    const std::string label = lower_first(loosely(row.label)), name = who(record),
                      time = when(record, row.year);
    const std::string in = time.empty() ? "" : " in " + time;
    if (other != nullptr) {
      const std::string second = lower_first(loosely(other->label));
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
    const bool named = random_() % 4 != 0;  // people do not always say whom they ask about
    const std::string name = who(record);
    if (!chunk.headings.empty() && random_() % 3 == 0 && letters_in(chunk.headings.back()) > 8 &&
        chunk.headings.back().size() < heading_bytes_max) {
      question.source = "headings";
      question.text = "What " + (named ? "does " + name + " say" : "is said") + " about " +
                      lower_first(loosely(chunk.headings.back())) + "?";
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
    kept = loosely(kept);
    if (letters_in(kept) < 15) return std::nullopt;
    question.source = "sentences";
    const std::string time = random_() % 2 == 0 ? when(record, "") : "";
    question.text =
        "What is known of " + kept + (named ? " at " + name : "") + (time.empty() ? "" : " in " + time) + "?";
    return question;
  }

  std::mt19937 random_;
  std::string collection_;
  Thesaurus thesaurus_;
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
  const json::value contexts = json::parse(text);
  for (const json::value& value : contexts.as_array()) {
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
  std::size_t right = 0;
  for (const SearchHit& hit : response->hits) {
    if (hit.explanation.features.empty()) break;
    json::array features;
    for (const auto& [name, value] : hit.explanation.features) features.push_back(value);
    const bool is_right = question.right.contains({hit.document, hit.page});
    right += is_right ? 1 : 0;
    const bool of_right = std::any_of(question.right.begin(), question.right.end(),
                                      [&](const PageName& page) { return page.first == hit.document; });
    pages.push_back(
        json::object{{"right", is_right}, {"document", of_right}, {"features", std::move(features)}});
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
  int half = -1;  // -1: all documents
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
    if (name == "--half") out.half = std::atoi(value.c_str());
    if (name == "--seed") out.seed = static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10));
  }
  return out;
}

struct CollectionTexts {
  std::vector<DocumentRecord> records;
  std::vector<std::vector<Chunk>> chunks;  // of each
};

Result<CollectionTexts> texts_of(RetrievalWorkspace& space, const std::string& name) {
  CollectionTexts texts;
  LOADLINE_ASSIGN(const CollectionId id, space.store().find_collection(name));
  LOADLINE_ASSIGN(texts.records, space.store().documents(id));
  for (const DocumentRecord& record : texts.records) {
    LOADLINE_ASSIGN(std::vector<Chunk> chunks, space.store().chunk_range(record.id, 0, UINT32_MAX));
    texts.chunks.push_back(std::move(chunks));
  }
  return texts;
}

Result<QuestionMaker> maker_for(RetrievalWorkspace& space, const std::string& name,
                                const CollectionTexts& texts, unsigned seed) {
  std::vector<Chunk> all;
  for (const auto& chunks : texts.chunks) all.insert(all.end(), chunks.begin(), chunks.end());
  LOADLINE_ASSIGN(Thesaurus thesaurus, Thesaurus::make(all, space.embedder(), space.context()));
  return QuestionMaker(seed, name, std::move(thesaurus));
}

Status ask_made(RetrievalWorkspace& space, const Arguments& arguments, const std::string& collection,
                std::vector<MadeQuestion>& questions, std::ostream& used) {
  LOADLINE_ASSIGN(const CollectionTexts texts, texts_of(space, collection));
  LOADLINE_ASSIGN(QuestionMaker maker, maker_for(space, collection, texts, arguments.seed));
  for (std::size_t i = 0; i < texts.records.size(); ++i) {
    if (collection == "filings" && arguments.half >= 0 && i % 2 != static_cast<std::size_t>(arguments.half))
      continue;
    used << texts.records[i].name << "\n";
    maker.add_document(texts.records[i], texts.chunks[i]);
  }
  for (MadeQuestion& question : maker.take()) questions.push_back(std::move(question));
  return {};
}

Status make(const Arguments& arguments) {
  LOADLINE_ASSIGN(const auto space, RetrievalWorkspace::open(arguments.space));
  const std::string contexts = arguments.space.folder + "/tatqa-contexts";
  std::vector<MadeQuestion> questions =
      tatqa_questions(arguments.data + "/tatqa/tatqa_dataset_dev.json", contexts);
  LOADLINE_TRY(space->ingest("tatqa", {contexts}));
  LOADLINE_ASSIGN(const CollectionTexts texts, texts_of(*space, "tatqa"));
  LOADLINE_ASSIGN(QuestionMaker maker, maker_for(*space, "tatqa", texts, arguments.seed));
  for (MadeQuestion& question : questions) question.text = maker.loosely(question.text);

  std::map<std::string, std::string> folders = {{"filings", arguments.data + "/financebench/pdfs"}};
  for (std::size_t i = 0; i < arguments.folders.size(); ++i)
    folders["folder" + std::to_string(i)] = arguments.folders[i];
  std::ofstream used(arguments.out + ".documents");
  for (const auto& [name, folder] : folders) {
    LOADLINE_TRY(space->ingest(name, {folder}));
    LOADLINE_TRY(ask_made(*space, arguments, name, questions, used));
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
