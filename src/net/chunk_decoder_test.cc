#include "net/chunk_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.h"

namespace loadline {
namespace {

struct Decoded {
  std::string data;
  bool done = false, failed = false;
  std::size_t taken = 0;
};

Decoded decode(const std::string& text, Rng* rng = nullptr) {
  Decoded out;
  ChunkDecoder decoder;
  std::size_t given = 0;
  while (given < text.size() && !decoder.done() && !decoder.failed()) {
    const std::size_t most = text.size() - given;
    const std::size_t piece = rng == nullptr ? most : 1 + rng->below(static_cast<std::uint32_t>(most));
    std::string_view rest = std::string_view(text).substr(given, piece);
    while (!rest.empty() && !decoder.done() && !decoder.failed()) {
      std::string_view data;
      const std::size_t used = decoder.feed(rest, data);
      out.data += data;
      given += used;
      rest.remove_prefix(used);
    }
  }
  out.taken = given;
  out.done = decoder.done();
  out.failed = decoder.failed();
  return out;
}

TEST(ChunkDecoder, AnySplitGivesTheSameData) {
  const std::string text =
      "4\r\nWiki\r\n00E;name=\"value\"\r\n in\r\n\r\nchunks.\r\n0A \r\n0123456789\r\n0\r\nTrailer: a\r\nB: "
      "c\r\n\r\n";
  const std::string expected = "Wiki in\r\n\r\nchunks.0123456789";
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    const Decoded decoded = decode(text + "GET / HTTP/1.1", &rng);
    EXPECT_EQ(decoded.data, expected) << "seed " << seed;
    EXPECT_TRUE(decoded.done) << "seed " << seed;
    EXPECT_EQ(decoded.taken, text.size()) << "seed " << seed << ": the next request is not its business";
  }
}

TEST(ChunkDecoder, AsksForMoreUntilTheLastLine) {
  const std::string text = "3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const Decoded decoded = decode(text.substr(0, size));
    EXPECT_FALSE(decoded.done) << size;
    EXPECT_FALSE(decoded.failed) << size;
  }
}

TEST(ChunkDecoder, RefusesWhatIsNotExactlyTheForm) {
  for (const char* text :
       {"\r\n", "g\r\n", "-1\r\n", "+1\r\n", "0x1\r\na\r\n", " 1\r\n", "1\na\r\n", "1\r\nab\r\n", "1\r\na\n",
        "1;x\n", "1\ra", "0\r\nA: b\n", "0\r\n\n", "0\r\nA\rB\r\n", "1234567890abcdef\r\n", ";a\r\n"})
    EXPECT_TRUE(decode(text).failed) << text;
}

TEST(ChunkDecoder, ExtensionsAndTrailersHaveBounds) {
  EXPECT_FALSE(decode("1;" + std::string(ChunkDecoder::line_bytes_max - 1, 'x') + "\r\n").failed);
  EXPECT_TRUE(decode("1;" + std::string(ChunkDecoder::line_bytes_max + 1, 'x')).failed);
  std::string trailers = "0\r\n";
  while (trailers.size() < ChunkDecoder::trailer_bytes_max) trailers += "A: bcdefgh\r\n";
  EXPECT_TRUE(decode(trailers + "A: bcdefgh\r\n").failed);
}

}  // namespace
}  // namespace loadline
