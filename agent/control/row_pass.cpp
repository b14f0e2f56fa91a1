#include "agent/control/row_pass.h"

namespace epsilond::agent {
namespace {

constexpr std::uint64_t kMaxListedRows = 1000;  // malformed rows beyond are counted, not listed

}  // namespace

ExitCode RowPass::open(std::span<const std::string> paths, const TableOptions& options, Voice& voice,
                       std::unique_ptr<RowPass>& pass) {
  std::string failed_file;
  platform::Result<std::unique_ptr<RowSource>> rows = open_rows(paths, options, failed_file);
  if (!rows) {
    voice.say(failed_file, "%s", rows.error().context.c_str());
    return exit_code_of(rows.error().code);
  }
  std::string name = shown_name(paths.front());
  if (paths.size() > 1) name += " and " + std::to_string(paths.size() - 1) + " more";
  pass.reset(new RowPass(std::move(name), std::move(*rows), voice));
  pass->say_ignored();
  for (const RowNote& note : pass->rows_->notes()) voice.say(note.file, "%s", note.text.c_str());
  return kExitFine;
}

bool RowPass::is_bad() {
  if (rows_->malformed_rows() * 100 <= rows_->rows()) return false;
  voice_.say(name_, "%llu of %llu rows are malformed, more than 1 %%",
             static_cast<unsigned long long>(rows_->malformed_rows()), static_cast<unsigned long long>(rows_->rows()));
  return true;
}

void RowPass::say_ignored() {
  if (rows_->plan().ignored.empty()) return;
  std::string names;
  for (const std::string& name : rows_->plan().ignored) {
    if (!names.empty()) names += ", ";
    names += name.empty() ? "(unnamed)" : name;
  }
  voice_.say(name_, "ignored columns without numbers: %s", names.c_str());
}

void RowPass::report(const Malformed& malformed) {
  if (malformed.row < reported_up_to_) return;
  reported_up_to_ = malformed.row + 1;
  if (++listed_ > kMaxListedRows + 1) return;
  const std::string where = malformed.file + ":" + std::to_string(malformed.line);
  if (listed_ == kMaxListedRows + 1)
    voice_.say(where, "%s (further malformed rows are counted, not listed)", malformed.reason.c_str());
  else
    voice_.say(where, "%s", malformed.reason.c_str());
}

}  // namespace epsilond::agent
