#pragma once
// The parameters that chat and text completion requests share.
#include "api/json_fields.h"
#include "model/chat_model.h"

namespace loadline {

/// temperature, top_p, penalties, seed, logit_bias, stop, max_tokens and the like, and what cannot be done (n
/// > 1).
void read_sampling(JsonFields& fields, ChatRequest& request);
/// `stream` and `stream_options.include_usage`.
void read_streaming(JsonFields& fields, ApiError& error, bool& stream, bool& include_usage);

}  // namespace loadline
