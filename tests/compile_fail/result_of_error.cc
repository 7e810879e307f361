// error: static assertion failed: a Result<Error> could not tell success from failure
#include "base/result.h"

#ifdef MUST_NOT_COMPILE
bool use(loadline::Result<loadline::Error> result) { return result.ok(); }
#else
bool use(loadline::Result<std::string> result) { return result.ok(); }
#endif
