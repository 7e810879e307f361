// error: ignoring returned value of type 'loadline::Error', declared with attribute 'nodiscard'
#include "base/error.h"

std::string use(const loadline::Error& error) {
#ifdef MUST_NOT_COMPILE
  error.within("reading");
#endif
  return error.within("reading").to_string();
}
