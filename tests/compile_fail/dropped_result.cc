// error: ignoring returned value of type 'loadline::Result<int>', declared with attribute 'nodiscard'
#include "base/result.h"

loadline::Result<int> read();

int use() {
#ifdef MUST_NOT_COMPILE
  read();
#endif
  return read().ok() ? 1 : 0;
}
