# README.md shows the examples as they are.
#   cmake -D ROOT=. -P readme.cmake
file(READ ${ROOT}/README.md readme)
foreach(name client server)
  file(READ ${ROOT}/examples/${name}.c source)
  string(FIND "${readme}" "```c\n${source}```\n" at)
  if(at EQUAL -1)
    message(SEND_ERROR "README.md shows another text than examples/${name}.c")
  endif()
endforeach()
