# Looks for a CUDA compiler; NNPOISSON_HAS_CUDA says whether kernels/cuda is built. Without it
# everything else is.
if(NOT NNPOISSON_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "NNPOISSON_CUDA is \"${NNPOISSON_CUDA}\"; it takes AUTO, ON or OFF")
endif()
set(NNPOISSON_HAS_CUDA OFF)
if(NNPOISSON_CUDA STREQUAL "OFF")
  return()
endif()

include(CheckLanguage)
check_language(CUDA)
if(CMAKE_CUDA_COMPILER)
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    # Ampere to Blackwell, and PTX for what comes later.
    set(CMAKE_CUDA_ARCHITECTURES "80-real;90-real;100-real;120")
  endif()
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know that nvcc 13 has C++20
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  find_package(CUDAToolkit REQUIRED)
  set(NNPOISSON_HAS_CUDA ON)
  message(STATUS "CUDA: ${CMAKE_CUDA_COMPILER} ${CMAKE_CUDA_COMPILER_VERSION}, "
                 "architectures ${CMAKE_CUDA_ARCHITECTURES}")
elseif(NNPOISSON_CUDA STREQUAL "ON")
  message(FATAL_ERROR "NNPOISSON_CUDA is ON and no CUDA compiler was found: put nvcc on the PATH, "
                      "set CMAKE_CUDA_COMPILER, or use AUTO")
else()
  message(STATUS "CUDA: no compiler found, no CUDA backend")
endif()
