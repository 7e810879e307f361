#include "apps/loadline/command_line.h"
#include "apps/loadline/process_secrecy.h"

int main(int argc, char** argv) {
  loadline::keep_memory_private();
  return loadline::run_command_line(argc, argv);
}
