#include "fake_script.h"

#include <boost/json.hpp>

namespace loadline {
namespace {

namespace json = boost::json;

Error wrong(std::string_view what) { return Error(Code::invalid_argument, "control: " + std::string(what)); }

bool read(const json::value& value, std::string& into) {
  if (!value.is_string()) return false;
  into = value.get_string();
  return true;
}
bool read(const json::value& value, bool& into) {
  if (!value.is_bool()) return false;
  into = value.get_bool();
  return true;
}
template <class Number>
bool read_number(const json::value& value, Number& into) {
  if (!value.is_int64() || value.get_int64() < 0) return false;
  into = static_cast<Number>(value.get_int64());
  return true;
}
bool read(const json::value& value, int& into) { return read_number(value, into); }
bool read(const json::value& value, std::uint32_t& into) { return read_number(value, into); }
bool read(const json::value& value, std::uint64_t& into) { return read_number(value, into); }
template <class T>
bool read(const json::value& value, std::optional<T>& into) {
  return read(value, into.emplace());
}

// Whether the name is one of a fault's; `ok` says whether its value fits.
bool read_member(std::string_view name, const json::value& value, FakeFault& fault, bool& ok) {
  const auto is = [&](std::string_view wanted, auto& into) {
    if (name != wanted) return false;
    ok = read(value, into);
    return true;
  };
  return is("delay_ms", fault.delay_ms) || is("status", fault.status) ||
         is("retry_after", fault.retry_after) || is("close_before_answer", fault.close_before_answer) ||
         is("reset", fault.reset) || is("drop_after_bytes", fault.drop_after_bytes) ||
         is("drop_after_events", fault.drop_after_events) ||
         is("stall_after_bytes", fault.stall_after_bytes) ||
         is("stall_after_events", fault.stall_after_events) ||
         is("drip_bytes_per_s", fault.drip_bytes_per_s) || is("split_bytes", fault.split_bytes) ||
         is("malformed_event", fault.malformed_event) || is("text", fault.text) ||
         is("deltas", fault.deltas) || is("delta_ms", fault.delta_ms) ||
         is("ignores_limit", fault.ignores_limit) || is("tool", fault.tool) ||
         is("thinking", fault.thinking) || is("finish", fault.finish) || is("usage", fault.usage);
}

bool read_member(std::string_view name, const json::value& value, FakeRule& rule, bool& ok) {
  const auto is = [&](std::string_view wanted, auto& into) {
    if (name != wanted) return false;
    ok = read(value, into);
    return true;
  };
  return is("path", rule.path) || is("model", rule.model) || is("contains", rule.contains) ||
         is("times", rule.times) || read_member(name, value, rule.fault, ok);
}

template <class T>
Status read_object(const json::value& value, T& into) {
  if (!value.is_object()) return wrong("a rule is an object");
  for (const auto& member : value.get_object()) {
    bool ok = true;
    const std::string_view name = member.key();
    if (!read_member(name, member.value(), into, ok))
      return wrong("there is no \"" + std::string(name) + "\"");
    if (!ok) return wrong("the value of \"" + std::string(name) + "\" does not fit");
  }
  return {};
}

}  // namespace

Result<FakeFault> FakeScript::parse_fault(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return wrong(error.message());
  FakeFault fault;
  LOADLINE_TRY(read_object(value, fault));
  return fault;
}

Result<FakeScript> FakeScript::parse(std::string_view text) {
  if (text.size() > json_bytes_max) return wrong("too long");
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return wrong(error.message());
  if (!value.is_object()) return wrong("an object is wanted");
  FakeScript script;
  for (const auto& member : value.get_object()) {
    if (member.key() == "canned") {
      if (!read(member.value(), script.canned_)) return wrong("\"canned\" is true or false");
    } else if (member.key() == "rules") {
      if (!member.value().is_array() || member.value().get_array().size() > rules_max)
        return wrong("\"rules\" is a list of at most " + std::to_string(rules_max));
      for (const json::value& each : member.value().get_array()) {
        FakeRule rule;
        LOADLINE_TRY(read_object(each, rule));
        script.rules_.push_back(std::move(rule));
      }
    } else {
      return wrong("there is no \"" + std::string(member.key()) + "\"");
    }
  }
  return script;
}

const FakeFault& FakeScript::find(std::string_view target, std::string_view model, std::string_view body) {
  for (FakeRule& rule : rules_) {
    if (rule.times > 0 && rule.used >= rule.times) continue;
    if (!rule.path.empty() && target.find(rule.path) == std::string_view::npos) continue;
    if (!rule.model.empty() && model != rule.model) continue;
    if (!rule.contains.empty() && body.find(rule.contains) == std::string_view::npos) continue;
    ++rule.used;
    return rule.fault;
  }
  return none_;
}

}  // namespace loadline
