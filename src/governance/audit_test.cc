#include "governance/audit.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/rng.h"
#include "governance/audit_records.h"
#include "model/memory_file_system.h"

namespace loadline {
namespace {

// Records that a tamperer may do anything to, with every checksum of the journal in order afterwards.
class OpenJournal final : public Journal {
 public:
  Result<std::uint64_t> append(std::string_view record) override {
    if (full) return Error(Code::resource_exhausted, "full");
    records.emplace_back(record);
    return last();
  }
  std::uint64_t first() const override { return first_number; }
  std::uint64_t last() const override { return first_number + records.size() - 1; }
  std::uint64_t room() const override { return 1 << 20; }
  std::uint64_t durable() const override { return last(); }
  Status flush() override { return {}; }
  Status read(std::uint64_t from,
              const std::function<bool(std::uint64_t, std::string_view)>& visit) const override {
    for (std::uint64_t n = std::max(from, first_number); n <= last(); ++n)
      if (!visit(n, records[n - first_number])) break;
    return {};
  }
  std::vector<std::string> records;
  std::uint64_t first_number = 1;
  bool full = false;
};

const AuditOptions options{.anchor_file = "audit/anchor"};

AuditSend send_to(const std::string& region, const std::string& data_class = "restricted") {
  AuditSend send;
  send.request_id = "req", send.key = "app", send.data_class = data_class, send.regions = {"eu"};
  send.model = "m", send.upstream = "u", send.region = region, send.operator_name = "Halden Cloud",
  send.purpose = "answer";
  return send;
}

AuditDecision decision() {
  AuditDecision d;
  d.request_id = "req", d.key = "app", d.team = "blue", d.route = "chat", d.data_class = "restricted";
  d.regions = {"eu", "ch"}, d.class_reason = "detector";
  d.removed = {{"big", "class restricted is above its max_class"}, {"far", "region us"}};
  d.model = "m", d.upstream = "u", d.region = "eu", d.operator_name = "Halden Cloud";
  d.guards = {{"privacy in", "mask", 3}, {"injection", "late", 0, "signatures", "not done within 5 ms"}};
  d.outcome = "completed", d.cache = "miss";
  return d;
}

struct World {
  OpenJournal journal;
  MemoryFileSystem files;
  ManualClock clock;

