#include "ingest/document_pipeline.h"

#include <algorithm>
#include <vector>

#include "ingest/chunker.h"
#include "ingest/describe.h"
#include "ingest/storing_sink.h"

namespace loadline {
namespace {

constexpr int pages_per_read = 16;
constexpr std::size_t chunks_per_write = 256;
constexpr std::chrono::seconds lease_slack{30};
constexpr int stopping_pages_max = 3;       // in a row, then the rest is given up
constexpr int given_up_pages_max = 20'000;  // that get a row each

// Errors of a file that it will meet again, whoever tries.
bool is_of_the_file(Code code) {
  return code == Code::invalid_argument || code == Code::not_found || code == Code::permission_denied ||
         code == Code::failed_precondition;
}

// Errors of the store that concern what is stored of one document.
bool is_of_the_document(Code code) { return code == Code::data_loss || code == Code::resource_exhausted; }

Error time_is_up(std::string_view what, std::chrono::seconds limit, std::string_view name) {
  return Error(Code::deadline_exceeded, std::string(what) + " took longer than " +
                                            std::to_string(limit.count()) + " s (limit " + std::string(name) +
                                            ")");
}

}  // namespace

namespace {
constexpr std::string_view redaction_mark = " redact-";
}

std::string_view redaction_of(std::string_view extract_version) {
  const std::size_t at = extract_version.rfind(redaction_mark);
  return at == std::string_view::npos ? std::string_view()
                                      : extract_version.substr(at + redaction_mark.size());
}

// What is stored of a page is what the extractor gives and the redactor leaves: one stage.
StageVersions current_stages(const DocumentExtractor& extractor, const Embedder& embedder,
                             const PageRedactor* redactor) {
  StageVersions stages;
  stages.extract = extractor.version();
  if (redactor != nullptr) stages.extract += std::string(redaction_mark) + redactor->version();
  stages.describe = describe_version();
  stages.chunk = Chunker::version() + "/" + embedder.info().digest.substr(0, 16);
  stages.embed = embedder_identity(embedder.info());
  return stages;
}

StageLease DocumentPipeline::lease(std::chrono::seconds time_limit) const {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time_limit + lease_slack).count();
  return {parts_.holder, parts_.clock.unix_millis() + millis};
}

Status DocumentPipeline::reload(DocumentInWork& document) const {
  auto version = parts_.store.version_record(document.version.id);
  if (!version) return version.error();
  document.version = *std::move(version);
  return {};
}

// A process that died while a document was worked on may have died of it.
bool DocumentPipeline::cut_too_often(const DocumentInWork& document) const {
  return document.version.cut_attempts >= parts_.limits.cut_attempts_max;
}

Result<StageEnd> DocumentPipeline::fail(DocumentInWork& document, IngestStage stage, const Error& error,
                                        bool for_good) const {
  LOADLINE_TRY(parts_.store.fail_stage(document.version.id, stage, error, for_good));
  LOADLINE_TRY(reload(document));
  return for_good ? StageEnd::failed : StageEnd::later;
}

// Extract -----------------------------------------------------------------------------------------------

Result<StageEnd> DocumentPipeline::extract(DocumentInWork& document, const CallContext& context) const {
  const CallContext limited = context.with_time_limit(parts_.limits.extract_time);
  for (int stops = 0;;) {
    if (cut_too_often(document))
      return fail(document, IngestStage::extract,
                  Error(Code::internal, "the program ended " + std::to_string(document.version.cut_attempts) +
                                            " times while it read this document"),
                  true);
    const int first_page = document.version.next_page;
    std::optional<Error> problem;
    LOADLINE_TRY(extract_once(document, limited, context, problem));
    if (document.refused) return refuse(document);
    if (!problem) {
      if (document.version.next_page <= document.version.pages)
        LOADLINE_TRY(give_up(document, document.version.pages, "the extractor did not deliver this page"));
      return finish_extract(document);
    }
    const VersionRecord& now = document.version;
    const Code code = problem->code();
    const bool time_over = !limited.check();
    // The ledger's row is closed already: these two only set the document's state.
    if (now.next_page == 1 && (is_of_the_file(code) || time_over || now.pages == 0)) {
      const bool again =
          code == Code::internal && now.failed_attempts < parts_.limits.attempts_max && !time_over;
      if (!again) return fail(document, IngestStage::extract, *problem, true);
      continue;
    }
    if (code == Code::unavailable || code == Code::failed_precondition)
      return fail(document, IngestStage::extract, *problem, true);
    if (is_of_the_file(code) || time_over) {
      LOADLINE_TRY(give_up(document, std::max(now.pages, now.next_page), problem->message()));
      return finish_extract(document);
    }
    if (now.next_page > first_page) {  // it got further: the rest has its own chance
      stops = 0;
      continue;
    }
    const std::uint32_t tries = code == Code::internal ? 2 : 1;
    if (now.failed_attempts < tries) continue;
    const bool rest = ++stops > stopping_pages_max || now.next_page >= now.pages;
    LOADLINE_TRY(
        give_up(document, rest ? std::max(now.pages, now.next_page) : now.next_page, problem->message()));
    if (rest) return finish_extract(document);
  }
}

