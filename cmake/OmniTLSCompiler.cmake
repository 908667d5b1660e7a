# What every part of the project is compiled with.  Flags live on this target, never in CMAKE_C_FLAGS.
find_package(Threads REQUIRED)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

add_library(otls_internal INTERFACE)
target_compile_features(otls_internal INTERFACE c_std_11)
target_include_directories(otls_internal INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/core
                                                   ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(otls_internal INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE _DARWIN_C_SOURCE)
target_compile_options(otls_internal INTERFACE
  -fvisibility=hidden -fno-strict-aliasing
  -Wall -Wextra -Wundef -Wshadow -Wpointer-arith -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes
  -Wwrite-strings -Wvla -Wformat=2 -Wimplicit-fallthrough
  $<$<BOOL:${OMNITLS_WARNINGS_AS_ERRORS}>:-Werror>)
set_target_properties(otls_internal PROPERTIES INTERFACE_POSITION_INDEPENDENT_CODE ON)

if(OMNITLS_SANITIZE)
  target_compile_options(otls_internal INTERFACE -fsanitize=${OMNITLS_SANITIZE} -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=all)
  target_link_options(otls_internal INTERFACE -fsanitize=${OMNITLS_SANITIZE})
endif()
