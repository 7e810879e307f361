#pragma once
// The version of everything that determines what is read from a document: part of the ledger's stage version,
// so that documents are read again when it changes.
#include <string>

namespace loadline {

/// Raised with every change of a reader that changes its output.
inline constexpr int readers_version = 3;

/// One line: our readers and the libraries behind them.
std::string extractor_version();

}  // namespace loadline
