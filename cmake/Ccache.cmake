# Uses ccache where it is installed; a build without it is only slower.
find_program(TRANSLOAD_CCACHE ccache)
if(TRANSLOAD_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TRANSLOAD_CCACHE})
endif()
