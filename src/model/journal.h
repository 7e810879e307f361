#pragma once
// The journal port: records that survive the process at once and the machine within a stated time.
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"

namespace loadline {

/// Thread-safe. Records keep the order of their appends; `number` counts from 1 without gaps.
class Journal {
 public:
  static constexpr std::size_t record_bytes_max = 65536;
  static constexpr std::size_t record_overhead_bytes = 16;

  virtual ~Journal() = default;
  /// Takes a copy; never waits for a disk. When it returns the record survives `kill -9`; it survives loss of
  /// power once `durable()` has reached its number. Gives the number. resource_exhausted: no room on the disk
  /// (nothing was written); unavailable: the disk fails.
  virtual Result<std::uint64_t> append(std::string_view record) = 0;
  /// Numbers of the first and the last record; last is first - 1 where there is none.
  virtual std::uint64_t first() const = 0;
  virtual std::uint64_t last() const = 0;
  /// Bytes of records (each counted with `record_overhead_bytes`) that will surely find room, whatever
  /// happens to the disk. Small only when the disk is full: the time to shed what can be done without.
  virtual std::uint64_t room() const = 0;
  /// The last record that is on the disk.
  virtual std::uint64_t durable() const = 0;
  /// Waits until all that was appended before the call is on the disk.
  virtual Status flush() = 0;
  /// Calls `visit(number, record)` for every whole record from `first` on, in order, until it gives false.
  /// Reads what was appended before the call. data_loss: a damaged record before the last one; the message
  /// says where.
  virtual Status read(
      std::uint64_t first,
      const std::function<bool(std::uint64_t number, std::string_view record)>& visit) const = 0;
};

}  // namespace loadline
