// ingest, status, verify, delete: what changes and shows the documents of a data folder.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "apps/loadline/commands.h"
#include "apps/loadline/commands_json.h"

namespace loadline {
namespace {

namespace json = boost::json;

json::array json_of(const std::vector<LostPage>& pages) {
  json::array out;
  for (const LostPage& page : pages) out.push_back({{"page", page.page}, {"reason", page.reason}});
  return out;
}

json::object json_of(const std::vector<RedactedCount>& redacted) {
  json::object out;
  for (const RedactedCount& one : redacted) out[one.type] = one.count;
  return out;
}

std::string text_of(const std::vector<RedactedCount>& redacted) {
  std::string text;
  for (const RedactedCount& one : redacted)
    text += (text.empty() ? "" : ", ") + std::to_string(one.count) + " " + one.type;
  return text;
}

class Shown final : public IngestObserver {
 public:
  Shown(const Wire& wire, Terminal& terminal, std::string collection)
      : json_(wire.options().json), terminal_(terminal), collection_(std::move(collection)) {}

  void on_progress(std::string_view document, IngestStage stage, std::size_t done, std::size_t all) override {
    if (!json_) terminal_.progress(std::string(stage_name(stage)) + " " + std::string(document), done, all);
  }

  void on_document(const DocumentOutcome& outcome) override {
    if (json_) {
      json::object line{{"document", outcome.name},
                        {"collection", collection_},
                        {"state", std::string(state_name(outcome.state))},
                        {"unchanged", outcome.unchanged},
                        {"pages", outcome.pages},
                        {"lost_pages", json_of(outcome.lost_pages)},
                        {"chunks", outcome.chunks},
                        {"seconds", outcome.seconds}};
      if (!outcome.redacted.empty()) line["redacted"] = json_of(outcome.redacted);
      if (!outcome.reason.empty()) line["reason"] = outcome.reason;
      print_json(line);
    } else if (!outcome.unchanged) {
      terminal_.line(line_of(outcome));
    }
  }

 private:
  std::string line_of(const DocumentOutcome& outcome) const {
    const Style style = outcome.state == DocumentState::done      ? Style::good
                        : outcome.state == DocumentState::partial ? Style::warning
                                                                  : Style::bad;
    char numbers[96];
    std::snprintf(numbers, sizeof numbers, "  %d pages, %u chunks, %.1f s", outcome.pages, outcome.chunks,
                  outcome.seconds);
    std::string text =
        "  " + terminal_.styled(style, state_name(outcome.state)) + "  " + visible(outcome.name);
    if (outcome.state != DocumentState::failed && outcome.state != DocumentState::deleted)
      text += terminal_.styled(Style::dim, numbers);
    if (!outcome.reason.empty()) text += "\n        " + visible(outcome.reason);
    if (!outcome.redacted.empty()) text += "\n        taken out: " + text_of(outcome.redacted);
    for (const LostPage& page : outcome.lost_pages)
      text += "\n        lost page " + std::to_string(page.page) + ": " + visible(page.reason);
    return text;
  }

