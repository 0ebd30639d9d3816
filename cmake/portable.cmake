# nnpoisson_portable(<target>...): as they lie in the build folder, these programs also look for
# libraries in ../lib, where scripts/gpu-check --bundle puts them. By RPATH, which holds for the
# libraries' own libraries too; a library path in the environment would reach the profilers that run
# the programs.
function(nnpoisson_portable)
  foreach(target IN LISTS ARGN)
    set_target_properties(${target} PROPERTIES BUILD_RPATH "$ORIGIN/../lib")
    target_link_options(${target} PRIVATE LINKER:--disable-new-dtags)
  endforeach()
endfunction()
