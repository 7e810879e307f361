#pragma once
// "Answer a chat request": the flow behind `loadline ask` and POST /v1/chat/completions.
//
// A name is a route or a model. A model answers freely. A route with knowledge retrieves passages for the
// last user message, answers from them with citations, checks each sentence against its passages while it
// streams, and abstains where they do not say it. Thread-safe; `chat` runs on the caller's thread to the end.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "model/chat_model.h"
#include "model/chunk.h"
#include "model/embedder.h"
#include "retrieval/retriever.h"

namespace loadline {

/// A marker [n] in the answer and the place it stands for.
struct Citation {
  int marker = 0;  // n of "[n]" in the answer
  std::string collection;
  std::string document;  // name within the collection
  int page = 0;          // from 1
  Box box;
  std::string quote;       // the passage's own words, a sentence or table row; part of the extracted text
  bool supported = false;  // the sentence that cites it agrees with it (words, numbers, names, periods)
};

struct AnswerTimes {
  double retrieve_ms = 0, first_token_ms = 0, total_ms = 0;
};

/// What the guard said of an answer's passages (gateway/passage_guard.h).
struct PassageCheck {
  std::uint32_t left_out = 0;  // they give orders to their reader
  std::string unchecked;       // a part of the guard could not look, and they were used all the same: why
};

struct Answer {
  ChatResult chat;  // content as it was streamed, usage of all model calls together
  bool abstained = false;
  bool extractive = false;  // the passage's own words, no model call
  PassageCheck passages;
  std::vector<Citation> citations;
  AnswerTimes times;
};

struct InjectionPolicy;
struct NumberedPassage;

/// As ChatSink, with the citations of each sentence after its text.
class AnswerSink : public ChatSink {
 public:
  /// Before everything else of an answer from documents.
  virtual void on_passages_checked(const PassageCheck&) {}
  /// What the model is about to read. False: it need not.
  virtual bool on_passages(const std::vector<NumberedPassage>&) { return true; }
  /// Citations of the text given so far that were not told before. Called on the caller's thread.
  virtual bool on_citations(const std::vector<Citation>& citations) = 0;
};

struct RouteSettings {
  std::string name;
  std::string model;
  std::string collection;  // "": plain chat
  std::uint32_t passages = 6;
  std::uint32_t passage_tokens = 600;
  std::uint32_t answer_tokens = 220;
  bool abstain_when_unsupported = true;
  bool extractive = true;
  std::string instructions;
  std::shared_ptr<const InjectionPolicy> injection;  // of the passages; null: signatures only
};

struct NamedModel {
  std::string name;
  ChatModel* model = nullptr;  // must outlive the flow
};

class ChatFlow {
 public:
  virtual ~ChatFlow() = default;
  /// Names that `chat` accepts, routes first.
  virtual std::vector<std::string> names() const = 0;
  /// not_found (unknown name; the message has the nearest known), and what Retriever::search and
  /// ChatModel::generate fail with.
  virtual Result<Answer> chat(const std::string& name, const ChatRequest& request, AnswerSink& sink,
                              const CallContext& context) = 0;
};

/// `retriever` may be null if no route has a collection.
Result<std::unique_ptr<ChatFlow>> make_chat_flow(std::vector<NamedModel> models,
                                                 std::vector<RouteSettings> routes,
                                                 const Retriever* retriever, const Embedder* embedder);

}  // namespace loadline
