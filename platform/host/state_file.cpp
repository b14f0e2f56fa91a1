#include "platform/host/state_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

#include "platform/host/crc32c.h"
#include "platform/path.h"
#include "platform/uninterrupted.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {
namespace {

constexpr std::string_view kMagic = "EPSSTATE";
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kLengthAt = 12;
constexpr std::size_t kPayloadCrcAt = 20;
constexpr std::size_t kHeaderCrcAt = 24;

using Header = std::array<std::byte, kStateHeaderBytes>;
using Path = FixedString<PATH_MAX - 1>;

void put_little_endian(std::span<std::byte> out, std::uint64_t value) {
  for (std::byte& byte : out) {
    byte = static_cast<std::byte>(value & 0xFFU);
    value >>= 8U;
  }
}

std::uint64_t get_little_endian(std::span<const std::byte> in) {
  std::uint64_t value = 0;
  for (std::size_t i = in.size(); i > 0; --i) value = (value << 8U) | std::to_integer<std::uint64_t>(in[i - 1]);
  return value;
}

Header make_header(std::span<const std::byte> payload) {
  Header header{};
  const std::span<std::byte> bytes(header);
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  put_little_endian(bytes.subspan(kVersionAt, 4), kStateFormatVersion);
  put_little_endian(bytes.subspan(kLengthAt, 8), payload.size());
  put_little_endian(bytes.subspan(kPayloadCrcAt, 4), crc32c(payload));
  put_little_endian(bytes.subspan(kHeaderCrcAt, 4), crc32c(bytes.first(kHeaderCrcAt)));
  return header;
}

// The payload length a sound header of our version promises.
Result<std::uint64_t> check_header(std::span<const std::byte> file) {
  if (file.size() < kStateHeaderBytes) return make_error(ErrorCode::kMalformed, 0, "shorter than its header");
  if (std::memcmp(file.data(), kMagic.data(), kMagic.size()) != 0)
    return make_error(ErrorCode::kMalformed, 0, "not a state file");
  if (get_little_endian(file.subspan(kHeaderCrcAt, 4)) != crc32c(file.first(kHeaderCrcAt)))
    return make_error(ErrorCode::kMalformed, 0, "the header is damaged");
  const std::uint64_t version = get_little_endian(file.subspan(kVersionAt, 4));
  if (version > kStateFormatVersion)
    return make_error(ErrorCode::kUnsupported, 0, "format version %u is newer than %u, the latest known here",
                      static_cast<unsigned>(version), static_cast<unsigned>(kStateFormatVersion));
  if (version == 0) return make_error(ErrorCode::kMalformed, 0, "format version 0");
  return get_little_endian(file.subspan(kLengthAt, 8));
}

Error at_path(std::string_view path, const Error& error) {
  const std::string_view context = error.context;
  return make_error(error.code, error.system_errno, "%.*s: %.*s", static_cast<int>(path.size()), path.data(),
                    static_cast<int>(context.size()), context.data());
}

Error at_path(std::string_view path, const char* what, int system_errno) {
  return make_error(code_of_errno(system_errno), system_errno, "%.*s: %s: %s", static_cast<int>(path.size()), path.data(),
                    what, std::strerror(system_errno));
}

// `text` with `suffix`, or an error if that is no path.
Result<Path> make_path(std::string_view text, std::string_view suffix) {
  Path path;
  const bool fits = path.append(text) && path.append(suffix);
  if (text.empty() || !fits || text.find('\0') != std::string_view::npos)
    return make_error(ErrorCode::kInvalid, text.empty() ? ENOENT : ENAMETOOLONG, "the path is empty or too long");
  return path;
}

// Returns 0 or the errno.
int write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (written < 0) return errno;
    if (written == 0) return EIO;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

int open_file(const Path& path, int flags) {
  return uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR); });
}

ssize_t read_some(int fd, std::span<std::byte> out) {
  return uninterrupted([&] { return ::read(fd, out.data(), out.size()); });
}

int sync_descriptor(int fd) {
  return uninterrupted([fd] { return ::fsync(fd); });
}

// The name is on disk only when its directory is.
int sync_directory_of(std::string_view path) {
  const Path directory(directory_of(path));
  const UniqueFd fd(open_file(directory, O_RDONLY | O_DIRECTORY));
  if (!fd.valid()) return errno;
  if (sync_descriptor(fd.get()) == 0) return 0;
  return errno == EINVAL || errno == ENOTSUP ? 0
                                             : errno;  // a file system that cannot sync directories has no more to give
}

struct Failure {
  const char* what = nullptr;  // null: none
  int system_errno = 0;
};

struct Content {
  std::span<const std::byte> header;
  std::span<const std::byte> payload;
  mode_t mode;
};

Failure write_file(const Path& path, const Content& content, Durability durability) {
  const UniqueFd fd(open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW));
  if (!fd.valid()) return {"cannot create the temporary file", errno};
  if (::fchmod(fd.get(), content.mode) != 0) return {"cannot set the mode", errno};
  if (const int error = write_all(fd.get(), content.header); error != 0) return {"cannot write", error};
  if (const int error = write_all(fd.get(), content.payload); error != 0) return {"cannot write", error};
  if (durability == Durability::kAgainstCrash && sync_descriptor(fd.get()) != 0) return {"cannot sync", errno};
  return {};
}

constexpr std::string_view kTemporarySuffix = ".tmp.";

