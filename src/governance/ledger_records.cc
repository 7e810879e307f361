#include "governance/ledger_records.h"

#include <array>
#include <cstring>

#include "base/hash.h"

namespace loadline {
namespace {

enum class Kind : std::uint8_t { name = 1, start, watermark, end, loser };

constexpr std::uint8_t every_region_flag = 0x80;  // beside the level: the set of regions is not written
constexpr std::uint8_t input_flag = 1, output_flag = 2, cached_flag = 4, reasoning_flag = 8,
                       first_token_flag = 16;
constexpr std::string_view checkpoint_magic = "LLSUMS01";

std::uint64_t unsigned_of(std::int64_t amount) { return amount < 0 ? 0 : static_cast<std::uint64_t>(amount); }

void write_label(const DataLabel& label, RecordWriter& out) {
  const bool every = label.regions == every_region;
  out.byte(static_cast<std::uint8_t>((label.level & 0x7F) | (every ? every_region_flag : 0)));
  if (!every) out.number(label.regions);
}

DataLabel read_label(RecordReader& in) {
  const std::uint8_t level = in.byte();
  return {static_cast<std::uint8_t>(level & 0x7F),
          (level & every_region_flag) != 0 ? every_region : in.number()};
}

std::uint8_t flags_of(const TokenCounts& tokens) {
  return static_cast<std::uint8_t>((tokens.input ? input_flag : 0) | (tokens.output ? output_flag : 0) |
                                   (tokens.cached ? cached_flag : 0) |
                                   (tokens.reasoning ? reasoning_flag : 0));
}

void write_tokens(const TokenCounts& tokens, RecordWriter& out) {
  for (const auto& count : {tokens.input, tokens.output, tokens.cached, tokens.reasoning})
    if (count) out.number(*count);
}

TokenCounts read_tokens(std::uint8_t flags, RecordReader& in) {
  TokenCounts tokens;
  if ((flags & input_flag) != 0) tokens.input = in.number();
  if ((flags & output_flag) != 0) tokens.output = in.number();
  if ((flags & cached_flag) != 0) tokens.cached = in.number();
  if ((flags & reasoning_flag) != 0) tokens.reasoning = in.number();
  return tokens;
}

// Both in one byte.
std::uint8_t source_and_outcome(UsageSource source, RowOutcome outcome) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(source) << 4 | static_cast<unsigned>(outcome));
}
UsageSource source_in(std::uint8_t both) { return static_cast<UsageSource>(both >> 4); }
RowOutcome outcome_in(std::uint8_t both) { return static_cast<RowOutcome>(both & 15); }
bool known(UsageSource source) { return source >= UsageSource::provider && source <= UsageSource::unknown; }
bool known(RowOutcome outcome) { return outcome >= RowOutcome::completed && outcome <= RowOutcome::crashed; }

void write(const NameRecord& r, RecordWriter& out) {
  out.byte(static_cast<std::uint8_t>(Kind::name)).number(r.id).text(r.name);
}

void write(const StartRecord& r, RecordWriter& out) {
  out.byte(static_cast<std::uint8_t>(Kind::start)).number(unsigned_of(r.time_ms)).text(r.request_id);
  out.number(r.key).number(r.team).number(r.route).number(r.model);
  write_label(r.label, out);
  out.number(unsigned_of(r.reserved)).number(unsigned_of(r.prompt_cost)).number(unsigned_of(r.output_price));
  out.number(r.prompt_tokens);
}

void write(const WatermarkRecord& r, RecordWriter& out) {
  out.byte(static_cast<std::uint8_t>(Kind::watermark)).number(r.row).number(r.delivered);
}

void write(const EndRecord& r, RecordWriter& out) {
  out.byte(static_cast<std::uint8_t>(Kind::end)).number(r.row).number(unsigned_of(r.time_ms));
  out.byte(source_and_outcome(r.source, r.outcome));
  out.byte(static_cast<std::uint8_t>(flags_of(r.tokens) | (r.first_token_ms ? first_token_flag : 0)));
  write_tokens(r.tokens, out);
  out.number(unsigned_of(r.cost)).number(unsigned_of(r.uncertain)).number(r.model).number(r.upstream);
  out.number(r.attempts).number(r.status).number(r.duration_ms);
  if (r.first_token_ms) out.number(*r.first_token_ms);
}

