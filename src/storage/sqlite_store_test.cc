#include "storage/sqlite_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "storage/temporary_folder_test.h"

namespace loadline {
namespace {

const StageVersions stages = {"x1", "d1", "c1", "e1"};
const StageLease lease = {"test", 4'000'000'000'000};

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteStoreTest() {
    context.clock = &clock;
    reopen();
  }

  void reopen() {
    lock.reset();
    store.reset();
    auto opened = SqliteStore::open(folder.path(), clock);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    store = std::move(*opened);
    auto taken = store->lock_for_writing(context);
    ASSERT_TRUE(taken.ok()) << taken.error().to_string();
    lock = std::move(*taken);
  }

  static ExtractedPage page(int number, const std::string& text) {
    ExtractedPage page;
    page.number = number;
    page.blocks.push_back({BlockKind::paragraph, 0, text, {}, {}});
    return page;
  }

  VersionRecord begin(const std::string& name, const std::string& hash) {
    const auto collection = store->ensure_collection("c");
    EXPECT_TRUE(collection.ok());
    auto version = store->create_version(
        {collection->id, name, "/source/" + name, hash, 10, stages, {}, IngestStage::extract});
    EXPECT_TRUE(version.ok()) << version.error().to_string();
    return *version;
  }

  void pages_of(VersionId version, const std::vector<std::string>& texts) {
    ASSERT_TRUE(store->begin_stage(version, IngestStage::extract, 1, lease).ok());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const ExtractedPage one = page(static_cast<int>(i + 1), texts[i]);
      ASSERT_TRUE(store->store_pages(version, std::span(&one, 1), lease).ok());
    }
    ASSERT_TRUE(store->finish_stage(version, IngestStage::extract).ok());
    ASSERT_TRUE(store->begin_stage(version, IngestStage::describe, 1, lease).ok());
    ASSERT_TRUE(store->store_description(version, {"Title", "report", {"Harbour Bank"}, {"2022"}}).ok());
    ASSERT_TRUE(store->finish_stage(version, IngestStage::describe).ok());
  }

  void chunks_of(VersionId version, const std::vector<std::string>& texts) {
    ASSERT_TRUE(store->begin_stage(version, IngestStage::chunk, 1, lease).ok());
    const auto first = store->begin_chunks(version);
    ASSERT_TRUE(first.ok());
    std::vector<Chunk> chunks;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      Chunk& chunk = chunks.emplace_back();
      chunk.id = {first->value + i};
      chunk.ordinal = static_cast<std::uint32_t>(i);
      chunk.text = texts[i];
      chunk.context = "Title";
      chunk.pages = {{static_cast<int>(i + 1), {{0, 0, {1, 2, 3, 4}}}}};
      chunk.headings = {"One", "Two"};
    }
    ASSERT_TRUE(store->store_chunks(version, chunks).ok());
    ASSERT_TRUE(store->finish_stage(version, IngestStage::chunk).ok());
  }

  void vectors_of(VersionId version, const EmbedderInfo& embedder) {
    ASSERT_TRUE(store->begin_stage(version, IngestStage::embed, 1, lease).ok());
    ASSERT_TRUE(store->choose_embedder(version, embedder).ok());
    for (;;) {
      const auto chunks = store->chunks_to_embed(version, 0, 2);
      ASSERT_TRUE(chunks.ok());
      if (chunks->empty()) break;
      Matrix vectors{chunks->size(), 2, {}};
      for (std::size_t i = 0; i < chunks->size(); ++i) {
        vectors.values.push_back(0.6F);
        vectors.values.push_back(0.8F);
      }
      const Status stored = store->store_vectors(version, *chunks, vectors, lease);
      ASSERT_TRUE(stored.ok()) << stored.error().to_string();
    }
    ASSERT_TRUE(store->finish_stage(version, IngestStage::embed).ok());
  }

  VersionRecord ready(const std::string& name, const std::string& hash,
                      const std::vector<std::string>& texts) {
    const VersionRecord version = begin(name, hash);
    pages_of(version.id, texts);
    chunks_of(version.id, texts);
    vectors_of(version.id, model);
    return version;
  }

  void serve(VersionId version) {
    ASSERT_TRUE(store->log_additions(std::span(&version, 1)).ok());
    const Status published = store->publish(std::span(&version, 1));
    ASSERT_TRUE(published.ok()) << published.error().to_string();
  }

  std::vector<std::string> served_texts() {
    const auto collection = store->find_collection("c");
    std::vector<ChunkId> ids;
    const auto places = store->chunk_places(*collection);
    for (const auto& place : *places) ids.push_back(place.chunk);
    std::vector<std::string> texts;
    const auto chunks = store->chunks(ids);
    for (const Chunk& chunk : *chunks) texts.push_back(chunk.text);
    return texts;
  }

  const EmbedderInfo model{"small", "aa", "f32", 2, 256};
  ManualClock clock;
  CallContext context;
  const TemporaryFolder folder;
  std::unique_ptr<SqliteStore> store;
  std::unique_ptr<WriterLock> lock;
};

