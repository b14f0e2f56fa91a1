# 64-bit ARM: Debian's arm64.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(EPSILOND_TRIPLE aarch64-linux-gnu)
set(EPSILOND_DEBIAN_ARCHITECTURE arm64)
set(EPSILOND_QEMU aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
