// error: 'ok' is not a member of 'loadline::Code'
#include "base/result.h"

loadline::Status done() {
#ifdef MUST_NOT_COMPILE
  return loadline::Error(loadline::Code::ok, "");
#else
  return {};
#endif
}
