#pragma once
// From the manifest's `server.tokens` to what checks bearer tokens, and where its keys come from: a file that
// is looked at every second, or a URL.
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "config/manifest.h"
#include "governance/bearer_tokens.h"

namespace loadline {

/// Null: the manifest has no tokens. A key set that cannot be had now is no error: until it can, tokens are
/// refused. invalid_argument: URL, CA file. Clock and log must outlive it.
Result<std::unique_ptr<BearerTokens>> make_bearer_tokens(const Manifest& manifest, const Clock& clock,
                                                         Log& log);

}  // namespace loadline
