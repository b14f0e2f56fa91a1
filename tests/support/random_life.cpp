#include "tests/support/random_life.h"

#include <time.h>

#include <span>
#include <vector>

#include "platform/host/state_file.h"

namespace epsilond::tests {
namespace {

constexpr std::size_t kMostFlags = 4096;  // of one stretch
constexpr long kWarmUpS = 300;
constexpr long kLastQuietS = 1800;  // longer than anything that holds an alert open
constexpr std::chrono::nanoseconds kInterval = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kSlack = std::chrono::milliseconds(10);  // of the timer
constexpr std::chrono::nanoseconds kWork = std::chrono::milliseconds(5);    // of a tick, at most
constexpr std::chrono::nanoseconds kLate = std::chrono::milliseconds(20);
constexpr std::chrono::nanoseconds kLongestStall = std::chrono::seconds(30);
constexpr std::array<double, 6> kGarbage = {std::numeric_limits<double>::quiet_NaN(),
                                            std::numeric_limits<double>::infinity(),
                                            -std::numeric_limits<double>::infinity(),
                                            -1.0,
                                            1e300,
                                            5e-324};

Config life_config(int variant) {
  Config config = short_warm_up();
  ModelConfig& model = config.models[0];
  model.clear_after_s = 5;
  model.remind_after_s = 30;
  model.grace_s = 20;
  model.accept_after_s = 300;
  model.flap_count = 3;
  model.flap_window_s = 60;
  if (variant == 1) model.cooldown_s = 40;
  if (variant == 2) {
    model.raise_m = 2;
    model.raise_n = 3;
  }
  return config;
}

// Large blocks have a map of their own.
std::size_t bytes_in_use() {
  const auto memory = ::mallinfo2();
  return memory.uordblks + memory.hblkhd;
}

std::chrono::nanoseconds less_than(std::chrono::nanoseconds most, Rng& random) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(random.uniform() * static_cast<double>(most.count())));
}

// False unless what was saved is what is loaded.
bool goes_through_file(const std::string& path, std::vector<std::byte>& bytes, platform::Durability durability) {
  if (!platform::save_state(path, bytes, durability)) return false;
  std::vector<std::byte> buffer(platform::kStateHeaderBytes + bytes.size());
  const platform::Result<std::span<const std::byte>> loaded = platform::load_state(path, buffer);
  if (!loaded || !std::ranges::equal(*loaded, bytes)) return false;
  bytes.assign(loaded->begin(), loaded->end());
  return true;
}

}  // namespace

// As the agent waits, on a clock of its own; what a stall took is time in which no sample was taken.
void RandomLife::wait_for_tick() {
  const std::uint64_t missed = ticks_.missed();
  monotonic_ += ticks_.until_next(monotonic_);
  monotonic_ += less_than(kSlack, random_);
  if (!ticks_.take(monotonic_)) break_promise("a tick did not come");
  if (ticks_.missed() != missed || monotonic_ % kInterval > kLate) ++late_ticks_;
  if (late_ticks_ > faults(Fault::kStalled)) break_promise("a stall made more than one tick late");
  bench_.away_s += static_cast<long>(ticks_.missed() - missed);
  monotonic_ += less_than(kWork, random_);
}

void RandomLife::begin() {
  ::tzset();  // takes memory once; the agent's clock has done it
  bench_.flags.reserve(kMostFlags);
  ticks_.begin(kInterval, monotonic_);
  bench_.make(life_config(0));
  run(kWarmUpS);
  bench_.save();
}

void RandomLife::look() {
  for (const Flag& flag : bench_.flags) {
    ++events_;
    const std::string id(flag.id);
    if (flag.event == FlagEvent::kRaised) {
      if (!open_.empty()) break_promise(id + " was raised while " + open_ + " stood");
      if (id == last_) break_promise(id + " was raised twice");
      open_ = id;
      ++alerts_;
    } else if (id != open_) {
      break_promise("event of " + id + " while the open alert was '" + open_ + "'");
    } else if (flag.event != FlagEvent::kOngoing) {
      last_ = std::exchange(open_, {});
    }
  }
  bench_.flags.clear();
}

void RandomLife::distort(platform::HostSample& sample) {
  const platform::HostSample read = sample;
  if (distortion_ == Fault::kUnreadableSample || distortion_ == Fault::kUnreadableFields) sample.clear();
  if (distortion_ == Fault::kUnreadableFields) {
    for (std::size_t i = 0; i < platform::kSampleFieldCount; ++i) {
      const auto field = static_cast<platform::SampleField>(i);
      if (read.has(field) && i % 3 != 0) sample.set(field, read.value(field));
    }
  }
  if (distortion_ == Fault::kGarbage)
    sample.set(static_cast<platform::SampleField>(random_.below(platform::kSampleFieldCount)),
               kGarbage[random_.below(kGarbage.size())]);
}

void RandomLife::run(long seconds) {
  std::size_t before = 0;
  for (long i = 0; i < seconds; ++i) {
    wait_for_tick();
    platform::HostSample sample = bench_.host.next();
    distort(sample);
    bench_.pipeline->step(sample, bench_.now());
    if (i == 0) before = bytes_in_use();  // the first of a pipeline may take some
  }
  if (seconds > 0 && bytes_in_use() != before) break_promise("a step kept memory");
  if (bench_.pipeline->steps() < steps_) break_promise("the count of rows fell");
  steps_ = bench_.pipeline->steps();
  bench_.save_episodes();
  look();
}

