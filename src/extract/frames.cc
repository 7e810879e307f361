#include "extract/frames.h"

#include "base/hash.h"

namespace loadline {
namespace {

void put_u16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value & 0xFF);
  out += static_cast<char>(value >> 8);
}

void put_u32(std::string& out, std::uint32_t value) {
  put_u16(out, static_cast<std::uint16_t>(value & 0xFFFF));
  put_u16(out, static_cast<std::uint16_t>(value >> 16));
}

std::uint32_t get_u32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::uint32_t checksum(std::string_view head, std::string_view payload) {
  return crc32c(payload.data(), payload.size(), crc32c(head.data(), head.size()));
}

}  // namespace

Status append_frame(std::string& out, FrameType type, std::string_view payload) {
  if (payload.size() > frame_payload_bytes_max)
    return Error(Code::resource_exhausted, "A page has more than 64 MiB of text; split the document.");
  std::string head;
  put_u32(head, frame_magic);
  put_u16(head, frame_version);
  put_u16(head, static_cast<std::uint16_t>(type));
  put_u32(head, static_cast<std::uint32_t>(payload.size()));
  put_u32(head, checksum(head, payload));
  out += head;
  out += payload;
  return {};
}

void FrameDecoder::feed(std::string_view bytes) {
  // What was given out is dropped here, not in next(), so that a view stays valid in between.
  buffer_.erase(0, begin_);
  begin_ = 0;
  buffer_ += bytes;
}

Result<std::optional<FrameView>> FrameDecoder::next() {
  const auto broken = [&](const char* what) {
    broken_ = true;
    return Error(Code::data_loss, std::string("The extractor's answer is damaged: ") + what + ".");
  };
  if (broken_) return broken("an earlier frame was");
  const std::string_view rest = std::string_view(buffer_).substr(begin_);
  if (rest.size() < frame_header_bytes) return std::optional<FrameView>();
  if (get_u32(rest, 0) != frame_magic) return broken("it does not begin with the frame mark");
  const std::uint32_t kind = get_u32(rest, 4);
  if ((kind & 0xFFFF) != frame_version) return broken("it speaks another version of the protocol");
  const std::uint32_t type = kind >> 16;
  if (type < static_cast<std::uint32_t>(FrameType::order) ||
      type > static_cast<std::uint32_t>(FrameType::needs))
    return broken("a frame has an unknown type");
  const std::size_t length = get_u32(rest, 8);
  if (length > frame_payload_bytes_max) return broken("a frame is longer than 64 MiB");
  if (rest.size() - frame_header_bytes < length) return std::optional<FrameView>();
  const std::string_view payload = rest.substr(frame_header_bytes, length);
  if (checksum(rest.substr(0, 12), payload) != get_u32(rest, 12)) return broken("a checksum is wrong");
  begin_ += frame_header_bytes + length;
  return std::optional<FrameView>(FrameView{static_cast<FrameType>(type), payload});
}

}  // namespace loadline
