#pragma once
// Structured columns as compact bytes: the blocks of a page, the places of a chunk, lists of texts. Little
// endian, lengths as varints, a format byte in front. Reading never trusts the bytes: damage is data_loss.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/chunk.h"
#include "model/document.h"

namespace loadline {

std::string encode_blocks(const std::vector<Block>& blocks);
Result<std::vector<Block>> decode_blocks(std::string_view bytes);

std::string encode_places(const std::vector<PageBoxes>& places);
Result<std::vector<PageBoxes>> decode_places(std::string_view bytes);

std::string encode_texts(const std::vector<std::string>& texts);
Result<std::vector<std::string>> decode_texts(std::string_view bytes);

using TextPairs = std::vector<std::pair<std::string, std::string>>;
std::string encode_pairs(const TextPairs& pairs);
Result<TextPairs> decode_pairs(std::string_view bytes);

}  // namespace loadline
