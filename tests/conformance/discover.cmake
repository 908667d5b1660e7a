# Writes a CTest file with one test for every suite on every pair of backends, or backend, that the program lists: a
# process for each case would take longer to start than to run.
#   cmake -D PROGRAM=omnitls-conformance -D OUTPUT=tests.cmake -P discover.cmake
execute_process(COMMAND ${PROGRAM} --list OUTPUT_VARIABLE list RESULT_VARIABLE result ERROR_VARIABLE errors)
if(NOT result EQUAL 0)
  file(REMOVE ${OUTPUT})
  message(FATAL_ERROR "${PROGRAM} --list: ${result}\n${errors}")
endif()

string(REGEX REPLACE "\n$" "" list "${list}")
string(REGEX REPLACE "\\+[0-9a-z]+" "" list "${list}") # the variations of a case are in its test
string(REPLACE "\n" ";" list "${list}")
list(REMOVE_DUPLICATES list)

# "suite.case", "suite.case.who", "suite.case.who.tls1.2", each perhaps with " long" behind it.
set(groups "")
foreach(line IN LISTS list)
  string(REGEX MATCH "^([^.]+)\\.([^. ]+)\\.?([^. ]*)" ignored "${line}")
  set(group "${CMAKE_MATCH_1}.${CMAKE_MATCH_3}")
  if(CMAKE_MATCH_3 STREQUAL "")
    set(group "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}")
    set(patterns_${group} "--case [[${group}]]")
  else()
    set(patterns_${group} "--case [[${CMAKE_MATCH_1}.*.${CMAKE_MATCH_3}]] --case [[${CMAKE_MATCH_1}.*.${CMAKE_MATCH_3}.*]]")
  endif()
  list(APPEND groups "${group}")
  if(line MATCHES " long$")
    set(long_${group} TRUE)
  endif()
endforeach()
list(REMOVE_DUPLICATES groups)

set(tests "")
foreach(group IN LISTS groups)
  set(labels conformance)
  if(long_${group})
    list(APPEND labels long)
  endif()
  string(APPEND tests
    "add_test([[conformance.${group}]] [[${PROGRAM}]] --quiet ${patterns_${group}})\n"
    "set_tests_properties([[conformance.${group}]] PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 900 LABELS [[${labels}]])\n")
endforeach()
file(WRITE ${OUTPUT} "${tests}")
