#include "extract/frames.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "base/rng.h"

namespace loadline {
namespace {

std::string frame(FrameType type, std::string_view payload) {
  std::string out;
  EXPECT_TRUE(append_frame(out, type, payload).ok());
  return out;
}

TEST(Frames, come_back_whole_however_the_stream_is_cut) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng random(seed);
    std::vector<std::pair<FrameType, std::string>> sent;
    std::string stream;
    for (int i = 0; i < 20; ++i) {
      std::string payload(random.next() % 3000, '\0');
      for (char& c : payload) c = static_cast<char>(random.next());
      const auto type = static_cast<FrameType>(1 + random.next() % 7);
      stream += frame(type, payload);
      sent.emplace_back(type, std::move(payload));
    }
    FrameDecoder decoder;
    std::size_t received = 0;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random.next() % 2000, stream.size() - at);
      decoder.feed(std::string_view(stream).substr(at, size));
      at += size;
      for (;;) {
        auto next = decoder.next();
        ASSERT_TRUE(next.ok()) << next.error().message();
        if (!next->has_value()) break;
        ASSERT_LT(received, sent.size());
        EXPECT_EQ((*next)->type, sent[received].first);
        EXPECT_EQ((*next)->payload, sent[received].second);
        ++received;
      }
    }
    EXPECT_EQ(received, sent.size());
    EXPECT_TRUE(decoder.at_boundary());
  }
}

TEST(Frames, any_changed_byte_is_noticed) {
  const std::string good = frame(FrameType::page, "some text of a page");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int flip : {1, 0x80}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ flip);
      FrameDecoder decoder;
      decoder.feed(bad);
      const auto next = decoder.next();
      // A longer length waits for bytes that never come; everything else is refused at once.
      if (next.ok()) {
        EXPECT_FALSE(next->has_value()) << "byte " << at;
      } else {
        EXPECT_EQ(next.error().code(), Code::data_loss);
      }
    }
  }
}

TEST(Frames, stays_broken_after_the_first_wrong_byte) {
  FrameDecoder decoder;
  decoder.feed("this is no frame at all");
  EXPECT_FALSE(decoder.next().ok());
  decoder.feed(frame(FrameType::end, ""));
  EXPECT_FALSE(decoder.next().ok());
}

TEST(Frames, refuses_lengths_over_the_bound_without_waiting_for_them) {
  std::string bytes = frame(FrameType::page, "x");
  bytes[11] = 0x7F;  // the highest byte of the length
  FrameDecoder decoder;
  decoder.feed(bytes);
  EXPECT_FALSE(decoder.next().ok());
  std::string out = "before";
  const Status refused = append_frame(out, FrameType::page, std::string(frame_payload_bytes_max + 1, 'x'));
  EXPECT_EQ(refused.error().code(), Code::resource_exhausted);
  EXPECT_EQ(out, "before");
}

}  // namespace
}  // namespace loadline
