#include "platform/kernel/proc/mounts.h"

#include <string>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::parse_proc_mount;
using epsilond::platform::ProcMount;

namespace {

struct Seen {
  bool found = false;
  bool only_processes = false;
  char hidepid[16] = "";
  char gid[16] = "";
  char stand_ins[200] = "";  // "path=type path=type"
};

Seen see(std::string_view mounts, std::string_view point = "/proc") {
  const ProcMount mount = parse_proc_mount(mounts, point);
  Seen seen{.found = mount.found, .only_processes = mount.only_processes};
  std::strncpy(seen.hidepid, std::string(mount.hidepid).c_str(), sizeof seen.hidepid - 1);
  std::strncpy(seen.gid, std::string(mount.gid).c_str(), sizeof seen.gid - 1);
  std::string list;
  for (const ProcMount::StandIn& file : mount.stand_ins)
    list += std::string(list.empty() ? "" : " ") + std::string(file.path) + "=" + std::string(file.type);
  std::strncpy(seen.stand_ins, list.c_str(), sizeof seen.stand_ins - 1);
  return seen;
}

void an_ordinary_proc_hides_nothing(void**) {
  const Seen seen = see("sysfs /sys sysfs rw 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n");
  assert_true(seen.found);
  assert_false(seen.only_processes);
  assert_string_equal(seen.hidepid, "");
  assert_string_equal(seen.gid, "");
  assert_string_equal(seen.stand_ins, "");
}

void hidepid_is_known_by_number_and_by_name_with_its_group(void**) {
  assert_string_equal(see("proc /proc proc rw,relatime,hidepid=2 0 0\n").hidepid, "2");
  const Seen named = see("proc /proc proc rw,gid=27,hidepid=invisible 0 0\n");
  assert_string_equal(named.hidepid, "invisible");
  assert_string_equal(named.gid, "27");
}

void hidepid_that_hides_nothing_is_none(void**) {
  assert_string_equal(see("proc /proc proc rw,hidepid=0 0 0\n").hidepid, "");
  assert_string_equal(see("proc /proc proc rw,hidepid=off 0 0\n").hidepid, "");
}

void processes_alone_are_told_from_the_whole(void**) {
  assert_true(see("proc /proc proc rw,hidepid=invisible,subset=pid 0 0\n").only_processes);
}

void what_is_mounted_over_files_is_listed_with_its_type(void**) {
  const Seen seen =
      see("proc /proc proc rw 0 0\nlxcfs /proc/meminfo fuse.lxcfs rw 0 0\nlxcfs /proc/stat fuse.lxcfs rw 0 0\n"
          "tmpfs /proc/kcore tmpfs rw 0 0\nx /processes ext4 rw 0 0\n");
  assert_string_equal(seen.stand_ins, "meminfo=fuse.lxcfs stat=fuse.lxcfs kcore=tmpfs");
}

void a_later_mount_covers_an_earlier_one_and_all_in_it(void**) {
  const Seen seen =
      see("proc /proc proc rw,hidepid=2 0 0\nlxcfs /proc/stat fuse.lxcfs rw 0 0\nproc /proc proc rw 0 0\n");
  assert_string_equal(seen.hidepid, "");
  assert_string_equal(seen.stand_ins, "");
}

void another_place_than_the_usual_one_can_be_asked_for(void**) {
  const char* mounts = "proc /proc proc rw 0 0\nproc /host/proc proc rw,hidepid=1 0 0\n";
  assert_string_equal(see(mounts, "/host/proc").hidepid, "1");
  assert_string_equal(see(mounts).hidepid, "");
  assert_false(see(mounts, "/elsewhere/proc").found);
}

void text_that_makes_no_sense_tells_nothing(void**) {
  for (const char* text : {"", "\n\n", "proc", "proc /proc", "proc /proc proc", "/proc /proc", " /proc  \n"})
    if (see(text).found) fail_msg("found in \"%s\"", text);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(an_ordinary_proc_hides_nothing),
    cmocka_unit_test(hidepid_is_known_by_number_and_by_name_with_its_group),
    cmocka_unit_test(hidepid_that_hides_nothing_is_none),
    cmocka_unit_test(processes_alone_are_told_from_the_whole),
    cmocka_unit_test(what_is_mounted_over_files_is_listed_with_its_type),
    cmocka_unit_test(a_later_mount_covers_an_earlier_one_and_all_in_it),
    cmocka_unit_test(another_place_than_the_usual_one_can_be_asked_for),
    cmocka_unit_test(text_that_makes_no_sense_tells_nothing),
};
EPSILOND_TEST_MAIN(kTests)