void write(const LoserRecord& r, RecordWriter& out) {
  out.byte(static_cast<std::uint8_t>(Kind::loser)).number(r.row).number(unsigned_of(r.time_ms));
  out.number(r.account).number(r.route).number(r.model).number(r.upstream);
  out.byte(static_cast<std::uint8_t>(r.source)).byte(flags_of(r.tokens));
  write_tokens(r.tokens, out);
  out.number(unsigned_of(r.cost)).number(unsigned_of(r.uncertain));
}

StartRecord read_start(RecordReader& in) {
  StartRecord r;
  r.time_ms = in.amount();
  r.request_id = in.text();
  r.key = in.number32(), r.team = in.number32(), r.route = in.number32(), r.model = in.number32();
  r.label = read_label(in);
  r.reserved = in.amount(), r.prompt_cost = in.amount(), r.output_price = in.amount();
  r.prompt_tokens = in.number();
  return r;
}

EndRecord read_end(RecordReader& in) {
  EndRecord r;
  r.row = in.number();
  r.time_ms = in.amount();
  const std::uint8_t both = in.byte(), flags = in.byte();
  r.source = source_in(both), r.outcome = outcome_in(both);
  r.tokens = read_tokens(flags, in);
  r.cost = in.amount(), r.uncertain = in.amount();
  r.model = in.number32(), r.upstream = in.number32();
  r.attempts = in.number32(), r.status = in.number32(), r.duration_ms = in.number32();
  if ((flags & first_token_flag) != 0) r.first_token_ms = in.number32();
  return r;
}

LoserRecord read_loser(RecordReader& in) {
  LoserRecord r;
  r.row = in.number();
  r.time_ms = in.amount();
  r.account = in.number32(), r.route = in.number32(), r.model = in.number32(), r.upstream = in.number32();
  r.source = static_cast<UsageSource>(in.byte());
  r.tokens = read_tokens(in.byte(), in);
  r.cost = in.amount(), r.uncertain = in.amount();
  return r;
}

void count(UsageSums& sums, UsageSource source, const TokenCounts& tokens, NanoDollars cost,
           NanoDollars uncertain) {
  ++sums.rows;
  ++(source == UsageSource::provider    ? sums.provider_rows
     : source == UsageSource::estimated ? sums.estimated_rows
                                        : sums.unknown_rows);
  sums.input += tokens.input.value_or(0);
  sums.output += tokens.output.value_or(0);
  sums.cached += tokens.cached.value_or(0);
  sums.reasoning += tokens.reasoning.value_or(0);
  sums.cost += cost;
  sums.uncertain += uncertain;
}

void write_sums(const UsageSums& s, RecordWriter& out) {
  out.number(s.rows)
      .number(s.provider_rows)
      .number(s.estimated_rows)
      .number(s.unknown_rows)
      .number(s.failed_rows);
  out.number(s.input).number(s.output).number(s.cached).number(s.reasoning);
  out.number(unsigned_of(s.cost)).number(unsigned_of(s.uncertain));
}

UsageSums read_sums(RecordReader& in) {
  UsageSums s;
  for (std::uint64_t* part : {&s.rows, &s.provider_rows, &s.estimated_rows, &s.unknown_rows, &s.failed_rows,
                              &s.input, &s.output, &s.cached, &s.reasoning})
    *part = in.number();
  s.cost = in.amount(), s.uncertain = in.amount();
  return s;
}

void write_open(RowId id, const OpenRow& row, RecordWriter& out) {
  out.number(id).number(unsigned_of(row.started_ms));
  out.number(row.key).number(row.team).number(row.route).number(row.model);
  out.number(unsigned_of(row.reserved))
      .number(unsigned_of(row.prompt_cost))
      .number(unsigned_of(row.output_price));
  out.number(row.prompt_tokens).number(row.delivered);
}

