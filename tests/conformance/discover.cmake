# Writes a CTest file with one test for every case, pair and version that the program lists.
#   cmake -D PROGRAM=omnitls-conformance -D OUTPUT=tests.cmake -P discover.cmake
execute_process(COMMAND ${PROGRAM} --list OUTPUT_VARIABLE list RESULT_VARIABLE result ERROR_VARIABLE errors)
if(NOT result EQUAL 0)
  file(REMOVE ${OUTPUT})
  message(FATAL_ERROR "${PROGRAM} --list: ${result}\n${errors}")
endif()

string(REGEX REPLACE "\n$" "" list "${list}")
# The variations of a case are one test.
string(REGEX REPLACE "\\+[0-9a-z]+" "" list "${list}")
string(REPLACE "\n" ";" list "${list}")
list(REMOVE_DUPLICATES list)

set(tests "")
foreach(line IN LISTS list)
  string(REGEX REPLACE " .*" "" id "${line}")
  set(labels conformance)
  set(timeout 120)
  if(line MATCHES " long$")
    list(APPEND labels long)
    set(timeout 600)
  endif()
  string(APPEND tests
    "add_test([[conformance.${id}]] [[${PROGRAM}]] --case [[${id}]])\n"
    "set_tests_properties([[conformance.${id}]] PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${timeout} LABELS [[${labels}]])\n")
endforeach()
file(WRITE ${OUTPUT} "${tests}")
