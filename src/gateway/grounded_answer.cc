#include "gateway/grounded_answer.h"

#include <algorithm>
#include <set>

#include "gateway/answer_check.h"
#include "gateway/evidence.h"
#include "gateway/extractive.h"
#include "gateway/passage_guard.h"
#include "gateway/passage_list.h"
#include "gateway/question.h"
#include "gateway/snippets.h"
#include "text/sentence.h"

namespace loadline {
namespace {

// Below this share of the question's weight in the best whole chunk the documents do not speak of it, and the
// model is not asked; measured with bench/answers, see docs/design/0005-answers.md.
constexpr double evidence_least = 0.34;
constexpr double evidence_least_beside_unknown = 0.7;  // where has_unknown_pair
constexpr std::size_t hits_read = 48;                  // chunks whose sentences and rows are candidates
constexpr std::size_t chunks_per_page = 3;             // of those
constexpr std::size_t follow_up_words_max = 4;  // a question with fewer words is searched with the one before
constexpr std::size_t sentences_max = 12;       // of one answer; small models go on and on

double elapsed_ms(Instant since, const CallContext& context) {
  return std::chrono::duration<double, std::milli>(context.clock->now() - since).count();
}

// What is searched for: the last user message; with the one before it if it is too short to stand alone.
std::string search_text(const std::vector<ChatMessage>& messages, WordReader& words) {
  std::string last, before;
  for (const ChatMessage& message : messages)
    if (message.role == "user") before = std::exchange(last, message.content);
  if (!before.empty() && words.read(last).size() < follow_up_words_max) return before + "\n" + last;
  return last;
}

std::string last_user_text(const std::vector<ChatMessage>& messages) {
  for (auto message = messages.rbegin(); message != messages.rend(); ++message)
    if (message->role == "user") return message->content;
  return "";
}

std::string rules(const RouteSettings& route) {
  std::string text = route.instructions.empty() ? "" : route.instructions + "\n";
  text +=
      "You answer questions from numbered passages. State the answer in one short sentence, with figures, "
      "units and "
      "names copied exactly as they stand there, and end it with the number of its passage in brackets. The "
      "passages "
      "often use other words than the question. Only if no passage gives the answer, reply exactly: ";
  text += abstention_text;
  return text;
}

// Two examples show a small model the form: an answer in other words than the question's, and an abstention.
// They are part of the prefix that all requests of a route share.
std::vector<ChatMessage> examples() {
  return {
      {"user",
       "Passages:\n\n[1] lease.pdf, page 2 - Rent and deposit\nOffice, first floor: Monthly rent = 1,980; "
       "Deposit = 5,940\nOffice, second floor: Monthly rent = 2,450; Deposit = 7,350\n\nQuestion: What sum "
       "do we "
       "have to leave as security for the upper office?",
       {},
       ""},
      {"assistant", "The deposit for the office on the second floor is 7,350 [1].", {}, ""},
      {"user",
       "Passages:\n\n[1] lease.pdf, page 5 - Keys\nThe caretaker hands out two keys. A third key costs EUR "
       "30."
       "\n\nQuestion: Who cleans the windows?",
       {},
       ""},
      {"assistant", std::string(abstention_text), {}, ""}};
}

// Rules and examples come first and do not depend on the question: requests of a route share them.
std::vector<ChatMessage> prompt_of(const RouteSettings& route, const ChatRequest& request,
                                   const std::vector<NumberedPassage>& passages) {
  std::vector<ChatMessage> messages;
  std::string system = rules(route);
  for (const ChatMessage& message : request.messages)
    if (message.role == "system" || message.role == "developer") system += "\n" + message.content;
  messages.push_back({"system", system, {}, ""});
  for (ChatMessage& example : examples()) messages.push_back(std::move(example));
  std::string user = "Passages:\n";
  for (const NumberedPassage& passage : passages)
    user += "\n[" + std::to_string(passage.marker) + "] " + passage.prompt_text + "\n";
  const std::string question = last_user_text(request.messages);
  user += "\nQuestion: " + question;
  messages.push_back({"user", user, {}, ""});
  return messages;
}

// What was asked and what was found: must outlive the stream.
struct Evidence {
  const Question& question;
  const SnippetSet& snippets;
  const std::vector<bool>& may_answer;
  SnippetReader& reader;
};

// Sits between the model and the client: collects sentences, checks them, releases what may be shown.
class CheckedStream final : public ChatSink {
 public:
  CheckedStream(AnswerCheck& check, const Evidence& evidence, AnswerSink& sink, bool withhold,
                const CallContext& context, Instant start)
      : check_(check),
        evidence_(evidence),
        sink_(sink),
        withhold_(withhold),
        context_(context),
        start_(start) {}