OpenRow read_open(RecordReader& in) {
  OpenRow row;
  row.started_ms = in.amount();
  row.key = in.number32(), row.team = in.number32(), row.route = in.number32(), row.model = in.number32();
  row.reserved = in.amount(), row.prompt_cost = in.amount(), row.output_price = in.amount();
  row.prompt_tokens = in.number(), row.delivered = in.number();
  return row;
}

}  // namespace

void encode(const LedgerRecord& record, RecordWriter& out) {
  std::visit([&](const auto& r) { write(r, out); }, record);
}

std::optional<LedgerRecord> decode_ledger_record(std::string_view bytes) {
  RecordReader in(bytes);
  std::optional<LedgerRecord> record;
  switch (static_cast<Kind>(in.byte())) {
    case Kind::name: {
      const NameId id = in.number32();
      record = NameRecord{id, in.text()};
      break;
    }
    case Kind::start:
      record = read_start(in);
      break;
    case Kind::watermark: {
      const RowId row = in.number();
      record = WatermarkRecord{row, in.number()};
      break;
    }
    case Kind::end: {
      const EndRecord end = read_end(in);
      if (!known(end.source) || !known(end.outcome)) return std::nullopt;
      record = end;
      break;
    }
    case Kind::loser: {
      const LoserRecord loser = read_loser(in);
      if (!known(loser.source)) return std::nullopt;
      record = loser;
      break;
    }
  }
  return in.whole() ? record : std::nullopt;
}

LedgerState::LedgerState() { names_.push_back(std::make_shared<const std::string>()); }

OpenRow* LedgerState::find_open(RowId row) {
  const auto at = open_.find(row);
  return at == open_.end() ? nullptr : &at->second;
}

std::optional<NameId> LedgerState::id_of(std::string_view name) const {
  if (name.empty()) return 0;
  const auto at = ids_.find(name);
  if (at == ids_.end()) return std::nullopt;
  return at->second;
}

bool LedgerState::add_name(const NameRecord& record) {
  if (record.id != names_.size() || names_.size() > LedgerOptions::names_max) return false;
  names_.push_back(std::make_shared<const std::string>(record.name));
  ids_.emplace(*names_.back(), record.id);
  return true;
}

UsageSums& LedgerState::cell(std::int32_t day, const CellKey& key) {
  Day& at = days_[day];
  if (at.shared) at = {std::make_shared<DaySums>(*at.sums), false};
  return (*at.sums)[key];
}

bool LedgerState::apply_start(std::uint64_t number, const StartRecord& start) {
  if (!known(start.key) || !known(start.team) || !known(start.route) || !known(start.model)) return false;
  OpenRow row;
  row.started_ms = start.time_ms;
  row.key = start.key, row.team = start.team, row.route = start.route, row.model = start.model;
  row.reserved = start.reserved, row.prompt_cost = start.prompt_cost, row.output_price = start.output_price;
  row.prompt_tokens = start.prompt_tokens;
  open_.emplace(number, row);
  return true;
}

// A row that is not open was settled before: nothing is counted twice.
bool LedgerState::apply_end(const EndRecord& end) {
  if (!known(end.model) || !known(end.upstream)) return false;
  const auto at = open_.find(end.row);
  if (at == open_.end()) return true;
  const OpenRow& row = at->second;
  UsageSums& sums =
      cell(utc_day(row.started_ms), {row.key, row.team, row.route, end.model != 0 ? end.model : row.model});
  count(sums, end.source, end.tokens, end.cost, end.uncertain);
  if (end.outcome != RowOutcome::completed && end.outcome != RowOutcome::budget_reached) ++sums.failed_rows;
  open_.erase(at);
  return true;
}

