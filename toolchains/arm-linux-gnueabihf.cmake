# 32-bit ARMv7 with a floating-point unit: Debian's armhf.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(EPSILOND_TRIPLE arm-linux-gnueabihf)
set(EPSILOND_DEBIAN_ARCHITECTURE armhf)
set(EPSILOND_QEMU arm)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
