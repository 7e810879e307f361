#include "storage/journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <map>
#include <thread>

#include "base/rng.h"
#include "storage/journal_segment.h"
#include "storage/temporary_folder_test.h"

namespace loadline {
namespace {

constexpr std::uint64_t small_segment = JournalOptions::segment_bytes_min;
constexpr auto never = std::chrono::hours(1);  // nothing becomes durable unless asked

std::unique_ptr<FileJournal> open_journal(const JournalOptions& options) {
  auto journal = FileJournal::open(options);
  EXPECT_TRUE(journal.ok()) << (journal ? "" : journal.error().to_string());
  return journal ? *std::move(journal) : nullptr;
}

// Record n: its length and bytes follow from n, so that any reader can check it.
std::string record_of(std::uint64_t number) {
  Rng rng(number);
  std::string text(1 + rng.below(number % 50 == 0 ? 5000 : 200), '\0');
  for (char& c : text) c = static_cast<char>(rng.below(256));
  return text;
}

// Reads from 1 and checks every record. Gives how many there were.
std::uint64_t check_all(const FileJournal& journal, std::uint64_t from = 1) {
  std::uint64_t count = from - 1;
  const Status read = journal.read(from, [&](std::uint64_t number, std::string_view record) {
    EXPECT_EQ(number, ++count);
    EXPECT_EQ(record, record_of(number));
    return !testing::Test::HasFailure();
  });
  EXPECT_TRUE(read.ok()) << (read ? "" : read.error().to_string());
  return count;
}

void append_up_to(FileJournal& journal, std::uint64_t last) {
  for (std::uint64_t n = journal.last() + 1; n <= last; ++n) {
    const auto number = journal.append(record_of(n));
    ASSERT_TRUE(number.ok()) << number.error().to_string();
    ASSERT_EQ(*number, n);
  }
}

std::uint64_t end_after(std::uint64_t last) {
  std::uint64_t end = JournalSegment::head_bytes;
  for (std::uint64_t n = 1; n <= last; ++n) end += JournalSegment::frame_bytes(record_of(n).size());
  return end;
}

TEST(Journal, records_come_back_in_order_over_segments_and_openings) {
  const TemporaryFolder folder;
  const JournalOptions options{.folder = folder / "journal", .segment_bytes = small_segment};
  std::uint64_t last = 0;
  for (int round = 0; round < 5; ++round) {
    const auto journal = open_journal(options);
    ASSERT_TRUE(journal);
    EXPECT_EQ(journal->last(), last);
    EXPECT_EQ(journal->torn_bytes(), 0U);
    append_up_to(*journal, last += 2000);
    EXPECT_EQ(check_all(*journal), last);
    EXPECT_EQ(check_all(*journal, last - 10), last);
    EXPECT_TRUE(journal->flush().ok());
    EXPECT_EQ(journal->durable(), last);
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options.folder))
    files += entry.path().extension() == ".log" ? 1 : 0;
  EXPECT_GT(files, 3U);
}

TEST(Journal, refuses_what_it_cannot_keep) {
  const TemporaryFolder folder;
  const JournalOptions options{.folder = folder / "journal", .segment_bytes = small_segment};
  const auto journal = open_journal(options);
  EXPECT_EQ(journal->append("").error().code(), Code::invalid_argument);
  EXPECT_EQ(journal->append(std::string(Journal::record_bytes_max + 1, 'x')).error().code(),
            Code::invalid_argument);
  EXPECT_TRUE(journal->append(std::string(Journal::record_bytes_max, 'x')).ok());
  EXPECT_EQ(FileJournal::open(options).error().code(), Code::failed_precondition);  // locked
  EXPECT_EQ(FileJournal::open({.folder = folder / "b", .segment_bytes = 4097}).error().code(),
            Code::invalid_argument);
}

TEST(Journal, stops_early_and_reads_from_any_record) {
  const TemporaryFolder folder;
  const auto journal = open_journal({.folder = folder / "journal", .segment_bytes = small_segment});
  append_up_to(*journal, 5000);
  for (const std::uint64_t from : {1, 2, 1234, 4999, 5000}) {
    std::uint64_t seen = 0;
    EXPECT_TRUE(journal
                    ->read(from,
                           [&](std::uint64_t number, std::string_view) {
                             if (seen == 0) EXPECT_EQ(number, from);
                             return ++seen < 3;
                           })
                    .ok());
    EXPECT_EQ(seen, std::min<std::uint64_t>(3, 5001 - from));
  }
  EXPECT_TRUE(journal->read(5001, [](auto, auto) { return ADD_FAILURE(), false; }).ok());
}

TEST(Journal, threads_append_while_others_read_and_drop) {
  const TemporaryFolder folder;
  const auto journal = open_journal({.folder = folder / "journal", .segment_bytes = small_segment});
  constexpr int threads = 4, each = 4000;
  std::atomic<int> running{threads};
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t)
    writers.emplace_back([&, t] {
      for (int i = 0; i < each; ++i)
        EXPECT_TRUE(journal->append(std::to_string(t) + ":" + std::to_string(i) + std::string(80, '.')).ok());
      --running;
    });
  std::uint64_t reads = 0;
  while (running > 0) {
    std::uint64_t expected = journal->first();
    const std::uint64_t from = expected;
    EXPECT_TRUE(journal->read(from, [&](std::uint64_t n, std::string_view) { return n == expected++; }).ok());
    if (++reads % 3 == 0 && journal->last() > 3000)
      EXPECT_TRUE(journal->drop_before(journal->last() - 3000).ok());
    EXPECT_TRUE(journal->flush().ok());
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(journal->last(), std::uint64_t{threads} * each);
  // Each writer's own records are in its order.
  std::map<char, int> next;
  ASSERT_TRUE(journal
                  ->read(journal->first(),
                         [&](std::uint64_t, std::string_view record) {
                           const int i = std::atoi(record.substr(2).data());
                           const auto [at, fresh] = next.try_emplace(record[0], i);
                           EXPECT_EQ(at->second++, i);
                           return true;
                         })
                  .ok());
  for (const auto& [writer, count] : next) EXPECT_EQ(count, each) << writer;
}

// The child appends without end; what it was told to be appended must be there after it was killed anywhere.
TEST(Journal, a_kill_loses_nothing_that_was_appended) {
  void* shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& appended = *new (shared) std::atomic<std::uint64_t>(0);
  const TemporaryFolder folder;
  const JournalOptions options{.folder = folder / "journal", .segment_bytes = small_segment};
  Rng rng(7);
  std::uint64_t last = 0;
  for (int round = 0; round < 25; ++round) {
    SCOPED_TRACE(round);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto journal = FileJournal::open(options);
      if (!journal) ::_exit(1);
      for (std::uint64_t n = (*journal)->last() + 1;; ++n) {
        if (!(*journal)->append(record_of(n))) ::_exit(2);
        appended.store(n, std::memory_order_release);
      }
    }
    const std::uint64_t enough = last + 1 + rng.below(1500);
    int status = 0;
    while (appended.load(std::memory_order_acquire) < enough && ::waitpid(child, &status, WNOHANG) == 0)
      std::this_thread::yield();
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << status;
    const auto journal = open_journal(options);
    ASSERT_TRUE(journal);
    last = journal->last();
    EXPECT_GE(last, appended.load());
    EXPECT_LE(last, appended.load() + 1);  // one may have been written and not yet reported
    EXPECT_EQ(check_all(*journal), last);
    if (HasFailure()) break;
  }
  ::munmap(shared, 4096);
}

