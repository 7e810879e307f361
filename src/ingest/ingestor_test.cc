#include "ingest/ingestor.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "ingest/fakes_test.h"
#include "storage/posix_source_files.h"
#include "storage/sqlite.h"
#include "storage/sqlite_store.h"
#include "storage/temporary_folder_test.h"

namespace loadline {
namespace {

std::string paragraph(const std::string& word, int count = 30) {
  std::string text;
  for (int i = 0; i < count; ++i) text += word + std::to_string(i) + " ";
  return text + ".\n";
}

class IngestorTest : public testing::Test {
 protected:
  IngestorTest() { context.clock = &clock; }

  void SetUp() override { reopen(); }

  /// As a new process would.
  void reopen() {
    store.reset();
    auto opened = SqliteStore::open(data.path(), clock);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    store = std::move(*opened);
  }

  Ingestor ingestor() { return {*store, catalogue, extractor, *embedder, files, clock, limits, redactors}; }

  Result<IngestSummary> try_run(IngestRequest request) {
    IngestObserver silent;
    return ingestor().run(request, silent, context);
  }

  IngestSummary run(bool prune = false, bool retry = false) {
    IngestRequest request;
    request.collection = "c";
    request.paths = {docs.path()};
    request.prune = prune;
    request.retry = retry;
    auto summary = try_run(request);
    EXPECT_TRUE(summary.ok()) << summary.error().to_string();
    return summary.ok() ? *summary : IngestSummary();
  }

  static std::string states(const IngestSummary& summary) {
    std::string text;
    for (const DocumentOutcome& outcome : summary.documents)
      text += outcome.name + ":" + std::string(state_name(outcome.state)) + (outcome.unchanged ? "= " : " ");
    return text;
  }

  std::vector<std::string> served() {
    std::vector<std::string> texts;
    const auto collection = store->find_collection("c");
    if (!collection) return texts;
    const auto places = store->chunk_places(*collection);
    std::vector<ChunkId> ids;
    for (const auto& place : *places) ids.push_back(place.chunk);
    const auto chunks = store->chunks(ids);
    for (const Chunk& chunk : *chunks)
      texts.push_back(std::to_string(chunk.id.value) + ":" + chunk.context + "/" + chunk.text);
    return texts;
  }

  void expect_sound() {
    const auto report = ingestor().verify("c", context);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_TRUE(report->findings.empty()) << report->findings.front();
    EXPECT_EQ(report->chunks, served().size());
    EXPECT_EQ(catalogue.keyword_disk.rows.size(), served().size());
    EXPECT_EQ(catalogue.vector_disk.rows.size(), served().size());
  }

  ManualClock clock;
  CallContext context;
  const TemporaryFolder data, docs;
  const PosixSourceFiles files;
  LineExtractor extractor;
  std::unique_ptr<HashEmbedder> embedder = std::make_unique<HashEmbedder>();
  FakeCatalogue catalogue;
  IngestLimits limits;
  const PageRedactors* redactors = nullptr;
  std::unique_ptr<SqliteStore> store;
};

// Takes "secret<digits>" out of every block, refuses a page with "forbidden", in its collection "c".
class WordRedactor final : public PageRedactor, public PageRedactors {
 public:
  Status redact(ExtractedPage& page) const override {
    std::uint32_t count = 0;
    for (Block& block : page.blocks) {
      if (block.text.find("forbidden") != std::string::npos)
        return Error(Code::permission_denied, "the document has a value of the type 'forbidden'");
      for (std::size_t at = 0; (at = block.text.find("secret", at)) != std::string::npos; ++count)
        block.text.replace(at, block.text.find_first_not_of("0123456789", at + 6) - at, "[gone]");
    }
    if (count > 0) page.redacted = {{"word", count}};
    settled = false;
    return {};
  }
  Status redact(DocumentProperties&) const override { return {}; }
  Status settle() const override {
    settled = true;
    ++settles;
    return {};
  }
  std::string version() const override { return rule; }
  const PageRedactor* of(std::string_view collection) const override {
    return collection == "c" ? this : nullptr;
  }

  std::string rule = "1";
  mutable bool settled = true;
  mutable int settles = 0;
};

std::string everything_below(const std::string& folder) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(in), {});
  }
  return all;
}

