#include "platform/kernel/proc/device_rows.h"

#include <string>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::device_name;
using epsilond::platform::DeviceKind;
using epsilond::platform::DeviceRows;
using epsilond::platform::ErrorCode;
using epsilond::platform::is_partition_of;
using epsilond::platform::kMaxDeviceRows;
using epsilond::platform::Result;

namespace {

// Which of up to 32 rows are counted, as bits.
unsigned counted_rows(DeviceKind kind, const char* text) {
  DeviceRows rows(kind);
  if (!rows.update(text, nullptr)) return ~0U;
  unsigned bits = 0;
  for (unsigned row = 0; row < 32; ++row) bits |= (rows.counts(row) ? 1U : 0U) << row;
  return bits;
}

void partitions_are_told_from_disks(void**) {
  assert_true(is_partition_of("sda1", "sda"));
  assert_true(is_partition_of("nvme0n1p2", "nvme0n1"));
  assert_true(is_partition_of("mmcblk0p1", "mmcblk0"));
  assert_false(is_partition_of("sdaa", "sda"));
  assert_false(is_partition_of("sda", "sda"));
  assert_false(is_partition_of("nvme0n10", "nvme0n1"));
  assert_false(is_partition_of("mmcblk0boot0", "mmcblk0"));
  assert_false(is_partition_of("sdb1", "sda"));
  assert_false(is_partition_of("sda1", ""));
}

void a_volume_on_a_raid_on_disks_counts_the_disks(void**) {
  assert_int_equal(counted_rows(DeviceKind::kDisk, "8 0 sda 1\n8 1 sda1 1\n8 16 sdb 1\n9 0 md0 1\n253 0 dm-0 1\n"),
                   0b101);
}

void loops_ram_disks_and_optical_drives_are_never_counted(void**) {
  assert_int_equal(
      counted_rows(DeviceKind::kDisk, "7 0 loop0 1\n1 0 ram0 1\n252 0 zram0 1\n11 0 sr0 1\n2 0 fd0 1\n8 0 sda 1\n"),
      0b100000);
}

void paths_of_a_multipath_nvme_disk_are_not_counted_beside_it(void**) {
  assert_int_equal(counted_rows(DeviceKind::kDisk, "259 0 nvme0n1 1\n259 1 nvme0c0n1 1\n259 2 nvme0c1n1 1\n"), 0b001);
}

void a_machine_with_raid_alone_counts_the_raid(void**) {
  assert_int_equal(counted_rows(DeviceKind::kDisk, "9 0 md127 1\n9 1 md127p1 1\n253 0 dm-0 1\n"), 0b001);
}

void a_machine_with_volumes_alone_counts_them(void**) {
  assert_int_equal(counted_rows(DeviceKind::kDisk, "7 0 loop0 1\n253 0 dm-0 1\n253 1 dm-1 1\n"), 0b110);
}

void a_network_block_device_counts_where_there_is_no_disk(void**) {
  assert_int_equal(counted_rows(DeviceKind::kDisk, "43 0 nbd0 1\n253 0 dm-0 1\n"), 0b01);
  assert_int_equal(counted_rows(DeviceKind::kDisk, "43 0 nbd0 1\n8 0 sda 1\n"), 0b10);
}

void loopback_bridges_and_container_cables_are_not_counted_beside_a_card(void**) {
  assert_int_equal(counted_rows(DeviceKind::kInterface,
                                "head|er\n lo: 1\n eth0: 1\n br0: 1\nbr-0a1b: 1\nveth1: 1\nbond0: 1\neth0.100: 1\n"
                                "docker0: 1\nwlp3s0: 1\nifb0: 1\n"),
                   0b100000010);
}

void a_container_with_nothing_but_a_tunnel_counts_the_tunnel(void**) {
  assert_int_equal(counted_rows(DeviceKind::kInterface, " lo: 1\n tun0: 1\n"), 0b10);
}

void loopback_alone_counts_nothing(void**) { assert_int_equal(counted_rows(DeviceKind::kInterface, " lo: 1\n"), 0); }

void names_are_found_where_each_file_has_them(void**) {
  assert_true(device_name(DeviceKind::kDisk, "   8  16 sdb 1 2 3") == "sdb");
  assert_true(device_name(DeviceKind::kInterface, "  eth0:123 4") == "eth0");
  assert_true(device_name(DeviceKind::kInterface, " face |bytes").empty());
  assert_true(device_name(DeviceKind::kDisk, "8 16").empty());
}

void the_fingerprint_follows_the_counted_names_only(void**) {
  DeviceRows rows(DeviceKind::kDisk);
  assert_true(static_cast<bool>(rows.update("8 0 sda 1\n", nullptr)));
  const std::uint64_t before = rows.counted_names_hash();
  assert_true(static_cast<bool>(rows.update("8 0 sda 2\n8 1 sda1 7\n7 0 loop0 1\n", nullptr)));
  assert_true(rows.counted_names_hash() == before);
  assert_true(static_cast<bool>(rows.update("8 0 sda 2\n8 16 sdb 7\n", nullptr)));
  assert_true(rows.counted_names_hash() != before);
}

Result<void> update_with(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "8 0 x" + std::to_string(i) + "y 1\n";
  DeviceRows rows(DeviceKind::kDisk);
  return rows.update(text, nullptr);
}

void more_rows_than_there_is_room_for_are_refused(void**) {
  assert_true(static_cast<bool>(update_with(kMaxDeviceRows)));
  const Result<void> refused = update_with(kMaxDeviceRows + 1);
  assert_false(static_cast<bool>(refused));
  assert_int_equal(refused.error().code, ErrorCode::kTooLarge);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(partitions_are_told_from_disks),
    cmocka_unit_test(a_volume_on_a_raid_on_disks_counts_the_disks),
    cmocka_unit_test(loops_ram_disks_and_optical_drives_are_never_counted),
    cmocka_unit_test(paths_of_a_multipath_nvme_disk_are_not_counted_beside_it),
    cmocka_unit_test(a_machine_with_raid_alone_counts_the_raid),
    cmocka_unit_test(a_machine_with_volumes_alone_counts_them),
    cmocka_unit_test(a_network_block_device_counts_where_there_is_no_disk),
    cmocka_unit_test(loopback_bridges_and_container_cables_are_not_counted_beside_a_card),
    cmocka_unit_test(a_container_with_nothing_but_a_tunnel_counts_the_tunnel),
    cmocka_unit_test(loopback_alone_counts_nothing),
    cmocka_unit_test(names_are_found_where_each_file_has_them),
    cmocka_unit_test(the_fingerprint_follows_the_counted_names_only),
    cmocka_unit_test(more_rows_than_there_is_room_for_are_refused),
};
EPSILOND_TEST_MAIN(kTests)