void copy_files(const std::string& from, const std::string& to) {
  std::filesystem::remove_all(to);
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

void overwrite(const std::string& path, std::uint64_t offset, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good());
}

// What a loss of power leaves: every page that was not synced is on the disk or is not, in any combination.
TEST(Journal, a_loss_of_power_takes_only_what_was_not_durable) {
  const TemporaryFolder folder;
  const std::string first_file = "/journal-00000001.log";
  const JournalOptions options{
      .folder = folder / "journal", .segment_bytes = small_segment, .durable_within = never};
  const auto journal = open_journal(options);
  append_up_to(*journal, 600);
  ASSERT_TRUE(journal->flush().ok());
  ASSERT_EQ(journal->durable(), 600U);
  append_up_to(*journal, 1100);
  ASSERT_EQ(journal->durable(), 600U);
  ASSERT_LT(end_after(1100), small_segment);
  constexpr std::uint64_t page = 4096;
  const std::uint64_t begin = (end_after(600) / page + 1) * page;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    JournalOptions lost = options;
    lost.folder = folder / "lost";
    copy_files(options.folder, lost.folder);
    bool holes = false;
    for (std::uint64_t at = begin; at < end_after(1100); at += page)
      if (rng.below(2) == 0) overwrite(lost.folder + first_file, at, std::string(page, '\0')), holes = true;
    const auto after = open_journal(lost);
    ASSERT_TRUE(after);
    EXPECT_GE(after->last(), 600U);
    EXPECT_EQ(check_all(*after), after->last());
    if (holes) EXPECT_LT(after->last(), 1100U);
    const std::uint64_t kept = after->last();
    append_up_to(*after, kept + 50);  // goes on, and nothing of the old tail shines through
    EXPECT_EQ(check_all(*after), kept + 50);
  }
}