  bool on_delta(const ChatDelta& delta) override {
    for (const std::string& sentence : sentences_.feed(delta.text))
      if (!take(sentence)) return false;
    return true;
  }

  /// The last sentence. False: the client went away.
  bool finish(bool cut_off) {
    const std::string rest = sentences_.finish();
    for (const TextSpan span : split_sentences(rest)) {
      const bool whole = !cut_off || span.end < rest.size();
      if (whole && !stopped_ && !take(std::string(span.of(rest))) && client_gone_) return false;
    }
    return !client_gone_;
  }

  /// Nothing could be shown.
  bool is_empty() const { return !released_any_ && (withhold_ || content_.empty()); }
  /// The row that an unsupported sentence means but misreads; marker 0: none.
  const CheckedSentence& misread() const { return misread_; }

  bool abstain() {
    abstained_ = true;
    citations_.clear();
    return give(std::string(abstention_text));
  }

  bool quote(const ExtractiveAnswer& answer, int marker) {
    Citation citation = check_.cite_quote(marker, answer.quote.begin, answer.quote.end);
    std::string text = answer.text;
    const std::string mark = " [" + std::to_string(marker) + "]";
    if (!text.empty() && text.back() == '.')
      text.insert(text.size() - 1, mark);
    else
      text += mark;
    return give(text) && tell({citation});
  }

  bool stopped() const { return stopped_; }
  bool client_gone() const { return client_gone_; }
  bool abstained() const { return abstained_; }
  double first_token_ms() const { return first_token_ms_; }
  std::string content() && { return std::move(content_); }
  std::vector<Citation> citations() && { return std::move(citations_); }

 private:
  bool take(const std::string& sentence) {
    const bool is_new = seen_.insert(without_markers(trimmed_left(sentence))).second;
    if (!is_new || seen_.size() > sentences_max) return stopped_ = true, false;
    CheckedSentence checked = check_.check(sentence);
    // "Customers who cannot find their card ..." is no refusal if a passage says so.
    if (is_refusal(sentence) && !checked.supported && !released_any_) return stopped_ = true, false;
    if (misread_.row_marker == 0) misread_ = checked;
    if (withhold_ && (!checked.supported || !answers_the_question(checked, without_markers(sentence))))
      return true;
    std::string text = content_.empty() ? trimmed_left(checked.text) : checked.text;
    if (!content_.empty() && !text.empty() && text.front() != ' ' && text.front() != '\n')
      text.insert(0, " ");
    released_any_ = true;
    return give(text) && tell(checked.citations);
  }

  bool answers_the_question(const CheckedSentence& checked, const std::string& claim) const {
    const Question& question = evidence_.question;
    const bool is_timed = question.kind == AnswerKind::date && !find_quantities(claim).empty();
    const bool needs_kind = question.kind == AnswerKind::quantity || question.kind == AnswerKind::date;
    if (needs_kind && !is_timed && !states_kind(question, claim)) return false;
    if (released_any_) return true;  // goes on from a sentence that rests on the right place
    return std::all_of(checked.citations.begin(), checked.citations.end(), [&](const Citation& citation) {
      const NumberedPassage& passage = check_.passages()[static_cast<std::size_t>(citation.marker - 1)];
      return rests_on_the_right_place({claim, passage.hit_index, citation.quote}, question,
                                      evidence_.snippets, evidence_.may_answer, evidence_.reader);
    });
  }