bool LedgerState::apply_loser(const LoserRecord& loser) {
  if (!known(loser.account) || !known(loser.route) || !known(loser.model)) return false;
  count(cell(utc_day(loser.time_ms), {loser.account, 0, loser.route, loser.model}), loser.source,
        loser.tokens, loser.cost, loser.uncertain);
  return true;
}

bool LedgerState::apply(std::uint64_t number, std::string_view bytes) {
  const auto record = decode_ledger_record(bytes);
  if (!record) return false;
  applied_ = number;
  if (const auto* name = std::get_if<NameRecord>(&*record)) return add_name(*name);
  if (const auto* start = std::get_if<StartRecord>(&*record)) return apply_start(number, *start);
  if (const auto* end = std::get_if<EndRecord>(&*record)) return apply_end(*end);
  if (const auto* loser = std::get_if<LoserRecord>(&*record)) return apply_loser(*loser);
  const auto& watermark = std::get<WatermarkRecord>(*record);
  if (OpenRow* row = find_open(watermark.row)) row->delivered = std::max(row->delivered, watermark.delivered);
  return true;
}

DaysPtr LedgerState::share_days() {
  DaysPtr days;
  for (auto& [day, sums] : days_) {
    sums.shared = true;
    days.emplace(day, sums.sums);
  }
  return days;
}

std::string LedgerState::encode_checkpoint(std::uint64_t applied,
                                           const std::vector<std::shared_ptr<const std::string>>& names,
                                           const std::unordered_map<RowId, OpenRow>& open,
                                           const DaysPtr& days) {
  RecordWriter out;
  out.bytes(checkpoint_magic).number(applied).number(names.size() - 1);
  for (std::size_t i = 1; i < names.size(); ++i) out.text(*names[i]);
  out.number(open.size());
  for (const auto& [id, row] : open) write_open(id, row, out);
  out.number(days.size());
  for (const auto& [day, sums] : days) {
    out.number(unsigned_of(day)).number(sums->size());
    for (const auto& [cell, cell_sums] : *sums) {
      out.number(cell.key).number(cell.team).number(cell.route).number(cell.model);
      write_sums(cell_sums, out);
    }
  }
  const std::uint32_t crc = crc32c(out.out().data(), out.out().size());
  std::array<char, sizeof crc> end{};
  std::memcpy(end.data(), &crc, sizeof crc);
  out.bytes({end.data(), end.size()});
  return out.out();
}

std::optional<LedgerState> LedgerState::decode_checkpoint(std::string_view bytes) {
  std::uint32_t crc = 0;
  if (bytes.size() < checkpoint_magic.size() + sizeof crc || !bytes.starts_with(checkpoint_magic))
    return std::nullopt;
  std::memcpy(&crc, bytes.data() + bytes.size() - sizeof crc, sizeof crc);
  bytes.remove_suffix(sizeof crc);
  if (crc != crc32c(bytes.data(), bytes.size())) return std::nullopt;
  RecordReader in(bytes.substr(checkpoint_magic.size()));
  LedgerState state;
  state.applied_ = in.number();
  for (std::uint64_t left = in.number(); left > 0 && in.good(); --left)
    if (!state.add_name({static_cast<NameId>(state.names_.size()), in.text()})) return std::nullopt;
  for (std::uint64_t left = in.number(); left > 0 && in.good(); --left) {
    const RowId id = in.number();
    state.open_.emplace(id, read_open(in));
  }
  for (std::uint64_t left = in.number(); left > 0 && in.good(); --left) {
    const auto day = static_cast<std::int32_t>(in.number32());
    DaySums& sums = *state.days_[day].sums;
    for (std::uint64_t cells = in.number(); cells > 0 && in.good(); --cells) {
      const CellKey key{in.number32(), in.number32(), in.number32(), in.number32()};
      if (!state.known(key.key) || !state.known(key.team) || !state.known(key.route) ||
          !state.known(key.model))
        return std::nullopt;
      sums[key] = read_sums(in);
    }
  }
  if (!in.whole()) return std::nullopt;
  return state;
}

}  // namespace loadline