TEST(Journal, a_later_segment_that_survived_without_the_one_before_is_left_out) {
  const TemporaryFolder folder;
  const JournalOptions options{
      .folder = folder / "journal", .segment_bytes = small_segment, .durable_within = never};
  const auto journal = open_journal(options);
  append_up_to(*journal, 10);
  ASSERT_TRUE(journal->flush().ok());
  append_up_to(*journal, 3500);  // into the second segment, nothing of it durable
  JournalOptions lost = options;
  lost.folder = folder / "lost";
  copy_files(options.folder, lost.folder);
  overwrite(lost.folder + "/journal-00000001.log", end_after(900), std::string(8192, '\0'));
  const auto after = open_journal(lost);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->last(), 900U);
  EXPECT_GT(after->torn_bytes(), 0U);
  append_up_to(*after, 5000);
  EXPECT_EQ(check_all(*after), 5000U);
}

TEST(Journal, a_torn_tail_is_cut_at_every_byte) {
  const TemporaryFolder folder;
  const JournalOptions options{
      .folder = folder / "journal", .segment_bytes = small_segment, .durable_within = never};
  const auto journal = open_journal(options);
  append_up_to(*journal, 12);
  const std::uint64_t begin = end_after(11), end = end_after(12);
  for (std::uint64_t cut = begin; cut < end; ++cut) {
    JournalOptions torn = options;
    torn.folder = folder / "torn";
    copy_files(options.folder, torn.folder);
    overwrite(torn.folder + "/journal-00000001.log", cut, std::string(end - cut, '\0'));
    const auto after = open_journal(torn);
    ASSERT_TRUE(after);
    // Its last bytes may be padding, or zeros of its own.
    EXPECT_TRUE(after->last() == 11 || (after->last() == 12 && cut > begin + record_of(12).size()));
    EXPECT_EQ(check_all(*after), after->last());
  }
}

TEST(Journal, damage_is_told_with_its_place_and_never_skipped) {
  const TemporaryFolder folder;
  const JournalOptions options{.folder = folder / "journal", .segment_bytes = small_segment};
  {
    const auto journal = open_journal(options);
    append_up_to(*journal, 3500);
    ASSERT_TRUE(journal->flush().ok());
  }
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    JournalOptions bad = options;
    bad.folder = folder / "bad";
    copy_files(options.folder, bad.folder);
    const bool newest = rng.below(2) == 0;
    const std::string file = bad.folder + (newest ? "/journal-00000002.log" : "/journal-00000001.log");
    std::string content = TemporaryFolder::read(file);
    // Some byte of a frame, not the padding between them (which means nothing).
    const std::uint64_t number = newest ? 3500 : 1 + rng.below(1500);
    std::uint64_t offset = newest ? JournalSegment::head_bytes : end_after(number - 1);
    offset += rng.below(8 + (newest ? 1 : static_cast<std::uint32_t>(record_of(number).size())));
    content[offset] = static_cast<char>(content[offset] ^ (1 << rng.below(8)));
    overwrite(file, offset, content.substr(offset, 1));
    const auto journal = FileJournal::open(bad);
    Status found;
    if (!journal)
      found = journal.error();
    else
      found = (*journal)->read(
          1, [&](std::uint64_t n, std::string_view record) { return record == record_of(n); });
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().code(), Code::data_loss);
    EXPECT_NE(found.error().message().find(file), std::string::npos) << found.error().message();
    EXPECT_NE(found.error().message().find("byte"), std::string::npos) << found.error().message();
  }
}

TEST(Journal, a_missing_or_foreign_segment_is_told) {
  const TemporaryFolder folder;
  const JournalOptions options{.folder = folder / "journal", .segment_bytes = small_segment};
  {
    const auto journal = open_journal(options);
    append_up_to(*journal, 8000);
  }
  const auto try_without = [&](const std::string& name) {
    JournalOptions bad = options;
    bad.folder = folder / "bad";
    copy_files(options.folder, bad.folder);
    EXPECT_TRUE(std::filesystem::remove(bad.folder + "/" + name));
    const auto opened = FileJournal::open(bad);
    return opened ? Code::internal : opened.error().code();
  };
  EXPECT_EQ(try_without("journal-00000002.log"), Code::data_loss);
  JournalOptions bad = options;
  bad.folder = folder / "swapped";
  copy_files(options.folder, bad.folder);
  std::filesystem::rename(bad.folder + "/journal-00000001.log", bad.folder + "/x");
  std::filesystem::rename(bad.folder + "/journal-00000002.log", bad.folder + "/journal-00000001.log");
  std::filesystem::rename(bad.folder + "/x", bad.folder + "/journal-00000002.log");
  const auto swapped = FileJournal::open(bad);
  ASSERT_FALSE(swapped.ok());
  EXPECT_EQ(swapped.error().code(), Code::data_loss);
}

