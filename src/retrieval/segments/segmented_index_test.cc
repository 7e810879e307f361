// Durability and visibility of changes, tested through the keyword index (it shows every row and every
// deletion); the vector index stands on the same machinery.
#include "retrieval/segments/segmented_index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "base/rng.h"
#include "model/memory_file_system.h"
#include "retrieval/keyword/keyword_index.h"
#include "retrieval/vector/vector_index.h"

namespace loadline {
namespace {

const std::string folder = "data/index";

CallContext call() {
  static const SystemClock clock;
  CallContext context;
  context.clock = &clock;
  return context;
}

KeywordIndexOptions inline_merges() {
  KeywordIndexOptions options;
  options.merging = {
      .fan_in = 3, .smallest_class_rows = 4, .segment_rows_max = 10'000, .deleted_share_max = 0.3};
  options.background_merges = false;
  return options;
}

std::unique_ptr<KeywordIndex> opened(FileSystem& files,
                                     const KeywordIndexOptions& options = inline_merges()) {
  auto index = open_keyword_index(files, folder, options);
  EXPECT_TRUE(index.ok()) << index.error().to_string();
  return index.ok() ? std::move(*index) : nullptr;
}

// What an index should hold: the version of each chunk's text, and the last change.
struct State {
  std::map<ChunkId, std::uint64_t> versions;
  std::uint64_t change = 0;
  bool operator==(const State&) const = default;
};

std::string text_of(ChunkId id, std::uint64_t version) {
  return "every c" + std::to_string(id.value) + "x v" + std::to_string(version) + "x";
}

// Reads everything back through searches.
State state_of(const KeywordIndex& index, const State& expected) {
  State state;
  state.change = index.applied_change();
  const auto all = index.search("every", 100'000, nullptr, call());
  EXPECT_TRUE(all.ok());
  for (const ScoredChunk& hit : *all) state.versions[hit.chunk] = 0;
  std::vector<ChunkId> ids;
  for (auto& [id, version] : state.versions) {
    ids.push_back(id);
    const auto at = expected.versions.find(id);
    if (at == expected.versions.end()) continue;
    const ChunkFilter self{1, [wanted = id](ChunkId other) { return other == wanted; }};
    const auto hits = index.search("v" + std::to_string(at->second) + "x", 1, &self, call());
    if (hits.ok() && hits->size() == 1) version = at->second;
  }
  EXPECT_EQ(*index.chunk_ids(), ids);
  return state;
}

struct Change {
  std::vector<ChunkId> adds, removes;
  std::uint64_t number = 0;
};

Change random_change(Rng& rng, std::uint64_t number) {
  Change change;
  change.number = number;
  for (std::uint32_t n = rng.below(6); n > 0; --n) change.adds.push_back(ChunkId{1 + rng.below(60)});
  for (std::uint32_t n = rng.below(5); n > 0; --n) change.removes.push_back(ChunkId{1 + rng.below(60)});
  return change;
}

Status apply(KeywordIndex& index, const Change& change) {
  std::vector<std::string> texts;
  for (const ChunkId id : change.adds) texts.push_back(text_of(id, change.number));
  std::vector<KeywordEntry> entries;
  for (std::size_t i = 0; i < texts.size(); ++i) entries.push_back({change.adds[i], texts[i]});
  return index.apply(entries, change.removes, change.number);
}

State after(State state, const Change& change) {
  for (const ChunkId id : change.removes) state.versions.erase(id);
  for (const ChunkId id : change.adds) state.versions[id] = change.number;
  state.change = change.number;
  return state;
}

TEST(SegmentedIndex, a_new_folder_is_an_empty_index) {
  MemoryFileSystem files;
  const auto index = opened(files);
  EXPECT_EQ(index->applied_change(), 0U);
  EXPECT_EQ(index->stats().chunks, 0U);
  EXPECT_TRUE(index->refresh().ok());
  EXPECT_TRUE(index->purge().ok());
  EXPECT_TRUE(index->settle(call()).ok());
}

TEST(SegmentedIndex, changes_survive_reopening) {
  MemoryFileSystem files;
  Rng rng(1);
  State state;
  auto index = opened(files);
  for (std::uint64_t number = 1; number <= 60; ++number) {
    const Change change = random_change(rng, number);
    ASSERT_TRUE(apply(*index, change).ok());
    state = after(state, change);
    ASSERT_EQ(state_of(*index, state), state) << number;
    ASSERT_EQ(state_of(*opened(files), state), state) << number;
    EXPECT_LE(index->stats().segments, 20U);
  }
}

TEST(SegmentedIndex, replaying_a_change_is_harmless) {
  MemoryFileSystem files;
  Rng rng(2);
  State state;
  const auto index = opened(files);
  for (std::uint64_t number = 1; number <= 20; ++number) {
    const Change change = random_change(rng, number);
    state = after(state, change);
    for (int times = 0; times < 3; ++times) ASSERT_TRUE(apply(*index, change).ok());
    ASSERT_EQ(state_of(*index, state), state);
  }
}

class Crash : public testing::TestWithParam<std::uint64_t> {};

// A crash at every write point of a history of changes, with the write lost or done. What a new process finds
// is the state before or after the change under way, and it can go on from there. Nothing but listed files
// stays.
TEST_P(Crash, leaves_the_state_before_or_after) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  for (const auto landing : {MemoryFileSystem::Landing::lost, MemoryFileSystem::Landing::done}) {
    for (std::size_t point = 0;; ++point) {
      Rng rng(GetParam());
      MemoryFileSystem files;
      State state;
      auto index = opened(files);
      files.crash_after(point, landing);
      std::uint64_t number = 1;
      Change change;
      for (; number <= 12; ++number) {
        change = random_change(rng, number);
        const Status applied = apply(*index, change);
        if (number % 4 == 0) static_cast<void>(index->purge().ok());
        if (files.crashed() && !applied.ok())
          break;  // (a crash in a merge after the change does not undo it)
        state = after(state, change);
        if (files.crashed()) break;
      }
      const bool crashed = files.crashed();
      index.reset();
      files.restart();
      index = opened(files);
      ASSERT_NE(index, nullptr) << "point " << point;
      if (crashed && state.change != change.number && index->applied_change() == change.number) {
        state = after(state, change);
      }
      ASSERT_EQ(state_of(*index, state), state) << "point " << point;
      const Change next = random_change(rng, number + 1);
      ASSERT_TRUE(apply(*index, next).ok());
      state = after(state, next);
      ASSERT_EQ(state_of(*index, state), state) << "point " << point;
      ASSERT_EQ(files.list(folder)->size(), index->stats().segments + 1) << "point " << point;
      if (!crashed) break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Crash, testing::Range<std::uint64_t>(1, 5));

// The same for the vector index: graphs are made, extended, erased from and rebuilt within a few changes.
TEST_P(Crash, leaves_vectors_before_or_after) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  constexpr std::size_t dimensions = 16;
  VectorIndexOptions options;
  options.merging.graph_rows_min = 24;
  options.merging.small = {.fan_in = 2, .smallest_class_rows = 8};
  options.background_merges = false;
  options.graph.build_threads = 1;
  using Rows = std::map<ChunkId, std::vector<float>>;
  for (std::size_t point = 0;; ++point) {
    const auto landing = point % 2 == 0 ? MemoryFileSystem::Landing::lost : MemoryFileSystem::Landing::done;
    Rng rng(GetParam());
    MemoryFileSystem files;
    auto index = open_vector_index(files, folder, dimensions, options);
    ASSERT_TRUE(index.ok());
    files.crash_after(point / 2, landing);
    Rows before, after_change;
    for (std::uint64_t number = 1; number <= 8 && !files.crashed(); ++number) {
      before = after_change;
      Rows adds;
      for (std::uint32_t n = 4 + rng.below(12); n > 0; --n) {
        std::vector<float>& vector = adds[ChunkId{1 + rng.below(90)}];
        vector.resize(dimensions);
        for (float& value : vector) value = static_cast<float>(rng.uniform() - 0.5);
      }
      std::vector<VectorEntry> entries;
      for (const auto& [id, vector] : adds) entries.push_back({id, vector});
      std::vector<ChunkId> removes;
      for (std::uint32_t n = rng.below(8); n > 0; --n) removes.push_back(ChunkId{1 + rng.below(90)});
      for (const ChunkId id : removes) after_change.erase(id);
      for (const auto& [id, vector] : adds) after_change[id] = vector;
      if ((*index)->apply(entries, removes, number).ok()) before = after_change;
      if (number % 3 == 0) static_cast<void>((*index)->purge().ok());
    }
    const bool crashed = files.crashed();
    files.restart();
    index = open_vector_index(files, folder, dimensions, options);
    ASSERT_TRUE(index.ok()) << "point " << point << ": " << index.error().to_string();
    const std::vector<ChunkId> ids = *(*index)->chunk_ids();
    const auto keys_of = [](const Rows& rows) {
      std::vector<ChunkId> keys;
      for (const auto& [id, vector] : rows) keys.push_back(id);
      return keys;
    };
    const bool is_after = ids == keys_of(after_change);
    ASSERT_TRUE(is_after || ids == keys_of(before)) << "point " << point;
    const Rows& state = is_after ? after_change : before;
    std::size_t found = 0;
    for (const auto& [id, vector] : state) {
      const auto hits = *(*index)->search(vector, 1, nullptr, call());
      found += hits.size() == 1 && hits[0].chunk == id ? 1 : 0;
    }
    // an id can have its old or its new vector when only vectors differ between the states
    if (keys_of(before) != keys_of(after_change) || !crashed) {
      ASSERT_EQ(found, state.size()) << "point " << point;
    }
    if (!crashed) break;
  }
}

// A failing disk: the change is refused whole, and works when the disk does again.
TEST(SegmentedIndex, a_failed_write_changes_nothing_and_can_be_repeated) {
  Rng rng(3);
  MemoryFileSystem files;
  State state;
  const auto index = opened(files);
  for (std::uint64_t number = 1; number <= 40; ++number) {
    const Change change = random_change(rng, number);
    files.fail_next(rng.below(3));
    if (!apply(*index, change).ok()) {
      ASSERT_EQ(state_of(*index, state), state) << number;
      files.restart();
      ASSERT_TRUE(apply(*index, change).ok());
    }
    files.restart();
    state = after(state, change);
    ASSERT_EQ(state_of(*index, state), state) << number;
    ASSERT_EQ(state_of(*opened(files), state), state) << number;
  }
}

TEST(SegmentedIndex, another_process_sees_changes_after_refresh) {
  Rng rng(4);
  MemoryFileSystem files;
  State state;
  const auto writer = opened(files);
  const auto reader = opened(files);
  for (std::uint64_t number = 1; number <= 40; ++number) {
    const State before = state;
    const Change change = random_change(rng, number);
    ASSERT_TRUE(apply(*writer, change).ok());
    state = after(state, change);
    ASSERT_EQ(reader->applied_change(), before.change);  // still the old state, its files removed or not
    if (number % 3 == 0) {
      ASSERT_EQ(reader->search("every", 100, nullptr, call())->size(), before.versions.size());
      state = before;  // not refreshed: look again next time
    }
    ASSERT_TRUE(reader->refresh().ok());
    state = after(before, change);
    ASSERT_EQ(state_of(*reader, state), state);
  }
  ASSERT_TRUE(writer->clear().ok());
  ASSERT_TRUE(reader->refresh().ok());
  EXPECT_EQ(reader->stats().chunks, 0U);
}

TEST(SegmentedIndex, two_writers_in_turn_see_each_other) {
  Rng rng(5);
  MemoryFileSystem files;
  State state;
  const std::unique_ptr<KeywordIndex> writers[] = {opened(files), opened(files)};
  for (std::uint64_t number = 1; number <= 50; ++number) {
    const Change change = random_change(rng, number);
    auto& writer = *writers[rng.below(2)];
    ASSERT_TRUE(apply(writer, change).ok());
    state = after(state, change);
    ASSERT_EQ(state_of(writer, state), state);
  }
  ASSERT_EQ(state_of(*opened(files), state), state);
}

TEST(SegmentedIndex, damage_of_any_file_is_data_loss_and_the_index_can_be_discarded) {
  Rng rng(6);
  MemoryFileSystem files;
  {
    const auto index = opened(files);
    for (std::uint64_t number = 1; number <= 8; ++number)
      ASSERT_TRUE(apply(*index, random_change(rng, number)).ok());
  }
  const std::vector<std::string> names = *files.list(folder);
  ASSERT_GE(names.size(), 2U);
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name;
    const std::size_t size = (*files.open(path))->bytes().size();
    for (std::size_t at = 0; at < size; at += 1 + size / 50) {
      ASSERT_TRUE(files.flip(path, at, std::byte{4}));
      ASSERT_EQ(open_keyword_index(files, folder).error().code(), Code::data_loss) << name << " byte " << at;
      ASSERT_TRUE(files.flip(path, at, std::byte{4}));
    }
  }
  opened(files);
  for (const std::string& name : names) {
    if (name == "MANIFEST") continue;
    ASSERT_TRUE(files.remove(folder + "/" + name).ok());
    EXPECT_EQ(open_keyword_index(files, folder).error().code(), Code::data_loss) << name << " is missing";
    break;
  }
  ASSERT_TRUE(discard_index(files, folder).ok());
  const auto index = opened(files);
  EXPECT_EQ(index->applied_change(), 0U);
  EXPECT_TRUE(apply(*index, random_change(rng, 1)).ok());
}

TEST(SegmentedIndex, refresh_reports_damage_and_keeps_what_it_has) {
  Rng rng(7);
  MemoryFileSystem files;
  const auto writer = opened(files);
  const auto reader = opened(files);
  const KeywordEntry entry{ChunkId{1}, "every one"};
  ASSERT_TRUE(writer->apply(std::span(&entry, 1), {}, 1).ok());
  ASSERT_TRUE(reader->refresh().ok());
  const KeywordEntry other{ChunkId{2}, "every two"};
  ASSERT_TRUE(writer->apply(std::span(&other, 1), {}, 2).ok());
  ASSERT_TRUE(files.flip(folder + "/MANIFEST", 30, std::byte{1}));
  EXPECT_EQ(reader->refresh().error().code(), Code::data_loss);
  EXPECT_EQ(reader->search("every", 10, nullptr, call())->size(), 1U);
  EXPECT_EQ(reader->apply({}, {}, 3).error().code(), Code::data_loss);
  ASSERT_TRUE(reader->clear().ok());  // whoever has it open can begin to rebuild
  ASSERT_TRUE(reader->apply(std::span(&other, 1), {}, 1).ok());
  EXPECT_EQ(opened(files)->search("every", 10, nullptr, call())->size(), 1U);
}

TEST(SegmentedIndex, purge_leaves_no_bytes_of_removed_texts) {
  MemoryFileSystem files;
  const auto index = opened(files);
  for (std::uint64_t id = 1; id <= 30; ++id) {
    const std::string text = "every secret" + std::to_string(id) + "zebra";
    const KeywordEntry entry{ChunkId{id}, text};
    ASSERT_TRUE(index->apply(std::span(&entry, 1), {}, id).ok());
  }
  std::vector<ChunkId> removed;
  for (std::uint64_t id = 1; id <= 30; id += 5) removed.push_back(ChunkId{id});
  ASSERT_TRUE(index->apply({}, removed, 31).ok());
  ASSERT_TRUE(index->purge().ok());
  EXPECT_EQ(index->stats().deleted, 0U);
  EXPECT_EQ(index->stats().chunks, 24U);
  const std::vector<std::string> names = *files.list(folder);
  for (const std::string& name : names) {
    const auto view = files.open(folder + "/" + name);
    const auto bytes = (*view)->bytes();
    const std::string_view content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (const ChunkId id : removed) {
      // terms are prefix-compressed: what distinguishes them is what must be gone
      EXPECT_EQ(content.find(std::to_string(id.value) + "zebra"), std::string_view::npos) << name;
    }
  }
}

// Searches beside a writer with merges in the background: always a whole state, never an error.
TEST(SegmentedIndex, searches_beside_changes_see_whole_states) {
  MemoryFileSystem files;
  KeywordIndexOptions options = inline_merges();
  options.background_merges = true;
  const auto index = opened(files, options);
  std::atomic<bool> done = false;
  std::atomic<int> searches = 0;
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      std::size_t last = 0;
      while (!done || searches < 20) {
        const auto hits = index->search("every", 10'000, nullptr, call());
        ASSERT_TRUE(hits.ok());
        ASSERT_EQ(hits->size() % 5, 0U);  // changes come in fives
        ASSERT_GE(hits->size(), last);
        last = hits->size();
        ++searches;
      }
    });
  }
  for (std::uint64_t number = 1; number <= 120; ++number) {
    Change change;
    change.number = number;
    for (std::uint64_t i = 0; i < 5; ++i) change.adds.push_back(ChunkId{number * 5 + i});
    if (number % 10 == 0) change.adds.push_back(ChunkId{number});  // replaces one
    ASSERT_TRUE(apply(*index, change).ok());
    if (number % 7 == 0) {
      ASSERT_TRUE(index->refresh().ok());
    }
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  ASSERT_TRUE(index->settle(call()).ok());
  EXPECT_EQ(index->stats().chunks, 600U);
  EXPECT_LE(index->stats().segments, 12U);
  EXPECT_EQ(opened(files)->stats().chunks, 600U);
}

// The destructor stops a merge under way; the next process does it again.
TEST(SegmentedIndex, ends_in_the_middle_of_merges) {
  MemoryFileSystem files;
  for (std::uint64_t round = 0; round < 20; ++round) {
    VectorIndexOptions options;
    options.merging.graph_rows_min = 50;
    options.merging.small = {.fan_in = 2, .smallest_class_rows = 8};
    const auto index = open_vector_index(files, folder, 16, options);
    ASSERT_TRUE(index.ok());
    ASSERT_EQ((*index)->stats().chunks, round * 40);
    Rng rng(round);
    std::vector<std::vector<float>> vectors(40, std::vector<float>(16));
    std::vector<VectorEntry> entries;
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      for (float& value : vectors[i]) value = static_cast<float>(rng.uniform() - 0.5);
      entries.push_back({ChunkId{round * 40 + i + 1}, vectors[i]});
    }
    ASSERT_TRUE((*index)->apply(entries, {}, round + 1).ok());
  }
}

TEST(SegmentedIndex, settle_obeys_its_context) {
  MemoryFileSystem files;
  const auto index = open_vector_index(files, folder, 32);
  Rng rng(9);
  std::vector<std::vector<float>> vectors(6000, std::vector<float>(32));
  std::vector<VectorEntry> entries;
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    for (float& value : vectors[i]) value = static_cast<float>(rng.uniform() - 0.5);
    entries.push_back({ChunkId{i + 1}, vectors[i]});
  }
  ASSERT_TRUE((*index)->apply(entries, {}, 1).ok());
  CallContext context = call();
  context.cancel.cancel();
  const Status settled = (*index)->settle(context);  // cancelled, unless the graph was quicker
  EXPECT_TRUE(settled.ok() || settled.error().code() == Code::cancelled);
  EXPECT_EQ((*index)->search(vectors[0], 5, nullptr, call())->size(), 5U);
}

}  // namespace
}  // namespace loadline