TEST_F(IngestorTest, serves_a_folder_and_does_nothing_the_second_time) {
  docs.write("b.txt", "# Fees\n" + paragraph("fee") + "%page\n| | 2022\n| Cards | 7\n");
  docs.write("sub/a.txt", paragraph("loan"));
  EXPECT_EQ(states(run()), "b.txt:done sub/a.txt:done ");
  EXPECT_EQ(served().size(), 3U);
  expect_sound();
  const std::size_t embedded = embedder->embedded;
  const int runs = extractor.runs;
  const auto generation = *store->generation();
  const IngestSummary again = run();
  EXPECT_EQ(states(again), "b.txt:done= sub/a.txt:done= ");
  EXPECT_EQ(again.unchanged, 2U);
  EXPECT_EQ(embedder->embedded, embedded);
  EXPECT_EQ(extractor.runs, runs);
  EXPECT_EQ(*store->generation(), generation);
  const auto status = *ingestor().status("c");
  ASSERT_EQ(status.documents.size(), 2U);
  EXPECT_TRUE(status.documents[0].waits_for.empty());
  EXPECT_EQ(status.documents[0].pages, 2);
  EXPECT_EQ(status.keyword_change, status.store_change);
}

TEST_F(IngestorTest, a_changed_file_is_a_new_version_and_the_old_one_is_served_until_it_is_whole) {
  docs.write("a.txt", paragraph("old"));
  run();
  docs.write("a.txt", paragraph("new") + "%page\n" + paragraph("more"));
  const auto before = served();
  embedder->fail = [&]() -> Status {
    EXPECT_EQ(served(), before);
    return Error(Code::internal, "no memory");
  };
  limits.attempts_max = 2;
  const IngestSummary failed = run();
  EXPECT_EQ(states(failed), "a.txt:queued ");
  EXPECT_EQ(failed.waiting, 1U);
  EXPECT_EQ(served(), before);
  expect_sound();
  EXPECT_NE(ingestor().status("c")->documents[0].waits_for.find("embed"), std::string::npos);
  embedder->fail = nullptr;
  EXPECT_EQ(states(run()), "a.txt:done ");
  EXPECT_EQ(served().size(), 2U);
  EXPECT_NE(served()[0].find("new0"), std::string::npos);
  EXPECT_EQ(extractor.reads()[std::pair("a.txt", 2)], 1);
  expect_sound();
}

TEST_F(IngestorTest, a_failing_page_is_recorded_and_the_rest_goes_on) {
  docs.write("lost.txt", paragraph("one") + "%page\n%lost no text layer\n%page\n" + paragraph("three"));
  docs.write("stops.txt", paragraph("one") + "%page\n%crash\n%page\n" + paragraph("three"));
  docs.write("first.txt", "%crash\n%page\n" + paragraph("two"));
  docs.write("all.txt", "%crash\n%page\n%crash\n");
  const IngestSummary summary = run();
  EXPECT_EQ(states(summary), "all.txt:failed first.txt:partial lost.txt:partial stops.txt:partial ");
  EXPECT_EQ(summary.documents[2].lost_pages, (std::vector<LostPage>{{2, "no text layer"}}));
  EXPECT_EQ(summary.documents[3].lost_pages, (std::vector<LostPage>{{2, "the extractor crashed on page 2"}}));
  EXPECT_NE(summary.documents[0].reason.find("no page could be read"), std::string::npos);
  expect_sound();
  const int runs = extractor.runs;
  EXPECT_EQ(states(run()), "all.txt:failed= first.txt:partial= lost.txt:partial= stops.txt:partial= ");
  EXPECT_EQ(extractor.runs, runs);
  EXPECT_EQ(states(run(false, true)), "all.txt:failed first.txt:partial lost.txt:partial stops.txt:partial ");
  EXPECT_GT(extractor.runs, runs);
  expect_sound();
}

TEST_F(IngestorTest, many_stopping_pages_end_the_document_not_the_job) {
  std::string text = paragraph("one");
  for (int i = 0; i < 40; ++i) text += "%page\n%crash\n";
  docs.write("a.txt", text);
  docs.write("b.txt", paragraph("fine"));
  const IngestSummary summary = run();
  EXPECT_EQ(states(summary), "a.txt:partial b.txt:done ");
  EXPECT_EQ(summary.documents[0].lost_pages.size(), 40U);
  EXPECT_LT(extractor.runs, 15);
}

