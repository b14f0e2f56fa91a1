#include "platform/collect/influx_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace epsilond::platform {
namespace {

constexpr std::string_view kMeasurement = "epsilond";
constexpr std::size_t kLongestWord = 256;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20U || c == 0x7F; }

// What is known, in the order of the bits that say that it was told.
enum Known : unsigned {
  kHost,
  kModel,
  kCluster,
  kRole,
  kLogSuperEpsilon,
  kExpected,
  kVariance,
  kSurprise,
  kThreshold,
  kLearningRatio,
  kAnomalous,
  kTopFeature,
  kSequence,
  kUnknown,
};
constexpr std::array<std::string_view, kUnknown> kNames = {
    "host",
    "model",
    "cluster",
    "role",
    "log_super_epsilon",
    "log_super_epsilon_expected",
    "log_super_epsilon_variance",
    "surprise",
    "surprise_threshold",
    "learning_ratio",
    "anomalous",
    "top_feature",
    "sequence",
};

unsigned known(std::string_view name, unsigned from, unsigned to) {
  for (unsigned i = from; i < to; ++i)
    if (kNames[i] == name) return i;
  return kUnknown;
}

template <std::size_t Capacity>
bool put(FixedString<Capacity>& out, std::string_view text) {
  out.assign(text);
  return out.size() == text.size() && !text.empty() && is_harmless(text);
}

bool parse_number(std::string_view text, double& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && std::fabs(out) <= kLargestTold;
}

template <typename Integer>
bool parse_whole(std::string_view text, Integer& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

class LineReader {
 public:
  LineReader(std::string_view line, HostReport& report) : rest_(line), report_(report) {}

  ReadFate read() {
    if (!take_word(", ")) return ReadFate::kMalformed;
    const bool ours = word() == kMeasurement;
    while (take(','))
      if (!read_tag()) return ReadFate::kMalformed;
    do {
      if (rest_.size() < 2) return ReadFate::kMalformed;
      rest_.remove_prefix(1);  // the blank before the fields, or a comma
      if (!read_field()) return ReadFate::kMalformed;
    } while (rest_.starts_with(','));
    if (!rest_.empty() && !read_time()) return ReadFate::kMalformed;
    if (!ours) return ReadFate::kOther;
    return told(kHost) && told(kModel) ? ReadFate::kRead : ReadFate::kMalformed;
  }

 private:
  std::string_view word() const { return {word_.data(), size_}; }
  bool told(Known what) const { return (told_ >> what & 1U) != 0; }
  // False: for the second time.
  bool tell(unsigned what) {
    if (what == kUnknown) return true;
    const bool first = (told_ >> what & 1U) == 0;
    told_ |= 1U << what;
    return first;
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Up to the first of `stops` that is not escaped, or the end; not empty.
  bool take_word(std::string_view stops) {
    size_ = 0;
    std::size_t i = 0;
    for (; i < rest_.size(); ++i) {
      char c = rest_[i];
      if (stops.find(c) != std::string_view::npos) break;
      if (is_control(c) || size_ == word_.size()) return false;
      if (c == '\\' && i + 1 < rest_.size() && std::string_view(", =").find(rest_[i + 1]) != std::string_view::npos)
        c = rest_[++i];
      word_[size_++] = c;
    }
    rest_.remove_prefix(i);
    return size_ > 0;
  }

  // "name=value" of tags; the value stands up to a comma or the blank before the fields.
  bool read_tag() {
    if (!take_word(", =") || !take('=')) return false;
    const unsigned what = known(word(), kHost, kLogSuperEpsilon);
    if (!tell(what) || !take_word(", =") || rest_.starts_with('=')) return false;
    switch (what) {
      case kHost:
        return put(report_.host, word());
      case kModel:
        return put(report_.model, word());
      case kCluster:
        return put(report_.cluster, word());
      case kRole:
        return put(report_.role, word());
      default:
        return true;
    }
  }

  bool read_field() {
    if (!take_word(", =") || !take('=')) return false;
    const unsigned what = known(word(), kLogSuperEpsilon, kUnknown);
    if (!tell(what)) return false;
    if (rest_.starts_with('"')) return read_text(what);
    const std::size_t end = std::min(rest_.find_first_of(", "), rest_.size());
    const std::string_view value = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return read_value(what, value);
  }

  bool read_text(unsigned what) {
    size_ = 0;
    std::size_t i = 1;
    for (; i < rest_.size() && rest_[i] != '"'; ++i) {
      if (rest_[i] == '\\' && i + 1 < rest_.size() && (rest_[i + 1] == '"' || rest_[i + 1] == '\\')) ++i;
      if (is_control(rest_[i])) return false;
      if (what != kTopFeature) continue;
      if (size_ == word_.size()) return false;
      word_[size_++] = rest_[i];
    }
    if (i >= rest_.size()) return false;
    rest_.remove_prefix(i + 1);
    if (!rest_.empty() && rest_.front() != ',' && rest_.front() != ' ') return false;
    if (what == kUnknown) return true;
    if (what != kTopFeature) return false;
    return size_ == 0 || put(report_.top_feature, word());
  }

  bool read_value(unsigned what, std::string_view text) {
    if (what == kSequence) return read_sequence(text);
    double value = 0.0;
    if (text == "t" || text == "T" || text == "true" || text == "True" || text == "TRUE") {
      value = 1.0;
    } else if (text == "f" || text == "F" || text == "false" || text == "False" || text == "FALSE") {
      value = 0.0;
    } else {
      if (text.ends_with('i') || text.ends_with('u')) text.remove_suffix(1);
      if (!parse_number(text, value)) return false;
    }
    return take_number(what, value);
  }

  bool read_sequence(std::string_view text) {
    if (text.ends_with('i') || text.ends_with('u')) text.remove_suffix(1);
    std::uint64_t value = 0;
    if (!parse_whole(text, value)) return false;
    report_.sequence = value;
    return true;
  }

  bool take_number(unsigned what, double value) {
    switch (what) {
      case kLogSuperEpsilon:
        report_.log_super_epsilon = value;
        return true;
      case kExpected:
        report_.expected = value;
        return true;
      case kVariance:
        report_.variance = value;
        return value >= 0.0;
      case kSurprise:
        report_.surprise = value;
        return true;
      case kThreshold:
        report_.threshold = value;
        return true;
      case kLearningRatio:
        report_.learning_ratio = value;
        return value >= 0.0 && value <= 1.0;
      case kAnomalous:
        report_.anomalous = value != 0.0;
        return value == 0.0 || value == 1.0;
      default:
        return what == kUnknown;
    }
  }

  bool read_time() {
    rest_.remove_prefix(1);
    return parse_whole(rest_, report_.time_ns) && report_.time_ns > 0;
  }

  std::string_view rest_;
  HostReport& report_;
  std::array<char, kLongestWord> word_{};
  std::size_t size_ = 0;
  unsigned told_ = 0;
};

}  // namespace

ReadFate read_influx_line(std::string_view line, HostReport& report) {
  report = HostReport();
  return LineReader(line, report).read();
}

}  // namespace epsilond::platform
