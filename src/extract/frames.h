#pragma once
// The envelope of everything that crosses the pipe between Loadline and its confined extractor, both ways.
//
//   offset  bytes  what (little-endian)
//        0      4  magic "LLXF"
//        4      2  version of the protocol
//        6      2  type
//        8      4  length of the payload
//       12      4  CRC-32C of the twelve bytes before and of the payload
//       16      n  payload (messages.h)
//
// The extractor has read an untrusted file and may have been taken over by it: the reader of these frames
// trusts nothing. Lengths are checked before memory is taken, and the first wrong byte ends the conversation.
// Plain values, no thread rule.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace loadline {

inline constexpr std::uint32_t frame_magic = 0x46584C4C;
inline constexpr std::uint16_t frame_version = 1;
inline constexpr std::size_t frame_header_bytes = 16;
/// Longer payloads are neither written nor read.
inline constexpr std::size_t frame_payload_bytes_max = std::size_t{64} << 20;

enum class FrameType : std::uint16_t {
  order = 1,   // to the extractor: what to read
  properties,  // from it: once, before the first page
  page,        // a page
  end,         // everything was given
  failure,     // nothing more comes, and why
  working,     // a page is begun, perhaps long before it is given
  needs        // nothing more comes: a library is missing, and another process should load it first
};

/// `payload` points into the decoder and is valid until the next call of it.
struct FrameView {
  FrameType type = FrameType::end;
  std::string_view payload;
};

/// Appends one frame to `out`. resource_exhausted if the payload is too long; `out` is then unchanged.
Status append_frame(std::string& out, FrameType type, std::string_view payload);

/// Turns a stream of bytes, cut anywhere, back into frames. Holds at most one frame and what was fed after
/// it.
class FrameDecoder {
 public:
  void feed(std::string_view bytes);
  /// The next whole frame; nothing if more bytes are needed; data_loss if the bytes are not frames (then
  /// always).
  Result<std::optional<FrameView>> next();
  /// True if there is no half frame: the place where a stream may end.
  bool at_boundary() const { return begin_ == buffer_.size(); }

 private:
  std::string buffer_;
  std::size_t begin_ = 0;  // bytes before it were given out
  bool broken_ = false;
};

}  // namespace loadline
