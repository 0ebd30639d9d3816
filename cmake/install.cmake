# Installs the library, the public headers, the program and a package for find_package(nnpoisson).
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/nnpoisson)

install(TARGETS nnpoisson_library EXPORT nnpoissonTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/nnpoisson DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")
install(TARGETS nnpoisson RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

install(EXPORT nnpoissonTargets NAMESPACE nnpoisson:: DESTINATION ${package_dir})
configure_package_config_file(cmake/nnpoissonConfig.cmake.in nnpoissonConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(nnpoissonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/nnpoissonConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/nnpoissonConfigVersion.cmake
        DESTINATION ${package_dir})
