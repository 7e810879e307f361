# Third-party code as imported targets loadline::<name>. Nothing is downloaded here: Debian packages come from
# tools/setup, pinned sources from tools/fetch, llama.cpp from tools/build-llama. All missing packages are
# reported together, with the names that apt-get wants.
#
# Headers are SYSTEM. Where Debian ships a static library for a package whose shared one depends on the exact
# release (Boost, yaml-cpp, re2, ...), the static one is taken, so that the binary moves between machines.

find_package(Threads REQUIRED)
set(LOADLINE_MISSING_PACKAGES "")

# loadline_dependency(<name> PACKAGE <debian package> HEADER <file> [LIBRARIES <name>...] [SUBDIR <folder>...])
function(loadline_dependency name)
  cmake_parse_arguments(D "" "PACKAGE;HEADER" "LIBRARIES;SUBDIR" ${ARGN})
  string(TOUPPER ${name} id)
  find_path(LOADLINE_${id}_INCLUDE ${D_HEADER} PATH_SUFFIXES ${D_SUBDIR})
  mark_as_advanced(LOADLINE_${id}_INCLUDE)
  set(found ${LOADLINE_${id}_INCLUDE})
  set(files "")
  foreach(library IN LISTS D_LIBRARIES)
    string(MAKE_C_IDENTIFIER LOADLINE_${id}_${library} variable)
    find_library(${variable} NAMES lib${library}.a ${library})
    mark_as_advanced(${variable})
    list(APPEND files ${${variable}})
    if(NOT ${variable})
      set(found FALSE)
    endif()
  endforeach()
  if(NOT found)
    set(LOADLINE_MISSING_PACKAGES ${LOADLINE_MISSING_PACKAGES} ${D_PACKAGE} PARENT_SCOPE)
    return()
  endif()
  add_library(loadline::${name} INTERFACE IMPORTED)
  target_include_directories(loadline::${name} SYSTEM INTERFACE ${LOADLINE_${id}_INCLUDE})
  target_link_libraries(loadline::${name} INTERFACE ${files} Threads::Threads)
endfunction()

loadline_dependency(openssl PACKAGE libssl-dev HEADER openssl/ssl.h LIBRARIES libssl.so libcrypto.so)
loadline_dependency(boost_headers PACKAGE libboost1.81-dev HEADER boost/asio.hpp)
loadline_dependency(boost_json PACKAGE libboost-json1.81-dev HEADER boost/json.hpp LIBRARIES boost_json)
loadline_dependency(boost_url PACKAGE libboost-url1.81-dev HEADER boost/url.hpp LIBRARIES boost_url)
loadline_dependency(sqlite PACKAGE libsqlite3-dev HEADER sqlite3.h LIBRARIES libsqlite3.so)
loadline_dependency(dnnl PACKAGE libdnnl-dev HEADER dnnl.hpp LIBRARIES dnnl)
loadline_dependency(icu PACKAGE libicu-dev HEADER unicode/uchar.h LIBRARIES libicui18n.so libicuuc.so libicudata.so)
loadline_dependency(fmt PACKAGE libfmt-dev HEADER fmt/format.h LIBRARIES fmt)
loadline_dependency(re2 PACKAGE libre2-dev HEADER re2/re2.h LIBRARIES re2)
loadline_dependency(yaml PACKAGE libyaml-cpp-dev HEADER yaml-cpp/yaml.h LIBRARIES yaml-cpp)
loadline_dependency(cli11 PACKAGE libcli11-dev HEADER CLI/CLI.hpp)
loadline_dependency(zip PACKAGE libzip-dev HEADER zip.h LIBRARIES zip)
loadline_dependency(pugixml PACKAGE libpugixml-dev HEADER pugixml.hpp LIBRARIES pugixml)
loadline_dependency(gumbo PACKAGE libgumbo-dev HEADER gumbo.h LIBRARIES gumbo)
loadline_dependency(md4c PACKAGE libmd4c-dev HEADER md4c.h LIBRARIES md4c)
loadline_dependency(archive PACKAGE libarchive-dev HEADER archive.h LIBRARIES libarchive.so)
loadline_dependency(leptonica PACKAGE libleptonica-dev HEADER allheaders.h SUBDIR leptonica LIBRARIES liblept.so)
loadline_dependency(tesseract PACKAGE libtesseract-dev HEADER tesseract/baseapi.h LIBRARIES libtesseract.so)
loadline_dependency(seccomp PACKAGE libseccomp-dev HEADER seccomp.h LIBRARIES libseccomp.so)
loadline_dependency(stemmer PACKAGE libstemmer-dev HEADER libstemmer.h LIBRARIES stemmer)
loadline_dependency(curl PACKAGE libcurl4-openssl-dev HEADER curl/curl.h LIBRARIES libcurl.so)
loadline_dependency(sodium PACKAGE libsodium-dev HEADER sodium.h LIBRARIES sodium)
loadline_dependency(jemalloc PACKAGE libjemalloc-dev HEADER jemalloc/jemalloc.h LIBRARIES jemalloc_pic)
loadline_dependency(gtest PACKAGE "libgtest-dev;libgmock-dev" HEADER gtest/gtest.h LIBRARIES gmock gtest gtest_main)
loadline_dependency(rapidcheck PACKAGE librapidcheck-dev HEADER rapidcheck.h LIBRARIES rapidcheck)
loadline_dependency(benchmark PACKAGE libbenchmark-dev HEADER benchmark/benchmark.h LIBRARIES benchmark)

