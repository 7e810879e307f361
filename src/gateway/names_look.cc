#include "gateway/names_look.h"

#include <algorithm>

namespace loadline {

NamesAnswer look_for_names(const FurtherFindings& model, const std::vector<std::string>& units,
                           const CallContext& context) {
  NamesAnswer answer;
  answer.findings.resize(units.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    std::vector<Finding> findings;
    Status found = context.check();
    if (found) found = model.find(units[i], context, findings);
    if (!found) {
      answer.failure = found.error();
      break;
    }
    answer.findings[i] = std::move(findings);
  }
  return answer;
}

NamesLook::NamesLook() : failure_(Code::unavailable, "the model for names was not asked") {}

Status NamesLook::Collector::find(std::string_view unit, const CallContext&, std::vector<Finding>&) const {
  if (numbers.try_emplace(std::string(unit), units->size()).second) units->emplace_back(unit);
  return {};
}

void NamesLook::add_known(std::string_view unit) { known_.emplace_back(unit); }

std::shared_ptr<const std::vector<std::string>> NamesLook::units() const {
  return collector_.units->empty() ? nullptr : collector_.units;
}

void NamesLook::take(NamesAnswer answer) {
  findings_ = std::move(answer.findings);
  if (answer.failure) failure_ = *answer.failure;
}

Status NamesLook::find(std::string_view unit, const CallContext&, std::vector<Finding>& out) const {
  if (std::find(known_.begin(), known_.end(), unit) != known_.end()) return {};
  const auto number = collector_.numbers.find(std::string(unit));
  if (number == collector_.numbers.end() || number->second >= findings_.size() || !findings_[number->second])
    return failure_;
  const std::vector<Finding>& found = *findings_[number->second];
  out.insert(out.end(), found.begin(), found.end());
  return {};
}

}  // namespace loadline
