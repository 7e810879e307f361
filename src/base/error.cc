#include "base/error.h"

namespace loadline {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::cancelled:
      return "cancelled";
    case Code::deadline_exceeded:
      return "deadline_exceeded";
    case Code::invalid_argument:
      return "invalid_argument";
    case Code::not_found:
      return "not_found";
    case Code::already_exists:
      return "already_exists";
    case Code::unauthenticated:
      return "unauthenticated";
    case Code::permission_denied:
      return "permission_denied";
    case Code::resource_exhausted:
      return "resource_exhausted";
    case Code::failed_precondition:
      return "failed_precondition";
    case Code::unavailable:
      return "unavailable";
    case Code::data_loss:
      return "data_loss";
    case Code::internal:
      return "internal";
  }
  return "internal";
}

Error Error::within(std::string_view context) && {
  message_.insert(0, ": ").insert(0, context);
  return std::move(*this);
}

Error Error::within(std::string_view context) const& { return Error(*this).within(context); }

std::string Error::to_string() const {
  std::string text(code_name(code_));
  text += ": ";
  text += message_;
  return text;
}

}  // namespace loadline
