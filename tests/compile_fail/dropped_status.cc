// error: ignoring returned value of type 'loadline::Status'
#include "base/result.h"

loadline::Status write();

bool use() {
#ifdef MUST_NOT_COMPILE
  write();
#endif
  return write().ok();
}
