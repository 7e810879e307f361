#include "governance/keys.h"

#include <sodium.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstring>
#include <span>
#include <unordered_map>

#include "base/hash.h"

namespace loadline {
namespace {

namespace json = boost::json;

constexpr std::string_view secret_start = "ll-";
constexpr std::size_t secret_random_bytes = 32;
constexpr std::size_t secret_bytes_max = 512;  // longer ones are none of ours
constexpr std::size_t hint_letters = 4;
constexpr int file_version = 1;

KeyDigest digest_of(std::string_view secret) {
  KeyDigest digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
  return digest;
}

std::string make_secret() {
  std::array<unsigned char, secret_random_bytes> random{};
  randombytes_buf(random.data(), random.size());
  std::array<char, sodium_base64_ENCODED_LEN(secret_random_bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING)>
      text{};
  sodium_bin2base64(text.data(), text.size(), random.data(), random.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  std::string secret = std::string(secret_start) + text.data();
  sodium_memzero(random.data(), random.size());
  sodium_memzero(text.data(), text.size());
  return secret;
}

std::string hex(const KeyDigest& digest) {
  std::array<char, sizeof(KeyDigest) * 2 + 1> text{};
  sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
  return text.data();
}

// Reading the file. Any form that this program does not write throws, and is data_loss.
KeyDigest digest_from(const json::value& value) {
  const json::string& text = value.as_string();
  KeyDigest digest{};
  std::size_t length = 0;
  if (sodium_hex2bin(digest.data(), digest.size(), text.data(), text.size(), nullptr, &length, nullptr) !=
          0 ||
      length != digest.size())
    throw std::invalid_argument("digest");
  return digest;
}

template <class T>
std::optional<T> number_from(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr) return std::nullopt;
  return value->to_number<T>();
}

std::string text_from(const json::object& object, std::string_view name) {
  const json::string& text = object.at(name).as_string();
  return {text.data(), text.size()};
}

NameSet names_from(const json::value& value) {
  NameSet set;
  if (value.is_string()) {
    set.every = true;
    return set;
  }
  for (const json::value& name : value.as_array()) set.names.emplace_back(name.as_string());
  return set;
}

json::value to_json(const NameSet& set) {
  if (set.every) return "*";
  json::array names;
  for (const std::string& name : set.names) names.emplace_back(name);
  return names;
}

template <class T>
void put(json::object& object, std::string_view name, const std::optional<T>& value) {
  if (value) object[name] = *value;
}

json::object to_json(const Scopes& scopes) {
  json::object out{{"routes", to_json(scopes.routes)},
                   {"models", to_json(scopes.models)},
                   {"collections", to_json(scopes.collections)},
                   {"clearance", scopes.clearance},
                   {"floor", scopes.floor},
                   {"admin", scopes.admin},
                   {"weight", scopes.weight},
                   {"priority", scopes.priority}};
  put(out, "requests_per_minute", scopes.limits.requests_per_minute);
  put(out, "tokens_per_minute", scopes.limits.tokens_per_minute);
  put(out, "concurrent", scopes.limits.concurrent);
  put(out, "budget_day_nanodollars", scopes.budget.day);
  put(out, "budget_month_nanodollars", scopes.budget.month);
  return out;
}

Scopes scopes_from(const json::object& in) {
  Scopes scopes;
  scopes.routes = names_from(in.at("routes"));
  scopes.models = names_from(in.at("models"));
  scopes.collections = names_from(in.at("collections"));
  scopes.clearance = text_from(in, "clearance");
  scopes.floor = text_from(in, "floor");
  scopes.admin = in.at("admin").as_bool();
  scopes.weight = in.at("weight").to_number<std::uint32_t>();
  scopes.priority = in.at("priority").to_number<std::uint32_t>();
  scopes.limits = {number_from<std::uint32_t>(in, "requests_per_minute"),
                   number_from<std::uint64_t>(in, "tokens_per_minute"),
                   number_from<std::uint32_t>(in, "concurrent")};
  scopes.budget = {number_from<NanoDollars>(in, "budget_day_nanodollars"),
                   number_from<NanoDollars>(in, "budget_month_nanodollars")};
  return scopes;
}

json::object to_json(const KeyRecord& record) {
  json::object out{{"name", record.name},
                   {"team", record.team},
                   {"hint", record.hint},
                   {"sha256", hex(record.digest)},
                   {"created_ms", record.created_ms},
                   {"scopes", to_json(record.scopes)}};
  put(out, "expires_ms", record.expires_ms);
  put(out, "revoked_ms", record.revoked_ms);
  put(out, "old_until_ms", record.old_until_ms);
  if (record.old_digest) out["old_sha256"] = hex(*record.old_digest);
  return out;
}

KeyRecord record_from(const json::object& in) {
  KeyRecord record;
  record.name = text_from(in, "name");
  record.team = text_from(in, "team");
  record.hint = text_from(in, "hint");
  record.digest = digest_from(in.at("sha256"));
  record.created_ms = in.at("created_ms").to_number<std::int64_t>();
  record.scopes = scopes_from(in.at("scopes").as_object());
  record.expires_ms = number_from<std::int64_t>(in, "expires_ms");
  record.revoked_ms = number_from<std::int64_t>(in, "revoked_ms");
  record.old_until_ms = number_from<std::int64_t>(in, "old_until_ms");
  if (const json::value* old = in.if_contains("old_sha256")) record.old_digest = digest_from(*old);
  return record;
}

std::string to_text(const std::vector<KeyRecord>& records) {
  json::array keys;
  for (const KeyRecord& record : records) keys.push_back(to_json(record));
  return json::serialize(json::object{{"version", file_version}, {"keys", std::move(keys)}});
}

Result<std::vector<KeyRecord>> records_from(std::string_view text, const std::string& file) {
  std::vector<KeyRecord> records;
  try {
    const json::value whole = json::parse(json::string_view(text.data(), text.size()));
    if (whole.as_object().at("version").to_number<int>() != file_version)
      throw std::invalid_argument("version");
    for (const json::value& key : whole.as_object().at("keys").as_array())
      records.push_back(record_from(key.as_object()));
  } catch (const std::exception&) {
    // What stands in the file is not repeated: it may hold digests.
    return Error(Code::data_loss, "the key file " + file + " is damaged; restore it from a backup");
  }
  return records;
}

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= KeyRecord::name_bytes_max &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view(".-_@").find(c) != std::string_view::npos;
         });
}

