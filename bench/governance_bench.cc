// What governing a call costs: journal appends, ledger rows per sync under load, queries over ten million
// rows, and each synchronous step of a call.
//
//   loadline_governance_bench FOLDER [--rows N]      FOLDER on the disk to be measured; it is emptied
//   afterwards
//
// There is no peer in here: what the others cost is measured over HTTP (bench/RESULTS.md).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/rng.h"
#include "governance/audit.h"
#include "governance/budgets.h"
#include "governance/keys.h"
#include "governance/ledger.h"
#include "governance/limits.h"
#include "storage/journal.h"
#include "storage/posix_file_system.h"

namespace {

using namespace loadline;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

template <class T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  std::exit(1);
}
void must(const Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.error().to_string().c_str());
  std::exit(1);
}

template <class Step>
void time_each(const char* name, int count, const Step& step) {
  const auto begun = Clock::now();
  for (int i = 0; i < count; ++i) step(i);
  std::printf("%-58s %8.0f ns\n", name, since(begun) / count * 1e9);
}

void appends(const std::string& folder) {
  for (const std::size_t size : {40U, 100U, 400U}) {
    const auto journal = must(FileJournal::open({.folder = folder + "/append" + std::to_string(size)}));
    const std::string record(size, 'x');
    const std::string name = "journal append, " + std::to_string(size) + " bytes";
    time_each(name.c_str(), 500'000, [&](int) { must(journal->append(record)); });
  }
}

// An open loop: so many records a second, each timed until it is durable.
void durability(const std::string& folder, int per_second) {
  const auto journal = must(FileJournal::open({.folder = folder + "/sync" + std::to_string(per_second)}));
  const std::string record(100, 'x');
  const int count = std::clamp(per_second * 3, 300, 600'000);
  const auto begun = Clock::now();
  std::vector<double> waited;
  std::vector<Clock::time_point> appended;
  std::uint64_t durable = 0;
  const auto note = [&] {
    const std::uint64_t now_durable = journal->durable();
    const auto now = Clock::now();
    for (; durable < now_durable; ++durable)
      waited.push_back(std::chrono::duration<double, std::milli>(now - appended[durable]).count());
  };
  for (int i = 0; i < count; ++i) {
    const auto due = begun + std::chrono::nanoseconds(1'000'000'000LL * i / per_second);
    while (Clock::now() < due) {
      note();
      std::this_thread::sleep_for(
          std::min<Clock::duration>(std::chrono::microseconds(100), due - Clock::now()));
    }
    must(journal->append(record));
    appended.push_back(Clock::now());
  }
  must(journal->flush());
  note();
  std::sort(waited.begin(), waited.end());
  std::printf("%8d rows/s: %8.1f rows per sync, durable after %.1f / %.1f / %.1f ms (p50 / p99 / max)\n",
              per_second, static_cast<double>(count) / static_cast<double>(journal->syncs()),
              waited[waited.size() / 2], waited[waited.size() * 99 / 100], waited.back());
}

RowStart row_start(const std::string& id, const std::string& key, const std::string& team,
                   const std::string& route, const std::string& model) {
  RowStart row;
  row.request_id = id, row.key = key, row.team = team, row.route = route, row.model = model;
  row.reserved = 1'000'000, row.prompt_cost = 100'000, row.output_price = 600'000'000,
  row.prompt_tokens = 400;
  return row;
}

RowEnd row_end() {
  RowEnd end;
  end.source = UsageSource::provider,
  end.tokens = {.input = 400, .output = 120, .cached = 0, .reasoning = {}};
  end.cost = 132'000, end.upstream = "north", end.status = 200, end.duration_ms = 900;
  return end;
}

void queries(const std::string& folder, int rows) {
  ManualClock clock;
  PosixFileSystem files;
  LedgerOptions options;
  options.checkpoint_file = folder + "/sums";
  std::vector<std::string> keys, teams, routes, models;
  for (int i = 0; i < 200; ++i) keys.push_back("application-" + std::to_string(i));
  for (int i = 0; i < 20; ++i) teams.push_back("team-" + std::to_string(i));
  for (int i = 0; i < 5; ++i)
    routes.push_back("route-" + std::to_string(i)), models.push_back("model-" + std::to_string(i));
  {
    const auto journal = must(FileJournal::open({.folder = folder + "/ledger"}));
    const auto ledger = must(Ledger::open(*journal, files, clock, options));
    Rng rng(1);
    const auto begun = Clock::now();
    const auto month = std::chrono::hours(24 * 30);
    for (int i = 0; i < rows; ++i) {
      clock.advance(std::chrono::duration_cast<Duration>(month) / rows);
      const std::uint32_t key = rng.below(200);
      const RowId row =
          must(ledger->start(row_start("0f8fad5b-d9cb-469f-a165-70867728950e", keys[key], teams[key % 20],
                                       routes[rng.below(5)], models[rng.below(5)])));
      must(ledger->settle(row, row_end()));
      if (ledger->checkpoint_due()) must(ledger->checkpoint());
    }
    std::printf(
        "%d ledger rows (30 days, 200 keys, 5 routes, 5 models): %.0f ns a row with checkpoints, %.0f bytes "
        "a row\n",
        rows, since(begun) / rows * 1e9,
        static_cast<double>(journal->last()) > 0
            ? static_cast<double>([&] {
                std::uintmax_t bytes = 0;
                for (const auto& f : std::filesystem::directory_iterator(folder + "/ledger"))
                  bytes += f.file_size();
                return bytes;
              }()) /
                  rows
            : 0.0);
  }
  const auto opened = Clock::now();
  const auto journal = must(FileJournal::open({.folder = folder + "/ledger"}));
  const auto ledger = must(Ledger::open(*journal, files, clock, options));
  std::printf("opening the ledger after them: %.0f ms\n", since(opened) * 1e3);
  const auto ask = [&](const char* name, const UsageQuery& query) {
    std::vector<double> times;
    std::size_t found = 0;
    for (int i = 0; i < 20; ++i) {
      const auto begun = Clock::now();
      found = ledger->usage(query).size();
      times.push_back(since(begun) * 1e3);
    }
    std::sort(times.begin(), times.end());
    std::printf("query %-46s %6zu lines, %.1f / %.1f ms (p50 / max)\n", name, found, times[10], times.back());
  };
  UsageQuery query;
  ask("all", query);
  query.by_key = true;
  ask("by key", query);
  query.by_day = query.by_model = query.by_route = true;
  ask("by day, key, route, model", query);
  query = {};
  query.key = keys[7], query.by_day = true, query.by_model = true;
  ask("of one key, by day and model", query);
}

void steps(const std::string& folder) {
  SystemClock clock;
  PosixFileSystem files;
  const auto keys = must(KeyStore::open(files, clock, {.file = folder + "/keys.json"}));
  std::string secret;
  for (int i = 0; i < 200; ++i) {
    KeyStore::Creation creation;
    creation.name = "key" + std::to_string(i);
    secret = must(keys->create(creation)).secret;
  }
  time_each("key lookup, 200 keys", 300'000, [&](int) { must(keys->find(secret)); });
  Budgets budgets(clock);
  const BudgetOwner budget_owners[] = {{OwnerKind::key, "k", {nanos_per_dollar, {}}},
                                       {OwnerKind::team, "t", {{}, nanos_per_dollar}},
                                       {OwnerKind::route, "r", {}}};
  time_each("budget: reserve and settle, three owners", 300'000, [&](int) {
    auto held = budgets.reserve(budget_owners, {.least = 1000, .most = 1000});
    held.reservation.settle(0);
  });
  RequestLimits limits(clock);
  RateLimits rates;
  rates.requests_per_minute = 1'000'000'000, rates.tokens_per_minute = 1'000'000'000'000,
  rates.concurrent = 10;
  const LimitOwner limit_owners[] = {
      {OwnerKind::key, "k", rates}, {OwnerKind::team, "t", rates}, {OwnerKind::route, "r", {}}};
  time_each("limits: admit and finish, two owners", 300'000, [&](int) {
    auto admission = limits.admit(limit_owners, 500);
    admission.permit.used_tokens(300);
  });
  const auto ledger_journal = must(FileJournal::open({.folder = folder + "/steps_ledger"}));
  LedgerOptions options;
  options.checkpoint_file = folder + "/steps_sums";
  const auto ledger = must(Ledger::open(*ledger_journal, files, clock, options));
  time_each("ledger: start and settle", 300'000, [&](int) {
    const RowId row =
        must(ledger->start(row_start("0f8fad5b-d9cb-469f-a165-70867728950e", "k", "t", "r", "m")));
    must(ledger->settle(row, row_end()));
  });
  const auto audit_journal = must(FileJournal::open({.folder = folder + "/steps_audit"}));
  const auto audit =
      must(AuditLog::open(*audit_journal, files, clock, {.anchor_file = folder + "/steps_anchor"}));
  AuditSend send;
  send.request_id = "0f8fad5b-d9cb-469f-a165-70867728950e", send.key = "k", send.data_class = "internal",
  send.model = "m";
  send.upstream = "north", send.region = "eu", send.operator_name = "Halden Cloud", send.purpose = "answer";
  time_each("audit: record of one send", 300'000, [&](int) { must(audit->record(send)); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: loadline_governance_bench FOLDER [--rows N]\n"), 2;
  const int rows = argc == 4 && std::strcmp(argv[2], "--rows") == 0 ? std::atoi(argv[3]) : 10'000'000;
  const std::string folder = std::string(argv[1]) + "/governance_bench";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  appends(folder);
  steps(folder);
  for (const int rate : {50, 200, 1000, 5000, 20'000, 100'000}) durability(folder, rate);
  queries(folder, rows);
  std::filesystem::remove_all(folder);
  return 0;
}