if(LOADLINE_MISSING_PACKAGES)
  list(REMOVE_DUPLICATES LOADLINE_MISSING_PACKAGES)
  list(JOIN LOADLINE_MISSING_PACKAGES " " packages)
  message(FATAL_ERROR "Debian packages are missing. Run tools/setup, or: apt-get install ${packages}")
endif()

target_link_libraries(loadline::boost_json INTERFACE loadline::boost_headers)
target_link_libraries(loadline::tesseract INTERFACE loadline::leptonica)
target_compile_definitions(loadline::icu INTERFACE U_USING_ICU_NAMESPACE=0)

# Asio and Beast are headers; OpenSSL is their TLS.
add_library(loadline::boost_asio INTERFACE IMPORTED)
target_link_libraries(loadline::boost_asio INTERFACE loadline::boost_headers loadline::openssl Threads::Threads)

# Where the pinned things lie: the scripts know, so that there is one rule for it.
function(loadline_script_output variable)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output OUTPUT_STRIP_TRAILING_WHITESPACE
                  ERROR_VARIABLE error RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${ARGN} failed: ${error}")
  endif()
  set(${variable} ${output} PARENT_SCOPE)
endfunction()

function(loadline_need file command)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "${file} is missing in the cache. Run ${command} (./run and ./test do it)")
  endif()
endfunction()

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${CMAKE_SOURCE_DIR}/third_party/pins.tsv ${CMAKE_SOURCE_DIR}/third_party/models.tsv
             ${CMAKE_SOURCE_DIR}/tools/build-llama)
loadline_script_output(LOADLINE_USEARCH_DIR ${CMAKE_SOURCE_DIR}/tools/fetch --print-source usearch)
loadline_script_output(LOADLINE_PDFIUM_DIR ${CMAKE_SOURCE_DIR}/tools/fetch --print-source pdfium)
loadline_script_output(LOADLINE_LLAMA_DIR ${CMAKE_SOURCE_DIR}/tools/build-llama --print-prefix)
loadline_script_output(LOADLINE_LLAMA_VARIANT ${CMAKE_SOURCE_DIR}/tools/build-llama --print-variant)
# The Python of the end-to-end tests; ./test makes it (tools/venv), nothing else needs it.
loadline_script_output(LOADLINE_PYTHON ${CMAKE_SOURCE_DIR}/tools/venv --print-python)

loadline_need(${LOADLINE_USEARCH_DIR}/include/usearch/index.hpp tools/fetch)
add_library(loadline::usearch INTERFACE IMPORTED)
target_include_directories(loadline::usearch SYSTEM INTERFACE ${LOADLINE_USEARCH_DIR}/include)
target_compile_definitions(loadline::usearch INTERFACE USEARCH_USE_OPENMP=0 USEARCH_USE_NUMKONG=0)

# PDFium has no headers in its package and comes as a shared library only: src/extract/pdf declares the C functions
# that it calls, and carries the library inside the program.
set(LOADLINE_PDFIUM_SO ${LOADLINE_PDFIUM_DIR}/libpdfium.so)
loadline_need(${LOADLINE_PDFIUM_SO} tools/fetch)

# llama.cpp: built once per cache, without sanitizers, optimised, for one CPU variant. LOADLINE_LLAMA_VARIANT
# (v3 or avx512) is what the program must check at start-up.
loadline_need(${LOADLINE_LLAMA_DIR}/.complete tools/build-llama)
add_library(loadline::llama INTERFACE IMPORTED)
target_include_directories(loadline::llama SYSTEM INTERFACE
  ${LOADLINE_LLAMA_DIR}/include ${LOADLINE_LLAMA_DIR}/include/common ${LOADLINE_LLAMA_DIR}/include/vendor)
target_compile_definitions(loadline::llama INTERFACE LOADLINE_LLAMA_VARIANT="${LOADLINE_LLAMA_VARIANT}")
set(llama_libraries "")
foreach(library llama-common llama-common-base cpp-httplib llama ggml ggml-cpu ggml-base)
  loadline_need(${LOADLINE_LLAMA_DIR}/lib/lib${library}.a tools/build-llama)
  list(APPEND llama_libraries ${LOADLINE_LLAMA_DIR}/lib/lib${library}.a)
endforeach()
target_link_libraries(loadline::llama INTERFACE
  -Wl,--start-group ${llama_libraries} -Wl,--end-group Threads::Threads ${CMAKE_DL_LIBS})
