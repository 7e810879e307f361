#include "privacy/vault_content.h"

#include <algorithm>

namespace loadline {

const VaultContent::Tenant* VaultContent::tenant(const VaultHash& tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? nullptr : &found->second;
}

VaultContent::Entry VaultContent::by_value(const VaultHash& tenant_id, const VaultHash& value) const {
  const Tenant* owner = tenant(tenant_id);
  if (owner == nullptr) return nullptr;
  const auto found = owner->by_value.find(value);
  return found == owner->by_value.end() ? nullptr : found->second;
}

VaultContent::Entry VaultContent::by_token(const VaultHash& tenant_id, const std::string& token) const {
  const Tenant* owner = tenant(tenant_id);
  if (owner == nullptr) return nullptr;
  const auto found = owner->by_token.find(token);
  return found == owner->by_token.end() ? nullptr : found->second;
}

std::size_t VaultContent::entries_of(const VaultHash& tenant_id) const {
  const Tenant* owner = tenant(tenant_id);
  return owner == nullptr ? 0 : owner->by_token.size();
}

void VaultContent::insert(Entry entry) {
  for (const Entry& old : {by_token(entry->tenant, entry->token), by_value(entry->tenant, entry->value)}) {
    if (old == nullptr) continue;
    if (old->seen_unix_millis > entry->seen_unix_millis) return;
    remove(old);
  }
  Tenant& owner = tenants_[entry->tenant];
  ++entries_;
  bytes_ += entry->sealed.size();
  owner.by_value.emplace(entry->value, entry);
  owner.by_token.emplace(entry->token, entry);
  endings_.emplace_back(entry->expires_unix_millis, entry);
  std::push_heap(endings_.begin(), endings_.end(), ends_later);
}

bool VaultContent::remove(const Entry& entry) {
  const auto owner = tenants_.find(entry->tenant);
  if (owner == tenants_.end()) return false;
  const auto found = owner->second.by_token.find(entry->token);
  if (found == owner->second.by_token.end() || found->second != entry) return false;
  owner->second.by_token.erase(found);
  owner->second.by_value.erase(entry->value);
  --entries_;
  bytes_ -= entry->sealed.size();
  if (owner->second.by_token.empty()) tenants_.erase(owner);
  return true;
}

std::size_t VaultContent::remove_tenant(const VaultHash& tenant_id) {
  const auto owner = tenants_.find(tenant_id);
  if (owner == tenants_.end()) return 0;
  const std::size_t gone = owner->second.by_token.size();
  for (const auto& [token, entry] : owner->second.by_token) bytes_ -= entry->sealed.size();
  entries_ -= gone;
  tenants_.erase(owner);
  return gone;
}

VaultContent::Entry VaultContent::take_expired(std::int64_t now_unix_millis) {
  while (!endings_.empty() && endings_.front().first <= now_unix_millis) {
    const Entry entry = endings_.front().second.lock();
    std::pop_heap(endings_.begin(), endings_.end(), ends_later);
    endings_.pop_back();
    if (entry != nullptr && remove(entry)) return entry;  // else it was erased, or lives on
  }
  return nullptr;
}

std::vector<VaultContent::Entry> VaultContent::all() const {
  std::vector<Entry> entries;
  entries.reserve(entries_);
  for (const auto& [id, tenant] : tenants_)
    for (const auto& [token, entry] : tenant.by_token) entries.push_back(entry);
  return entries;
}

std::vector<VaultHash> VaultContent::tenants() const {
  std::vector<VaultHash> ids;
  for (const auto& [id, tenant] : tenants_) ids.push_back(id);
  return ids;
}

}  // namespace loadline