TEST_F(SqliteStoreTest, a_version_is_served_only_once_published_and_the_old_one_until_then) {
  serve(ready("a.txt", "h1", {"one", "two", "three"}).id);
  EXPECT_EQ(served_texts(), (std::vector<std::string>{"one", "two", "three"}));
  const auto before = *store->generation();

  const VersionRecord second = ready("a.txt", "h2", {"four"});
  EXPECT_EQ(served_texts(), (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(*store->generation(), before);
  serve(second.id);
  EXPECT_EQ(served_texts(), (std::vector<std::string>{"four"}));
  EXPECT_GT(*store->generation(), before);

  const CollectionId collection = *store->find_collection("c");
  const auto changes = *store->changes_after(collection, 0);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[2].first.value, 1U);
  EXPECT_EQ(changes[2].last.value, 3U);
  EXPECT_EQ(store->audit(collection)->orphans.size(), 1U);  // the replaced version is still stored
  ASSERT_TRUE(store->drop_retired(collection, *store->last_change(collection)).ok());
  EXPECT_TRUE(store->audit(collection)->orphans.empty());
  EXPECT_TRUE(store->changes_after(collection, 0)->empty());
  EXPECT_EQ(*store->last_change(collection), 3U);
}

TEST_F(SqliteStoreTest, served_records_carry_what_was_found) {
  serve(ready("a.txt", "h1", {"one", "two"}).id);
  const CollectionId collection = *store->find_collection("c");
  const auto documents = *store->documents(collection);
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(documents[0].title, "Title");
  EXPECT_EQ(documents[0].entities, std::vector<std::string>{"Harbour Bank"});
  EXPECT_EQ(documents[0].chunk_count, 2U);
  EXPECT_EQ(documents[0].page_count, 2);
  const auto range = *store->chunk_range(documents[0].id, 1, 5);
  ASSERT_EQ(range.size(), 1U);
  EXPECT_EQ(range[0].text, "two");
  EXPECT_EQ(range[0].headings, (std::vector<std::string>{"One", "Two"}));
  EXPECT_EQ(range[0].pages, (std::vector<PageBoxes>{{2, {{0, 0, {1, 2, 3, 4}}}}}));
  EXPECT_EQ(store->page_chunks(documents[0].id, 1)->at(0).text, "one");
  EXPECT_EQ(*store->extracted_text(documents[0].id), "one\n\ntwo");
  const auto rows = *store->index_rows(documents[0].version, {}, 10);
  EXPECT_EQ(rows.texts, (std::vector<std::string>{"Title\none", "Title\ntwo"}));
  EXPECT_NEAR(rows.vectors.values[3], 0.8, 1e-3);
  const std::vector<std::pair<std::string, std::string>> metadata = {{"team", "risk"}};
  ASSERT_TRUE(store->update_document(documents[0].id, "/s", "internal", metadata).ok());
  EXPECT_EQ(store->documents(collection)->at(0).metadata, metadata);
  EXPECT_EQ(store->documents(collection)->at(0).label, "internal");
}

TEST_F(SqliteStoreTest, extraction_goes_on_behind_the_last_stored_page) {
  const VersionRecord version = begin("a.txt", "h1");
  ASSERT_TRUE(store->begin_stage(version.id, IngestStage::extract, 1, lease).ok());
  const std::vector<ExtractedPage> two = {page(1, "one"), page(2, "two")};
  ASSERT_TRUE(store->store_pages(version.id, two, lease).ok());
  reopen();  // as after a crash
  const auto entry = *store->document_entry(*store->find_collection("c"), "a.txt");
  ASSERT_TRUE(entry && entry->working);
  EXPECT_EQ(entry->working->next_page, 3);
  EXPECT_EQ(entry->working->state, DocumentState::running);
  EXPECT_EQ(entry->working->lease_holder, "test");
  const StageLease next_lease = {"next", lease.until};
  ASSERT_TRUE(store->begin_stage(version.id, IngestStage::extract, 3, next_lease).ok());
  EXPECT_EQ(store->document_entry(*store->find_collection("c"), "a.txt")->value().working->cut_attempts, 1U);
  const ExtractedPage third = page(3, "three");
  ASSERT_TRUE(store->store_pages(version.id, std::span(&third, 1), next_lease).ok());
  ASSERT_TRUE(store->finish_stage(version.id, IngestStage::extract).ok());
  const auto rows = *store->ledger(version.id);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].outcome, "done");
  EXPECT_EQ(rows[0].last_page, 2);
  EXPECT_EQ(rows[1].outcome, "cut");
  EXPECT_EQ(rows[2].outcome, "done");
  EXPECT_EQ(rows[2].first_page, 3);
  EXPECT_EQ(rows[2].attempt, 2U);
  EXPECT_EQ(store->pages(version.id, 2, 10)->size(), 2U);
}

