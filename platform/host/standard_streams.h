#pragma once
// Descriptors 0 to 2, which every program takes for granted.

namespace epsilond::platform {

// Puts something in the place of those that the parent has closed, so that no file or socket that is opened later
// becomes what is printed to. Reading from it and writing to it fails with EBADF, as it would have. To be called before
// anything is opened.
void open_standard_streams();

}  // namespace epsilond::platform
