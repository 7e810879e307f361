#include "api/call_cache.h"

#include "dialect/json_string.h"
#include "gateway/question_form.h"

namespace loadline {
namespace {

CallContext comparison_context(const Clock& clock) {
  CallContext context;
  context.clock = &clock;
  return context.with_time_limit(CallCache::comparison_time_max);
}

// The last words of the user, if the request ends with them and they stand alone in their message.
const TextPlace* last_question(const RequestFacts& facts) {
  const bool conversation = facts.dialect == Dialect::openai_chat ||
                            facts.dialect == Dialect::openai_responses ||
                            facts.dialect == Dialect::anthropic_messages;
  if (!conversation || facts.has_images || facts.has_files || facts.has_prefill || facts.has_logprobs ||
      facts.choices != 1)
    return nullptr;
  const TextPlace* question = nullptr;
  bool alone = false;
  for (const TextPlace& place : facts.texts) {
    if (place.role == TextRole::assistant || place.role == TextRole::tool) question = nullptr;
    if (place.role != TextRole::user) continue;
    alone = question == nullptr || question->message != place.message;
    question = &place;
  }
  const bool plain = question != nullptr && alone && question->kind == TextKind::text &&
                     question->token == JsonKind::string && !question->is_key;
  return plain ? question : nullptr;
}

}  // namespace

CallCache::CallCache(const AnswerMemory& memory, const Subject& subject)
    : memory_(memory), route_(subject.route) {
  std::string rules(subject.rules);
  if (!route_.collection.empty()) {
    if (memory_.knowledge == nullptr) return;
    const Result<std::uint64_t> generation = memory_.knowledge->generation();
    if (!generation) return;  // what cannot be told apart is not kept
    knowledge_ = *generation;
    memory_.answers.follow_documents(knowledge_);
    rules += " documents " + std::to_string(knowledge_);
  }
  const CacheKeyParts parts{.tenant = subject.tenant,
                            .label = subject.label,
                            .route = route_.policy.name,
                            .rules = rules,
                            .client = subject.client,
                            .body = subject.body};
  key_ = cache_key(parts);
  answer_ = memory_.answers.find(*key_);
  verdict_ = answer_ ? "exact" : "miss";
  if (!answer_ && route_.similar.on && route_.guards.privacy) find_similar(parts, subject.facts);
}

void CallCache::find_similar(const CacheKeyParts& parts, const RequestFacts& facts) {
  const TextPlace* const place = last_question(facts);
  if (place == nullptr) return;
  append_decoded_json(question_, place->raw.of(parts.body));
  const std::optional<std::string> form = question_form(question_);
  if (!form) return;
  CacheKeyParts general = parts;
  std::string body(parts.body.substr(0, place->raw.begin));
  body += json_string(*form);
  body += parts.body.substr(place->raw.end);
  const std::string rules = std::string(parts.rules) + " question form";  // never the key of a whole request
  general.body = body;
  general.rules = rules;
  place_ = cache_key(general);
  similar_ = memory_.questions.find(*place_);
}

std::function<void()> CallCache::comparison() {
  cosine_ = std::make_shared<double>(-1);
  return [cosine = cosine_, &embedder = memory_.embedder, &clock = memory_.clock, first = question_,
          second = similar_->question] {
    const Result<double> found = similarity_of(embedder, first, second, comparison_context(clock));
    if (found) *cosine = *found;
  };
}

void CallCache::compared(Rng& random) {
  const AnsweredQuestion similar = *std::exchange(similar_, std::nullopt);
  if (*cosine_ < route_.similar.similarity) return;
  const auto answer = memory_.answers.find(similar.answer);
  if (!answer) return memory_.questions.forget(*place_);
  if (memory_.precision.may_serve(route_.policy.name, route_.similar, random)) {
    answer_ = answer;
    verdict_ = "semantic";
  } else {
    verified_ = answer;
    verdict_ = "verify";
  }
}

void CallCache::verify(const CachedAnswer& answer) const {
  const std::string& route = route_.policy.name;
  const bool taken = !answer.text.empty() && memory_.pool.try_run([&memory = memory_, route, place = *place_,
                                                                   old = verified_, text = answer.text] {
    const Result<bool> agree =
        answers_agree(memory.embedder, old->text, text, comparison_context(memory.clock));
    if (!agree) return memory.precision.record_failed(route);
    memory.precision.record(route, *agree);
    if (!*agree) memory.questions.forget(place);
  });
  if (!taken) memory_.precision.record_failed(route);
}

void CallCache::keep(CachedAnswer answer) {
  if (verified_) verify(answer);
  answer.knowledge = knowledge_;
  const bool comparable = place_ && !answer.text.empty();
  memory_.answers.put(*key_, std::move(answer), route_.cache_time);
  if (comparable) memory_.questions.put(*place_, {question_, *key_});
}

}  // namespace loadline
