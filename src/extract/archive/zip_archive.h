#pragma once
// A ZIP in memory: its members by name, unpacked one at a time into memory, under bounds that a bomb runs
// into early.
//
// Names are only ever compared and shown, never used as paths. Not thread-safe; the bytes must outlive it.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "extract/reader.h"

namespace loadline {

inline constexpr std::size_t zip_members_max = 20'000;
inline constexpr std::uint64_t zip_member_bytes_max = std::uint64_t{256} << 20;
/// Nothing that people write packs better than this; judged once a member has unpacked to the size below.
inline constexpr std::uint64_t zip_ratio_max = 400;
inline constexpr std::uint64_t zip_ratio_judged_bytes = std::uint64_t{16} << 20;

struct ZipMember {
  std::string name;  // UTF-8
  std::uint64_t index = 0;
  std::uint64_t packed_bytes = 0;
  bool encrypted = false;
  bool is_folder = false;
};

class ZipArchive {
 public:
  /// invalid_argument: damaged or cut off. resource_exhausted: too many members.
  static Result<std::unique_ptr<ZipArchive>> open(std::span<const std::byte> bytes);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;

  /// In the archive's order.
  const std::vector<ZipMember>& members() const { return members_; }
  /// Null if there is none of that name.
  const ZipMember* find(std::string_view name) const;
  /// Its content, taken from the budget. invalid_argument: damaged, or it needs a password.
  /// resource_exhausted: a bound; the budget then says whether the whole document ends.
  Result<std::string> read(const ZipMember& member, ReadBudget& budget);

 private:
  struct Handle;
  explicit ZipArchive(std::unique_ptr<Handle> handle);
  Status list_members();

  std::unique_ptr<Handle> handle_;
  std::vector<ZipMember> members_;
  std::unordered_map<std::string_view, std::size_t> by_name_;  // views of members_; the first of equal names
};

}  // namespace loadline
