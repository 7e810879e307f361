// Kills a job at every durable step it takes, and at random steps of random histories, and looks at what the
// next job makes of it.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/rng.h"
#include "ingest/crashing_store_test.h"
#include "ingest/fakes_test.h"
#include "ingest/ingestor.h"
#include "storage/posix_source_files.h"
#include "storage/sqlite_store.h"
#include "storage/temporary_folder_test.h"

namespace loadline {
namespace {

std::string page_text(const std::string& word, int paragraphs) {
  std::string text;
  for (int p = 0; p < paragraphs; ++p) {
    for (int i = 0; i < 40; ++i) text += word + std::to_string(p) + " ";
    text += ".\n";
  }
  return text;
}

/// A data folder with everything around it that outlives a process.
class World {
 public:
  World() {
    context.clock = &clock;
    limits.pages_per_commit = 2;
    limits.chunks_per_embed = 3;
    const auto hook = [this](bool) { return point.pass(); };
    catalogue.keyword_disk.on_apply = hook;
    catalogue.vector_disk.on_apply = hook;
  }

  /// One process: opens the store, does `work`, ends. `kill_at` 0: nobody kills it.
  template <class Work>
  void process(std::size_t kill_at, const Work& work) {
    point.arm(kill_at);
    auto opened = SqliteStore::open(data.path(), clock);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    store = std::move(*opened);
    CrashingStore crashing(*store, point);
    Ingestor ingestor(crashing, catalogue, extractor, embedder, files, clock, limits);
    clock.advance(std::chrono::seconds(1));
    work(ingestor);
    steps = point.steps();
    store.reset();
  }

  void ingest(std::size_t kill_at = 0, bool prune = true) {
    process(kill_at, [&](Ingestor& ingestor) {
      IngestObserver silent;
      IngestRequest request;
      request.collection = "c";
      request.paths = {docs.path()};
      request.prune = prune;
      const auto summary = ingestor.run(request, silent, context);
      const bool fine = summary.ok() || summary.error().code() == Code::not_found;  // an empty folder
      EXPECT_TRUE(fine || point.is_dead()) << summary.error().to_string();
    });
  }

  void remove(const std::string& name, std::size_t kill_at = 0) {
    process(kill_at, [&](Ingestor& ingestor) { (void)ingestor.remove_document("c", name, context); });
  }

  /// Everything that is served, with or without the numbers that depend on history.
  std::string served(bool with_ids) {
    std::string text;
    auto opened = *SqliteStore::open(data.path(), clock);
    const auto collection = opened->find_collection("c");
    if (!collection) return "";
    const auto records = opened->documents(*collection);
    for (const DocumentRecord& record : *records) {
      text += "== " + record.name + (with_ids ? " " + std::to_string(record.version.value) : "") + "\n";
      const auto chunks = opened->chunk_range(record.id, 0, 1'000'000);
      EXPECT_EQ(chunks->size(), record.chunk_count);
      for (const Chunk& chunk : *chunks)
        text += (with_ids ? std::to_string(chunk.id.value) + " " : "") + std::to_string(chunk.text_begin) +
                " " + chunk.context + "|" + chunk.text + "\n";
    }
    return text;
  }

  void expect_sound() {
    process(0, [&](Ingestor& ingestor) {
      const auto report = ingestor.verify("c", context);
      ASSERT_TRUE(report.ok()) << report.error().to_string();
      EXPECT_TRUE(report->findings.empty()) << report->findings.front();
      const auto status = ingestor.status("c");
      for (const DocumentStatus& document : status->documents)
        EXPECT_TRUE(document.waits_for.empty()) << document.name << " waits for " << document.waits_for;
    });
  }

