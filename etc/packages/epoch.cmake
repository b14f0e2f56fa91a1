# Read by cpack before each kind of package. The time in all that is made: $SOURCE_DATE_EPOCH, else that of the last commit,
# else that of CHANGELOG.md.
include(${CPACK_EPSILOND_BUILD})
if("$ENV{SOURCE_DATE_EPOCH}" STREQUAL "")
  execute_process(COMMAND git log -1 --format=%ct WORKING_DIRECTORY ${EPSILOND_SOURCE}
    OUTPUT_VARIABLE epoch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT epoch)
    file(TIMESTAMP ${EPSILOND_SOURCE}/CHANGELOG.md epoch %s UTC)
  endif()
  set(ENV{SOURCE_DATE_EPOCH} ${epoch})
endif()
# Only what is written in English here: the names of days in it are read by dpkg and rpm.
set(ENV{LC_ALL} C.UTF-8)
set(ENV{TZ} UTC)
string(TIMESTAMP EPSILOND_RPM_DATE "%a %b %d %Y" UTC)
file(WRITE ${EPSILOND_MADE}/rpm/changelog
  "* ${EPSILOND_RPM_DATE} ${EPSILOND_MAINTAINER} - ${EPSILOND_VERSION}-${EPSILOND_REVISION}\n"
  "- Version ${EPSILOND_VERSION}; CHANGELOG.md says what is new.\n")
