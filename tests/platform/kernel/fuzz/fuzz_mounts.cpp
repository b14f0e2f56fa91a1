#include "platform/kernel/proc/mounts.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::platform::ProcMount;
using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  const ProcMount mount = epsilond::platform::parse_proc_mount(text, "/proc");
  // Parts of the text, without what divides it.
  const auto is_part = [text](std::string_view part) {
    return part.empty() || (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size() &&
                            part.find_first_of(" \n") == std::string_view::npos);
  };
  promise(is_part(mount.hidepid) && is_part(mount.gid));
  promise(mount.found || (mount.hidepid.empty() && mount.gid.empty() && !mount.only_processes));
  for (const ProcMount::StandIn& file : mount.stand_ins) promise(is_part(file.path) && is_part(file.type));
  return 0;
}