// The process whose temporary file of the state `base` this is; 0 if it is none.
long writer_of(std::string_view entry, std::string_view base) {
  if (!entry.starts_with(base) || !entry.substr(base.size()).starts_with(kTemporarySuffix)) return 0;
  long pid = 0;
  for (const char digit : entry.substr(base.size() + kTemporarySuffix.size())) {
    if (digit < '0' || digit > '9' || pid > 100'000'000) return 0;
    pid = pid * 10 + (digit - '0');
  }
  return pid;
}

}  // namespace

void remove_leftovers(std::string_view path) {
  const Result<Path> name = make_path(directory_of(path), "");
  if (!name) return;
  DIR* const directory = ::opendir(name->c_str());
  if (directory == nullptr) return;
  const std::string_view base = path.substr(path.rfind('/') + 1);
  while (const dirent* const entry = ::readdir(directory)) {
    const long pid = writer_of(entry->d_name, base);
    if (pid == 0) continue;
    // Our own number is that of an earlier process: this one is not writing now.
    const bool alive = pid != ::getpid() && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
    if (!alive) ::unlinkat(::dirfd(directory), entry->d_name, 0);
  }
  ::closedir(directory);
}

namespace {

Result<void> replace_file(std::string_view path, const Content& content, Durability durability) {
  const Result<Path> target = make_path(path, "");
  if (!target) return target.error();
  std::array<char, 32> suffix{};  // by process, so that two writers of one path do not mix
  std::snprintf(suffix.data(), suffix.size(), "%s%ld", kTemporarySuffix.data(), static_cast<long>(::getpid()));
  const Result<Path> temporary = make_path(path, suffix.data());
  if (!temporary) return temporary.error();

  ::unlink(temporary->c_str());  // left by a crash of an earlier process with our number
  Failure failure = write_file(*temporary, content, durability);
  if (failure.what == nullptr && ::rename(temporary->c_str(), target->c_str()) != 0)
    failure = {"cannot rename the temporary file", errno};
  if (failure.what != nullptr) {
    ::unlink(temporary->c_str());
    return at_path(path, failure.what, failure.system_errno);
  }
  if (durability == Durability::kAgainstKill) return {};
  if (const int error = sync_directory_of(path); error != 0) return at_path(path, "cannot sync the directory", error);
  return {};
}

}  // namespace

Result<void> save_state(std::string_view path, std::span<const std::byte> payload, Durability durability) {
  const Header header = make_header(payload);
  return replace_file(path, {header, payload, S_IRUSR | S_IWUSR}, durability);
}

Result<void> replace_text(std::string_view path, std::string_view text) {
  return replace_file(path, {{}, std::as_bytes(std::span(text)), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH},
                      Durability::kAgainstKill);
}

Result<std::span<const std::byte>> parse_state(std::span<const std::byte> file) {
  const Result<std::uint64_t> length = check_header(file);
  if (!length) return length.error();
  const std::span<const std::byte> payload = file.subspan(kStateHeaderBytes);
  if (*length != payload.size())
    return make_error(ErrorCode::kMalformed, 0, "%s than its header says",
                      *length > payload.size() ? "shorter" : "longer");
  if (get_little_endian(file.subspan(kPayloadCrcAt, 4)) != crc32c(payload))
    return make_error(ErrorCode::kMalformed, 0, "the checksum does not match");
  return payload;
}

Result<std::span<const std::byte>> load_state(std::string_view path, std::span<std::byte> buffer) {
  const Result<Path> name = make_path(path, "");
  if (!name) return name.error();
  // O_NONBLOCK: opening a FIFO by mistake must not hang.
  const UniqueFd fd(open_file(*name, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return at_path(path, "cannot open", errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return at_path(path, "cannot stat", errno);
  if (!S_ISREG(status.st_mode)) return at_path(path, make_error(ErrorCode::kInvalid, 0, "not a regular file"));

  std::size_t size = 0;
  bool at_end = false;
  while (!at_end && size < buffer.size()) {
    const ssize_t got = read_some(fd.get(), buffer.subspan(size));
    if (got < 0) return at_path(path, "cannot read", errno);
    at_end = got == 0;
    size += static_cast<std::size_t>(got);
  }
  if (!at_end) {
    std::byte beyond{};
    const ssize_t got = read_some(fd.get(), std::span(&beyond, 1));
    if (got < 0) return at_path(path, "cannot read", errno);
    if (got > 0) {
      if (const Result<std::uint64_t> length = check_header(buffer); !length && buffer.size() >= kStateHeaderBytes)
        return at_path(path, length.error());
      return at_path(path, make_error(ErrorCode::kTooLarge, 0, "longer than %zu bytes", buffer.size()));
    }
  }
  Result<std::span<const std::byte>> payload = parse_state(buffer.first(size));
  if (!payload) return at_path(path, payload.error());
  return payload;
}

Result<void> remove_state(std::string_view path) {
  const Result<Path> name = make_path(path, "");
  if (!name) return name.error();
  if (::unlink(name->c_str()) != 0 && errno != ENOENT) return at_path(path, "cannot remove", errno);
  return {};
}

Result<void> set_aside(std::string_view path) {
  const Result<Path> from = make_path(path, "");
  if (!from) return from.error();
  const Result<Path> to = make_path(path, ".damaged");
  if (!to) return to.error();
  if (::rename(from->c_str(), to->c_str()) != 0) return at_path(path, "cannot set the file aside", errno);
  return {};
}

}  // namespace epsilond::platform
