#include "llama/handles.h"

#include <log.h>

#include <mutex>

#include "llama/packed_weights.h"

namespace loadline::llama {

void start_library() {
  // The library keeps its log settings in process-wide variables; this is the one place that sets them.
  static std::once_flag once;
  std::call_once(once, [] {
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
    common_log_set_verbosity_thold(-1);
    common_log_pause(common_log_main());
    llama_backend_init();
    use_packed_weights();
  });
}

}  // namespace loadline::llama
