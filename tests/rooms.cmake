# Checks what the files of one room include: what host/CMakeLists.txt lets it, and only
# kernels/ CUDA headers.
# cmake -DFOLDER=<its folder> -DROOM=<name> -DMAY=<rooms> -DHEADERS=<of include/nnpoisson>
#       -P rooms.cmake
# Lists are separated by blanks.
cmake_minimum_required(VERSION 3.22)
separate_arguments(MAY)
separate_arguments(HEADERS)
if(ROOM STREQUAL kernels)
  list(APPEND MAY simt)  # the emulation that tests compile kernels with, in place of CUDA
endif()

set(wrong "")
file(GLOB_RECURSE files ${FOLDER}/*.cpp ${FOLDER}/*.hpp ${FOLDER}/*.cu ${FOLDER}/*.cuh)
foreach(file IN LISTS files)
  file(STRINGS ${file} lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    if(NOT ROOM STREQUAL kernels AND line MATCHES "[<\"/](cuda|cub/|thrust/|cublas|curand)")
      list(APPEND wrong "${file}: ${line}: nothing in host/ includes CUDA headers")
    elseif(line MATCHES "[<\"]nnpoisson/([a-z0-9_]+)")
      if(NOT CMAKE_MATCH_1 IN_LIST HEADERS)
        list(APPEND wrong "${file}: ${line}: ${ROOM} may use only the headers ${HEADERS}")
      endif()
    elseif(line MATCHES "\"([a-z0-9_]+)/")
      if(NOT CMAKE_MATCH_1 IN_LIST MAY)
        list(APPEND wrong "${file}: ${line}: ${ROOM} may use only the rooms ${MAY}")
      endif()
    endif()
  endforeach()
endforeach()
if(NOT files OR wrong)
  list(JOIN wrong "\n" text)
  message(FATAL_ERROR "${FOLDER}:\n${text}")
endif()
