#pragma once
// What a process that holds other people's data must not leave behind when it dies.
namespace loadline {

/// No core dump of this process, whatever limits and core pattern say, and no other user's process may trace
/// it; an exception that nobody catches is told by its type, not by its words. Once, before anything is read.
void keep_memory_private();

}  // namespace loadline