  ManualClock clock;
  CallContext context;
  const TemporaryFolder data, docs;
  const PosixSourceFiles files;
  LineExtractor extractor;
  HashEmbedder embedder;
  FakeCatalogue catalogue;
  IngestLimits limits;
  CrashPoint point;
  std::unique_ptr<SqliteStore> store;
  std::size_t steps = 0;
};

void write_first(World& world) {
  world.docs.write(
      "a.txt", page_text("alpha", 4) + "%page\n" + page_text("beta", 4) + "%page\n" + page_text("gamma", 6));
  world.docs.write("b.txt",
                   page_text("delta", 3) + "%page\n%lost no text\n%page\n" + page_text("epsilon", 2));
  world.docs.write("c.txt", page_text("zeta", 2));
}

void write_second(World& world) {
  world.docs.write("a.txt", page_text("eta", 5) + "%page\n" + page_text("theta", 3));
  std::filesystem::remove(world.docs / "c.txt");
  world.docs.write("d.txt", page_text("iota", 2));
}

// Both a first ingest and one that replaces, adds and prunes, killed at each step in turn: equal to the
// undisturbed result, chunk ids included, and hardly any work done twice.
TEST(Crash, at_every_step_leads_to_the_same_result) {
  World calm;
  write_first(calm);
  calm.ingest();
  const std::size_t first_steps = calm.steps;
  const std::string first = calm.served(true);
  write_second(calm);
  calm.ingest();
  const std::size_t second_steps = calm.steps;
  const std::string second = calm.served(true);
  const std::size_t embedded = calm.embedder.embedded;
  ASSERT_GT(first_steps, 50U);
  ASSERT_NE(first, second);
  calm.expect_sound();

  for (std::size_t step = 1; step <= first_steps + second_steps; ++step) {
    SCOPED_TRACE(testing::Message() << "killed at step " << step << " of " << first_steps << " + "
                                    << second_steps);
    World world;
    const bool in_first = step <= first_steps;
    write_first(world);
    world.ingest(in_first ? step : 0);
    if (in_first) world.ingest();
    ASSERT_EQ(world.served(true), first);
    write_second(world);
    world.ingest(in_first ? 0 : step - first_steps);
    if (!in_first) {
      const std::string between = world.served(false);  // old or new, never something else, never nothing
      EXPECT_TRUE(between.find("alpha0") != std::string::npos || between.find("eta0") != std::string::npos);
      world.ingest();
    }
    ASSERT_EQ(world.served(true), second);
    world.expect_sound();
    EXPECT_LE(world.embedder.embedded, embedded + world.limits.chunks_per_embed);
    std::size_t again = 0;
    for (const auto& [page, count] : world.extractor.reads()) again += static_cast<std::size_t>(count - 1);
    // a.txt was read in two versions (two pages have the same numbers in both).
    EXPECT_LE(again, 2 + world.limits.pages_per_commit + 1);
    if (testing::Test::HasFailure()) return;
  }
}

// Random files, changes, deletes and kills; the model is the folder itself: what is served in the end is what
// a fresh ingest of the same folder serves.
TEST(Crash, random_histories_end_where_a_fresh_ingest_ends) {
  const char* const fixed = std::getenv("LOADLINE_SEED");
  const std::uint64_t first = fixed != nullptr ? std::strtoull(fixed, nullptr, 10) : 1;
  for (std::uint64_t seed = first; seed < first + (fixed != nullptr ? 1 : 25); ++seed) {
    SCOPED_TRACE(testing::Message() << "LOADLINE_SEED=" << seed);
    Rng rng(seed);
    World world;
    for (int step = 0; step < 12; ++step) {
      const std::string name = "f" + std::to_string(rng.below(5)) + ".txt";
      std::string text;
      for (std::uint32_t page = 1 + rng.below(4); page > 0; --page) {
        if (rng.below(8) == 0) text += "%lost unreadable\n";
        if (rng.below(12) == 0) text += "%crash\n";
        text += page_text("w" + std::to_string(rng.below(50)), 1 + static_cast<int>(rng.below(5))) +
                (page > 1 ? "%page\n" : "");
      }
      const std::size_t kill_at = rng.below(4) == 0 ? 0 : 1 + rng.below(120);
      switch (rng.below(6)) {
        case 0:
          std::filesystem::remove(world.docs / name);
          break;
        case 1:
          world.remove(name, kill_at);
          break;
        case 2:
        case 3:
          world.docs.write(name, text);
          break;
        default:
          world.ingest(kill_at, rng.below(2) == 0);
          break;
      }
      if (testing::Test::HasFailure()) return;
    }
    world.docs.write("last.txt", page_text("last", 1));
    world.ingest();
    World fresh;
    for (const auto& file : std::filesystem::directory_iterator(world.docs.path()))
      fresh.docs.write(file.path().filename(), TemporaryFolder::read(file.path()));
    fresh.ingest();
    ASSERT_EQ(world.served(false), fresh.served(false));
    world.expect_sound();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace loadline