  const bool json_;
  Terminal& terminal_;
  const std::string collection_;
};

struct Job {
  IngestRequest request;
};

// Without paths: the collections of the manifest (or the one named); with paths: these, into one collection.
Result<std::vector<Job>> jobs_of(Wire& wire, const IngestArguments& arguments) {
  LOADLINE_ASSIGN(const Manifest* manifest, wire.manifest());
  std::vector<Job> jobs;
  for (const KnowledgeConfig& knowledge : manifest->knowledge) {
    const bool named = knowledge.name == arguments.collection;
    if (!arguments.collection.empty() && !named) continue;
    if (!arguments.paths.empty() && !named && manifest->knowledge.size() > 1) continue;
    Job job;
    job.request.collection = knowledge.name;
    job.request.label = knowledge.data_class;
    job.request.metadata = knowledge.metadata;
    for (const std::string& path : arguments.paths.empty() ? knowledge.paths : arguments.paths)
      job.request.paths.push_back(arguments.paths.empty() && std::filesystem::path(path).is_relative()
                                      ? manifest->folder + "/" + path
                                      : path);
    jobs.push_back(std::move(job));
  }
  if (jobs.empty()) {
    if (arguments.collection.empty())
      return Error(Code::invalid_argument,
                   arguments.paths.empty()
                       ? "what is to be ingested? Give paths and --collection NAME, or a manifest "
                         "with 'knowledge' (`loadline init FOLDER` makes one)"
                       : "into which collection? Name it with --collection NAME");
    Job job;
    job.request.collection = arguments.collection;
    job.request.paths = arguments.paths;
    jobs.push_back(std::move(job));
  }
  for (Job& job : jobs) {
    job.request.prune = arguments.prune;
    job.request.retry = arguments.retry;
  }
  return jobs;
}

void show_summary(const Wire& wire, Terminal& terminal, const std::string& collection,
                  const IngestSummary& summary) {
  if (wire.options().json) {
    json::array warnings(summary.warnings.begin(), summary.warnings.end());
    print_json({{"summary",
                 {{"collection", collection},
                  {"documents", summary.documents.size()},
                  {"done", summary.done},
                  {"partial", summary.partial},
                  {"failed", summary.failed},
                  {"unchanged", summary.unchanged},
                  {"removed", summary.removed},
                  {"pages", summary.pages},
                  {"lost_pages", summary.lost_pages},
                  {"chunks", summary.chunks},
                  {"embedded", summary.embedded},
                  {"seconds", summary.seconds},
                  {"warnings", warnings}}}});
    return;
  }
  terminal.clear_progress();
  for (const std::string& warning : summary.warnings)
    terminal.line(terminal.styled(Style::warning, "warning: ") + visible(warning));
  char numbers[160];
  std::snprintf(numbers, sizeof numbers,
                "%zu done, %zu partial, %zu failed, %zu unchanged, %zu removed; %llu pages (%llu lost), %llu "
                "chunks, %.1f s",
                summary.done, summary.partial, summary.failed, summary.unchanged, summary.removed,
                static_cast<unsigned long long>(summary.pages),
                static_cast<unsigned long long>(summary.lost_pages),
                static_cast<unsigned long long>(summary.chunks), summary.seconds);
  terminal.line(terminal.styled(Style::bold, collection) + ": " + numbers);
}

int exit_of(const IngestSummary& summary) {
  if (summary.failed == 0 && summary.partial == 0) return exit_done;
  return exit_partly;
}

json::object json_of(const DocumentStatus& document) {
  json::object out{{"document", document.name},
                   {"state", std::string(state_name(document.state))},
                   {"served", document.served},
                   {"pages", document.pages},
                   {"lost_pages", json_of(document.lost_pages)},
                   {"chunks", document.chunks}};
  if (!document.redacted.empty()) out["redacted"] = json_of(document.redacted);
  if (!document.stage.empty()) out["stage"] = document.stage;
  if (!document.waits_for.empty()) out["waits_for"] = document.waits_for;
  if (!document.reason.empty()) out["reason"] = document.reason;
  return out;
}

json::object json_of(const IndexStats& stats) {
  return {{"chunks", stats.chunks},
          {"deleted", stats.deleted},
          {"segments", stats.segments},
          {"bytes", stats.bytes_on_disk}};
}

Result<std::vector<std::string>> collections_of(Wire& wire, const std::string& named) {
  if (!named.empty()) {
    LOADLINE_ASSIGN(std::string name, wire.collection(named));
    return std::vector<std::string>{std::move(name)};
  }
  LOADLINE_ASSIGN(SqliteStore * store, wire.store());
  LOADLINE_ASSIGN(const std::vector<CollectionRecord> stored, store->collections());
  std::vector<std::string> names;
  for (const CollectionRecord& record : stored) names.push_back(record.name);
  return names;
}

void show_status(Terminal& terminal, const CollectionStatus& status) {
  terminal.line(terminal.styled(Style::bold, status.name) + "  " + std::to_string(status.documents.size()) +
                " documents, " + std::to_string(status.keyword.chunks) + " chunks" +
                (status.store_change == status.keyword_change && status.store_change == status.vector_change
                     ? ""
                     : terminal.styled(Style::warning,
                                       "  (indexes are behind; `loadline ingest` brings them up to date)")));
  std::vector<std::vector<std::string>> rows{{"document", "state", "pages", "lost", "chunks", ""}};
  for (const DocumentStatus& document : status.documents)
    rows.push_back({visible(document.name), std::string(state_name(document.state)),
                    std::to_string(document.pages), std::to_string(document.lost_pages.size()),
                    std::to_string(document.chunks),
                    visible(!document.reason.empty()      ? document.reason
                            : !document.waits_for.empty() ? document.waits_for
                            : document.redacted.empty()   ? ""
                                                          : "taken out: " + text_of(document.redacted))});
  if (rows.size() > 1) terminal.table(rows);
}

}  // namespace

int run_ingest(Wire& wire, Terminal& terminal, const IngestArguments& arguments) {
  auto jobs = jobs_of(wire, arguments);
  if (!jobs) return report(wire, jobs.error()), exit_usage;
  auto ingestor = wire.ingestor();
  if (!ingestor) return report(wire, ingestor.error());
  const CallContext context = wire.context();
  cancel_on_signals(context);
  int code = exit_done;
  for (const Job& job : *jobs) {
    Shown shown(wire, terminal, job.request.collection);
    auto summary = (*ingestor)->run(job.request, shown, context);
    terminal.clear_progress();
    if (!summary) return report(wire, summary.error());
    show_summary(wire, terminal, job.request.collection, *summary);
    code = std::max(code, exit_of(*summary));
  }
  return code;
}

int run_status(Wire& wire, Terminal& terminal, const StatusArguments& arguments) {
  auto names = collections_of(wire, arguments.collection);
  if (!names) return report(wire, names.error());
  auto ingestor = wire.ingestor();
  if (!ingestor) return report(wire, ingestor.error());
  json::array collections;
  for (const std::string& name : *names) {
    auto status = (*ingestor)->status(name);
    if (!status) return report(wire, status.error());
    if (!wire.options().json) {
      show_status(terminal, *status);
      continue;
    }
    json::array documents;
    for (const DocumentStatus& document : status->documents) documents.push_back(json_of(document));
    collections.push_back({{"collection", status->name},
                           {"embedder", status->embedder},
                           {"documents", std::move(documents)},
                           {"keyword_index", json_of(status->keyword)},
                           {"vector_index", json_of(status->vector)},
                           {"up_to_date", status->store_change == status->keyword_change &&
                                              status->store_change == status->vector_change}});
  }
  if (wire.options().json)
    print_json({{"collections", std::move(collections)}});
  else if (names->empty())
    terminal.line("no collections yet; `loadline ingest PATH --collection NAME` makes one");
  return exit_done;
}

int run_verify(Wire& wire, Terminal& terminal, const StatusArguments& arguments) {
  auto names = collections_of(wire, arguments.collection);
  if (!names) return report(wire, names.error());
  auto ingestor = wire.ingestor();
  if (!ingestor) return report(wire, ingestor.error());
  bool clean = true;
  for (const std::string& name : *names) {
    auto verified = (*ingestor)->verify(name, wire.context());
    if (!verified) return report(wire, verified.error());
    clean = clean && verified->findings.empty();
    if (wire.options().json) {
      print_json({{"collection", name},
                  {"findings", json::array(verified->findings.begin(), verified->findings.end())},
                  {"chunks", verified->chunks},
                  {"receipts", verified->receipts}});
      continue;
    }
    terminal.line(terminal.styled(Style::bold, name) + ": " + std::to_string(verified->chunks) + " chunks, " +
                  std::to_string(verified->receipts) + " receipts of deletions, " +
                  (verified->findings.empty() ? terminal.styled(Style::good, "no orphans") : ""));
    for (const std::string& finding : verified->findings)
      terminal.line("  " + terminal.styled(Style::bad, "orphan: ") + visible(finding));
  }
  return clean ? exit_done : exit_failed;
}

int run_delete(Wire& wire, Terminal& terminal, const DeleteArguments& arguments) {
  auto name = wire.collection(arguments.collection);
  if (!name) return report(wire, name.error());
  auto ingestor = wire.ingestor();
  if (!ingestor) return report(wire, ingestor.error());
  int failures = 0;
  for (const std::string& document : arguments.documents) {
    auto receipt = (*ingestor)->remove_document(*name, document, wire.context());
    if (!receipt) {
      report(wire, receipt.error());
      ++failures;
      continue;
    }
    const DeletionReceipt& r = *receipt;
    if (wire.options().json) {
      print_json({{"receipt",
                   {{"id", r.id},
                    {"collection", r.collection},
                    {"document", r.document},
                    {"content_sha256", r.content_hash},
                    {"versions", r.versions},
                    {"pages", r.pages},
                    {"blocks", r.blocks},
                    {"chunks", r.chunks},
                    {"vectors", r.vectors},
                    {"ledger_rows", r.ledger_rows},
                    {"text_bytes", r.text_bytes},
                    {"requested_unix_ms", r.requested},
                    {"finished_unix_ms", r.finished}}}});
      continue;
    }
    terminal.line("deleted " + visible(r.document) + " from " + r.collection + " (receipt " +
                  std::to_string(r.id) + "): " + std::to_string(r.versions) + " versions, " +
                  std::to_string(r.pages) + " pages, " + std::to_string(r.chunks) + " chunks, " +
                  std::to_string(r.vectors) + " vectors, " + std::to_string(r.text_bytes) + " bytes of text");
  }
  if (failures == 0) return exit_done;
  return failures < static_cast<int>(arguments.documents.size()) ? exit_partly : exit_failed;
}

}  // namespace loadline
