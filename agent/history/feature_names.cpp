#include "agent/history/feature_names.h"

#include <array>
#include <cmath>

#include "agent/config/config_suggest.h"
#include "agent/history/cell.h"
#include "agent/history/csv_record.h"
#include "agent/pipeline/feature_table.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

constexpr NameMeaning kOne = NameMeaning::kOne;
constexpr NameMeaning kUsual = NameMeaning::kUsual;
constexpr double kKibibyte = 1024.0;
constexpr double kSector = 512.0;
constexpr double kPage = 4096.0;
constexpr double kPercent = 0.01;

// Names of sar(1), collectd's types.db(5) and node_exporter; node_exporter's counters (..._total) are no rates and are
// not here.
constexpr std::array kForeignNames = {
    // sar -u
    ForeignName{"%user", "cpu_user_ratio", kPercent, kOne, true},
    ForeignName{"%usr", "cpu_user_ratio", kPercent, kOne, true},
    ForeignName{"%nice", "cpu_user_ratio", kPercent, kOne, true},
    ForeignName{"%system", "cpu_system_ratio", kPercent, kOne, false, false,
                "with interrupts, which are cpu_irq_ratio here"},
    ForeignName{"%sys", "cpu_system_ratio", kPercent, kOne},
    ForeignName{"%iowait", "cpu_iowait_ratio", kPercent, kOne},
    ForeignName{"%steal", "cpu_steal_ratio", kPercent, kOne},
    ForeignName{"%irq", "cpu_irq_ratio", kPercent, kOne, true},
    ForeignName{"%soft", "cpu_irq_ratio", kPercent, kOne, true},
    // sar -q
    ForeignName{"runq-sz", "running", 1, kOne},
    ForeignName{"plist-sz", "threads", 1, kOne},
    ForeignName{"ldavg-1", "load_1min", 1, kOne},
    ForeignName{"ldavg-5", "load_5min", 1, kOne},
    ForeignName{"ldavg-15", "load_15min", 1, kOne},
    // sar -r, -S, -W, -B
    ForeignName{"kbavail", "mem_available_bytes", kKibibyte, kOne},
    ForeignName{"kbmemused", "mem_used_bytes", kKibibyte, kOne, false, false,
                "total less free, buffers, cache and slab; here total less available"},
    ForeignName{"kbswpused", "swap_used_bytes", kKibibyte, kOne},
    ForeignName{"pswpin/s", "swap_in_bytes_per_s", kPage, kOne, false, false, "pages of 4 KiB"},
    ForeignName{"pswpout/s", "swap_out_bytes_per_s", kPage, kOne, false, false, "pages of 4 KiB"},
    ForeignName{"fault/s", "page_faults_per_s", 1, kOne},
    ForeignName{"pgfault/s", "page_faults_per_s", 1, kOne},
    ForeignName{"majflt/s", "major_faults_per_s", 1, kOne},
    // sar -w, -I SUM, -v
    ForeignName{"proc/s", "forks_per_s", 1, kOne},
    ForeignName{"cswch/s", "context_switches_per_s", 1, kOne},
    ForeignName{"intr/s", "interrupts_per_s", 1, kOne},
    ForeignName{"file-nr", "open_files", 1, kOne},
    // sar -b: all disks together
    ForeignName{"bread/s", "disk_read_bytes_per_s", kSector, kOne},
    ForeignName{"bwrtn/s", "disk_write_bytes_per_s", kSector, kOne},
    ForeignName{"tps", "disk_operations_per_s", 1, kUsual},
    // sar -n DEV, SOCK, ETCP
    ForeignName{"rxkB/s", "net_rx_bytes_per_s", kKibibyte, kOne, true, true},
    ForeignName{"txkB/s", "net_tx_bytes_per_s", kKibibyte, kOne, true, true},
    ForeignName{"rxpck/s", "net_rx_packets_per_s", 1, kOne, true, true},
    ForeignName{"txpck/s", "net_tx_packets_per_s", 1, kOne, true, true},
    ForeignName{"tcpsck", "tcp_sockets", 1, kOne},
    ForeignName{"retrans/s", "tcp_retransmits_per_s", 1, kOne},
    // collectd
    ForeignName{"shortterm", "load_1min", 1, kOne},
    ForeignName{"midterm", "load_5min", 1, kOne},
    ForeignName{"longterm", "load_15min", 1, kOne},
    ForeignName{"memory-used", "mem_used_bytes", 1, kOne, false, false,
                "total less free, buffers, cache and slab; here total less available"},
    ForeignName{"swap-used", "swap_used_bytes", 1, kOne},
    ForeignName{"ps_state-blocked", "blocked", 1, kOne},
    ForeignName{"ps_state-zombies", "zombies", 1, kOne},
    ForeignName{"fork_rate", "forks_per_s", 1, kOne},
    ForeignName{"contextswitch", "context_switches_per_s", 1, kOne},
    // node_exporter
    ForeignName{"node_load1", "load_1min", 1, kOne},
    ForeignName{"node_load5", "load_5min", 1, kOne},
    ForeignName{"node_load15", "load_15min", 1, kOne},
    ForeignName{"node_memory_MemAvailable_bytes", "mem_available_bytes", 1, kOne},
    ForeignName{"node_memory_Shmem_bytes", "mem_shared_bytes", 1, kOne},
    ForeignName{"node_procs_running", "running", 1, kOne},
    ForeignName{"node_procs_blocked", "blocked", 1, kOne},
    ForeignName{"node_processes_threads", "threads", 1, kOne},
    ForeignName{"node_filefd_allocated", "open_files", 1, kOne},
    ForeignName{"node_sockstat_TCP_inuse", "tcp_sockets", 1, kOne},
    // What people call them
    ForeignName{"load", "load_1min", 1, kUsual},
    ForeignName{"load1", "load_1min", 1, kUsual},
    ForeignName{"load5", "load_5min", 1, kUsual},
    ForeignName{"load15", "load_15min", 1, kUsual},
    ForeignName{"memory", "mem_used_bytes", 1, kUsual, false, false, "in bytes"},
    ForeignName{"mem_used", "mem_used_bytes", 1, kUsual, false, false, "in bytes"},
    ForeignName{"used", "mem_used_bytes", 1, kUsual, false, false, "in bytes"},
    ForeignName{"procs", "processes", 1, kUsual},
};

