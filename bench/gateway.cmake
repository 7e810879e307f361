add_executable(loadline_open_loop open_loop.cc)
