# ARMv5TE, arithmetic in software: Debian's armel. Runs on every 32-bit ARM that runs Linux with the EABI.
set(CMAKE_SYSTEM_PROCESSOR armv5tel)
set(EPSILOND_TRIPLE arm-linux-gnueabi)
set(EPSILOND_DEBIAN_ARCHITECTURE armel)
set(EPSILOND_QEMU arm)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