auto place_of(std::vector<KeyRecord>& records, std::string_view name) {
  return std::find_if(records.begin(), records.end(), [&](const KeyRecord& r) { return r.name == name; });
}

Error no_key(std::string_view name) {
  return Error(Code::not_found,
               "there is no key '" + std::string(name) + "'; `loadline keys list` shows all");
}

void set_secret(KeyRecord& record, const std::string& secret) {
  record.digest = digest_of(secret);
  record.hint = secret.substr(secret.size() - hint_letters);
}

}  // namespace

struct KeyStore::Table {
  // The first bytes of a digest are as good as any hash of it.
  struct Hash {
    std::size_t operator()(const KeyDigest& digest) const {
      std::size_t value;
      std::memcpy(&value, digest.data(), sizeof value);
      return value;
    }
  };
  struct Equal {
    bool operator()(const KeyDigest& a, const KeyDigest& b) const {
      return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
    }
  };
  struct Entry {
    std::shared_ptr<const Identity> identity;
    std::int64_t until_ms = INT64_MAX;
  };
  std::unordered_map<KeyDigest, Entry, Hash, Equal> entries;
  std::vector<KeyRecord> records;
  std::uint64_t fingerprint = 0;

  Table(std::vector<KeyRecord> all, std::uint64_t mark, const DataClasses& classes)
      : records(std::move(all)), fingerprint(mark) {
    for (const KeyRecord& record : records) {
      if (record.revoked_ms) continue;
      const auto identity =
          std::make_shared<const Identity>(make_identity(record.name, record.team, record.scopes, classes));
      const std::int64_t until = record.expires_ms.value_or(INT64_MAX);
      entries[record.digest] = {identity, until};
      if (record.old_digest)
        entries.try_emplace(*record.old_digest,
                            Entry{identity, std::min(until, record.old_until_ms.value_or(0))});
    }
  }
};

