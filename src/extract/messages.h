#pragma once
// What frames carry: the order to the extractor and its answers, as bytes and back.
//
// Decoding is the trust boundary of extraction. It accepts exactly what a correct extractor sends: valid
// UTF-8, finite boxes, cells inside their grid and in order, counts that the bytes can hold. The text of a
// table is not sent but made from the grid on this side, so that both always agree. Everything else is
// data_loss. Plain functions, thread-safe.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "extract/foreign_library.h"
#include "model/document.h"

namespace loadline {

/// Bounds of one page. Rows times columns is summed over its tables: a grid with cells in far corners is
/// mostly empty places.
inline constexpr std::uint64_t page_table_places_max = 8'000'000;
inline constexpr std::uint32_t page_cells_max = 2'000'000;
inline constexpr std::uint32_t page_blocks_max = 1'000'000;
/// Longest file name that is passed on, in bytes.
inline constexpr std::size_t order_name_bytes_max = 4096;
inline constexpr std::size_t order_skip_max = 1000;

/// What one extractor process is to do with the document that it was given.
struct ExtractOrder {
  std::string file_name;  // any bytes but NUL
  int first_page = 1;
  bool recognise_scans = true;
  std::uint64_t memory_bytes = 0;  // address space
  std::uint64_t cpu_seconds = 0;
  std::int32_t parent = 0;      // process id of who gave the order
  std::vector<int> skip;        // pages on which earlier processes died; at most order_skip_max
  ForeignLibrarySet libraries;  // to be loaded
};

/// Why an extractor gave up.
struct ExtractFailure {
  Code code = Code::internal;
  std::string message;
  bool page_only = false;  // the page it was at is to blame; another process may go on behind it
};

/// Why the page breaks a bound above, as a sentence for the user; "" if it keeps them all.
std::string broken_page_bound(const ExtractedPage& page);
/// Makes a page fit to be sent: text valid UTF-8, boxes finite.
void make_sendable(ExtractedPage& page);

std::string encode(const ExtractOrder& order);
std::string encode(const DocumentProperties& properties);
std::string encode(const ExtractedPage& page);
std::string encode(const ExtractFailure& failure);
std::string encode_working(int page);
std::string encode_needs(ForeignLibrary library);

Result<ExtractOrder> decode_order(std::string_view bytes);
Result<DocumentProperties> decode_properties(std::string_view bytes);
Result<ExtractedPage> decode_page(std::string_view bytes);
Result<ExtractFailure> decode_failure(std::string_view bytes);
Result<int> decode_working(std::string_view bytes);
Result<ForeignLibrary> decode_needs(std::string_view bytes);

}  // namespace loadline
