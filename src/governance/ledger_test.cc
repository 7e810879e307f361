#include "governance/ledger.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <map>
#include <thread>

#include "base/rng.h"
#include "governance/ledger_records.h"
#include "model/memory_file_system.h"
#include "storage/journal.h"
#include "storage/posix_file_system.h"
#include "storage/temporary_folder_test.h"

namespace loadline {
namespace {

// A journal in memory that can fill up and fail: the port to the letter.
class MemoryJournal final : public Journal {
 public:
  Result<std::uint64_t> append(std::string_view record) override {
    std::lock_guard lock(mutex);
    if (record.size() + record_overhead_bytes > room_left) return Error(Code::resource_exhausted, "full");
    if (appends_left == 0) return Error(Code::unavailable, "the disk fails");
    --appends_left;
    room_left -= record.size() + record_overhead_bytes;
    records.emplace_back(record);
    return first_number + records.size() - 1;
  }
  std::uint64_t first() const override { return first_number; }
  std::uint64_t last() const override {
    std::lock_guard lock(mutex);
    return first_number + records.size() - 1;
  }
  std::uint64_t room() const override {
    std::lock_guard lock(mutex);
    return room_left;
  }
  std::uint64_t durable() const override { return last(); }
  Status flush() override { return {}; }
  Status read(std::uint64_t from,
              const std::function<bool(std::uint64_t, std::string_view)>& visit) const override {
    for (std::uint64_t n = std::max(from, first_number); n <= last(); ++n) {
      std::string record;
      {
        std::lock_guard lock(mutex);
        record = records[n - first_number];
      }
      if (!visit(n, record)) break;
    }
    return {};
  }

  mutable std::mutex mutex;
  std::vector<std::string> records;
  std::uint64_t first_number = 1;
  std::uint64_t room_left = 1 << 30;
  std::uint64_t appends_left = UINT64_MAX;
};

constexpr const char* sums_file = "ledger/sums";

std::unique_ptr<Ledger> open_ledger(Journal& journal, FileSystem& files, const Clock& clock,
                                    bool read_only = false, const std::string& sums = sums_file) {
  if (sums == sums_file) EXPECT_TRUE(files.create_folder("ledger").ok());
  LedgerOptions options;
  options.checkpoint_file = sums, options.read_only = read_only;
  auto ledger = Ledger::open(journal, files, clock, options);
  EXPECT_TRUE(ledger.ok()) << (ledger ? "" : ledger.error().to_string());
  return ledger ? *std::move(ledger) : nullptr;
}

RowStart row_of(std::string_view id, std::string_view key = "app", std::string_view model = "small") {
  RowStart row;
  row.request_id = id, row.key = key, row.team = "blue", row.route = "chat", row.model = model;
  row.label = {2, 5};
  row.reserved = 1000, row.prompt_cost = 100, row.output_price = 10'000'000;  // 10 nano-dollars each
  row.prompt_tokens = 40;
  return row;
}

RowEnd end_of(NanoDollars cost, TokenCounts tokens = {.input = 10, .output = 5}) {
  RowEnd end;
  end.source = UsageSource::provider, end.tokens = tokens, end.cost = cost, end.upstream = "up",
  end.status = 200;
  return end;
}

UsageSums total(const Ledger& ledger) {
  const auto rows = ledger.usage({});
  return rows.empty() ? UsageSums{} : rows.front().sums;
}

TEST(Ledger, a_row_is_begun_settled_once_and_found_again) {
  MemoryJournal journal;
  MemoryFileSystem files;
  ManualClock clock;
  const auto ledger = open_ledger(journal, files, clock);
  const auto row = ledger->start(row_of("req-1"));
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(ledger->open_rows(), 1U);
  auto found = ledger->find("req-1");
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->settled);
  clock.advance(std::chrono::milliseconds(300));
  ledger->watermark(*row, 3);
  RowEnd end = end_of(55, {.input = 10, .output = 0, .cached = 0, .reasoning = {}});
  end.model = "large", end.attempts = 2, end.duration_ms = 300, end.first_token_ms = 0, end.uncertain = 7;
  ASSERT_TRUE(ledger->settle(*row, end).ok());
  EXPECT_EQ(ledger->settle(*row, end).error().code(), Code::failed_precondition);
  EXPECT_EQ(ledger->settle(999, end).error().code(), Code::failed_precondition);
  found = ledger->find("req-1");
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->settled);
  EXPECT_EQ(found->key, "app");
  EXPECT_EQ(found->model, "large");
  EXPECT_EQ(found->upstream, "up");
  EXPECT_EQ(found->label, (DataLabel{2, 5}));
  EXPECT_EQ(found->tokens, end.tokens);  // an explicit zero is not missing
  EXPECT_EQ(found->first_token_ms, 0U);
  EXPECT_EQ(found->delivered, 3U);
  EXPECT_EQ(found->cost, 55);
  EXPECT_EQ(found->ended_ms - found->started_ms, 300);
  const UsageSums sums = total(*ledger);
  EXPECT_EQ(sums.rows, 1U);
  EXPECT_EQ(sums.cost, 55);
  EXPECT_EQ(sums.uncertain, 7);
  EXPECT_EQ(ledger->find("req-2").error().code(), Code::not_found);
}