void RandomLife::start_again(bool remembers) {
  variant_ = static_cast<int>(random_.below(3));
  steps_ = 0;
  if (bench_.start_again(life_config(variant_), static_cast<long>(random_.below(200)), remembers) < 0)
    break_promise("the open episodes that were saved are refused");
}

// An agent that is given damaged bytes refuses them or lives with them; then it is started as it should be.
void RandomLife::garble(std::vector<std::byte>& bytes) {
  const std::vector<std::byte> whole = bytes;
  for (std::size_t n = 1 + random_.below(8); n > 0 && !bytes.empty(); --n)
    bytes[random_.below(bytes.size())] = static_cast<std::byte>(random_.below(256));
  bench_.start_again(life_config(variant_), 0, true);
  for (int i = 0; i < 20; ++i) bench_.pipeline->step(bench_.host.next(), bench_.now());
  bench_.flags.clear();  // of an agent that never was
  bytes = whole;
  start_again(true);
}

void RandomLife::reload() {
  std::unique_ptr<Pipeline> old = std::move(bench_.pipeline);
  variant_ = static_cast<int>(random_.below(3));
  bench_.make(life_config(variant_));
  bench_.pipeline->take_over(*old, bench_.now());
  steps_ = 0;
}

void RandomLife::check_saved() {
  bench_.save();
  Pipeline other(life_config(variant_), agent::features_for({8e9, 2.0}), {});
  const auto restored = other.load_state(bench_.learned);
  if (!restored || *restored != 1) break_promise("what was saved cannot be read");
}

// As an agent that is ended and started: through the files, not only through their content.
void RandomLife::restart_from_files() {
  bench_.save();
  const std::string path = files_.path() + "/state";
  if (!goes_through_file(path, bench_.learned, platform::Durability::kAgainstCrash) ||
      !goes_through_file(path + ".open", bench_.episodes, platform::Durability::kAgainstKill))
    break_promise("a file does not hold what was saved");
  start_again(true);
}

// What lasts; every second time something else comes while it does.
void RandomLife::suffer(Fault fault) {
  const Fault before = std::exchange(distortion_, fault);
  run(static_cast<long>(1 + random_.below(15)));
  if (before == Fault::kNothing && random_.below(2) == 0) {
    ++overlaps_;
    cause(draw_fault());
    run(static_cast<long>(1 + random_.below(15)));
  }
  distortion_ = before;
}

Fault RandomLife::draw_fault() {
  const auto fault = static_cast<Fault>(random_.below(static_cast<std::size_t>(Fault::kCount)));
  ++faults_[static_cast<std::size_t>(fault)];
  return fault;
}

void RandomLife::cause(Fault fault) {
  switch (fault) {
    case Fault::kUnreadableFields:
    case Fault::kUnreadableSample:
    case Fault::kGarbage:
      suffer(fault);
      break;
    case Fault::kCounterReset:
      bench_.host.reset_counters();
      break;
    case Fault::kClockSet:
      bench_.clock_set_s += static_cast<long>(random_.below(2 * kDay)) - kDay;
      break;
    case Fault::kSleep:
      bench_.away_s += static_cast<long>(random_.below(8 * 3600));
      break;
    case Fault::kKilled:
      start_again(true);
      break;
    case Fault::kMemoryLost:
      start_again(false);
      break;
    case Fault::kStateTruncated: {
      const std::vector<std::byte> whole = bench_.learned;
      bench_.learned.resize(random_.below(whole.size()));
      start_again(true);
      bench_.learned = whole;
      break;
    }
    case Fault::kStateGarbled:
      garble(bench_.learned);
      break;
    case Fault::kEpisodesGarbled:
      garble(bench_.episodes);
      break;
    case Fault::kReload:
      reload();
      break;
    case Fault::kMuted:
      bench_.pipeline->commanded_mute().begin(random_.uniform(1.0, 120.0), bench_.now().wall, "work");
      break;
    case Fault::kRelearned:
      bench_.pipeline->relearn(bench_.now());
      break;
    case Fault::kSaved:
      check_saved();
      break;
    case Fault::kStalled:
      monotonic_ += less_than(kLongestStall, random_);
      break;
    case Fault::kNothing:
    case Fault::kCount:
      break;
  }
}

void RandomLife::go_on(std::size_t longest_s) {
  bench_.host.extra_memory_bytes = random_.below(4) == 0 ? 2e9 : 0.0;
  bench_.host.extra_zombies = random_.below(8) == 0 ? 300.0 : 0.0;
  bench_.host.extra_cpu_ratio = random_.below(8) == 0 ? 0.8 : 0.0;
  run(static_cast<long>(1 + random_.below(longest_s)));
  if (const long day = seconds() / kDay; std::exchange(day_, day) != day) restart_from_files();
  cause(draw_fault());
  bench_.save_episodes();
  look();
}

void RandomLife::end() {
  bench_.host.extra_memory_bytes = 0.0;
  bench_.host.extra_zombies = 0.0;
  bench_.host.extra_cpu_ratio = 0.0;
  run(kLastQuietS);
  if (!open_.empty()) break_promise(open_ + " was never cleared");
}

}  // namespace epsilond::tests
