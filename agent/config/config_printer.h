#pragma once
// The effective configuration as text that the reader takes, each value with where it came from.

#include <cstddef>
#include <string>
#include <vector>

#include "agent/config/config_reader.h"

namespace epsilond::agent {

struct ModelCost {
  std::string name;
  std::size_t memory_bytes = 0;
  double operations_per_sample = 0.0;  // floating-point, about
};

struct WatchCost {
  std::string name;
  std::size_t features = 0;
  std::size_t memory_bytes = 0;
};

// What the rest of the program knows about the cost of a configuration.
struct ConfigCost {
  std::vector<ModelCost> models;
  std::vector<WatchCost> watches;
  std::size_t memory_bytes = 0;       // all that is taken at start, and never grows
  double process_scan_every_s = 0.0;  // how far cpu_budget stretches the scan of processes; 0: not known, not printed
};

// Reading the text back yields the same Config, with every key written out. No line is longer than kMaxLineBytes.
std::string print_config(const LoadedConfig& loaded);

// Comment lines to stand before or behind it.
std::string print_cost(const ConfigCost& cost);

}  // namespace epsilond::agent
