# One helper for every module: its library, its tests, its edges.
#
#   loadline_module(encoder
#     SOURCES safetensors.cc wordpiece.cc
#     USES base model                    # modules; each must be an allowed edge of layers.cmake
#     LINKS loadline::dnnl               # third-party targets of deps.cmake, private
#     TESTS safetensors_test.cc          # one GoogleTest executable loadline_encoder_test
#     TEST_USES  ...                     # extra modules that the tests may use
#     TEST_LINKS ...                     # extra third-party targets of the tests
#     TEST_LABELS fast)                  # fast (default) | slow | model
#
# The library is `loadline_<name>` (slashes become underscores).

set(LOADLINE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                      -Wimplicit-fallthrough -Werror=unused-result)

add_library(loadline_flags INTERFACE)
target_include_directories(loadline_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(loadline_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${LOADLINE_WARNINGS}>)
target_compile_definitions(loadline_flags INTERFACE LOADLINE_VERSION="${PROJECT_VERSION}")
if(LOADLINE_WERROR)
  # GCC 12 sees uninitialised values inside its own AVX-512 headers and overlaps in std::string (GCC bugs 105593, 105651).
  target_compile_options(loadline_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>
    -Wno-error=uninitialized -Wno-error=maybe-uninitialized -Wno-error=restrict)
endif()
if(LOADLINE_SANITIZE)
  target_compile_options(loadline_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined
                                                  -fno-omit-frame-pointer)
  target_link_options(loadline_flags INTERFACE -fsanitize=address,undefined)
  target_compile_definitions(loadline_flags INTERFACE LOADLINE_SANITIZED=1
                             BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING=1)
endif()
if(LOADLINE_FUZZ)
  # Counters of what an input reached, in every module; the fuzz targets themselves link the driver.
  target_compile_options(loadline_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(loadline_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(LOADLINE_TSAN)
  target_compile_options(loadline_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(loadline_flags INTERFACE -fsanitize=thread)
  target_compile_definitions(loadline_flags INTERFACE LOADLINE_SANITIZED=1)
endif()
if(LOADLINE_COVERAGE)
  target_compile_options(loadline_flags INTERFACE --coverage)
  target_link_options(loadline_flags INTERFACE --coverage)
endif()

function(loadline_check_edges name)
  foreach(used IN LISTS ARGN)
    if(NOT used IN_LIST LOADLINE_EDGES_${name})
      message(FATAL_ERROR "layer break: module '${name}' may not use '${used}' (see cmake/layers.cmake)")
    endif()
  endforeach()
endfunction()

function(loadline_link target)
  foreach(used IN LISTS ARGN)
    string(REPLACE "/" "_" used_target ${used})
    target_link_libraries(${target} PUBLIC loadline_${used_target})
  endforeach()
endfunction()

function(loadline_module name)
  cmake_parse_arguments(M "" "" "SOURCES;USES;LINKS;TESTS;TEST_USES;TEST_LINKS;TEST_LABELS" ${ARGN})
  string(REPLACE "/" "_" id ${name})
  loadline_check_edges(${name} ${M_USES})
  set(lib loadline_${id})
  if(M_SOURCES)
    add_library(${lib} STATIC ${M_SOURCES})
    target_link_libraries(${lib} PUBLIC loadline_flags PRIVATE ${M_LINKS})
  else()
    add_library(${lib} INTERFACE)
    target_link_libraries(${lib} INTERFACE loadline_flags)
  endif()
  foreach(used IN LISTS M_USES)
    string(REPLACE "/" "_" used_id ${used})
    if(M_SOURCES)
      target_link_libraries(${lib} PUBLIC loadline_${used_id})
    else()
      target_link_libraries(${lib} INTERFACE loadline_${used_id})
    endif()
  endforeach()
  if(M_TESTS)
    loadline_test(${lib}_test SOURCES ${M_TESTS} USES ${name} ${M_TEST_USES} LINKS ${M_LINKS} ${M_TEST_LINKS}
                  LABELS ${M_TEST_LABELS})
  endif()
endfunction()

# A GoogleTest executable. One ctest entry for the whole executable: a debug build under sanitizers starts
# slowly, and the executables are small enough to read.
function(loadline_test target)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;USES;LINKS;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT T_LABELS)
    set(T_LABELS fast)
  endif()
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 600)
  endif()
  add_executable(${target} ${T_SOURCES})
  foreach(used IN LISTS T_USES)
    string(REPLACE "/" "_" used_id ${used})
    target_link_libraries(${target} PRIVATE loadline_${used_id})
  endforeach()
  target_link_libraries(${target} PRIVATE ${T_LINKS} loadline::gtest)
  target_compile_options(${target} PRIVATE -Wno-dangling-else)  # GoogleTest's ASSERT_ macros below an if
  target_compile_definitions(${target} PRIVATE LOADLINE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${target} COMMAND ${target})
  set_tests_properties(${target} PROPERTIES LABELS "${T_LABELS}" TIMEOUT ${T_TIMEOUT}
                       ENVIRONMENT "ASAN_OPTIONS=detect_leaks=1:abort_on_error=0;UBSAN_OPTIONS=print_stacktrace=1;${T_ENVIRONMENT}")
endfunction()
