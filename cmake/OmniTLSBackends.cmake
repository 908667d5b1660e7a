# Which TLS stacks are built in.
#
#   OMNITLS_BACKENDS         list; empty: every one whose library is found
#   OMNITLS_DEFAULT_BACKEND  what otls_context_new uses; empty: the first one that is built
#   OMNITLS_BACKENDS_BUILT   the outcome
set(OMNITLS_BACKENDS "" CACHE STRING "Backends to build (openssl;gnutls;wolfssl); empty: every one that is found")
set(OMNITLS_DEFAULT_BACKEND "" CACHE STRING "The backend of otls_context_new; empty: the first one built")

find_package(PkgConfig REQUIRED)

# name, pkg-config module, lowest version, packages to install
set(otls_known_backends openssl gnutls wolfssl)
set(otls_openssl_needs openssl 1.1.1 "libssl-dev (Debian), openssl-devel (Fedora), openssl-dev (Alpine), openssl (Arch, Homebrew)")
set(otls_gnutls_needs gnutls 3.7.0 "libgnutls28-dev (Debian), gnutls-devel (Fedora), gnutls-dev (Alpine), gnutls (Arch, Homebrew)")
set(otls_wolfssl_needs wolfssl 5.5.0 "libwolfssl-dev (Debian), wolfssl-devel (Fedora), wolfssl-dev (Alpine), wolfssl (Arch, Homebrew)")

# Sets otls_<name>_missing to what is wrong, or to nothing.
function(otls_find_backend name)
  list(GET otls_${name}_needs 0 module)
  list(GET otls_${name}_needs 1 version)
  list(GET otls_${name}_needs 2 packages)
  pkg_check_modules(OTLS_${name} QUIET IMPORTED_TARGET ${module})
  set(missing "")
  if(NOT OTLS_${name}_FOUND)
    set(missing "${name}: looked for ${module} >= ${version} with pkg-config, found none; install ${packages}")
  elseif(OTLS_${name}_VERSION VERSION_LESS version)
    set(missing "${name}: looked for ${module} >= ${version} with pkg-config, found ${OTLS_${name}_VERSION}; install ${packages}")
  endif()
  set(otls_${name}_missing "${missing}" PARENT_SCOPE)
  set(OTLS_${name}_VERSION "${OTLS_${name}_VERSION}" PARENT_SCOPE)
endfunction()

set(OMNITLS_BACKENDS_BUILT "")
if(OMNITLS_BACKENDS)
  foreach(name IN LISTS OMNITLS_BACKENDS)
    if(NOT name IN_LIST otls_known_backends)
      message(FATAL_ERROR "OMNITLS_BACKENDS: ${name} is not one of ${otls_known_backends}")
    endif()
    otls_find_backend(${name})
    if(otls_${name}_missing)
      message(FATAL_ERROR "${otls_${name}_missing}")
    endif()
    list(APPEND OMNITLS_BACKENDS_BUILT ${name})
  endforeach()
else()
  foreach(name IN LISTS otls_known_backends)
    otls_find_backend(${name})
    if(otls_${name}_missing)
      message(STATUS "Backend left out: ${otls_${name}_missing}")
    else()
      list(APPEND OMNITLS_BACKENDS_BUILT ${name})
    endif()
  endforeach()
endif()
list(REMOVE_DUPLICATES OMNITLS_BACKENDS_BUILT)

set(otls_default ${OMNITLS_DEFAULT_BACKEND})
if(otls_default AND NOT otls_default IN_LIST OMNITLS_BACKENDS_BUILT)
  message(FATAL_ERROR "OMNITLS_DEFAULT_BACKEND: ${otls_default} is not one of the backends that are built: ${OMNITLS_BACKENDS_BUILT}")
endif()

# The one list from which core's table of built-in engines is made; the default comes first.
set(otls_ordered ${OMNITLS_BACKENDS_BUILT})
if(otls_default)
  list(REMOVE_ITEM otls_ordered ${otls_default})
  list(PREPEND otls_ordered ${otls_default})
endif()
set(otls_lines "")
foreach(name IN LISTS otls_ordered)
  string(APPEND otls_lines " X(${name})")
endforeach()
file(CONFIGURE OUTPUT generated/backends.inc CONTENT "#define OTLS_BUILT_BACKENDS(X)@otls_lines@\n" @ONLY)

message(STATUS "Backends: ${otls_ordered}")
