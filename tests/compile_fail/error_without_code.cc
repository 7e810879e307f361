// error: no matching function for call to 'loadline::Error::Error()'
#include "base/result.h"

loadline::Status failed() {
#ifdef MUST_NOT_COMPILE
  return loadline::Error();
#else
  return loadline::Error(loadline::Code::internal, "a queue has more items than its bound");
#endif
}
