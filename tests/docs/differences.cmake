# docs/differences.md lists the capabilities and limits in which the backends differ, as "omnitls backends" prints them.
#   cmake -D OMNITLS=omnitls -D PAGE=docs/differences.md -P differences.cmake
# The page is about three library versions; with others, or fewer, there is nothing to compare.
execute_process(COMMAND ${OMNITLS} backends OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
foreach(known "openssl +[a-z]+ +3[.]0[.]" "gnutls +[a-z]+ +3[.]7[.]" "wolfssl +[a-z]+ +5[.]5[.]"
              "capability +openssl +gnutls +wolfssl ")
  if(NOT output MATCHES "${known}")
    message(STATUS "skipped: the page is about other versions: no ${known}")
    return()
  endif()
endforeach()

# Rows whose three columns are not the same.
string(REGEX MATCHALL "[A-Z0-9_]+ +(yes|no|none|[0-9]+) +(yes|no|none|[0-9]+) +(yes|no|none|[0-9]+) [^\n]*\n" rows
       "${output}")
set(differing "")
foreach(row IN LISTS rows)
  string(REGEX MATCH "^[A-Z0-9_]+ +([^ ]+) +([^ ]+) +([^ ]+) " columns "${row}")
  if(NOT (CMAKE_MATCH_1 STREQUAL CMAKE_MATCH_2 AND CMAKE_MATCH_2 STREQUAL CMAKE_MATCH_3))
    string(APPEND differing "${row}")
  endif()
endforeach()

file(READ ${PAGE} page)
string(FIND "${page}" "```\n${differing}```\n" at)
if(differing STREQUAL "" OR at EQUAL -1)
  message(FATAL_ERROR "${PAGE} is to have these rows:\n${differing}")
endif()
