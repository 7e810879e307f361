#pragma once
// Stand-ins for what the API stands on, and a way to ask it without a socket.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>

#include "api/api.h"
#include "net/pooled_exchange.h"

namespace loadline {

/// Streams `pieces`, or does what `act` says.
class ScriptedFlow final : public ChatFlow {
 public:
  std::vector<std::string> names() const override { return {"docs", "tiny"}; }
  Result<Answer> chat(const std::string& name, const ChatRequest& request, AnswerSink& sink,
                      const CallContext& context) override {
    last_request = request;
    if (act) return act(request, sink, context);
    if (name != "docs" && name != "tiny")
      return Error(Code::not_found, "there is no route or model '" + name + "'");
    for (const ChatDelta& piece : pieces) {
      answer.chat.content += piece.text;
      if (!sink.on_delta(piece)) {
        answer.chat.finish = FinishReason::cancelled;
        return std::exchange(answer, {});
      }
    }
    if (!answer.citations.empty()) sink.on_citations(answer.citations);
    return std::exchange(answer, {});
  }

  std::vector<ChatDelta> pieces;
  Answer answer;  // its content is that of the pieces
  std::function<Result<Answer>(const ChatRequest&, AnswerSink&, const CallContext&)> act;
  ChatRequest last_request;
};

/// A token is a word; a vector is (length, 1).
class WordEmbedder final : public Embedder {
 public:
  const EmbedderInfo& info() const override { return info_; }
  Result<Matrix> embed(std::span<const std::string_view> texts, const CallContext& context) const override {
    LOADLINE_TRY(context.check());
    Matrix out{texts.size(), 2, {}};
    for (const std::string_view text : texts)
      out.values.insert(out.values.end(), {static_cast<float>(text.size()), 0.1F});
    return out;
  }
  Result<Matrix> token_vectors(std::string_view, std::vector<TokenSpan>&, const CallContext&) const override {
    return Error(Code::invalid_argument, "this embedder has no token vectors");
  }
  std::vector<TokenSpan> tokenize(std::string_view text) const override {
    return std::vector<TokenSpan>(static_cast<std::size_t>(std::count(text.begin(), text.end(), ' ')) + 1);
  }

 private:
  const EmbedderInfo info_{"words", "", "f32", 2, 10};
};

/// One hit, whatever is asked.
class OneHitRetriever final : public Retriever {
 public:
  Result<SearchResponse> search(const SearchRequest& request, const CallContext&) const override {
    if (request.collection != "c")
      return Error(Code::not_found, "there is no collection '" + request.collection + "'");
    SearchHit hit;
    hit.rank = 1;
    hit.document = "a.pdf";
    hit.page = 3;
    hit.chunk.text = "text of " + request.query;
    hit.box = {1, 2, 3, 4};
    return SearchResponse{{hit}, {}};
  }
  Result<std::vector<Chunk>> neighbours(const SearchHit&, std::uint32_t, std::uint32_t) const override {
    return std::vector<Chunk>{};
  }
};

/// Keeps the names of what was ingested; fails while set_failure says so.
class MemoryAdmin final : public DocumentAdmin {
 public:
  Result<std::vector<CollectionSummary>> collections() const override {
    return std::vector<CollectionSummary>{{"c", "words", documents().size(), 1, 1}};
  }
  Result<CollectionStatus> status(std::string_view collection) const override {
    if (collection != "c")
      return Error(Code::not_found, "there is no collection '" + std::string(collection) + "'");
    CollectionStatus status;
    for (const std::string& name : documents()) {
      DocumentStatus document;
      document.name = name;
      document.state = DocumentState::done;
      document.served = true;
      status.documents.push_back(std::move(document));
    }
    return status;
  }
  Result<IngestSummary> ingest(const IngestRequest& request, IngestObserver&,
                               const CallContext& context) override {
    std::unique_lock lock(mutex_);
    ++jobs;
    changed_.notify_all();
    while (held && !context.cancel.cancelled()) changed_.wait_for(lock, std::chrono::milliseconds(1));
    LOADLINE_TRY(context.check());
    if (failure && (failing.empty() || failing == request.collection)) return *failure;
    IngestSummary summary;
    for (const IngestUpload& upload : request.uploads) {
      names_.push_back(upload.name);
      DocumentOutcome outcome;
      outcome.name = upload.name;
      outcome.state = DocumentState::done;
      summary.documents.push_back(outcome);
    }
    changed_.notify_all();
    return summary;
  }
  Result<DeletionReceipt> remove(std::string_view, std::string_view document, const CallContext&) override {
    std::lock_guard lock(mutex_);
    if (std::erase(names_, std::string(document)) == 0)
      return Error(Code::not_found, "there is no such document");
    DeletionReceipt receipt;
    receipt.document = document;
    receipt.chunks = 5;
    return receipt;
  }
  std::vector<std::string> documents() const {
    std::lock_guard lock(mutex_);
    return names_;
  }
  bool wait_for(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), condition);
  }
  bool wait_for_documents(std::size_t count) {
    return wait_for([&] { return names_.size() >= count; });
  }
  /// Of that collection; "": of all.
  void set_failure(std::optional<Error> error, std::string collection = "") {
    std::lock_guard lock(mutex_);
    failure = std::move(error);
    failing = std::move(collection);
  }
  void hold(bool on) {
    std::lock_guard lock(mutex_);
    held = on;
  }

  int jobs = 0;  // read under wait_for

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> names_;
  std::optional<Error> failure;
  std::string failing;
  bool held = false;
};

