#pragma once
// The answer to one question over one collection: retrieve, choose passages, answer by extraction or by the
// model, check each sentence while it streams, abstain where nothing is supported. Called by the chat flow;
// one call per request, on the caller's thread.
#include "gateway/chat_flow.h"

namespace loadline {

inline constexpr std::string_view abstention_text = "I cannot find this in the documents.";

struct GroundedParts {
  const RouteSettings& route;
  ChatModel& model;
  const Retriever& retriever;
  const Embedder& embedder;
};

Result<Answer> answer_from_documents(const GroundedParts& parts, const ChatRequest& request, AnswerSink& sink,
                                     const CallContext& context);

}  // namespace loadline