// Runs the extractor once, from the first page that is not stored. A problem closes the ledger's row as
// failed.
Status DocumentPipeline::extract_once(DocumentInWork& document, const CallContext& limited,
                                      const CallContext& context, std::optional<Error>& problem) const {
  LOADLINE_TRY(context.check());
  const VersionId id = document.version.id;
  const StageLease held = lease(parts_.limits.extract_time);
  LOADLINE_TRY(parts_.store.begin_stage(id, IngestStage::extract, document.version.next_page, held));
  StoringSink sink(parts_, document, held);
  const ExtractRequest request{document.path, document.name, document.version.next_page, true};
  const Status ended = parts_.extractor.extract(request, sink, limited);
  LOADLINE_TRY(sink.flush());
  document.refused = sink.refused();
  if (sink.stopped()) return Error(Code::cancelled, "the job ended early");
  if (!ended) LOADLINE_TRY(context.check());
  const auto stamp = parts_.files.stamp(document.path);
  if (!stamp || !(*stamp == document.stamp))
    problem = Error(Code::failed_precondition, "the file changed while it was being read; ingest it again"),
    document.refused.reset();
  else if (document.refused)
    problem = document.refused;
  else if (!ended && ended.error().code() == Code::deadline_exceeded && !limited.check())
    problem = time_is_up("reading the document", parts_.limits.extract_time, "extract_time");
  else if (!ended)
    problem = ended.error();
  if (problem) LOADLINE_TRY(parts_.store.fail_stage(id, IngestStage::extract, *problem, false));
  return reload(document);
}

// Nothing of it stays, also not of the pages before the one that was not let in.
Result<StageEnd> DocumentPipeline::refuse(DocumentInWork& document) const {
  const StageVersions stages = document.version.stages;
  LOADLINE_ASSIGN(document.version,
                  parts_.store.rewind_version(document.version.id, IngestStage::extract, stages));
  return fail(document, IngestStage::extract, *document.refused, true);
}

// Records the pages from the next one to `last_page` as lost.
Status DocumentPipeline::give_up(DocumentInWork& document, int last_page, const std::string& reason) const {
  const int first_page = document.version.next_page;
  last_page = std::min(last_page, first_page + given_up_pages_max);
  const StageLease held = lease(parts_.limits.extract_time);
  LOADLINE_TRY(parts_.store.begin_stage(document.version.id, IngestStage::extract, first_page, held));
  std::vector<ExtractedPage> lost;
  for (int number = first_page; number <= last_page; ++number) {
    ExtractedPage& page = lost.emplace_back();
    page.number = number;
    page.lost_reason = reason;
    if (static_cast<int>(lost.size()) < pages_per_read && number < last_page) continue;
    LOADLINE_TRY(parts_.store.store_pages(document.version.id, lost, held));
    lost.clear();
  }
  return reload(document);
}

Result<StageEnd> DocumentPipeline::finish_extract(DocumentInWork& document) const {
  const VersionRecord& version = document.version;
  const auto stored = static_cast<std::size_t>(version.next_page - 1);
  if (stored > 0 && version.lost_pages.size() >= stored)
    return fail(document, IngestStage::extract,
                Error(Code::invalid_argument, "no page could be read: " + version.lost_pages.front().reason),
                true);
  LOADLINE_TRY(parts_.store.finish_stage(version.id, IngestStage::extract));
  LOADLINE_TRY(reload(document));
  return StageEnd::done;
}

// Describe, chunk, embed ----------------------------------------------------------------------------------

Result<StageEnd> DocumentPipeline::prepare(DocumentInWork& document, const CallContext& context) const {
  const IngestLimits& limits = parts_.limits;
  const auto describing = [&](std::optional<Error>&) { return describe(document); };
  const auto chunking = [&](std::optional<Error>& problem) { return chunk(document, context, problem); };
  const auto embedding = [&](std::optional<Error>& problem) { return embed(document, context, problem); };
  for (;;) {
    LOADLINE_TRY(context.check());
    Result<StageEnd> end = StageEnd::done;
    switch (document.version.next) {
      case IngestStage::describe:
        end = run_stage(document, IngestStage::describe, limits.describe_time, describing);
        break;
      case IngestStage::chunk:
        end = run_stage(document, IngestStage::chunk, limits.chunk_time, chunking);
        break;
      case IngestStage::embed:
        end = run_stage(document, IngestStage::embed, limits.embed_batch_time, embedding);
        break;
      default:
        return StageEnd::done;
    }
    if (!end || *end != StageEnd::done) return end;
  }
}