/// The whole API over the fakes.
class ApiFixture : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "loadline-api-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    open();
  }
  void TearDown() override {
    api_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open(std::vector<ApiKey> keys = {}, bool local_only = false) {
    api_.reset();
    ApiParts parts{.chat = flow_,
                   .embedder = embedder_,
                   .retriever = retriever_,
                   .documents = documents_,
                   .log = log_,
                   .clock = clock_,
                   .keys = std::move(keys),
                   .key_store = key_store_,
                   .gateway = make_local_table({"docs", "tiny"}, "words"),
                   .admin_secret = admin_secret_,
                   .verify_audit = {},
                   .uploads_folder = folder_ + "/uploads",
                   .local_only = local_only,
                   .ready = {},
                   .expected_wait = [] { return std::chrono::seconds(7); },
                   .limits = {}};
    auto made = make_api(std::move(parts));
    ASSERT_TRUE(made) << made.error().message();
    api_ = std::move(*made);
  }

  struct Reply {
    HttpResponse head;
    std::string body;
    bool stream = false, broken = false;
    boost::json::value json() const { return boost::json::parse(body); }
    std::string header(std::string_view name) const {
      for (const HttpHeader& header : head.headers)
        if (header.name == name) return header.value;
      return "";
    }
  };
  Reply ask(HttpRequest request, std::size_t buffer_bytes_max = 1 << 20) {
    request.request_id = "req_1";
    if (request.header("host").empty()) request.headers.push_back({"host", "127.0.0.1:8080"});
    RequestPlan plan = api_->plan(request);
    if (plan.refusal) return {*plan.refusal, std::string(plan.refusal->content()), false, false};
    if (plan.body_sink && !request.body.empty()) {  // as the server does
      Status status = plan.body_sink->write(request.body);
      if (status) status = plan.body_sink->finish();
      if (!status) {
        HttpResponse refusal = api_->refusal(0, status.error());
        return {refusal, refusal.body, false, false};
      }
    }
    PooledExchange::Parts parts;
    parts.request = std::move(request);
    parts.request.caller = std::move(plan.caller);
    parts.tag = plan.tag;
    parts.sink = std::move(plan.body_sink);
    parts.context.clock = &clock_;
    parts.buffer_bytes_max = buffer_bytes_max;
    parts.wake = [] {};
    PooledExchange exchange(std::move(parts));
    exchange.run(*api_);
    PooledExchange::Output output = exchange.take();
    Reply reply{*output.head, output.bytes, output.stream, output.broken};
    if (!output.stream) reply.body = std::string(output.head->content());
    return reply;
  }
  Reply get(const std::string& target) { return ask({.method = "GET", .target = target}); }
  Reply post(const std::string& target, const std::string& body) {
    return ask({.method = "POST", .target = target, .body = body});
  }

  ScriptedFlow flow_;
  WordEmbedder embedder_;
  OneHitRetriever retriever_;
  MemoryAdmin documents_;
  ManualClock clock_;
  std::mutex lines_mutex_;
  std::vector<std::string> lines_;
  Log log_{clock_, LogLevel::info, [this](std::string_view line) {
             std::lock_guard lock(lines_mutex_);
             lines_.emplace_back(line);
           }};
  std::string folder_;
  KeyStore* key_store_ = nullptr;
  std::string admin_secret_;
  std::unique_ptr<HttpHandler> api_;
};

}  // namespace loadline
