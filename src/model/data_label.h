#pragma once
// What a piece of data is, and what a model may see: the one rule that decides where data may go.
//
// Classes are ordered ("public" < "internal" < "restricted"); a label only ever rises (`join`). Regions are a
// set: a label may forbid all but some. Plain values; the names belong to `DataClasses`. Thread-safe.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadline {

/// A set of regions, by their index in DataClasses::regions; at most 64 (`DataClasses::regions_max`).
using RegionSet = std::uint64_t;
inline constexpr RegionSet every_region = ~RegionSet{0};

struct DataLabel {
  std::uint8_t level = 0;            // index in DataClasses::classes
  RegionSet regions = every_region;  // where it may go

  friend bool operator==(const DataLabel&, const DataLabel&) = default;
};

/// The stricter of both in each respect: associative, commutative, idempotent.
constexpr DataLabel join(DataLabel a, DataLabel b) {
  return {std::max(a.level, b.level), a.regions & b.regions};
}

/// What a model, cache or log may hold.
struct Clearance {
  static constexpr std::uint8_t region_unknown = 255;
  std::uint8_t level_max = 0;
  std::uint8_t region = region_unknown;
};

/// The rule. Everything that receives data is asked this before it does. Whoever is in an unknown region may
/// only see what may go everywhere.
constexpr bool may_see(const Clearance& receiver, const DataLabel& label) {
  const bool region =
      receiver.region < 64 ? ((label.regions >> receiver.region) & 1U) != 0 : label.regions == every_region;
  return label.level <= receiver.level_max && region;
}

/// The names, from the manifest.
struct DataClasses {
  static constexpr std::size_t classes_max = 32;
  static constexpr std::size_t regions_max = 64;
  std::vector<std::string> classes;  // from open to closed
  std::vector<std::string> regions;

  std::optional<std::uint8_t> level_of(std::string_view name) const { return index_of(classes, name); }
  std::optional<std::uint8_t> region_of(std::string_view name) const { return index_of(regions, name); }
  /// The strictest label there is: what unknown data has.
  DataLabel strictest() const {
    return {static_cast<std::uint8_t>(classes.empty() ? 0 : classes.size() - 1), 0};
  }

 private:
  static std::optional<std::uint8_t> index_of(const std::vector<std::string>& names, std::string_view name) {
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end()) return std::nullopt;
    return static_cast<std::uint8_t>(at - names.begin());
  }
};

}  // namespace loadline