TEST_F(SqliteStoreTest, chunk_ids_are_the_same_after_an_interrupted_chunk_stage) {
  const VersionRecord version = begin("a.txt", "h1");
  pages_of(version.id, {"one"});
  ASSERT_TRUE(store->begin_stage(version.id, IngestStage::chunk, 1, lease).ok());
  const auto first = *store->begin_chunks(version.id);
  Chunk chunk;
  chunk.id = first;
  chunk.pages = {{1, {}}};
  ASSERT_TRUE(store->store_chunks(version.id, std::span(&chunk, 1)).ok());
  reopen();
  const VersionRecord other = begin("b.txt", "h2");
  pages_of(other.id, {"two"});
  chunks_of(other.id, {"two"});
  EXPECT_EQ(store->chunks_to_embed(other.id, 0, 1)->at(0).id, first);
  EXPECT_TRUE(store->chunks_to_embed(version.id, 0, 1)->empty());
}

TEST_F(SqliteStoreTest, a_collection_cannot_serve_vectors_of_two_models) {
  serve(ready("a.txt", "h1", {"one"}).id);
  const VersionRecord version = begin("b.txt", "h2");
  pages_of(version.id, {"two"});
  chunks_of(version.id, {"two"});
  const EmbedderInfo other{"other", "bb", "f32", 2, 256};
  vectors_of(version.id, other);
  EXPECT_EQ(store->log_additions(std::span(&version.id, 1)).error().code(), Code::failed_precondition);
  EXPECT_EQ(store->publish(std::span(&version.id, 1)).error().code(), Code::failed_precondition);
  EXPECT_EQ(store->choose_embedder(version.id, model).error().code(), Code::failed_precondition);
  const CollectionId collection = *store->find_collection("c");
  EXPECT_EQ(store->publish_embedder(collection, std::span(&version.id, 1)).error().code(),
            Code::failed_precondition);
  EXPECT_EQ(served_texts(), std::vector<std::string>{"one"});
}

