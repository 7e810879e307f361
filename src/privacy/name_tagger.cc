#include "privacy/name_tagger.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "base/utf8.h"

namespace loadline {
namespace {

constexpr std::size_t windows = 2 * NameTagger::window + 1;
constexpr std::size_t input_size = NameTagger::vector_size + windows * name_feature_count;

// Types in the order of the tags; each has two, begin and inside, after the tag for nothing.
constexpr std::array<DataType, 9> tag_types = {
    DataType::person, DataType::organisation, DataType::place, DataType::street_address, DataType::date_time,
    DataType::age,    DataType::nationality,  DataType::title, DataType::web_address};
constexpr std::size_t tag_count = 1 + 2 * tag_types.size();

#include "privacy/name_weights.inc"

static_assert(hidden_weights.size() == hidden_size * input_size, "train again: bench/train_names.py");
static_assert(tag_weights.size() == tag_count * hidden_size, "train again: bench/train_names.py");

constexpr float certain = 30;

constexpr std::size_t begin_of(DataType type) {
  std::size_t i = 0;
  while (tag_types[i] != type) ++i;
  return 1 + 2 * i;
}

using TagScores = std::array<float, tag_count>;

/// The hidden layer's sums: the vector's part is a product, of the properties only those that are there
/// count.
void add_properties(const std::vector<NameWord>& words, std::size_t at,
                    std::array<float, hidden_size>& sums) {
  for (std::size_t place = 0; place < windows; ++place) {
    if (at + place < NameTagger::window || at + place - NameTagger::window >= words.size()) continue;
    const NameFeatures& features = words[at + place - NameTagger::window].features;
    for (std::size_t f = 0; f < name_feature_count; ++f) {
      if (!features.test(f)) continue;
      const std::size_t column = NameTagger::vector_size + place * name_feature_count + f;
      for (std::size_t h = 0; h < hidden_size; ++h)
        sums[h] += hidden_scales[h] * static_cast<float>(hidden_weights[column * hidden_size + h]);
    }
  }
}

TagScores scores_of(const NameInputs& inputs, std::size_t at) {
  std::array<float, hidden_size> sums{};
  const std::span<const float> vector = inputs.vectors.row(at);
  for (std::size_t i = 0; i < NameTagger::vector_size; ++i) {
    const float value = vector[i];
    const std::int8_t* weights = hidden_weights.data() + i * hidden_size;
    for (std::size_t h = 0; h < hidden_size; ++h) sums[h] += value * static_cast<float>(weights[h]);
  }
  for (std::size_t h = 0; h < hidden_size; ++h) sums[h] = sums[h] * hidden_scales[h] + hidden_constants[h];
  add_properties(inputs.words, at, sums);
  TagScores scores = tag_constants;
  for (std::size_t t = 0; t < tag_count; ++t) {
    float sum = 0;
    for (std::size_t h = 0; h < hidden_size; ++h)
      sum += std::max(sums[h], 0.0F) * static_cast<float>(tag_weights[t * hidden_size + h]);
    scores[t] += sum * tag_scales[t];
  }
  // What has the form of an address of the web is one, whatever stands beside it.
  if (inputs.words[at].features.test(static_cast<std::size_t>(NameFeature::web)))
    scores[begin_of(DataType::web_address)] += certain;
  return scores;
}

bool may_follow(std::size_t before, std::size_t tag) {
  const bool inside = tag > 0 && tag % 2 == 0;
  return !inside || before == tag || before + 1 == tag;
}

std::vector<std::size_t> best_tags(const std::vector<TagScores>& scores) {
  std::vector<std::array<std::uint8_t, tag_count>> from(scores.size());
  TagScores best{};
  for (std::size_t i = 0; i < scores.size(); ++i) {
    TagScores next{};
    for (std::size_t tag = 0; tag < tag_count; ++tag) {
      float most = -INFINITY;
      for (std::size_t before = 0; before < tag_count; ++before) {
        if (i == 0 ? before != 0 || !may_follow(0, tag) : !may_follow(before, tag)) continue;
        const float score = i == 0 ? 0 : best[before];
        if (score <= most) continue;
        most = score;
        from[i][tag] = static_cast<std::uint8_t>(before);
      }
      next[tag] = most + scores[i][tag];
    }
    best = next;
  }
  std::vector<std::size_t> tags(scores.size());
  auto tag = static_cast<std::size_t>(std::max_element(best.begin(), best.end()) - best.begin());
  for (std::size_t i = scores.size(); i-- > 0;) {
    tags[i] = tag;
    tag = from[i][tag];
  }
  return tags;
}

/// Of scripts beyond Latin, Greek and Cyrillic the network has learned nothing, and would guess.
bool is_of_known_script(std::string_view text) {
  // Between them: more letters of Latin and Greek with marks, and signs.
  constexpr char32_t first_unknown = 0x530, known_again = 0x1E00, signs_end = 0x2C00;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t point = next_code_point(text, at);
    if (point >= first_unknown && (point < known_again || point >= signs_end)) return false;
  }
  return true;
}

/// How sure the network is of this tag, next to all others.
float share_of(const TagScores& scores, std::size_t tag) {
  float sum = 0;
  for (const float score : scores) sum += std::exp(score - scores[tag]);
  return 1 / sum;
}

/// What the best sequence has counts, so it starts where findings count. A date in general gives way to a
/// date of birth.
float confidence_of(DataType type, float share) {
  constexpr float least = 0.5F;
  const float most = is_only_on_request(type) ? 0.55F : NameTagger::confidence_max;
  return least + (most - least) * share;
}

/// A postcode at best: what the detector knows of numbers counts more.
bool has_letters(const NameWord& word) {
  constexpr NameFeature forms[] = {NameFeature::capital, NameFeature::all_capitals,  NameFeature::one_capital,
                                   NameFeature::small,   NameFeature::inner_capital, NameFeature::mixed,
                                   NameFeature::web};
  return std::any_of(std::begin(forms), std::end(forms),
                     [&](NameFeature form) { return word.features.test(static_cast<std::size_t>(form)); });
}

bool is_token(const NameWord& word) {
  return word.features.test(static_cast<std::size_t>(NameFeature::token));
}

void add_findings(const NameInputs& inputs, const std::vector<TagScores>& scores, std::vector<Finding>& out) {
  const std::vector<std::size_t> tags = best_tags(scores);
  for (std::size_t i = 0; i < tags.size();) {
    if (tags[i] == 0) {
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    float confidence = share_of(scores[i], tags[i]);
    for (; end < tags.size() && tags[end] == tags[i] + 1; ++end)
      confidence = std::max(confidence, share_of(scores[end], tags[end]));
    const auto first = inputs.words.begin() + static_cast<std::ptrdiff_t>(i);
    const auto last = inputs.words.begin() + static_cast<std::ptrdiff_t>(end);
    const DataType type = tag_types[(tags[i] - 1) / 2];
    const float sure = confidence_of(type, std::any_of(first, last, has_letters) ? confidence : 0);
    if (std::none_of(first, last, is_token))
      out.push_back({type, 0, sure, inputs.words[i].begin, inputs.words[end - 1].end});
    i = end;
  }
}

}  // namespace

Result<NameTagger> NameTagger::make(const Embedder& embedder) {
  if (embedder.info().name != trained_for || embedder.info().dimensions != vector_size)
    return Error(Code::failed_precondition, "names are found with the embedder " + std::string(trained_for) +
                                                ", not with " + embedder.info().name +
                                                "; use that one, or leave 'guards.pii.names' out");
  return NameTagger(embedder);
}

Result<NameInputs> NameTagger::inputs(const Embedder& embedder, std::string_view unit,
                                      const CallContext& context) {
  NameInputs inputs;
  inputs.words = name_words(unit, unit.size());
  inputs.vectors = {inputs.words.size(), vector_size, std::vector<float>(inputs.words.size() * vector_size)};
  if (inputs.words.empty()) return inputs;
  std::vector<TokenSpan> tokens;
  LOADLINE_ASSIGN(const Matrix vectors, embedder.token_vectors(unit, tokens, context));
  std::size_t token = 0;
  for (std::size_t w = 0; w < inputs.words.size(); ++w) {
    const NameWord& word = inputs.words[w];
    float* const sum = inputs.vectors.values.data() + w * vector_size;
    std::size_t pieces = 0;
    while (token < tokens.size() && tokens[token].end <= word.begin) ++token;
    for (std::size_t t = token; t < tokens.size() && tokens[t].begin < word.end; ++t) {
      if (tokens[t].begin == tokens[t].end) continue;
      const std::span<const float> piece = vectors.row(t);
      for (std::size_t i = 0; i < vector_size; ++i) sum[i] += piece[i];
      ++pieces;
    }
    if (pieces > 1)
      for (std::size_t i = 0; i < vector_size; ++i) sum[i] /= static_cast<float>(pieces);
  }
  return inputs;
}

Status NameTagger::find(std::string_view unit, const CallContext& context, std::vector<Finding>& out) const {
  LOADLINE_ASSIGN(const NameInputs found, inputs(*embedder_, unit, context));
  std::vector<TagScores> scores(found.words.size());
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = scores_of(found, i);
  if (scores.empty()) return {};
  std::vector<Finding> findings;
  add_findings(found, scores, findings);
  for (const Finding& finding : findings)
    if (is_of_known_script(unit.substr(finding.begin, finding.end - finding.begin))) out.push_back(finding);
  return {};
}

}  // namespace loadline
