#include "privacy/document_redactor.h"

#include <algorithm>

namespace loadline {
namespace {

// The rules of this file; detectors have theirs.
constexpr std::string_view rules_version = "1";

constexpr std::size_t context_bytes = Detector::context_bytes;

// The end of a text, from the beginning of a character on.
std::string_view tail_of(std::string_view text) {
  if (text.size() <= context_bytes) return text;
  text.remove_prefix(text.size() - context_bytes);
  while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80) text.remove_prefix(1);
  return text;
}

std::vector<RedactedCount> counts_of(const FilterReport& report) {
  std::vector<RedactedCount> counts;
  for (std::size_t type = 0; type < data_type_count; ++type)
    if (report.found[type] > 0)
      counts.push_back({std::string(name_of(static_cast<DataType>(type))), report.found[type]});
  return counts;
}

// What a reader takes a cell to be: the headers above it and the first cell of its row.
std::string labels_of(const Table& table, const TableCell& cell) {
  std::string labels;
  for (const TableCell& other : table.cells) {
    const bool above = other.row < table.header_rows && cell.row >= table.header_rows &&
                       other.column <= cell.column && cell.column < other.column + other.column_span;
    const bool first = other.row == cell.row && other.column == 0 && cell.column > 0;
    if (!above && !first) continue;
    labels += tail_of(other.text);
    labels += ' ';
  }
  return labels;
}

}  // namespace

DocumentRedactor::DocumentRedactor(DocumentRule rule)
    : rule_(std::move(rule)), question_actions_(rule_.actions) {
  settings_.detector = rule_.detector.get();
  settings_.actions = &rule_.actions;
  settings_.vault = rule_.vault;
  settings_.tenant = rule_.tenant;
  question_settings_ = settings_;
  for (Action& action : question_actions_.of)
    if (action == Action::block) action = Action::mask;
  question_settings_.actions = &question_actions_;
}

Status DocumentRedactor::filter(std::string& text, std::string_view context, FilterReport& report) const {
  if (text.empty()) return {};
  StreamFilter filter(settings_);
  if (!context.empty()) filter.set_context(std::string(tail_of(context)) + "\n");
  std::string out;
  filter.feed(text, out);
  if (filter.finish(out) == FilterState::blocked)
    return Error(Code::permission_denied, "the document has a value of the type '" +
                                              std::string(name_of(filter.report().blocked_by)) +
                                              "', which its collection does not take");
  report.add(filter.report());
  text = std::move(out);
  return {};
}

Status DocumentRedactor::filter(Table& table, FilterReport& report) const {
  LOADLINE_TRY(filter(table.caption, {}, report));
  // Labels are read as they were given: a cell that is a label may itself be changed.
  std::vector<std::string> labels;
  labels.reserve(table.cells.size());
  for (const TableCell& cell : table.cells) labels.push_back(labels_of(table, cell));
  for (std::size_t i = 0; i < table.cells.size(); ++i)
    LOADLINE_TRY(filter(table.cells[i].text, labels[i], report));
  return {};
}

Status DocumentRedactor::redact(ExtractedPage& page) const {
  FilterReport report;
  std::string before;  // what the block before says
  for (Block& block : page.blocks) {
    std::string own(tail_of(block.text));
    Status done;
    if (block.table) {
      done = filter(*block.table, report);
      if (done) block.text = table_text(*block.table);
    } else {
      done = filter(block.text, before, report);
    }
    if (!done)
      return Error(done.error().code(),
                   done.error().message() + " (page " + std::to_string(page.number) + ")");
    before = std::move(own);
  }
  page.redacted = counts_of(report);
  return {};
}

Status DocumentRedactor::redact(DocumentProperties& properties) const {
  FilterReport report;
  LOADLINE_TRY(filter(properties.title, {}, report));
  return filter(properties.author, "author", report);
}

Status DocumentRedactor::settle() const { return rule_.vault == nullptr ? Status() : rule_.vault->flush(); }

std::string DocumentRedactor::version() const { return std::string(rules_version) + "-" + rule_.version; }

std::string DocumentRedactor::redact_question(std::string_view question) const {
  return filter_text(question_settings_, question).text;
}

}  // namespace loadline
