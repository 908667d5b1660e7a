# Install: headers, library, commands, CMake package and pkg-config file.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/omnitls DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS omnitls EXPORT OmniTLS)