TEST_F(SqliteStoreTest, a_later_stage_is_run_again_on_a_copy_of_the_earlier_ones) {
  const VersionRecord first = ready("a.txt", "h1", {"one", "two"});
  serve(first.id);
  const CollectionId collection = *store->find_collection("c");
  const EmbedderInfo other{"other", "bb", "f32", 2, 256};
  auto copy = store->create_version(
      {collection, "a.txt", "/a", "h1", 10, {"x1", "d1", "c1", "e2"}, first.id, IngestStage::embed});
  ASSERT_TRUE(copy.ok()) << copy.error().to_string();
  EXPECT_EQ(copy->next, IngestStage::embed);
  EXPECT_EQ(copy->chunks, 2U);
  vectors_of(copy->id, other);
  EXPECT_EQ(served_texts().size(), 2U);
  ASSERT_TRUE(store->publish_embedder(collection, std::span(&copy->id, 1)).ok());
  EXPECT_EQ(served_texts(), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(store->chunk_places(collection)->at(0).chunk.value, 3U);
  EXPECT_TRUE(store->changes_after(collection, 1)->at(0).rebuild);
  EXPECT_EQ(*store->indexed_versions(collection), std::vector<VersionId>{copy->id});
  EXPECT_EQ(store->collections()->at(0).embedder, "other");
  EXPECT_EQ(store->documents(collection)->at(0).title, "Title");
}

TEST_F(SqliteStoreTest, chunks_that_the_live_version_has_too_take_over_their_vectors) {
  serve(ready("a.txt", "h1", {"one", "two", "three"}).id);
  const VersionRecord next = begin("a.txt", "h2");
  pages_of(next.id, {"page"});
  chunks_of(next.id, {"one", "other", "three", "four"});
  ASSERT_TRUE(store->begin_stage(next.id, IngestStage::embed, 1, lease).ok());
  const auto waiting = [&](std::uint32_t from) {
    std::string texts;
    const auto chunks = store->chunks_to_embed(next.id, from, 10);
    for (const Chunk& chunk : *chunks) texts += chunk.text + " ";
    return texts;
  };
  ASSERT_TRUE(store->choose_embedder(next.id, {"another", "bb", "f32", 2, 256}).ok());
  EXPECT_EQ(waiting(0), "one other three four ");  // vectors of another model are worth nothing
  ASSERT_TRUE(store->choose_embedder(next.id, model).ok());
  ASSERT_TRUE(store->choose_embedder(next.id, model).ok());  // as after a crash
  EXPECT_EQ(waiting(0), "other four ");
  EXPECT_EQ(waiting(2), "four ");
  vectors_of(next.id, model);
  serve(next.id);
  EXPECT_EQ(served_texts(), (std::vector<std::string>{"one", "other", "three", "four"}));
}

TEST_F(SqliteStoreTest, a_failed_stage_is_counted_until_it_is_final) {
  const VersionRecord version = begin("a.txt", "h1");
  const auto working = [&] {
    return *store->document_entry(*store->find_collection("c"), "a.txt")->value().working;
  };
  for (std::uint32_t attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_TRUE(store->begin_stage(version.id, IngestStage::extract, 1, lease).ok());
    ASSERT_TRUE(
        store->fail_stage(version.id, IngestStage::extract, Error(Code::internal, "it crashed"), attempt == 3)
            .ok());
    EXPECT_EQ(working().failed_attempts, attempt);
  }
  EXPECT_EQ(working().state, DocumentState::failed);
  EXPECT_EQ(working().reason, "it crashed");
  const auto rewound = store->rewind_version(version.id, IngestStage::extract, stages);
  ASSERT_TRUE(rewound.ok());
  EXPECT_EQ(rewound->state, DocumentState::queued);
  EXPECT_EQ(rewound->failed_attempts, 0U);
}

TEST_F(SqliteStoreTest, deleted_text_is_gone_from_every_byte_of_the_files) {
  const std::string secret = "zanzibar-quarterly-meridian";
  std::string long_text;
  for (int i = 0; i < 2000; ++i) long_text += secret + " ";
  serve(ready("keep.txt", "h1", {"kept"}).id);
  serve(ready("a.txt", "h2", {long_text, secret}).id);
  serve(ready("a.txt", "h3", {secret, "more " + secret}).id);
  const CollectionId collection = *store->find_collection("c");
  const auto on_disk = [&] {
    return TemporaryFolder::read(folder / "store.sqlite") +
           TemporaryFolder::read(folder / "store.sqlite-wal");
  };
  EXPECT_NE(on_disk().find(secret), std::string::npos);
  const DocumentId document = store->document_entry(collection, "a.txt")->value().id;
  const auto begun = store->begin_delete(document);
  ASSERT_TRUE(begun.ok()) << begun.error().to_string();
  EXPECT_EQ(begun->versions, 2U);
  EXPECT_EQ(begun->chunks, 4U);
  EXPECT_EQ(begun->vectors, 4U);
  EXPECT_EQ(begun->finished, 0);
  EXPECT_EQ(served_texts(), std::vector<std::string>{"kept"});
  EXPECT_EQ(store->audit(collection)->orphans.size(), 1U);  // begun, not finished
  const auto done = store->finish_delete(document);
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_GT(done->finished, 0);
  EXPECT_TRUE(done->log_truncated);
  EXPECT_EQ(on_disk().find(secret), std::string::npos);
  const auto audit = *store->audit(collection);
  EXPECT_TRUE(audit.orphans.empty());
  EXPECT_TRUE(audit.leftover.empty());
  EXPECT_EQ(audit.receipts, 1U);
  EXPECT_EQ(store->begin_delete(document)->finished, done->finished);  // repeating is harmless
}

TEST_F(SqliteStoreTest, writing_needs_the_lock_and_another_process_is_named) {
  auto other = *SqliteStore::open(folder.path(), clock);
  EXPECT_EQ(other->ensure_collection("x").error().code(), Code::failed_precondition);
  const auto refused = other->lock_for_writing(context);  // as another process would: another open file
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("pid " + std::to_string(::getpid())), std::string::npos);
  EXPECT_EQ(other->writer(), "pid " + std::to_string(::getpid()));
  lock.reset();
  EXPECT_EQ(other->writer(), "");
  EXPECT_TRUE(other->lock_for_writing(context).ok());
}

