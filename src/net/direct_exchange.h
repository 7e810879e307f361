#pragma once
// A request that is answered on its connection's own thread: the answer is simply kept. One thread.
#include "net/http_handler.h"

namespace loadline {

class DirectExchange final : public HttpExchange {
 public:
  /// All must outlive it.
  DirectExchange(const HttpRequest& request, std::uint32_t tag, const CallContext& context)
      : request_(request), tag_(tag), context_(context) {}

  const HttpRequest& request() const override { return request_; }
  std::uint32_t tag() const override { return tag_; }
  BodySink* body_sink() override { return nullptr; }
  const CallContext& context() const override { return context_; }
  void respond(HttpResponse response) override { response_ = std::move(response); }
  void begin_stream(HttpResponse head) override {
    response_ = std::move(head);
    response_->body.clear();
    response_->shared_body.reset();
  }
  Push push(std::string_view bytes) override {
    response_->body += bytes;
    return Push::taken;
  }
  void end_stream(std::string_view last) override { response_->body += last; }

  /// None if the handler did not answer.
  std::optional<HttpResponse>& response() { return response_; }

 private:
  const HttpRequest& request_;
  const std::uint32_t tag_;
  const CallContext& context_;
  std::optional<HttpResponse> response_;
};

}  // namespace loadline