TEST_F(IngestorTest, a_file_that_is_refused_fails_with_its_sentence_until_it_changes) {
  docs.write("a.txt", "%bad this file needs a password");
  const IngestSummary summary = run();
  EXPECT_EQ(states(summary), "a.txt:failed ");
  EXPECT_EQ(summary.documents[0].reason, "this file needs a password");
  EXPECT_EQ(summary.failed, 1U);
  EXPECT_EQ(states(run()), "a.txt:failed= ");
  docs.write("a.txt", paragraph("open"));
  EXPECT_EQ(states(run()), "a.txt:done ");
  expect_sound();
}

TEST_F(IngestorTest, an_absent_extractor_is_tried_again_by_the_next_job) {
  docs.write("a.txt", paragraph("one") + "%page\n" + paragraph("two"));
  extractor.before_page = [](const std::string&, int page, const CallContext&) -> Status {
    if (page == 2) return Error(Code::unavailable, "the extractor cannot be started");
    return {};
  };
  EXPECT_EQ(states(run()), "a.txt:failed ");
  extractor.before_page = nullptr;
  EXPECT_EQ(states(run()), "a.txt:done ");
  EXPECT_EQ(extractor.reads()[std::pair("a.txt", 1)], 1);
}

TEST_F(IngestorTest, a_file_that_changes_while_it_is_read_is_not_served_half_old_half_new) {
  docs.write("a.txt", paragraph("one") + "%page\n" + paragraph("two"));
  extractor.before_page = [&](const std::string&, int page, const CallContext&) -> Status {
    if (page == 2) docs.write("a.txt", "changed");
    return {};
  };
  EXPECT_EQ(states(run()), "a.txt:failed ");
  EXPECT_TRUE(served().empty());
  extractor.before_page = nullptr;
  EXPECT_EQ(states(run()), "a.txt:done ");
  EXPECT_EQ(served().size(), 1U);
}

TEST_F(IngestorTest, reading_has_a_time_limit_and_what_was_read_is_kept) {
  docs.write("a.txt", paragraph("one") + "%page\n" + paragraph("two") + "%page\n" + paragraph("three"));
  extractor.before_page = [&](const std::string&, int page, const CallContext&) -> Status {
    if (page < 3) return {};
    clock.advance(limits.extract_time + std::chrono::seconds(1));
    return Error(Code::deadline_exceeded, "the time limit was reached");
  };
  const IngestSummary summary = run();
  EXPECT_EQ(states(summary), "a.txt:partial ");
  ASSERT_EQ(summary.documents[0].lost_pages.size(), 1U);
  EXPECT_NE(summary.documents[0].lost_pages[0].reason.find("limit extract_time"), std::string::npos);
}

TEST_F(IngestorTest, a_changed_stage_is_run_again_from_there_only) {
  docs.write("a.txt", paragraph("one"));
  docs.write("b.txt", paragraph("two"));
  run();
  const int runs = extractor.runs;
  const auto before = served();
  embedder = std::make_unique<HashEmbedder>(256, "d2");
  EXPECT_EQ(states(run()), "a.txt:done b.txt:done ");
  EXPECT_EQ(extractor.runs, runs);
  EXPECT_EQ(embedder->embedded, 2U);
  EXPECT_EQ(served().size(), before.size());
  EXPECT_NE(served(), before);
  expect_sound();
  extractor.version_name = "lines-2";
  run();
  EXPECT_GT(extractor.runs, runs);
  expect_sound();
}

