#include "gateway/chat_flow.h"

#include <algorithm>

#include "base/nearest_name.h"
#include "gateway/grounded_answer.h"

namespace loadline {
namespace {

template <class T>
const T* find_named(const std::vector<T>& items, const std::string& name) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const T& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

// Notes when the first piece came.
class TimedSink final : public ChatSink {
 public:
  TimedSink(AnswerSink& sink, const CallContext& context) : sink_(sink), context_(context) {}
  bool on_delta(const ChatDelta& delta) override {
    if (!first_) first_ = context_.clock->now();
    return sink_.on_delta(delta);
  }
  std::optional<Instant> first() const { return first_; }

 private:
  AnswerSink& sink_;
  const CallContext& context_;
  std::optional<Instant> first_;
};

double ms_between(Instant from, Instant to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

class Flow final : public ChatFlow {
 public:
  Flow(std::vector<NamedModel> models, std::vector<RouteSettings> routes, const Retriever* retriever,
       const Embedder* embedder)
      : models_(std::move(models)), routes_(std::move(routes)), retriever_(retriever), embedder_(embedder) {}

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const RouteSettings& route : routes_) names.push_back(route.name);
    for (const NamedModel& model : models_) names.push_back(model.name);
    return names;
  }

  Result<Answer> chat(const std::string& name, const ChatRequest& request, AnswerSink& sink,
                      const CallContext& context) override {
    if (const RouteSettings* route = find_named(routes_, name)) {
      ChatModel& model = *find_named(models_, route->model)->model;
      if (route->collection.empty())
        return free_answer(model, with_instructions(*route, request), sink, context);
      if (!request.tools.empty() || request.format != ResponseFormat::text || !request.grammar.empty() ||
          request.prompt || request.top_logprobs >= 0)
        return Error(Code::invalid_argument,
                     "route '" + name +
                         "' answers from documents, with citations; tools, response_format, logprobs "
                         "and raw prompts work with its model '" +
                         route->model + "'");
      return answer_from_documents({*route, model, *retriever_, *embedder_}, request, sink, context);
    }
    if (const NamedModel* model = find_named(models_, name))
      return free_answer(*model->model, request, sink, context);
    return unknown(name);
  }

 private:
  static ChatRequest with_instructions(const RouteSettings& route, ChatRequest request) {
    if (!route.instructions.empty() && !request.prompt)
      request.messages.insert(request.messages.begin(), {"system", route.instructions, {}, ""});
    return request;
  }

  static Result<Answer> free_answer(ChatModel& model, const ChatRequest& request, AnswerSink& sink,
                                    const CallContext& context) {
    const Instant start = context.clock->now();
    TimedSink timed(sink, context);
    Answer answer;
    LOADLINE_ASSIGN(answer.chat, model.generate(request, timed, context));
    const Instant end = context.clock->now();
    answer.times.first_token_ms = ms_between(start, timed.first().value_or(end));
    answer.times.total_ms = ms_between(start, end);
    return answer;
  }

  Error unknown(const std::string& name) const {
    const std::vector<std::string> known = names();
    const std::string near = nearest_name(name, std::vector<std::string_view>(known.begin(), known.end()));
    return Error(Code::not_found,
                 "there is no route or model '" + name + "'" +
                     (near.empty() ? "; GET /v1/models lists them" : "; did you mean '" + near + "'?"));
  }

  const std::vector<NamedModel> models_;
  const std::vector<RouteSettings> routes_;
  const Retriever* const retriever_;
  const Embedder* const embedder_;
};

}  // namespace

Result<std::unique_ptr<ChatFlow>> make_chat_flow(std::vector<NamedModel> models,
                                                 std::vector<RouteSettings> routes,
                                                 const Retriever* retriever, const Embedder* embedder) {
  for (const RouteSettings& route : routes) {
    if (find_named(models, route.model) == nullptr)
      return Error(Code::invalid_argument,
                   "route '" + route.name + "' names the unknown model '" + route.model + "'");
    if (!route.collection.empty() && (retriever == nullptr || embedder == nullptr))
      return Error(Code::internal, "route '" + route.name + "' has documents, but no retriever was given");
  }
  return std::unique_ptr<ChatFlow>(new Flow(std::move(models), std::move(routes), retriever, embedder));
}

}  // namespace loadline