constexpr bool ends_in_interface_name(std::string_view column, std::string_view name) {
  if (column.size() <= name.size() + 1 || !column.ends_with(name)) return false;
  const std::string_view front = column.substr(0, column.size() - name.size());
  return front.back() == '.' && front != "lo.";
}

Result<NameMapping> parse_mapping(std::string_view text) {
  const std::string shown(text.substr(0, 80));
  constexpr const char* kAllowed = "NAME=FEATURE or NAME=FEATURE*FACTOR";
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0)
    return make_error(ErrorCode::kInvalid, 0, "'%s': allowed: %s", shown.c_str(), kAllowed);
  NameMapping mapping;
  mapping.column = text.substr(0, equals);
  const std::string_view target = text.substr(equals + 1);
  const std::size_t star = target.find('*');
  const std::string feature(target.substr(0, star));
  const std::optional<std::size_t> row = find_feature(feature);
  if (!row) {
    std::vector<std::string_view> names;
    for (const Feature& known : features()) names.push_back(known.name);
    const std::string near(closest(feature, names));
    return make_error(ErrorCode::kInvalid, 0, "'%s': no feature is called '%.50s'%s%s%s", shown.c_str(),
                      feature.c_str(), near.empty() ? "" : ": did you mean '", near.c_str(), near.empty() ? "" : "'?");
  }
  mapping.feature = *row;
  if (star == std::string_view::npos) return mapping;
  const bool number = parse_cell(target.substr(star + 1), mapping.factor) == CellKind::kNumber;
  if (!number || mapping.factor == 0.0)
    return make_error(ErrorCode::kInvalid, 0, "'%s': the factor is a number other than 0", shown.c_str());
  return mapping;
}

}  // namespace

std::span<const ForeignName> foreign_names() { return kForeignNames; }

const ForeignName* find_foreign_name(std::string_view column) {
  // A data source of collectd that has no name of its own, joined with others: "memory-used.value".
  constexpr std::string_view kOnlyValue = ".value";
  if (column.ends_with(kOnlyValue)) column.remove_suffix(kOnlyValue.size());
  for (const ForeignName& foreign : kForeignNames)
    if (foreign.name == column || (foreign.per_interface && ends_in_interface_name(column, foreign.name)))
      return &foreign;
  return nullptr;
}

Result<std::vector<NameMapping>> parse_name_mappings(std::string_view text) {
  CsvRecord record;
  if (record.split(text, ',') != RecordFault::kNone)
    return make_error(ErrorCode::kInvalid, 0, "mappings are separated by commas, and quoted as in a csv file");
  std::vector<NameMapping> mappings;
  for (const std::string_view cell : record.cells()) {
    Result<NameMapping> mapping = parse_mapping(cell);
    if (!mapping) return mapping.error();
    for (const NameMapping& earlier : mappings)
      if (earlier.column == mapping->column)
        return make_error(ErrorCode::kInvalid, 0, "the column '%.60s' is mapped twice", mapping->column.c_str());
    mappings.push_back(std::move(*mapping));
  }
  return mappings;
}

}  // namespace epsilond::agent