TEST_F(IngestorTest, chunks_of_an_older_program_are_served_and_made_anew_without_reading_or_embedding) {
  docs.write("a.txt", paragraph("one") + "%page\n" + paragraph("two"));
  run();
  auto connection = *SqlConnection::open(data.path() + "/store.sqlite", SqlConnection::Mode::write, 1000);
  const std::string places_1("\1\1\1\0", 4);  // page 1, no box, in the format of before
  ASSERT_TRUE(exec(*connection, "UPDATE chunks SET places = ?", SqlBlob{places_1}).ok());
  ASSERT_TRUE(exec(*connection, "UPDATE versions SET chunk_version = 'chunks-1/d1'").ok());
  connection.reset();
  reopen();
  const auto before = served();
  ASSERT_EQ(before.size(), 2U);
  const int runs = extractor.runs;
  const std::size_t embedded = embedder->embedded;
  EXPECT_EQ(states(run()), "a.txt:done ");
  EXPECT_EQ(extractor.runs, runs);
  EXPECT_EQ(embedder->embedded, embedded);
  const auto places = *store->chunk_places(*store->find_collection("c"));
  ASSERT_EQ(places.size(), 2U);
  const Chunk second = store->chunks(std::vector{places[1].chunk})->at(0);
  EXPECT_EQ(place_of_quote(second, 0, 5)->page, 2);
  expect_sound();
}

TEST_F(IngestorTest, a_new_embedder_takes_over_the_whole_collection_at_once) {
  docs.write("a.txt", paragraph("one"));
  docs.write("b.txt", paragraph("two"));
  run();
  const auto before = served();
  embedder = std::make_unique<HashEmbedder>(256, "d2", 16);
  int batches = 0;
  embedder->fail = [&]() -> Status {
    if (++batches == 2) return Error(Code::internal, "no memory");
    return {};
  };
  limits.attempts_max = 1;
  const IngestSummary half = run();
  EXPECT_EQ(served(), before);
  EXPECT_FALSE(half.warnings.empty());
  EXPECT_EQ(store->collections()->at(0).embedder_digest, "d1:f32");
  const auto report = ingestor().verify("c", context);
  EXPECT_TRUE(report->findings.empty());
  embedder->fail = nullptr;
  const std::size_t embedded = embedder->embedded;
  IngestRequest one;  // the others follow, although only this one is asked for
  one.collection = "c";
  one.paths = {docs / "b.txt"};
  one.retry = true;
  ASSERT_TRUE(try_run(one).ok());
  EXPECT_EQ(embedder->embedded, embedded + 1);
  EXPECT_EQ(store->collections()->at(0).embedder_digest, "d2:f32");
  EXPECT_EQ(catalogue.vector_disk.rows.begin()->second.size(), 16U);
  expect_sound();
}

TEST_F(IngestorTest, vanished_files_go_only_when_pruning_and_only_below_the_given_paths) {
  docs.write("x/a.txt", paragraph("one"));
  docs.write("x/b.txt", paragraph("two"));
  docs.write("y/c.txt", paragraph("three"));
  run();
  std::filesystem::remove(docs / "x/b.txt");
  std::filesystem::remove(docs / "y/c.txt");
  EXPECT_EQ(states(run()), "x/a.txt:done= ");
  EXPECT_EQ(served().size(), 3U);
  IngestRequest request;
  request.collection = "c";
  request.paths = {docs / "x"};
  request.prune = true;
  const auto summary = try_run(request);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->removed, 1U);
  EXPECT_EQ(states(*summary).substr(states(*summary).find("x/b")), "x/b.txt:deleted ");
}

TEST_F(IngestorTest, deleting_leaves_nothing_and_says_what_went) {
  docs.write("a.txt", paragraph("secret"));
  docs.write("b.txt", paragraph("public"));
  run();
  const auto receipt = ingestor().remove_document("c", "a.txt", context);
  ASSERT_TRUE(receipt.ok()) << receipt.error().to_string();
  EXPECT_EQ(receipt->chunks, 1U);
  EXPECT_EQ(receipt->pages, 1U);
  EXPECT_TRUE(receipt->log_truncated);
  expect_sound();
  EXPECT_EQ(served().size(), 1U);
  EXPECT_TRUE(catalogue.keyword_disk.removed.empty());
  const std::string bytes =
      TemporaryFolder::read(data / "store.sqlite") + TemporaryFolder::read(data / "store.sqlite-wal");
  EXPECT_EQ(bytes.find("secret0"), std::string::npos);
  EXPECT_NE(bytes.find("public0"), std::string::npos);
  const auto missing = ingestor().remove_document("c", "a.txt", context);
  EXPECT_EQ(missing.error().code(), Code::not_found);
  EXPECT_NE(missing.error().message().find("b.txt"), std::string::npos);
  EXPECT_EQ(states(run()), "a.txt:done b.txt:done= ");
}

