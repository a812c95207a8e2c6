# FindTorchCPU: the CPU half of an unpacked libtorch, as the imported target LexTorch::cpu.
#
# libtorch's own TorchConfig.cmake insists on a CUDA compiler when the package was built for CUDA. We link two
# libraries and include two folders, so this module needs no compiler but the C++ one, and no Python.
#
# Where it looks; the first that is set, or there, is taken and has to be good:
#   1. -DLEXCLF_TORCH_ROOT=DIR    DIR holds torch/lib (setup's cache, a site-packages folder) or lib (libtorch's own archive)
#   2. the environment variable LEXCLF_TORCH_ROOT
#   3. the folder that `scripts/setup --torch-root DIR` noted in the cache, then the one that `scripts/setup` unpacked;
#      the cache is ${XDG_CACHE_HOME:-$HOME/.cache}/lexclf
#
# It defines
#   LexTorch::cpu               headers (as system headers), libtorch_cpu.so, libc10.so, the C++11 ABI of libstdc++
#   TorchCPU_FOUND, TorchCPU_VERSION
#   TorchCPU_ROOT               the folder that holds lib/ and include/
#   TorchCPU_LIBRARY_DIR        TorchCPU_ROOT/lib: at run time libtorch_cuda.so is looked for here
#   TorchCPU_HAS_CUDA           true when libtorch_cuda.so lies there
#
# A target that links LexTorch::cpu gets the folder in its build rpath from CMake; libtorch's rpath finds the rest.

include(FindPackageHandleStandardArgs)

set(LEXCLF_TORCH_ROOT "" CACHE PATH "An unpacked libtorch, 2.11 or newer; empty: the one that scripts/setup fetched")

set(TorchCPU_ROOT "")
# No semicolon in these sentences: CMake would cut them there.
set(_torchcpu_why "run scripts/setup, or name an unpacked libtorch with -DLEXCLF_TORCH_ROOT=DIR")

# Candidates, in order. One that the user named stands alone: falling back to another would hide a typing error.
set(_torchcpu_candidates "")
if(LEXCLF_TORCH_ROOT)
  set(_torchcpu_candidates "${LEXCLF_TORCH_ROOT}")
  set(_torchcpu_why "'${LEXCLF_TORCH_ROOT}', given as LEXCLF_TORCH_ROOT, holds no libtorch")
elseif(NOT "$ENV{LEXCLF_TORCH_ROOT}" STREQUAL "")
  set(_torchcpu_candidates "$ENV{LEXCLF_TORCH_ROOT}")
  set(_torchcpu_why "'$ENV{LEXCLF_TORCH_ROOT}', the environment's LEXCLF_TORCH_ROOT, holds no libtorch")
else()
  if(IS_ABSOLUTE "$ENV{XDG_CACHE_HOME}")
    set(_torchcpu_cache "$ENV{XDG_CACHE_HOME}/lexclf")
  else()
    set(_torchcpu_cache "$ENV{HOME}/.cache/lexclf")
  endif()
  file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/pins.txt" _torchcpu_pin REGEX "^torch +torch +[0-9.]+ ")
  string(REGEX REPLACE "^torch +torch +([0-9.]+) .*" "\\1" _torchcpu_pin "${_torchcpu_pin}")
  set(_torchcpu_candidates "${_torchcpu_cache}/torch-root" "${_torchcpu_cache}/libtorch-${_torchcpu_pin}")
endif()

foreach(_torchcpu_dir IN LISTS _torchcpu_candidates)
  foreach(_torchcpu_sub IN ITEMS "/torch" "")
    if(NOT TorchCPU_ROOT AND EXISTS "${_torchcpu_dir}${_torchcpu_sub}/lib/libtorch_cpu.so")
      # The real path, so that build trees do not depend on a link that a later setup may turn elsewhere.
      get_filename_component(TorchCPU_ROOT "${_torchcpu_dir}${_torchcpu_sub}" REALPATH)
    endif()
  endforeach()
endforeach()

