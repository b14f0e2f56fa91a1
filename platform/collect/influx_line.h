#pragma once
// The reader of the Influx lines that agents send each interval:
//   epsilond,host=H,model=M[,cluster=C][,role=R] log_super_epsilon=-83.1,...,sequence=123i 1766000000000000000

#include <string_view>

#include "platform/collect/told.h"

namespace epsilond::platform {

// Reads one line without its line end; `report` is whole only with kRead. Tags and fields that are not known are
// skipped, as are lines of another measurement (kOther), as long as they are well formed. kMalformed: no host or model,
// a word beyond its bound, one told twice, a name that is not is_harmless(), a control character, a number that is not
// finite, of the wrong type or out of its range, a time that is not after 1970, anything behind it.
ReadFate read_influx_line(std::string_view line, HostReport& report);

}  // namespace epsilond::platform