TEST_F(IngestorTest, verify_finds_what_is_wrong_both_ways) {
  docs.write("a.txt", paragraph("one"));
  docs.write("b.txt", paragraph("two"));
  run();
  auto lost = catalogue.keyword_disk.rows.extract(catalogue.keyword_disk.rows.begin());
  EXPECT_EQ(ingestor().verify("c", context)->findings,
            std::vector<std::string>{"1 served chunks are not in the keyword index"});
  catalogue.keyword_disk.rows.insert(std::move(lost));
  catalogue.vector_disk.rows[ChunkId{999}] = {};
  EXPECT_EQ(ingestor().verify("c", context)->findings,
            std::vector<std::string>{"1 chunks in the vector index are not in the store"});
}

TEST_F(IngestorTest, indexes_that_are_gone_or_behind_or_ahead_are_brought_back) {
  docs.write("a.txt", paragraph("one"));
  run();
  docs.write("b.txt", paragraph("two"));
  run();
  catalogue.keyword_disk = {};
  catalogue.vector_disk.change = 99;  // as after a power cut that cost the store its last transactions
  ASSERT_TRUE(ingestor().synchronise(context).ok());
  expect_sound();
}

TEST_F(IngestorTest, odd_names_are_kept_apart_and_come_back) {
  docs.write("new\nline.txt", paragraph("one"));
  docs.write("new\\x0aline.txt", paragraph("two"));
  docs.write("bad\xFF.txt", paragraph("three"));
  EXPECT_EQ(states(run()), "bad\\xff.txt:done new\\x0aline.txt:done new\\x5cx0aline.txt:done ");
  EXPECT_EQ(states(run()), "bad\\xff.txt:done= new\\x0aline.txt:done= new\\x5cx0aline.txt:done= ");
}

TEST_F(IngestorTest, missing_files_and_empty_folders_are_said) {
  IngestRequest request;
  request.collection = "c";
  request.paths = {docs.path()};
  EXPECT_EQ(try_run(request).error().code(), Code::not_found);
  request.paths = {docs / "nowhere.txt"};
  const auto summary = try_run(request);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(states(*summary), "nowhere.txt:failed ");
  request.collection = "a/b";
  EXPECT_EQ(try_run(request).error().code(), Code::invalid_argument);
  EXPECT_EQ(ingestor().status("none").error().code(), Code::not_found);
}

TEST_F(IngestorTest, uploads_have_the_name_they_were_sent_with) {
  data.write("uploads/1", paragraph("one"));
  IngestRequest request;
  request.collection = "c";
  request.uploads = {{data / "uploads/1", "notes/..\n.txt"}};
  const auto summary = try_run(request);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(states(*summary), "notes/..\\x0a.txt:done ");
}

TEST_F(IngestorTest, a_cancelled_job_goes_on_where_it_stopped) {
  std::string text = paragraph("first");
  for (int i = 0; i < 50; ++i) text += "%page\n" + paragraph("page" + std::to_string(i));
  docs.write("a.txt", text);
  CancelToken cancel;
  context.cancel = cancel;
  extractor.before_page = [&](const std::string&, int page, const CallContext&) -> Status {
    if (page == 40) cancel.cancel();
    return {};
  };
  IngestRequest request;
  request.collection = "c";
  request.paths = {docs.path()};
  EXPECT_EQ(try_run(request).error().code(), Code::cancelled);
  context.cancel = CancelToken();
  extractor.before_page = nullptr;
  const auto status = *ingestor().status("c");
  EXPECT_NE(status.documents[0].waits_for.find("extract"), std::string::npos)
      << status.documents[0].waits_for;
  request.paths.clear();  // whatever is unfinished
  const auto summary = try_run(request);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(states(*summary), "a.txt:done ");
  for (const auto& [page, count] : extractor.reads())
    EXPECT_LE(count, page.second > 32 ? 2 : 1) << page.second;
  expect_sound();
}