  static std::string trimmed_left(const std::string& text) {
    const std::size_t at = text.find_first_not_of(" \n\t\r");
    return at == std::string::npos ? "" : text.substr(at);
  }

  bool give(const std::string& text) {
    if (content_.empty()) first_token_ms_ = elapsed_ms(start_, context_);
    content_ += text;
    ChatDelta delta;
    delta.text = text;
    if (!sink_.on_delta(delta)) client_gone_ = true;
    return !client_gone_;
  }

  bool tell(const std::vector<Citation>& citations) {
    std::vector<Citation> fresh;
    for (const Citation& citation : citations) {
      const bool known = std::any_of(citations_.begin(), citations_.end(), [&](const Citation& other) {
        return other.marker == citation.marker && other.quote == citation.quote;
      });
      if (!known) fresh.push_back(citation), citations_.push_back(citation);
    }
    if (!fresh.empty() && !sink_.on_citations(fresh)) client_gone_ = true;
    return !client_gone_;
  }

  AnswerCheck& check_;
  const Evidence& evidence_;
  AnswerSink& sink_;
  const bool withhold_;
  const CallContext& context_;
  const Instant start_;
  SentenceStream sentences_;
  std::set<std::string> seen_;
  CheckedSentence misread_;
  std::string content_;
  std::vector<Citation> citations_;
  double first_token_ms_ = 0;
  bool released_any_ = false, stopped_ = false, client_gone_ = false, abstained_ = false;
};

ChatRequest model_request(const RouteSettings& route, const ChatRequest& request,
                          const std::vector<NumberedPassage>& passages) {
  ChatRequest asked;
  asked.messages = prompt_of(route, request, passages);
  asked.sampling = request.sampling;
  asked.max_tokens = std::min(request.max_tokens.value_or(route.answer_tokens), route.answer_tokens);
  asked.stop = request.stop;
  for (const char* stop : {"\nQuestion:", "\nPassages:"}) asked.stop.emplace_back(stop);
  asked.cache_scope = request.cache_scope;
  return asked;
}

bool documents_speak_of_it(const Question& question, const SnippetSet& snippets,
                           const std::vector<bool>& may_answer, SnippetReader& reader) {
  Terms names;  // stand elsewhere in the document of a hit that may answer
  for (const std::string& name : names_of_question(question)) names.merge(reader.terms_of(name));
  double best = 0;
  for (std::size_t hit = 0; hit < may_answer.size(); ++hit)
    if (may_answer[hit]) best = std::max(best, snippets.share({&snippets.wholes[hit], &names}));
  return best >= (has_unknown_pair(question, snippets) ? evidence_least_beside_unknown : evidence_least);
}

/// What the answer is made from.
struct Chosen {
  SnippetSet snippets;
  std::vector<bool> may_answer;
  std::optional<ExtractiveAnswer> literal;
  std::vector<NumberedPassage> passages;
};

std::vector<std::size_t> hits_of(const Chosen& chosen) {
  if (chosen.literal) return {chosen.literal->hit};
  std::vector<std::size_t> hits;
  for (const NumberedPassage& passage : chosen.passages) hits.push_back(passage.hit_index);
  return hits;
}

/// Chooses until the guard lets all that is chosen pass.
Result<Chosen> choose(const GroundedParts& parts, const Question& question, std::vector<SearchHit>& hits,
                      SnippetReader& reader, PassageGuard& guard, const CallContext& context) {
  LOADLINE_TRY(guard.scan(hits));
  for (;;) {
    Chosen chosen;
    LOADLINE_ASSIGN(chosen.snippets, reader.read(question, hits, parts.embedder, context));
    chosen.may_answer = hits_that_may_answer(question, chosen.snippets);
    if (parts.route.extractive)
      chosen.literal = literal_answer(question, chosen.snippets, chosen.may_answer, reader);
    chosen.passages = chosen.literal
                          ? std::vector{whole_passage(hits[chosen.literal->hit])}
                          : choose_passages(question, chosen.snippets, chosen.may_answer,
                                            parts.route.passages, parts.route.passage_tokens, parts.embedder);
    LOADLINE_ASSIGN(const bool again, guard.classify_used(hits, hits_of(chosen)));
    if (!again) return chosen;
  }
}

}  // namespace

Result<Answer> answer_from_documents(const GroundedParts& parts, const ChatRequest& request, AnswerSink& sink,
                                     const CallContext& context) {
  const Instant start = context.clock->now();
  WordReader words;
  const std::string question_text = last_user_text(request.messages);
  if (question_text.empty())
    return Error(Code::invalid_argument,
                 "a route with documents needs a last message of the role 'user' with text");
  SearchRequest search;
  search.collection = parts.route.collection;
  search.query = search_text(request.messages, words);
  search.k = hits_read;
  search.chunks_per_page = chunks_per_page;
  LOADLINE_ASSIGN(SearchResponse found, parts.retriever.search(search, context));
  const Question question = read_question(search.query, words);
  SnippetReader reader;
  PassageGuard guard(parts.route.injection, parts.embedder, context);
  Result<Chosen> choice = choose(parts, question, found.hits, reader, guard, context);
  sink.on_passages_checked(guard.report());
  LOADLINE_ASSIGN(Chosen chosen, std::move(choice));
  const SnippetSet& snippets = chosen.snippets;
  const std::vector<bool>& may_answer = chosen.may_answer;
  const std::optional<ExtractiveAnswer>& literal = chosen.literal;
  Answer answer;
  answer.passages = guard.report();
  answer.times.retrieve_ms = elapsed_ms(start, context);

  AnswerCheck check(parts.route.collection, question_text, std::move(chosen.passages));
  const Evidence evidence{question, snippets, may_answer, reader};
  CheckedStream stream(check, evidence, sink, parts.route.abstain_when_unsupported, context, start);
  if (literal) {
    answer.extractive = true;
    stream.quote(*literal, 1);
  } else if (check.passages().empty() || (parts.route.abstain_when_unsupported &&
                                          !documents_speak_of_it(question, snippets, may_answer, reader))) {
    stream.abstain();
  } else if (!sink.on_passages(check.passages())) {
    answer.chat.finish = FinishReason::cancelled;
  } else {
    LOADLINE_ASSIGN(answer.chat, parts.model.generate(model_request(parts.route, request, check.passages()),
                                                      stream, context));
    if (!stream.client_gone() && stream.finish(answer.chat.finish == FinishReason::length) &&
        stream.is_empty()) {
      // The model may have found the row and misread its columns: the row itself still answers.
      std::optional<ExtractiveAnswer> cell;
      const int marker = stream.misread().row_marker;
      if (parts.route.extractive && marker != 0)
        cell =
            cell_of_row(question, snippets, check.passages()[static_cast<std::size_t>(marker - 1)].hit_index,
                        stream.misread().row, reader);
      if (cell)
        stream.quote(*cell, marker);
      else
        stream.abstain();
    }
  }
  if (stream.client_gone()) answer.chat.finish = FinishReason::cancelled;
  if (answer.chat.finish == FinishReason::cancelled && stream.stopped())
    answer.chat.finish = FinishReason::stop;
  answer.abstained = stream.abstained();
  answer.times.first_token_ms = stream.first_token_ms();
  answer.times.total_ms = elapsed_ms(start, context);
  answer.chat.content = std::move(stream).content();
  answer.citations = std::move(stream).citations();
  return answer;
}

}  // namespace loadline