TEST(Ledger, records_are_small) {
  MemoryJournal journal;
  MemoryFileSystem files;
  ManualClock clock;
  const auto ledger = open_ledger(journal, files, clock);
  for (int i = 0; i < 200; ++i) {
    const auto row = ledger->start(row_of("0f8fad5b-d9cb-469f-a165-70867728950e"));
    ASSERT_TRUE(ledger
                    ->settle(*row, end_of(123'456'789,
                                          {.input = 12'000, .output = 700, .cached = 5000, .reasoning = 100}))
                    .ok());
  }
  for (const std::string& record : journal.records) EXPECT_LE(record.size(), 128U);
}

TEST(Ledger, a_crash_settles_open_rows_once_however_often_it_happens) {
  MemoryJournal journal;
  MemoryFileSystem files;
  ManualClock clock;
  {
    const auto ledger = open_ledger(journal, files, clock);
    for (int i = 0; i < 6; ++i) {
      const auto row = ledger->start(row_of("req-" + std::to_string(i)));
      clock.advance(std::chrono::seconds(1));
      if (i < 3) ledger->watermark(*row, 20);
      if (i == 0) ASSERT_TRUE(ledger->settle(*row, end_of(77)).ok());
      if (i == 1) ASSERT_TRUE(ledger->checkpoint().ok());
    }
  }
  // Each opening dies after one settlement more; the next one finishes what is left.
  for (int round = 0; round < 10; ++round) {
    journal.appends_left = 1;
    LedgerOptions options;
    options.checkpoint_file = sums_file;
    const auto opened = Ledger::open(journal, files, clock, options);
    if (opened.ok()) break;
    EXPECT_EQ(opened.error().code(), Code::unavailable);
  }
  journal.appends_left = UINT64_MAX;
  const std::size_t records = journal.records.size();
  const auto ledger = open_ledger(journal, files, clock);
  EXPECT_EQ(journal.records.size(), records);  // nothing left to do
  EXPECT_EQ(ledger->open_rows(), 0U);
  const UsageSums sums = total(*ledger);
  EXPECT_EQ(sums.rows, 6U);
  EXPECT_EQ(sums.provider_rows, 1U);
  EXPECT_EQ(sums.estimated_rows, 2U);
  EXPECT_EQ(sums.unknown_rows, 3U);
  // Estimated: prompt 100 and 20 tokens of 10. What may have been spent on top is up to the reservation.
  EXPECT_EQ(sums.cost, 77 + 2 * 300);
  EXPECT_EQ(sums.uncertain, 2 * 700 + 3 * 1000);
  const auto estimated = ledger->find("req-1"), unknown = ledger->find("req-4");
  EXPECT_EQ(estimated->source, UsageSource::estimated);
  EXPECT_EQ(estimated->outcome, RowOutcome::crashed);
  EXPECT_EQ(estimated->tokens.output, 20U);
  EXPECT_EQ(unknown->source, UsageSource::unknown);
  EXPECT_EQ(unknown->tokens, TokenCounts{});
  Budgets budgets(clock);
  restore_budgets(*ledger, clock, budgets);
  EXPECT_EQ(budgets.spent(OwnerKind::key, "app").day, sums.cost + sums.uncertain);
  EXPECT_EQ(budgets.spent(OwnerKind::team, "blue").month, sums.cost + sums.uncertain);
  EXPECT_EQ(budgets.spent(OwnerKind::route, "chat").month, sums.cost + sums.uncertain);
}

// Random calls, checkpoints and restarts, against sums kept by hand; every restart must show the same.
TEST(Ledger, sums_equal_a_count_by_hand_over_restarts_and_checkpoints) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    MemoryJournal journal;
    MemoryFileSystem files;
    ManualClock clock;
    auto ledger = open_ledger(journal, files, clock);
    std::map<std::tuple<std::int32_t, std::string, std::string>, UsageSums> expected;
    std::map<RowId, std::tuple<std::int32_t, std::string, std::string>> open;
    const auto by_hand = [&](const auto& cell, UsageSource source, NanoDollars cost, NanoDollars uncertain,
                             bool failed) {
      UsageSums one;
      one.rows = 1, one.cost = cost, one.uncertain = uncertain, one.failed_rows = failed ? 1 : 0;
      (source == UsageSource::provider ? one.provider_rows : one.unknown_rows) = 1;
      expected[cell] += one;
    };
    for (int step = 0; step < 400; ++step) {
      clock.advance(std::chrono::minutes(rng.below(40)));
      const std::uint32_t action = rng.below(20);
      if (action < 9) {
        const std::string key = "key" + std::to_string(rng.below(4)),
                          model = "model" + std::to_string(rng.below(3));
        const auto row = ledger->start(row_of("r" + std::to_string(step), key, model));
        open[*row] = {utc_day(clock.unix_millis()), key, model};
      } else if (action < 17 && !open.empty()) {
        auto at = open.begin();
        std::advance(at, rng.below(static_cast<std::uint32_t>(open.size())));
        const NanoDollars cost = rng.below(1000);
        ASSERT_TRUE(ledger->settle(at->first, end_of(cost, {})).ok());
        by_hand(at->second, UsageSource::provider, cost, 0, false);
        open.erase(at);
      } else if (action == 17) {
        ASSERT_TRUE(ledger->checkpoint().ok());
      } else if (action == 18) {
        ASSERT_TRUE(
            ledger
                ->add_loser(1,
                            {.route = "chat", .model = "model0", .source = UsageSource::unknown, .cost = 5})
                .ok());
        by_hand(std::make_tuple(utc_day(clock.unix_millis()), std::string(gateway_account),
                                std::string("model0")),
                UsageSource::unknown, 5, 0, false);
      } else {
        if (rng.below(2) == 0 && journal.first_number == 1)
          files.flip(sums_file, rng.below(50), std::byte{4});  // damaged: made again
        ledger.reset();
        ledger = open_ledger(journal, files, clock);
        for (const auto& [row, cell] : open) by_hand(cell, UsageSource::unknown, 0, 1000, true);
        open.clear();
      }
      ASSERT_EQ(ledger->open_rows(), open.size());
    }
    UsageQuery query;
    query.by_day = query.by_key = query.by_model = true;
    std::map<std::tuple<std::int32_t, std::string, std::string>, UsageSums> found;
    for (const UsageRow& row : ledger->usage(query)) found[{row.day, row.key, row.model}] = row.sums;
    EXPECT_EQ(found, expected);
    // Rows add up to the sums.
    UsageSums of_rows;
    ASSERT_TRUE(ledger
                    ->rows(0, INT64_MAX,
                           [&](const CallRow& row) {
                             if (row.settled) ++of_rows.rows, of_rows.cost += row.cost;
                             return true;
                           })
                    .ok());
    UsageSums own;
    query = {};
    query.by_key = true;
    for (const UsageRow& row : ledger->usage(query))
      if (row.key != gateway_account) own += row.sums;
    EXPECT_EQ(of_rows.rows, own.rows);
    EXPECT_EQ(of_rows.cost, own.cost);
    // Another process sees the same, and settles nothing.
    const std::size_t records = journal.records.size();
    EXPECT_EQ(total(*open_ledger(journal, files, clock, true)), total(*ledger));
    EXPECT_EQ(journal.records.size(), records);
  }
}

TEST(Ledger, filters_and_groups) {
  MemoryJournal journal;
  MemoryFileSystem files;
  ManualClock clock;
  const auto ledger = open_ledger(journal, files, clock);
  const std::int32_t today = utc_day(clock.unix_millis());
  for (int day = 0; day < 3; ++day) {
    for (const char* key : {"a", "b"})
      ASSERT_TRUE(ledger->settle(*ledger->start(row_of("r", key)), end_of(10)).ok());
    clock.advance(std::chrono::hours(24));
  }
  UsageQuery query;
  query.key = "a", query.by_day = true;
  EXPECT_EQ(ledger->usage(query).size(), 3U);
  query.first_day = today + 1, query.last_day = today + 1;
  ASSERT_EQ(ledger->usage(query).size(), 1U);
  EXPECT_EQ(ledger->usage(query).front().day, today + 1);
  EXPECT_EQ(ledger->usage(query).front().key, "");
  query.key = "nobody";
  EXPECT_TRUE(ledger->usage(query).empty());
  query = {};
  query.by_key = true;
  ASSERT_EQ(ledger->usage(query).size(), 2U);
  EXPECT_EQ(ledger->usage(query)[1].key, "b");
  EXPECT_EQ(ledger->usage(query)[1].sums.cost, 30);
}

TEST(Ledger, watermarks_are_rare_and_never_go_back) {
  MemoryJournal journal;
  MemoryFileSystem files;
  ManualClock clock;
  const auto ledger = open_ledger(journal, files, clock);
  const auto row = ledger->start(row_of("r"));
  const std::size_t before = journal.records.size();
  for (std::uint64_t token = 1; token <= 1000; ++token) {
    ledger->watermark(*row, token);
    clock.advance(std::chrono::milliseconds(1));
  }
  EXPECT_LE(journal.records.size() - before, 5U);
  EXPECT_GE(journal.records.size() - before, 3U);
  const std::size_t then = journal.records.size();
  clock.advance(std::chrono::seconds(1));
  ledger->watermark(*row, 2);
  ledger->watermark(12345, 2);
  EXPECT_EQ(journal.records.size(), then);
}

TEST(Ledger, a_full_disk_sheds_watermarks_then_refuses_calls_and_settles_all_that_were_begun) {
  MemoryJournal journal;
  MemoryFileSystem files;
  ManualClock clock;
  const auto ledger = open_ledger(journal, files, clock);
  journal.room_left = 200'000;
  std::vector<RowId> rows;
  bool shed = false;
  for (int i = 0;; ++i) {
    ASSERT_LT(i, 10'000);
    const auto row = ledger->start(row_of("request " + std::to_string(i), "key " + std::to_string(i)));
    if (!row) {
      EXPECT_EQ(row.error().code(), Code::resource_exhausted);
      break;
    }
    rows.push_back(*row);
    clock.advance(std::chrono::seconds(1));
    const std::size_t before = journal.records.size();
    ledger->watermark(*row, 1);
    shed = shed || journal.records.size() == before;
  }
  EXPECT_TRUE(shed);
  EXPECT_GT(rows.size(), 50U);
  for (const RowId row : rows) {
    RowEnd end = end_of(9);
    const std::string upstream = std::string(250, 'u') + std::to_string(row),
                      model = std::string(250, 'm') + std::to_string(row);
    end.upstream = upstream, end.model = model;
    ASSERT_TRUE(ledger->settle(row, end).ok());
  }
  EXPECT_EQ(total(*ledger).rows, rows.size());
  journal.room_left = 1 << 20;
  EXPECT_TRUE(ledger->start(row_of("again")).ok());
}

TEST(Ledger, names_too_long_are_refused_before_a_call_and_cut_after_it) {
  MemoryJournal journal;
  MemoryFileSystem files;
  ManualClock clock;
  const auto ledger = open_ledger(journal, files, clock);
  const std::string longest(300, 'x');
  EXPECT_EQ(ledger->start(row_of("r", longest)).error().code(), Code::invalid_argument);
  EXPECT_EQ(ledger->start(row_of(longest)).error().code(), Code::invalid_argument);
  const auto row = ledger->start(row_of("r"));
  RowEnd end = end_of(1);
  end.upstream = longest;
  ASSERT_TRUE(ledger->settle(*row, end).ok());
  EXPECT_EQ(ledger->find("r")->upstream.size(), LedgerOptions::name_bytes_max);
}

TEST(Ledger, foreign_records_and_lost_sums_are_told) {
  MemoryJournal journal;
  MemoryFileSystem files;
  ManualClock clock;
  ASSERT_TRUE(journal.append("no ledger record").ok());
  LedgerOptions options;
  options.checkpoint_file = sums_file;
  EXPECT_EQ(Ledger::open(journal, files, clock, options).error().code(), Code::data_loss);
  MemoryJournal dropped;
  dropped.first_number = 100;
  EXPECT_EQ(Ledger::open(dropped, files, clock, options).error().code(), Code::data_loss);
}

TEST(Ledger, records_decode_as_written_and_damage_is_noticed_or_harmless) {
  Rng rng(2);
  for (int i = 0; i < 300; ++i) {
    EndRecord end;
    end.row = rng.next(), end.time_ms = rng.next(), end.source = UsageSource::estimated,
    end.outcome = RowOutcome::blocked;
    if (rng.below(2) == 0) end.tokens.input = rng.next();
    if (rng.below(2) == 0) end.tokens.reasoning = 0;
    if (rng.below(2) == 0) end.first_token_ms = rng.next();
    end.cost = rng.next(), end.model = rng.next();
    RecordWriter out;
    encode(end, out);
    const auto back = decode_ledger_record(out.out());
    ASSERT_TRUE(back);
    const auto& same = std::get<EndRecord>(*back);
    EXPECT_EQ(same.tokens, end.tokens);
    EXPECT_EQ(same.first_token_ms, end.first_token_ms);
    EXPECT_EQ(same.cost, end.cost);
    for (std::size_t cut = 0; cut < out.out().size(); ++cut)
      EXPECT_FALSE(decode_ledger_record(out.out().substr(0, cut)));
    std::string changed = out.out();
    changed[rng.below(static_cast<std::uint32_t>(changed.size()))] ^= static_cast<char>(1 + rng.below(255));
    LedgerState state;
    static_cast<void>(state.apply(1, changed));
  }
}

TEST(Ledger, threads_settle_while_others_ask_and_checkpoint) {
  MemoryJournal journal;
  MemoryFileSystem files;
  ManualClock clock;
  const auto ledger = open_ledger(journal, files, clock);
  constexpr int threads = 4, each = 1500;
  std::atomic<int> running{threads};
  std::vector<std::thread> callers;
  for (int t = 0; t < threads; ++t)
    callers.emplace_back([&, t] {
      const std::string key = "key" + std::to_string(t);
      for (int i = 0; i < each; ++i) {
        const auto row = ledger->start(row_of("r", key));
        ledger->watermark(*row, 1);
        EXPECT_TRUE(ledger->settle(*row, end_of(3)).ok());
      }
      --running;
    });
  while (running > 0) {
    const UsageSums sums = total(*ledger);
    EXPECT_EQ(sums.cost, static_cast<NanoDollars>(3 * sums.rows));
    EXPECT_TRUE(ledger->checkpoint().ok());
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(total(*ledger).rows, std::uint64_t{threads} * each);
  EXPECT_EQ(total(*open_ledger(journal, files, clock)), total(*ledger));
}

// The real journal in a child that is killed anywhere: every call it told us of is in the ledger, none twice.
TEST(Ledger, a_kill_loses_no_row_and_bills_nothing_twice) {
  void* shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto* counts = new (shared) std::atomic<std::uint64_t>[3]();  // begun, settled, billed
  const TemporaryFolder folder;
  const JournalOptions options{.folder = folder / "journal",
                               .segment_bytes = JournalOptions::segment_bytes_min};
  const std::string sums = folder / "sums";
  SystemClock clock;
  PosixFileSystem files;
  Rng rng(9);
  for (int round = 0; round < 15; ++round) {
    SCOPED_TRACE(round);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto journal = FileJournal::open(options);
      if (!journal) ::_exit(1);
      LedgerOptions ledger_options;
      ledger_options.checkpoint_file = sums;
      auto ledger = Ledger::open(**journal, files, clock, ledger_options);
      if (!ledger) ::_exit(2);
      for (std::uint64_t i = 0;; ++i) {
        const auto row = (*ledger)->start(row_of("r"));
        if (!row) ::_exit(3);
        ++counts[0];
        if (i % 300 == 299 && !(*ledger)->checkpoint()) ::_exit(4);
        if (!(*ledger)->settle(*row, end_of(7))) ::_exit(5);
        ++counts[1], counts[2] += 7;
      }
    }
    const std::uint64_t enough = counts[0] + 1 + rng.below(1200);
    int status = 0;
    while (counts[0] < enough && ::waitpid(child, &status, WNOHANG) == 0) std::this_thread::yield();
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << status;
    auto journal = FileJournal::open(options);
    ASSERT_TRUE(journal.ok()) << journal.error().to_string();
    const auto ledger = open_ledger(**journal, files, clock, false, sums);
    ASSERT_TRUE(ledger);
    const UsageSums all = total(*ledger);
    // One call may have been begun or settled just before the child could say so; what was begun and not
    // settled is unknown, with its reservation.
    EXPECT_GE(all.rows, counts[0]);
    EXPECT_LE(all.rows, counts[0] + 1);
    EXPECT_GE(all.cost, static_cast<NanoDollars>(counts[2]));
    EXPECT_LE(all.cost, static_cast<NanoDollars>(counts[2]) + 7);
    EXPECT_EQ(all.cost, static_cast<NanoDollars>(7 * all.provider_rows));
    EXPECT_EQ(all.uncertain, static_cast<NanoDollars>(1000 * all.unknown_rows));
    counts[0] = all.rows, counts[1] = all.provider_rows, counts[2] = static_cast<std::uint64_t>(all.cost);
    if (HasFailure()) break;
  }
  ::munmap(shared, 4096);
}

}  // namespace
}  // namespace loadline
