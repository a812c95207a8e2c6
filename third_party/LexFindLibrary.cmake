# lex_find_library: what the find modules of the small libraries share.
#
#   lex_find_library(PACKAGE TARGET HEADER LIBRARY DEB [VERSION_REGEX])
#
# Looks for HEADER (as it is included) and LIBRARY (a name, or a file name where only that form will do), makes the imported
# target Lex::TARGET, and sets PACKAGE_FOUND and PACKAGE_VERSION. VERSION_REGEX matches the header's lines whose numbers, in
# order, are the version. A macro, because find_package_handle_standard_args answers to the caller's scope.

include(FindPackageHandleStandardArgs)

macro(lex_find_library package target header library deb)
  find_path(${package}_INCLUDE_DIR NAMES "${header}")
  find_library(${package}_LIBRARY NAMES "${library}")
  mark_as_advanced(${package}_INCLUDE_DIR ${package}_LIBRARY)

  set(${package}_VERSION "")
  if(${package}_INCLUDE_DIR AND NOT "${ARGN}" STREQUAL "")
    file(STRINGS "${${package}_INCLUDE_DIR}/${header}" _lex_lines REGEX "${ARGN}")
    foreach(_lex_line IN LISTS _lex_lines)
      string(REGEX REPLACE ".*[^0-9]([0-9]+)[^0-9]*$" "\\1" _lex_line "${_lex_line}")
      list(APPEND ${package}_VERSION "${_lex_line}")
    endforeach()
    list(JOIN ${package}_VERSION "." ${package}_VERSION)
  endif()

  set(_lex_version "")
  if(${package}_VERSION)
    set(_lex_version VERSION_VAR ${package}_VERSION)
  endif()
  find_package_handle_standard_args(${package}
    REQUIRED_VARS ${package}_LIBRARY ${package}_INCLUDE_DIR
    ${_lex_version}
    REASON_FAILURE_MESSAGE "run scripts/setup, or install the package ${deb}")

  if(${package}_FOUND AND NOT TARGET Lex::${target})
    add_library(Lex::${target} UNKNOWN IMPORTED)
    set_target_properties(Lex::${target} PROPERTIES
      IMPORTED_LOCATION "${${package}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${${package}_INCLUDE_DIR}")
  endif()
endmacro()