set(TorchCPU_LIBRARY "")
set(TorchCPU_VERSION "")
set(TorchCPU_HAS_CUDA FALSE)
if(TorchCPU_ROOT)
  set(TorchCPU_LIBRARY_DIR "${TorchCPU_ROOT}/lib")
  set(_torchcpu_version_h "${TorchCPU_ROOT}/include/torch/headeronly/version.h")
  set(_torchcpu_missing "")
  foreach(_torchcpu_file IN ITEMS lib/libc10.so include/ATen/ATen.h include/torch/headeronly/version.h)
    if(NOT EXISTS "${TorchCPU_ROOT}/${_torchcpu_file}")
      list(APPEND _torchcpu_missing "${_torchcpu_file}")
    endif()
  endforeach()
  if(_torchcpu_missing)
    list(JOIN _torchcpu_missing ", " _torchcpu_missing)
    set(_torchcpu_why "'${TorchCPU_ROOT}' lacks ${_torchcpu_missing}: it is older than 2.11 or cut short, scripts/setup fetches a whole one")
  else()
    set(TorchCPU_LIBRARY "${TorchCPU_LIBRARY_DIR}/libtorch_cpu.so")
    foreach(_torchcpu_part IN ITEMS MAJOR MINOR PATCH)
      file(STRINGS "${_torchcpu_version_h}" _torchcpu_line REGEX "^#define TORCH_VERSION_${_torchcpu_part} +[0-9]+")
      string(REGEX REPLACE ".* ([0-9]+).*" "\\1" _torchcpu_${_torchcpu_part} "${_torchcpu_line}")
    endforeach()
    set(_torchcpu_why "'${TorchCPU_ROOT}' is too old, scripts/setup fetches one that fits")
    set(TorchCPU_VERSION "${_torchcpu_MAJOR}.${_torchcpu_MINOR}.${_torchcpu_PATCH}")
    if(EXISTS "${TorchCPU_LIBRARY_DIR}/libtorch_cuda.so")
      set(TorchCPU_HAS_CUDA TRUE)
    endif()
  endif()
endif()

# A caller may ask for more, never for less.
if(NOT TorchCPU_FIND_VERSION OR TorchCPU_FIND_VERSION VERSION_LESS 2.11)
  set(TorchCPU_FIND_VERSION 2.11)
  set(TorchCPU_FIND_VERSION_MAJOR 2)
  set(TorchCPU_FIND_VERSION_MINOR 11)
  set(TorchCPU_FIND_VERSION_COUNT 2)
endif()

find_package_handle_standard_args(TorchCPU
  REQUIRED_VARS TorchCPU_LIBRARY TorchCPU_ROOT
  VERSION_VAR TorchCPU_VERSION
  REASON_FAILURE_MESSAGE "${_torchcpu_why}")

if(TorchCPU_FOUND AND NOT TARGET LexTorch::cpu)
  add_library(LexTorch::c10 SHARED IMPORTED)
  set_target_properties(LexTorch::c10 PROPERTIES
    IMPORTED_LOCATION "${TorchCPU_LIBRARY_DIR}/libc10.so"
    IMPORTED_SONAME libc10.so)
  add_library(LexTorch::cpu SHARED IMPORTED)
  set_target_properties(LexTorch::cpu PROPERTIES
    IMPORTED_LOCATION "${TorchCPU_LIBRARY}"
    IMPORTED_SONAME libtorch_cpu.so
    INTERFACE_LINK_LIBRARIES LexTorch::c10
    INTERFACE_COMPILE_FEATURES cxx_std_17
    INTERFACE_COMPILE_DEFINITIONS "$<$<COMPILE_LANGUAGE:CXX>:_GLIBCXX_USE_CXX11_ABI=1>"
    INTERFACE_INCLUDE_DIRECTORIES "${TorchCPU_ROOT}/include;${TorchCPU_ROOT}/include/torch/csrc/api/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${TorchCPU_ROOT}/include;${TorchCPU_ROOT}/include/torch/csrc/api/include")
endif()