TEST(Journal, old_segments_are_dropped_and_numbers_go_on) {
  const TemporaryFolder folder;
  const JournalOptions options{.folder = folder / "journal", .segment_bytes = small_segment};
  {
    const auto journal = open_journal(options);
    append_up_to(*journal, 8000);
    ASSERT_TRUE(journal->flush().ok());
    const auto dropped = journal->drop_before(6000);
    ASSERT_TRUE(dropped.ok());
    EXPECT_GT(*dropped, 0U);
    EXPECT_GT(journal->first(), 1U);
    EXPECT_LE(journal->first(), 6000U);
    EXPECT_EQ(*journal->drop_before(6000), 0U);
    EXPECT_EQ(check_all(*journal, journal->first()), 8000U);
  }
  const auto journal = open_journal(options);
  EXPECT_GT(journal->first(), 1U);
  append_up_to(*journal, 8100);
  EXPECT_EQ(check_all(*journal, journal->first()), 8100U);
}

TEST(Journal, another_process_reads_while_this_one_writes) {
  const TemporaryFolder folder;
  const JournalOptions options{.folder = folder / "journal", .segment_bytes = small_segment};
  const auto writer = open_journal(options);
  append_up_to(*writer, 100);
  const auto reader = open_journal({.folder = options.folder, .read_only = true});
  EXPECT_EQ(check_all(*reader), 100U);
  append_up_to(*writer, 4000);
  EXPECT_EQ(check_all(*reader), 4000U);
  EXPECT_EQ(reader->append("x").error().code(), Code::failed_precondition);
}

// A file size limit stands for the full disk: allocating the next segment fails in the same place.
class SizeLimit {
 public:
  SizeLimit() { ::getrlimit(RLIMIT_FSIZE, &before_), handler_ = std::signal(SIGXFSZ, SIG_IGN); }
  ~SizeLimit() { lift(), std::signal(SIGXFSZ, handler_); }
  void set(rlim_t bytes) const {
    const rlimit limit{bytes, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  void lift() const { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST(Journal, a_full_disk_refuses_before_writing_and_appends_go_on_when_there_is_room) {
  const TemporaryFolder folder;
  const JournalOptions options{.folder = folder / "journal",
                               .segment_bytes = small_segment,
                               .retry_every = std::chrono::milliseconds(1)};
  const SizeLimit limit;
  std::uint64_t last = 0;
  {
    auto journal = open_journal(options);
    while (journal->room() < small_segment) std::this_thread::yield();  // the spare is there
    limit.set(small_segment / 2);
    for (;;) {
      const auto number = journal->append(record_of(last + 1));
      if (!number) {
        EXPECT_EQ(number.error().code(), Code::resource_exhausted) << number.error().message();
        break;
      }
      last = *number;
    }
    EXPECT_GT(last, 3000U);
    EXPECT_LT(journal->room(), 8192U);
    EXPECT_EQ(journal->last(), last);
    EXPECT_EQ(check_all(*journal), last);
    EXPECT_TRUE(journal->flush().ok());
  }
  {
    auto journal = open_journal(options);  // still full: it opens, reads, and refuses
    EXPECT_EQ(check_all(*journal), last);
    EXPECT_EQ(journal->append(std::string(9000, 'x')).error().code(), Code::resource_exhausted);
    limit.lift();
    Result<std::uint64_t> number = Error(Code::internal, "");
    while (!(number = journal->append(record_of(last + 1)))) {
      ASSERT_EQ(number.error().code(), Code::resource_exhausted);
      std::this_thread::yield();
    }
    append_up_to(*journal, last += 3000);
    EXPECT_EQ(check_all(*journal), last);
  }
}

TEST(Journal, appends_become_durable_by_themselves_and_idleness_syncs_nothing) {
  const TemporaryFolder folder;
  const auto journal = open_journal({.folder = folder / "journal", .segment_bytes = small_segment});
  for (std::uint64_t n = 1; n <= 20; ++n) {
    ASSERT_TRUE(journal->append("x").ok());
    while (journal->durable() < n) std::this_thread::yield();
  }
  const std::uint64_t syncs = journal->syncs();
  EXPECT_EQ(syncs, 20U);
  EXPECT_TRUE(journal->flush().ok());  // nothing to do
  EXPECT_EQ(journal->syncs(), syncs);
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(journal->append("x").ok());
  EXPECT_TRUE(journal->flush().ok());
  EXPECT_LT(journal->syncs(), syncs + 1000);  // many records, one sync
}

}  // namespace
}  // namespace loadline
