#include "apps/loadline/command_line.h"

int main(int argc, char** argv) { return loadline::run_command_line(argc, argv); }