TEST_F(IngestorTest, what_a_rule_takes_out_is_stored_nowhere_and_counted) {
  WordRedactor words;
  redactors = &words;
  docs.write("a.txt",
             paragraph("loan") + "secret4711 and secret42 .\n%page\nThe secret99 .\n" + paragraph("fee"));
  const IngestSummary summary = run();
  EXPECT_EQ(states(summary), "a.txt:done ");
  EXPECT_EQ(summary.documents[0].redacted, (std::vector<RedactedCount>{{"word", 3}}));
  EXPECT_EQ(ingestor().status("c")->documents[0].redacted, (std::vector<RedactedCount>{{"word", 3}}));
  EXPECT_TRUE(words.settled);
  EXPECT_GT(words.settles, 0);
  std::string all;
  for (const std::string& text : served()) all += text;
  EXPECT_NE(all.find("[gone]"), std::string::npos);
  const std::string disk = everything_below(data.path());
  for (const char* value : {"secret4711", "secret42", "secret99"}) {
    EXPECT_EQ(all.find(value), std::string::npos) << value;
    EXPECT_EQ(disk.find(value), std::string::npos) << value;
  }
  EXPECT_NE(disk.find("loan7"), std::string::npos);  // the search sees what is there
  expect_sound();
}

TEST_F(IngestorTest, a_rule_that_changed_reads_again_and_leaves_nothing_of_before) {
  docs.write("a.txt", paragraph("loan") + "secret4711 .\n");
  docs.write("b.txt", paragraph("fee"));
  EXPECT_EQ(states(run()), "a.txt:done b.txt:done ");
  EXPECT_NE(everything_below(data.path()).find("secret4711"), std::string::npos);
  WordRedactor words;
  redactors = &words;
  EXPECT_EQ(states(run()), "a.txt:done b.txt:done ");
  EXPECT_EQ(states(run()), "a.txt:done= b.txt:done= ");
  EXPECT_EQ(everything_below(data.path()).find("secret4711"), std::string::npos);
  EXPECT_TRUE(catalogue.keyword_disk.removed.empty());  // the indexes rewrote what held it
  words.rule = "2";
  const int runs = extractor.runs;
  EXPECT_EQ(states(run()), "a.txt:done b.txt:done ");
  EXPECT_EQ(extractor.runs, runs + 2);
  expect_sound();
}

TEST_F(IngestorTest, a_document_that_the_rule_refuses_is_named_and_not_served) {
  docs.write("a.txt", paragraph("loan") + "%page\nforbidden thing .\n");
  docs.write("b.txt", paragraph("fee"));
  run();
  EXPECT_NE(everything_below(data.path()).find("forbidden thing"), std::string::npos);
  WordRedactor words;
  redactors = &words;
  EXPECT_EQ(states(run()), "a.txt:failed b.txt:done ");
  const auto status = *ingestor().status("c");
  ASSERT_EQ(status.documents.size(), 2U);
  EXPECT_EQ(status.documents[0].reason, "the document has a value of the type 'forbidden'");
  EXPECT_FALSE(status.documents[0].served);
  for (const std::string& text : served()) EXPECT_EQ(text.find("loan"), std::string::npos);
  EXPECT_EQ(everything_below(data.path()).find("forbidden thing"), std::string::npos);
  expect_sound();
  EXPECT_EQ(states(run()), "a.txt:failed= b.txt:done= ");
  words.rule = "2";  // another rule, another try
  const int runs = extractor.runs;
  EXPECT_EQ(states(run()), "a.txt:failed b.txt:done ");
  EXPECT_EQ(extractor.runs, runs + 2);
  docs.write("a.txt", paragraph("loan"));
  EXPECT_EQ(states(run()), "a.txt:done b.txt:done= ");
  expect_sound();
}

TEST_F(IngestorTest, what_cannot_be_read_again_is_told) {
  docs.write("up.txt", paragraph("loan"));
  IngestRequest request;
  request.collection = "c";
  request.uploads = {{docs.path() + "/up.txt", "up.txt"}};
  ASSERT_TRUE(try_run(request).ok());
  WordRedactor words;
  redactors = &words;
  request.uploads.clear();
  const auto summary = try_run(request);
  ASSERT_TRUE(summary.ok());
  ASSERT_EQ(summary->warnings.size(), 1U);
  EXPECT_NE(summary->warnings[0].find("another privacy rule"), std::string::npos);
  EXPECT_NE(summary->warnings[0].find("up.txt"), std::string::npos);
}

}  // namespace
}  // namespace loadline