TEST_F(SqliteStoreTest, the_lock_of_a_killed_process_is_free) {
  lock.reset();
  store.reset();
  int ready_pipe[2];
  ASSERT_EQ(::pipe(ready_pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto theirs = SqliteStore::open(folder.path(), clock);
    auto held =
        theirs ? (*theirs)->lock_for_writing(context) : Result<std::unique_ptr<WriterLock>>(theirs.error());
    const char answer = held.ok() ? 'y' : 'n';
    (void)!::write(ready_pipe[1], &answer, 1);
    for (;;) ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ready_pipe[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  store = *SqliteStore::open(folder.path(), clock);
  const auto refused = store->lock_for_writing(context);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("pid " + std::to_string(child)), std::string::npos);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready_pipe[0]), ::close(ready_pipe[1]);
  EXPECT_TRUE(store->lock_for_writing(context).ok());
}

TEST_F(SqliteStoreTest, a_waiting_job_of_the_same_process_can_be_cancelled) {
  CallContext late = context;
  late.cancel = CancelToken();
  late.cancel.cancel();
  EXPECT_EQ(store->lock_for_writing(late).error().code(), Code::cancelled);
}

TEST_F(SqliteStoreTest, readers_see_one_consistent_state_while_a_writer_publishes) {
  serve(ready("a.txt", "h0", {"0", "0", "0"}).id);
  const CollectionId collection = *store->find_collection("c");
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        const auto documents = store->documents(collection);
        ASSERT_TRUE(documents.ok()) << documents.error().to_string();
        ASSERT_EQ(documents->size(), 1U);
        const auto chunks = store->chunk_range(documents->front().id, 0, 99);
        ASSERT_TRUE(chunks.ok()) << chunks.error().to_string();
        ASSERT_EQ(chunks->size(), 3U);
        for (const Chunk& chunk : *chunks) ASSERT_EQ(chunk.text, chunks->front().text);
      }
    });
  for (int round = 1; round <= 20; ++round) {
    const std::string text = std::to_string(round);
    serve(ready("a.txt", "h" + text, {text, text, text}).id);
    ASSERT_TRUE(store->drop_retired(collection, *store->last_change(collection)).ok());
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(SqliteStoreTest, a_damaged_file_is_data_loss_and_a_newer_one_is_refused) {
  lock.reset();
  store.reset();
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "store.sqlite").c_str(), &raw), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(raw, "PRAGMA user_version = 99", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(raw);
  EXPECT_EQ(SqliteStore::open(folder.path(), clock).error().code(), Code::failed_precondition);
  std::filesystem::remove(folder / "store.sqlite-wal");
  folder.write("store.sqlite", std::string(8192, 'x'));
  EXPECT_EQ(SqliteStore::open(folder.path(), clock).error().code(), Code::data_loss);
}

}  // namespace
}  // namespace loadline
