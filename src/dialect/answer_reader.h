#pragma once
// Reads the parts that whole answers and streamed events of a dialect have in common: usage, finish reasons,
// places of texts. Private to this module.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"
#include "dialect/json_scan.h"

namespace loadline {

/// Of the dialect's own usage object ("usage", Gemini "usageMetadata").
UsageFacts usage_of(Dialect dialect, JsonView usage);
/// The dialect's word for why it ended ("length", "max_tokens", "MAX_TOKENS" ...); nothing for null and "".
std::optional<FinishKind> finish_of(Dialect dialect, JsonView reason);
/// Of a Responses object: from status, incomplete_details and the output's items.
std::optional<FinishKind> responses_finish(JsonView response);

/// Channel::part in Responses: which output item, which part of it, and whether it is of the summary.
inline constexpr std::uint32_t responses_summary = 0x8000;
inline std::uint32_t responses_part(std::uint64_t output_index, std::uint64_t part) {
  return static_cast<std::uint32_t>(output_index << 16U) | static_cast<std::uint32_t>(part & 0x7FFFU);
}

/// Appends a string as a text of the channel, unless it is empty.
void add_text(std::vector<AnswerText>& texts, JsonView value, const Channel& channel, bool is_whole);
/// Appends every string, key and long number inside, each a whole text.
void add_all(std::vector<AnswerText>& texts, JsonView value, const Channel& channel);

/// Texts of the items of a Responses "output" array (all whole).
void add_responses_output(std::vector<AnswerText>& texts, JsonView output);
void add_responses_item(std::vector<AnswerText>& texts, JsonView item, std::uint32_t output_index);
/// Texts of an Anthropic content block (all whole).
void add_anthropic_block(std::vector<AnswerText>& texts, JsonView block, std::uint32_t index);

}  // namespace loadline