Result<StageEnd> DocumentPipeline::run_stage(DocumentInWork& document, IngestStage stage,
                                             std::chrono::seconds limit, const Work& work) const {
  if (cut_too_often(document))
    return fail(document, stage,
                Error(Code::internal, "the program ended " + std::to_string(document.version.cut_attempts) +
                                          " times in stage " + std::string(stage_name(stage))),
                true);
  LOADLINE_TRY(parts_.store.begin_stage(document.version.id, stage, 1, lease(limit)));
  std::optional<Error> problem;
  if (Status worked = work(problem); !worked) {
    if (!is_of_the_document(worked.error().code())) return worked.error();
    problem = worked.error();
  }
  if (problem) {
    const bool for_good = document.version.failed_attempts + 1 >= parts_.limits.attempts_max;
    return fail(document, stage, *problem, for_good);
  }
  LOADLINE_TRY(parts_.store.finish_stage(document.version.id, stage));
  LOADLINE_TRY(reload(document));
  return StageEnd::done;
}

Status DocumentPipeline::describe(DocumentInWork& document) const {
  const VersionId id = document.version.id;
  LOADLINE_ASSIGN(const DocumentProperties properties, parts_.store.properties(id));
  LOADLINE_ASSIGN(const std::vector<ExtractedPage> pages, parts_.store.pages(id, 1, described_pages));
  return parts_.store.store_description(id, describe_document(properties, pages, document.name));
}

Status DocumentPipeline::chunk(DocumentInWork& document, const CallContext& context,
                               std::optional<Error>& problem) const {
  const VersionId id = document.version.id;
  const CallContext limited = context.with_time_limit(parts_.limits.chunk_time);
  LOADLINE_ASSIGN(const DocumentDescription description, parts_.store.description(id));
  LOADLINE_ASSIGN(const ChunkId first, parts_.store.begin_chunks(id));
  std::vector<Chunk> held;
  const auto store_held = [&]() -> Status {
    LOADLINE_TRY(parts_.store.store_chunks(id, held));
    held.clear();
    return {};
  };
  Chunker chunker(parts_.embedder, document_line(description), ChunkerOptions{}, [&](Chunk chunk) -> Status {
    chunk.id = {first.value + chunk.ordinal};
    held.push_back(std::move(chunk));
    return held.size() < chunks_per_write ? Status() : store_held();
  });
  for (int page = 1;;) {
    if (!limited.check()) {
      LOADLINE_TRY(context.check());
      problem = time_is_up("cutting it into chunks", parts_.limits.chunk_time, "chunk_time");
      return {};
    }
    LOADLINE_ASSIGN(const std::vector<ExtractedPage> pages, parts_.store.pages(id, page, pages_per_read));
    if (pages.empty()) break;
    for (const ExtractedPage& read : pages) LOADLINE_TRY(chunker.add_page(read));
    page = pages.back().number + 1;
  }
  LOADLINE_TRY(chunker.finish());
  return store_held();
}

Status DocumentPipeline::embed(DocumentInWork& document, const CallContext& context,
                               std::optional<Error>& problem) const {
  const VersionId id = document.version.id;
  LOADLINE_TRY(parts_.store.choose_embedder(id, parts_.embedder.info()));
  for (std::uint32_t from = 0;;) {
    LOADLINE_TRY(context.check());
    LOADLINE_ASSIGN(const std::vector<Chunk> chunks,
                    parts_.store.chunks_to_embed(id, from, parts_.limits.chunks_per_embed));
    if (chunks.empty()) return {};
    std::vector<std::string> texts;
    for (const Chunk& chunk : chunks) texts.push_back(indexed_text(chunk));
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const auto vectors =
        parts_.embedder.embed(views, context.with_time_limit(parts_.limits.embed_batch_time));
    if (!vectors) {
      LOADLINE_TRY(context.check());
      problem = vectors.error().code() == Code::deadline_exceeded
                    ? time_is_up("embedding", parts_.limits.embed_batch_time, "embed_batch_time")
                    : vectors.error().within("embedding");
      return {};
    }
    from = chunks.back().ordinal + 1;
    document.embedded += chunks.size();
    LOADLINE_TRY(parts_.store.store_vectors(id, chunks, *vectors, lease(parts_.limits.embed_batch_time)));
    parts_.progress(document.name, IngestStage::embed, chunks.back().ordinal + 1, document.version.chunks);
  }
}

}  // namespace loadline
