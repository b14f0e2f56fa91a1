#pragma once
// libstatgrab's calls, replaced at link time (see wrap_statgrab in this folder's CMakeLists.txt). Include in the one
// source file of a test program.

#include <statgrab.h>

#include <array>
#include <cstddef>

namespace epsilond::tests {

// What the library answers, and how often it was called.
struct FakeStatgrab {
  int inits = 0;
  int shutdowns = 0;
  sg_error init_result = SG_ERROR_NONE;
  bool fails = false;  // every reading call returns null

  sg_load_stats load{};
  sg_mem_stats memory{};
  sg_swap_stats swap{};
  sg_cpu_stats cpu{};
  std::array<sg_disk_io_stats, 8> disks{};
  std::size_t disk_count = 0;
  std::array<sg_network_io_stats, 8> interfaces{};
  std::size_t interface_count = 0;
  sg_process_count processes{};

  void add_disk(const char* name, unsigned long long read_bytes, unsigned long long write_bytes) {
    sg_disk_io_stats& disk = disks[disk_count++];
    disk.disk_name = const_cast<char*>(name);
    disk.read_bytes = read_bytes;
    disk.write_bytes = write_bytes;
  }
  void add_interface(const char* name, unsigned long long rx, unsigned long long tx) {
    sg_network_io_stats& interface = interfaces[interface_count++];
    interface.interface_name = const_cast<char*>(name);
    interface.rx = rx;
    interface.tx = tx;
    interface.ipackets = rx / 100;
    interface.opackets = tx / 100;
  }
};

inline FakeStatgrab fake_statgrab;

}  // namespace epsilond::tests

extern "C" {
sg_error __wrap_sg_init(int) {
  ++epsilond::tests::fake_statgrab.inits;
  return epsilond::tests::fake_statgrab.init_result;
}
sg_error __wrap_sg_shutdown() {
  ++epsilond::tests::fake_statgrab.shutdowns;
  return SG_ERROR_NONE;
}
sg_error __wrap_sg_get_error_details(sg_error_details* details) {
  details->error = SG_ERROR_OPEN;
  details->errno_value = 13;
  details->error_arg = "the file";
  return SG_ERROR_NONE;
}
sg_load_stats* __wrap_sg_get_load_stats(std::size_t*) {
  return epsilond::tests::fake_statgrab.fails ? nullptr : &epsilond::tests::fake_statgrab.load;
}
sg_mem_stats* __wrap_sg_get_mem_stats(std::size_t*) {
  return epsilond::tests::fake_statgrab.fails ? nullptr : &epsilond::tests::fake_statgrab.memory;
}
sg_swap_stats* __wrap_sg_get_swap_stats(std::size_t*) {
  return epsilond::tests::fake_statgrab.fails ? nullptr : &epsilond::tests::fake_statgrab.swap;
}
sg_cpu_stats* __wrap_sg_get_cpu_stats(std::size_t*) {
  return epsilond::tests::fake_statgrab.fails ? nullptr : &epsilond::tests::fake_statgrab.cpu;
}
sg_disk_io_stats* __wrap_sg_get_disk_io_stats(std::size_t* entries) {
  *entries = epsilond::tests::fake_statgrab.disk_count;
  return epsilond::tests::fake_statgrab.fails ? nullptr : epsilond::tests::fake_statgrab.disks.data();
}
sg_network_io_stats* __wrap_sg_get_network_io_stats(std::size_t* entries) {
  *entries = epsilond::tests::fake_statgrab.interface_count;
  return epsilond::tests::fake_statgrab.fails ? nullptr : epsilond::tests::fake_statgrab.interfaces.data();
}
sg_process_count* __wrap_sg_get_process_count_of(sg_process_count_source) {
  return epsilond::tests::fake_statgrab.fails ? nullptr : &epsilond::tests::fake_statgrab.processes;
}
}
