#pragma once
// How a program of ours ends that cannot go on.

namespace epsilond::agent {

// From now on `program` (shorter than 40 bytes) says in one line that it was refused memory, and exits with
// kExitUnavailable, where a signal would have killed it. Also where a null pointer was asked for in that case: what
// would have caught the exception in between is not linked in.
void say_when_out_of_memory(const char* program);

}  // namespace epsilond::agent