KeyStore::KeyStore(FileSystem& files, const Clock& clock, KeyStoreOptions options)
    : files_(files),
      clock_(clock),
      file_(std::move(options.file)),
      poll_every_(options.poll_every),
      classes_(std::move(options.classes)) {}

Result<std::unique_ptr<KeyStore>> KeyStore::open(FileSystem& files, const Clock& clock,
                                                 KeyStoreOptions options) {
  if (sodium_init() < 0) return Error(Code::internal, "the cryptographic library cannot start");
  std::unique_ptr<KeyStore> store(new KeyStore(files, clock, std::move(options)));
  store->publish({}, 0);
  LOADLINE_TRY(store->refresh());
  if (store->poll_every_ > std::chrono::milliseconds::zero())
    store->watcher_ = std::thread([s = store.get()] { s->watch(); });
  return store;
}

KeyStore::~KeyStore() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

void KeyStore::watch() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, poll_every_, [&] { return stopping_; })) {
    lock.unlock();
    static_cast<void>(refresh().ok());  // kept for `health`
    lock.lock();
  }
}

std::shared_ptr<const KeyStore::Table> KeyStore::table() const {
  std::lock_guard lock(mutex_);
  return table_;
}

bool KeyStore::empty() const { return table()->records.empty(); }

std::vector<KeyRecord> KeyStore::list() const { return table()->records; }

Status KeyStore::health() const {
  std::lock_guard lock(mutex_);
  return health_;
}

Result<std::shared_ptr<const Identity>> KeyStore::find(std::string_view secret) const {
  const auto refused = [] {
    return Error(Code::unauthenticated, "the key is not valid: unknown, expired or revoked");
  };
  if (secret.size() > secret_bytes_max) return refused();
  const KeyDigest digest = digest_of(secret);
  const auto now = table();
  const auto at = now->entries.find(digest);
  if (at == now->entries.end() || clock_.unix_millis() >= at->second.until_ms) return refused();
  return at->second.identity;
}

void KeyStore::publish(std::vector<KeyRecord> records, std::uint64_t fingerprint) {
  DataClasses classes;
  {
    std::lock_guard lock(mutex_);
    classes = classes_;
  }
  auto table = std::make_shared<const Table>(std::move(records), fingerprint, classes);
  std::lock_guard lock(mutex_);
  table_.swap(table);
}

void KeyStore::use_classes(DataClasses classes) {
  std::lock_guard reading(reading_);
  {
    std::lock_guard lock(mutex_);
    classes_ = std::move(classes);
  }
  const auto now = table();
  publish(now->records, now->fingerprint);
}

