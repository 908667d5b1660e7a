# Install: headers, library, CMake package and pkg-config file.  The commands install themselves.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/omnitls DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS omnitls EXPORT OmniTLSTargets)

# A static library hands its own libraries on; a shared one keeps them to itself.
if(NOT BUILD_SHARED_LIBS)
  install(TARGETS otls_internal EXPORT OmniTLSTargets)
endif()
set(otls_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/OmniTLS)
install(EXPORT OmniTLSTargets NAMESPACE OmniTLS:: DESTINATION ${otls_package_dir})
configure_package_config_file(cmake/OmniTLSConfig.cmake.in ${PROJECT_BINARY_DIR}/OmniTLSConfig.cmake
                              INSTALL_DESTINATION ${otls_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/OmniTLSConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/OmniTLSConfig.cmake ${PROJECT_BINARY_DIR}/OmniTLSConfigVersion.cmake
        DESTINATION ${otls_package_dir})

# The modules that a static consumer links besides.
set(OMNITLS_PC_REQUIRES "")
foreach(backend IN LISTS OMNITLS_BACKENDS_BUILT)
  list(GET otls_${backend}_needs 0 module)
  string(APPEND OMNITLS_PC_REQUIRES " ${module}")
endforeach()
configure_file(cmake/omnitls.pc.in ${PROJECT_BINARY_DIR}/omnitls.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/omnitls.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
