#include "guard/injection.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "guard/injection_windows.h"

namespace loadline {
namespace {

constexpr std::size_t embedding_size = 384;

#include "guard/injection_weights.inc"

static_assert(user_signatures.size() == lexical_feature_count + 1);
static_assert(user_classifier.size() == lexical_feature_count + embedding_size + 1);

float logistic(float x) { return 1 / (1 + std::exp(-x)); }

float dot(std::span<const float> weights, std::span<const float> values) {
  return std::inner_product(values.begin(), values.end(), weights.begin(), 0.0F);
}

/// A passage from a tool is read like one from a document.
std::span<const float> signature_head(TrustMark trust) {
  return trust == TrustMark::user ? user_signatures : passage_signatures;
}
std::span<const float> classifier_head(TrustMark trust) {
  return trust == TrustMark::user ? user_classifier : passage_classifier;
}

/// The score that at most `rate` of the harmless texts reached.
float level_of(double rate, TrustMark trust, bool classified) {
  const auto& levels = trust == TrustMark::user
                           ? (classified ? user_classifier_levels : user_signatures_levels)
                           : (classified ? passage_classifier_levels : passage_signatures_levels);
  static_assert(user_classifier_levels.size() == injection_rates.size());
  std::size_t at = 0;
  while (at + 1 < levels.size() && injection_rates[at + 1] <= rate) ++at;
  return levels[at];
}

InjectionReport signature_report(const ScannedText& text, TrustMark trust) {
  InjectionReport report;
  for (std::size_t k = 0; k < injection_kind_count; ++k)
    report.found[k] = static_cast<std::uint16_t>(std::min<std::uint32_t>(text.total.counts[k], UINT16_MAX));
  const std::span<const float> head = signature_head(trust);
  // Without a signature there is nothing that the head could weigh.
  if (report.total() > 0) report.score = logistic(dot(head, text.features) + head.back());
  for (std::size_t i = 0; i < text.scans.size() && report.end == 0; ++i) {
    if (text.scans[i].hits.empty()) continue;
    const SignatureHit& hit = text.scans[i].hits.front();
    const TextPiece& piece = text.plain.pieces[i];
    report.begin = i == 0 ? text.plain.source_of(hit.begin) : piece.begin;
    report.end = i == 0 ? text.plain.source_end_of(hit.end) : piece.end;
  }
  return report;
}

float window_logit(const InjectionWindow& window, std::span<const float> embedding, TrustMark trust) {
  const std::span<const float> head = classifier_head(trust);
  return dot(head, window.features) + dot(head.subspan(lexical_feature_count), embedding) + head.back();
}

}  // namespace

std::string_view name_of(InjectionKind kind) {
  static constexpr std::array<std::string_view, injection_kind_count> names = {
      "override_rules",  "reveal_hidden", "new_role",    "privileged_mode", "false_authority",
      "order_to_reader", "exfiltration",  "concealment", "encoded_order",   "hidden_characters"};
  return names[static_cast<std::size_t>(kind)];
}

std::uint32_t InjectionReport::total() const {
  return std::accumulate(found.begin(), found.end(), std::uint32_t{0});
}

std::size_t InjectionReport::kinds() const {
  return static_cast<std::size_t>(std::count_if(found.begin(), found.end(), [](auto n) { return n != 0; }));
}

InjectionGuard::InjectionGuard(InjectionOptions options) : options_(options) {}

GuardVerdict InjectionGuard::verdict_for(const InjectionReport& report, TrustMark trust) const {
  if (report.score >= level_of(options_.stop_rate, trust, report.classified))
    return trust == TrustMark::user ? GuardVerdict::block : GuardVerdict::quarantine;
  return report.score >= level_of(options_.flag_rate, trust, report.classified) ? GuardVerdict::flag
                                                                                : GuardVerdict::allow;
}

InjectionReport InjectionGuard::scan_signatures(std::string_view text, TrustMark trust) const {
  InjectionReport report = signature_report(scan_text(text), trust);
  report.verdict = verdict_for(report, trust);
  // In long harmless texts one of them happens: filings speak of trade secrets, abstracts of instead.
  if (report.kinds() < 2 && report.verdict != GuardVerdict::allow) report.verdict = GuardVerdict::flag;
  return report;
}

Result<InjectionReport> InjectionGuard::score(std::string_view text, TrustMark trust,
                                              const Embedder& embedder, const CallContext& context) const {
  if (embedder.info().name != embedder_name || embedder.info().dimensions != embedding_size)
    return Error(Code::failed_precondition,
                 "the injection guard is trained for the embedder " + std::string(embedder_name) +
                     ", not for " + embedder.info().name + "; use that one, or its signatures only");
  LOADLINE_TRY(context.check());
  const ScannedText scanned = scan_text(text);
  InjectionReport report = signature_report(scanned, trust);
  const InjectionWindows windows = injection_windows(scanned);
  report.classified = true;
  report.sentences_left_out = windows.left_out + scanned.plain.pieces_left_out;
  report.score = 0;
  if (!windows.windows.empty()) {
    std::vector<std::string_view> texts;
    texts.reserve(windows.windows.size());
    for (const InjectionWindow& window : windows.windows) texts.push_back(window.text);
    LOADLINE_ASSIGN(const Matrix vectors, embedder.embed(texts, context));
    float worst = -INFINITY;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const float logit = window_logit(windows.windows[i], vectors.row(i), trust);
      if (logit <= worst) continue;
      worst = logit;
      report.begin = windows.windows[i].begin;
      report.end = windows.windows[i].end;
    }
    report.score = logistic(worst);
  }
  report.verdict = verdict_for(report, trust);
  return report;
}

InjectionReport InjectionGuard::check(std::string_view text, TrustMark trust, const Embedder& embedder,
                                      const CallContext& context) const {
  Result<InjectionReport> scored = score(text, trust, embedder, context);
  if (scored) return std::move(scored).value();
  InjectionReport report = scan_signatures(text, trust);
  report.verdict = worse(report.verdict, verdict_of(scored.error()));
  return report;
}

}  // namespace loadline
