#include "apps/loadline/record_guard.h"

#include <algorithm>

namespace loadline {
namespace {

constexpr DataType looked_for[] = {DataType::payment_card, DataType::iban,  DataType::us_ssn,
                                   DataType::email,        DataType::phone, DataType::api_key,
                                   DataType::private_key,  DataType::jwt,   DataType::url_credentials};
constexpr float confidence_min = 0.7F;

DetectorOptions options() {
  DetectorOptions options;
  options.confidence_min = confidence_min;
  for (std::size_t i = 0; i < data_type_count; ++i) {
    const auto type = static_cast<DataType>(i);
    if (std::find(std::begin(looked_for), std::end(looked_for), type) == std::end(looked_for) &&
        type != DataType::custom)
      options.off.push_back(type);
  }
  return options;
}

}  // namespace

RecordGuard::RecordGuard() : detector_(Detector::make(options()).value()) {
  actions_.of = ActionTable::filled(Action::mask);
  settings_.detector = detector_.get();
  settings_.actions = &actions_;
}

std::string RecordGuard::scrubbed(std::string_view text) const { return filter_text(settings_, text).text; }

bool RecordGuard::is_clean(std::string_view text) const { return detector_->find(text).empty(); }

}  // namespace loadline
