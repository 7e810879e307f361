#pragma once
// Posts spans to an OTLP/HTTP collector, blocking. Used by the exporter's thread only.
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace loadline {

/// `endpoint`: "http://127.0.0.1:4318"; bodies go to its /v1/traces. invalid_argument: no URL; what TlsTrust
/// fails with. The clock must outlive the result.
Result<std::function<Status(std::string)>> make_otlp_sender(const std::string& endpoint, const Clock& clock);

}  // namespace loadline
