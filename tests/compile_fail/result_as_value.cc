// error: cannot convert 'loadline::Result<int>' to 'int' in return
#include "base/result.h"

loadline::Result<int> read();

int use() {
#ifdef MUST_NOT_COMPILE
  return read();
#else
  return read().value_or(0);
#endif
}
