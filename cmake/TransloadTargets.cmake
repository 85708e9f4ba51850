# One library per folder.
#
#   transload_library(load SOURCES a.cpp b.cpp USES core LIBRARIES PkgConfig::pq)
#
# makes transload_load. USES names the folders whose headers it may include; scripts/check-arrows
# holds the #include lines against the same list, because a shared include root would let anything
# through.
add_library(transload_options INTERFACE)
target_include_directories(transload_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_options(transload_options INTERFACE -Wall -Wextra -Wpedantic
                                                   -Wnon-virtual-dtor -Woverloaded-virtual)
# g++ 12 sees overlapping copies in every optimised string::insert and operator+ (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(transload_options INTERFACE -Wno-restrict)
endif()
# Newer ones take any reference that a function returns for one into its temporary arguments.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
  target_compile_options(transload_options INTERFACE -Wno-dangling-reference)
endif()
# Several files compiled as one (the presets do) share one global scope: what is hidden by a local
# name there, and a class that holds a type of its file's own, is no mistake.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(transload_options INTERFACE -Wshadow=local -Wno-subobject-linkage)
else()
  target_compile_options(transload_options INTERFACE -Wshadow)
endif()
if(TRANSLOAD_WERROR)
  target_compile_options(transload_options INTERFACE -Werror)
endif()
# Lines for the stack traces, and nothing optimised: compiles in a third of the time.
if(TRANSLOAD_SANITIZE)
  target_compile_options(transload_options INTERFACE -fsanitize=address,undefined
                                                     -fno-omit-frame-pointer -O0 -g1)
  target_link_options(transload_options INTERFACE -fsanitize=address,undefined)
endif()
if(TRANSLOAD_TSAN)
  target_compile_options(transload_options INTERFACE -fsanitize=thread -O1)
  target_link_options(transload_options INTERFACE -fsanitize=thread)
endif()

function(transload_library folder)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  list(TRANSFORM arg_USES PREPEND transload_)
  if(NOT arg_SOURCES)
    add_library(transload_${folder} INTERFACE)
    target_link_libraries(transload_${folder} INTERFACE transload_options ${arg_USES})
    return()
  endif()
  add_library(transload_${folder} STATIC ${arg_SOURCES})
  target_link_libraries(transload_${folder} PUBLIC transload_options ${arg_USES}
                                            PRIVATE ${arg_LIBRARIES})
endfunction()
