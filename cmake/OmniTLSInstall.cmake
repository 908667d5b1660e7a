# Install: headers, library, CMake package and pkg-config file.  The commands install themselves.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/omnitls DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS omnitls EXPORT OmniTLSTargets)

# The commands find the library beside them, wherever both are installed.
file(RELATIVE_PATH otls_bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
foreach(command omnitls-command omnitls-conformance)
  if(TARGET ${command} AND NOT APPLE)
    set_target_properties(${command} PROPERTIES INSTALL_RPATH $ORIGIN/${otls_bin_to_lib})
  endif()
endforeach()

# == find_package(OmniTLS) ==
set(otls_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/OmniTLS)
install(EXPORT OmniTLSTargets NAMESPACE OmniTLS:: DESTINATION ${otls_package_dir})
configure_package_config_file(cmake/OmniTLSConfig.cmake.in ${PROJECT_BINARY_DIR}/OmniTLSConfig.cmake
                              INSTALL_DESTINATION ${otls_package_dir})
# Before 1.0 a minor version may break what the one before had.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/OmniTLSConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/OmniTLSConfig.cmake ${PROJECT_BINARY_DIR}/OmniTLSConfigVersion.cmake
        DESTINATION ${otls_package_dir})

# == pkg-config ==
# Paths are relative to the file, so that an installed tree can be moved; absolute ones stay as they are.
file(RELATIVE_PATH otls_up ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" otls_up ${otls_up})
cmake_path(APPEND otls_pc_includedir "\${prefix}" "${CMAKE_INSTALL_INCLUDEDIR}")
cmake_path(APPEND otls_pc_libdir "\${prefix}" "${CMAKE_INSTALL_LIBDIR}")

# A shared library keeps its own libraries to itself; whoever links a static one links them, too.
set(otls_pc_requires "")
set(otls_pc_libs "")
if(NOT BUILD_SHARED_LIBS)
  foreach(backend IN LISTS OMNITLS_BACKENDS_BUILT)
    list(GET otls_${backend}_needs 0 module)
    string(APPEND otls_pc_requires " ${module}")
  endforeach()
  set(otls_pc_libs " -pthread")
endif()
configure_file(cmake/omnitls.pc.in ${PROJECT_BINARY_DIR}/omnitls.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/omnitls.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
