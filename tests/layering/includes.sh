#!/usr/bin/env bash
# The permitted arrows: agent -> models, agent -> platform. Prints every include against them and fails if there is one.
set -u
cd "$1"
status=0
forbid() { # FOLDER PATTERN WHY
  if grep -rnE "$2" "$1" --include='*.h' --include='*.cpp'; then
    echo "^ $3"
    status=1
  fi
}
forbid models '#include "(agent|platform)/' 'models/ includes only models/, the standard library and Eigen'
forbid models '#include <(statgrab|ini|sys/|unistd|fcntl|netinet|arpa|iostream|fstream|cstdio|ctime)' 'models/ does no I/O and reads no clock'
forbid models 'std::(exp|exp2|expm1|log|log2|log10|log1p|erf|erfc|pow|sin|cos|tan|tanh)\(' 'models/elementary.h has functions that are the same on every processor'
forbid agent/pipeline 'std::(exp|exp2|expm1|log|log2|log10|log1p|erf|erfc|pow|sin|cos|tan|tanh)\(' 'models/elementary.h has functions that are the same on every processor'
forbid platform '#include "(agent|models)/' 'platform/ includes only platform/'
forbid agent '#include <iostream>' 'no <iostream> in the agent'
forbid platform '#include <iostream>' 'no <iostream> in the agent'
forbid agent '#include <(statgrab\.h|sys/socket\.h|sys/timerfd\.h|sys/signalfd\.h|dirent\.h)>' 'system interfaces belong in platform/'
others=$(grep -rlE '#include <statgrab\.h>' agent models platform | grep -v 'platform/kernel/statgrab_source\.cpp')
if [ -n "$others" ]; then
  echo "$others"
  echo '^ <statgrab.h> belongs in platform/kernel/statgrab_source.cpp alone'
  status=1
fi
others=$(grep -rnE '"/proc' agent models platform --include='*.cpp' --include='*.h' | grep -v 'platform/kernel/proc_root\.cpp')
if [ -n "$others" ]; then
  echo "$others"
  echo '^ the string /proc belongs in platform/kernel/proc_root.cpp alone'
  status=1
fi
exit "$status"
