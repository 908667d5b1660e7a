# What the library exports, what its headers declare and what symbols.txt lists is the same.
#   cmake -D NM=nm -D LIBRARY=libomnitls.so -D HEADERS=include/omnitls -D LIST=symbols.txt -P symbols.cmake
# A new function is added to the list; one that goes from it breaks programs.

execute_process(COMMAND ${NM} -D --defined-only ${LIBRARY} OUTPUT_VARIABLE table COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^ \n]+\n" exported "${table}")
list(TRANSFORM exported STRIP)

set(declared "")
file(GLOB headers ${HEADERS}/*.h)
foreach(header IN LISTS headers)
  file(STRINGS ${header} lines REGEX "^OTLS_(API|MUST_USE) ")
  foreach(line IN LISTS lines)
    if(line MATCHES "^[^(]*[ *](otls_[a-z0-9_]+)\\(")
      list(APPEND declared ${CMAKE_MATCH_1})
    else()
      message(SEND_ERROR "${header}: no function in \"${line}\"")
    endif()
  endforeach()
endforeach()

file(STRINGS ${LIST} listed)

function(compare one_name two_name)
  set(surplus ${${one_name}})
  list(REMOVE_ITEM surplus ${${two_name}})
  if(surplus)
    list(JOIN surplus " " surplus)
    message(SEND_ERROR "${one_name}, but not ${two_name}: ${surplus}")
  endif()
endfunction()

compare(exported declared)
compare(declared exported)
compare(exported listed)
compare(listed exported)

set(sorted ${listed})
list(SORT sorted)
list(REMOVE_DUPLICATES sorted)
if(NOT "${sorted}" STREQUAL "${listed}")
  message(SEND_ERROR "${LIST} is not sorted, or lists a name twice")
endif()
