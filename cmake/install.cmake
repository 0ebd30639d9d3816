# Installs the rooms' libraries, the public headers, the command line and a package for find_package(nnpoisson).
include(CMakePackageConfigHelpers)

get_property(rooms GLOBAL PROPERTY NNPOISSON_ROOMS)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/nnpoisson)

install(TARGETS ${rooms} EXPORT nnpoissonTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/nnpoisson DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
if(TARGET nnpoisson)
  install(TARGETS nnpoisson RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

install(EXPORT nnpoissonTargets NAMESPACE nnpoisson:: DESTINATION ${package_dir})
configure_package_config_file(cmake/nnpoissonConfig.cmake.in nnpoissonConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(nnpoissonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/nnpoissonConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/nnpoissonConfigVersion.cmake
        DESTINATION ${package_dir})