  World() { EXPECT_TRUE(files.create_folder("audit").ok()); }
  std::unique_ptr<AuditLog> open() {
    auto log = AuditLog::open(journal, files, clock, options);
    EXPECT_TRUE(log.ok()) << (log ? "" : log.error().to_string());
    return log ? *std::move(log) : nullptr;
  }
  AuditReport verify(std::span<const AuditAnchor> kept = {}) const {
    return *verify_audit(journal, const_cast<MemoryFileSystem&>(files), options, kept);
  }
  void fill(int count) {
    const auto log = open();
    for (int i = 0; i < count; ++i) {
      clock.advance(std::chrono::seconds(1));
      ASSERT_TRUE(log->record(send_to(i % 3 == 0 ? "eu" : "ch")).ok());
    }
    ASSERT_TRUE(log->anchor().ok());
  }
};

TEST(Audit, events_come_back_as_recorded) {
  World world;
  const auto log = world.open();
  const std::vector<AuditEvent> events = {send_to("eu"), decision(),
                                          AuditVault{"req", "app", "blue", "restore", 4},
                                          AuditAdmin{"root", "key.revoke", "app", "ok"}, AuditDecision{}};
  for (const AuditEvent& event : events) ASSERT_TRUE(log->record(event).ok());
  std::size_t at = 0;
  ASSERT_TRUE(read_audit(world.journal, 0, INT64_MAX, [&](const AuditRecord& record) {
                EXPECT_EQ(record.number, at + 1);
                EXPECT_EQ(record.event, events[at++]);
                return true;
              }).ok());
  EXPECT_EQ(at, events.size());
  EXPECT_TRUE(world.verify().intact());
}

TEST(Audit, long_texts_and_lists_are_cut_and_say_so) {
  World world;
  const auto log = world.open();
  AuditDecision big = decision();
  big.route = std::string(1000, 'r') + "\xC3\xA4";
  big.key.clear();
  for (int i = 0; i < 400; ++i) big.key += "\xC3\xA4";
  big.regions.assign(100, std::string(500, 'x'));
  big.removed.assign(100, {std::string(500, 'm'), std::string(500, 'w')});
  big.guards.assign(100, {std::string(500, 'g'), std::string(500, 'v'), 1});
  ASSERT_TRUE(log->record(big).ok());
  EXPECT_LE(world.journal.records[0].size(), Journal::record_bytes_max);
  ASSERT_TRUE(read_audit(world.journal, 0, INT64_MAX, [&](const AuditRecord& record) {
                const auto& got = std::get<AuditDecision>(record.event);
                EXPECT_EQ(got.removed.size(), AuditOptions::list_max + 1);
                EXPECT_EQ(got.removed.back().model, "... 68 more");
                EXPECT_EQ(got.regions.back(), "... 68 more");
                EXPECT_TRUE(got.route.ends_with("..."));
                EXPECT_LE(got.route.size(), AuditOptions::text_bytes_max);
                EXPECT_TRUE(got.key.ends_with("\xA4..."));  // not inside a letter
                return true;
              }).ok());
}

TEST(Audit, every_edit_removal_addition_and_reordering_is_found) {
  World world;
  world.fill(40);
  ASSERT_TRUE(world.verify().intact());
  const std::vector<std::string> good = world.journal.records;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    auto& records = world.journal.records;
    records = good;
    const std::size_t i = rng.below(40), j = rng.below(40);
    switch (rng.below(6)) {
      case 0:  // any bit
        records[i][rng.below(static_cast<std::uint32_t>(records[i].size()))] ^=
            static_cast<char>(1 << rng.below(8));
        break;
      case 1:
        records.erase(records.begin() + static_cast<std::ptrdiff_t>(i));
        break;
      case 2:
        records.insert(records.begin() + static_cast<std::ptrdiff_t>(i), records[j]);
        break;
      case 3:
        if (i == j) continue;
        std::swap(records[i], records[j]);
        break;
      case 4:  // a cut tail
        records.resize(i);
        break;
      case 5: {  // an edit with every later hash computed anew: the anchor knows
        AuditHasher hasher;
        AuditHash hash{};
        for (std::size_t n = 0; n < records.size(); ++n) {
          auto stored = *split_audit(records[n]);
          std::string body(stored.body);
          if (n == i) body = encode_audit_body(1, send_to("nowhere"));
          hash = hasher.next(hash, n + 1, body);
          records[n] = std::string(reinterpret_cast<const char*>(hash.data()), hash.size()) + body;
        }
        break;
      }
    }
    const AuditReport report = world.verify();
    EXPECT_FALSE(report.intact());
    EXPECT_FALSE(AuditLog::open(world.journal, world.files, world.clock, options).ok() &&
                 records.size() < 40);
  }
  world.journal.records = good;
  EXPECT_TRUE(world.verify().intact());
}

TEST(Audit, what_the_anchor_file_cannot_show_a_kept_line_does) {
  World world;
  world.fill(10);
  AuditAnchor kept;
  {
    const auto log = world.open();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(log->record(send_to("eu")).ok());
    kept = *log->anchor();
    EXPECT_EQ(kept.number, 15U);
    EXPECT_EQ(*AuditAnchor::parse(kept.line()), kept);
    ASSERT_TRUE(log->record(send_to("eu")).ok());
  }
  world.journal.records.pop_back();  // after the last anchor: nobody can know
  EXPECT_TRUE(world.verify().intact());
  EXPECT_EQ(world.verify().anchored, 15U);
  // Somebody cuts the tail and writes a fitting anchor.
  world.journal.records.resize(12);
  ASSERT_TRUE(world.files.remove(options.anchor_file).ok());
  AuditAnchor forged;
  forged.number = 12, forged.hash = split_audit(world.journal.records[11])->hash;
  const std::string line = forged.line();
  ASSERT_TRUE(world.files.write_durable(options.anchor_file, std::as_bytes(std::span(line))).ok());
  EXPECT_TRUE(world.verify().intact());
  const AuditReport report = world.verify(std::span(&kept, 1));
  ASSERT_FALSE(report.intact());
  EXPECT_NE(report.problems.front().find("its end was cut off"), std::string::npos);
  for (const char* bad :
       {"", "loadline-audit", "loadline-audit x 00", "loadline-audit 1 00", "loadline-audit  "})
    EXPECT_FALSE(AuditAnchor::parse(bad).ok());
}

TEST(Audit, a_missing_anchor_is_told_and_a_cut_log_does_not_open) {
  World world;
  world.fill(5);
  ASSERT_TRUE(world.files.remove(options.anchor_file).ok());
  EXPECT_FALSE(world.verify().intact());
  EXPECT_EQ(AuditLog::open(world.journal, world.files, world.clock, options).error().code(), Code::data_loss);
}

TEST(Audit, proves_where_a_class_went) {
  World world;
  {
    const auto log = world.open();
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(log->record(send_to("eu")).ok());
    ASSERT_TRUE(log->record(send_to("us", "public")).ok());
    ASSERT_TRUE(log->record(decision()).ok());
    world.clock.advance(std::chrono::hours(1));
    ASSERT_TRUE(log->record(send_to("us")).ok());
    ASSERT_TRUE(log->anchor().ok());
  }
  const std::int64_t start = world.clock.unix_millis() - 3'600'000;
  const auto ask = [&](std::int64_t from, std::int64_t to) {
    return *prove_audit(world.journal, world.files, options,
                        {.classes = {"restricted"}, .not_region = "us", .from_ms = from, .to_ms = to});
  };
  const AuditProof before = ask(start, start + 3'600'000);
  EXPECT_TRUE(before.holds);
  EXPECT_EQ(before.sends, 6U);
  EXPECT_EQ(before.sends_all_classes, 7U);
  EXPECT_EQ(before.by_region, (std::vector<std::pair<std::string, std::uint64_t>>{{"eu", 6}}));
  EXPECT_EQ(before.first, 1U);
  EXPECT_EQ(before.last, 8U);
  const AuditProof all = ask(0, INT64_MAX);
  EXPECT_FALSE(all.holds);
  EXPECT_EQ(all.violations, 1U);
  ASSERT_EQ(all.evidence.size(), 1U);
  EXPECT_EQ(all.evidence[0].number, 9U);
  EXPECT_EQ(all.evidence[0].send, send_to("us"));
  world.journal.records.erase(world.journal.records.begin() + 8);  // the evidence removed
  const AuditProof removed = ask(0, INT64_MAX);
  EXPECT_EQ(removed.violations, 0U);
  EXPECT_FALSE(removed.holds);
}

TEST(Audit, older_records_may_be_dropped_where_their_end_is_known) {
  World world;
  world.fill(10);
  AuditAnchor before;
  before.number = 4, before.hash = split_audit(world.journal.records[3])->hash;
  world.journal.records.erase(world.journal.records.begin(), world.journal.records.begin() + 4);
  world.journal.first_number = 5;
  EXPECT_FALSE(world.verify().intact());
  EXPECT_TRUE(world.verify(std::span(&before, 1)).intact());
  EXPECT_EQ(world.verify().first, 5U);
}

TEST(Audit, a_full_disk_refuses_and_the_chain_goes_on) {
  World world;
  const auto log = world.open();
  ASSERT_TRUE(log->record(send_to("eu")).ok());
  world.journal.full = true;
  EXPECT_EQ(log->record(send_to("eu")).error().code(), Code::resource_exhausted);
  world.journal.full = false;
  ASSERT_TRUE(log->record(send_to("eu")).ok());
  ASSERT_TRUE(log->anchor().ok());
  EXPECT_TRUE(world.verify().intact());
}

TEST(Audit, threads_record_one_chain) {
  World world;
  const auto log = world.open();
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t)
    writers.emplace_back([&] {
      for (int i = 0; i < 500; ++i) EXPECT_TRUE(log->record(send_to("eu")).ok());
    });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(log->anchor().ok());
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(log->anchor().ok());
  const AuditReport report = world.verify();
  EXPECT_TRUE(report.intact());
  EXPECT_EQ(report.records, 2000U);
  EXPECT_EQ(report.anchored, 2000U);
}

}  // namespace
}  // namespace loadline