Status KeyStore::read_file() {
  auto file = files_.open(file_);
  if (!file && file.error().code() == Code::not_found) {
    // Before the first key that is right. Later it is not a revocation of all: somebody moved the file.
    if (table()->fingerprint == 0) return {};
    return Error(Code::data_loss, "the key file " + file_ + " is gone; restore it from a backup");
  }
  if (!file) return std::move(file).error();
  const auto bytes = (*file)->bytes();
  if (bytes.size() > KeyStoreOptions::file_bytes_max)
    return Error(Code::data_loss, "the key file " + file_ + " is larger than any that is written");
  const std::uint64_t mark = std::uint64_t{crc32c(bytes.data(), bytes.size())} << 32 | (bytes.size() + 1);
  if (mark == table()->fingerprint) return {};
  LOADLINE_ASSIGN(std::vector<KeyRecord> records,
                  records_from({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file_));
  publish(std::move(records), mark);
  return {};
}

Status KeyStore::refresh() {
  std::lock_guard reading(reading_);
  Status read = read_file();
  std::lock_guard lock(mutex_);
  health_ = read;
  return read;
}

// Against other processes by the file's lock, on what they left.
template <class Change>
Status KeyStore::change_file(const Change& change) {
  std::lock_guard reading(reading_);
  LOADLINE_ASSIGN(const std::unique_ptr<FileLock> held, files_.lock(file_ + ".lock"));
  LOADLINE_TRY(read_file());
  std::vector<KeyRecord> records = table()->records;
  LOADLINE_TRY(change(records));
  const std::string text = to_text(records);
  LOADLINE_TRY(files_.write_durable(file_, std::as_bytes(std::span(text))));
  publish(std::move(records), std::uint64_t{crc32c(text.data(), text.size())} << 32 | (text.size() + 1));
  return {};
}

Status KeyStore::check_scopes(const Scopes& scopes) const {
  std::lock_guard lock(mutex_);
  for (const std::string& name : {scopes.clearance, scopes.floor})
    if (!name.empty() && !classes_.level_of(name))
      return Error(Code::invalid_argument, "there is no data class '" + name + "' in the manifest");
  if (scopes.weight == 0 || scopes.weight > Scopes::weight_max || scopes.priority > Scopes::priority_max)
    return Error(Code::invalid_argument, "a weight is 1 to " + std::to_string(Scopes::weight_max) +
                                             ", a priority 0 to " + std::to_string(Scopes::priority_max));
  for (const auto& budget : {scopes.budget.day, scopes.budget.month})
    if (budget && (*budget < 0 || *budget > amount_max))
      return Error(Code::invalid_argument, "a budget is 0 to 1000000 dollars");
  return {};
}

Result<NewKey> KeyStore::create(const Creation& creation) {
  if (!good_name(creation.name))
    return Error(Code::invalid_argument,
                 "a key's name has letters, digits, '.', '-', '_' and '@', at most 128");
  LOADLINE_TRY(check_scopes(creation.scopes));
  NewKey made{creation.name, make_secret()};
  LOADLINE_TRY(change_file([&](std::vector<KeyRecord>& records) -> Status {
    if (place_of(records, creation.name) != records.end())
      return Error(Code::already_exists,
                   "there is a key '" + creation.name + "' already; rotate it, or take another name");
    if (records.size() >= KeyStoreOptions::keys_max)
      return Error(Code::resource_exhausted,
                   "there are " + std::to_string(KeyStoreOptions::keys_max) + " keys already");
    KeyRecord record;
    record.name = creation.name, record.team = creation.team, record.scopes = creation.scopes;
    record.created_ms = clock_.unix_millis(), record.expires_ms = creation.expires_ms;
    set_secret(record, made.secret);
    const auto after = [&](const KeyRecord& other) { return other.name > record.name; };
    records.insert(std::find_if(records.begin(), records.end(), after), record);
    return {};
  }));
  return made;
}

Result<NewKey> KeyStore::rotate(std::string_view name, std::chrono::seconds grace) {
  NewKey made{std::string(name), make_secret()};
  LOADLINE_TRY(change_file([&](std::vector<KeyRecord>& records) -> Status {
    const auto at = place_of(records, name);
    if (at == records.end()) return no_key(name);
    const std::int64_t now = clock_.unix_millis();
    if (at->revoked_ms || (at->expires_ms && *at->expires_ms <= now))
      return Error(Code::failed_precondition,
                   "the key '" + std::string(name) + "' is revoked or expired; create another");
    at->old_digest.reset(), at->old_until_ms.reset();
    if (grace > std::chrono::seconds::zero()) {
      at->old_digest = at->digest;
      at->old_until_ms = now + std::chrono::milliseconds(grace).count();
    }
    set_secret(*at, made.secret);
    return {};
  }));
  return made;
}

Status KeyStore::revoke(std::string_view name) {
  return change_file([&](std::vector<KeyRecord>& records) -> Status {
    const auto at = place_of(records, name);
    if (at == records.end()) return no_key(name);
    if (!at->revoked_ms) at->revoked_ms = clock_.unix_millis();
    return {};
  });
}

Result<KeyRecord> KeyStore::change(std::string_view name, const std::function<Status(KeyTerms&)>& edit) {
  KeyRecord changed;
  const auto change_one = [&](std::vector<KeyRecord>& records) -> Status {
    const auto at = place_of(records, name);
    if (at == records.end()) return no_key(name);
    if (at->revoked_ms)
      return Error(Code::failed_precondition,
                   "the key '" + std::string(name) + "' is revoked; create another");
    KeyTerms terms{at->scopes, at->expires_ms};
    LOADLINE_TRY(edit(terms));
    LOADLINE_TRY(check_scopes(terms.scopes));
    at->scopes = std::move(terms.scopes), at->expires_ms = terms.expires_ms;
    changed = *at;
    return {};
  };
  LOADLINE_TRY(change_file(change_one));
  return changed;
}

}  // namespace loadline
