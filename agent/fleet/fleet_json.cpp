// A fleet as one line of JSON. Numbers have all their digits: a sum over many hosts is worth no less than its parts.

#include <array>
#include <charconv>
#include <cmath>

#include "agent/fleet/fleet_text.h"
#include "platform/emit/flag_format.h"
#include "platform/emit/json_text.h"

namespace epsilond::agent {
namespace {

void put(std::string& out, std::string_view key, std::string_view text) {
  std::array<char, 1024> buffer{};  // any name, each byte as \uXXXX
  platform::TextWriter writer(buffer);
  platform::put_json_text(writer, key, text);
  out += writer.view();
}

void put(std::string& out, std::string_view key, double value) {
  out += key;
  std::array<char, 32> buffer{};
  const std::to_chars_result result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out += std::isfinite(value) ? std::string_view(buffer.data(), result.ptr) : std::string_view("null");
}

void put(std::string& out, std::string_view key, std::uint64_t count) {
  out += key;
  out += std::to_string(count);
}

void put(std::string& out, std::string_view key, bool value) {
  out += key;
  out += value ? "true" : "false";
}

void put_time(std::string& out, std::string_view key, std::chrono::nanoseconds wall) {
  std::array<char, 40> buffer{};
  platform::TextWriter writer(buffer);
  platform::put_utc_time(writer, wall);
  put(out, key, writer.view());
}

void put_facts(std::string& out, std::string_view cluster, const FleetFacts& facts) {
  put(out, ",\"cluster\":{\"name\":", cluster);
  put(out, ",\"hosts\":", std::uint64_t{facts.hosts});
  put(out, ",\"reporting\":", std::uint64_t{facts.reporting});
  put(out, ",\"silent\":", std::uint64_t{facts.silent});
  put(out, ",\"stopped\":", std::uint64_t{facts.stopped});
  put(out, ",\"learning\":", std::uint64_t{facts.learning});
  put(out, ",\"flagged\":", std::uint64_t{facts.flagged});
  put(out, ",\"flagged_share\":", facts.flagged_share);
  put(out, ",\"log_super_epsilon_sum\":", facts.sum);
  put(out, ",\"log_super_epsilon_mean\":", facts.mean);
  put(out, ",\"log_super_epsilon_hosts\":", std::uint64_t{facts.sum_hosts});
  put(out, ",\"expected_sum\":", facts.expected_sum);
  put(out, ",\"variance_sum\":", facts.variance_sum);
  put(out, ",\"z\":", facts.z);
  put(out, ",\"median_z\":", facts.median_z);
  put(out, ",\"z_hosts\":", std::uint64_t{facts.z_hosts});
  put(out, ",\"surprise_max\":", facts.surprise_max);
  if (facts.surprise_max_host != nullptr)
    put(out, ",\"surprise_max_host\":", facts.surprise_max_host->host.name.view());
  else
    out += ",\"surprise_max_host\":null";
  put(out, ",\"fleet_is_odd\":", facts.fleet_is_odd);
  put(out, ",\"odd_hosts\":", std::uint64_t{facts.odd_hosts});
  out += ",\"odd_one_out\":";
  if (facts.odd != nullptr) {
    put(out, "{\"host\":", facts.odd->host.name.view());
    put(out, ",\"role\":", facts.odd->host.role.view());
    put(out, ",\"peer_z\":", facts.odd->peer_z);
    out += "}}";
  } else {
    out += "null}";
  }
}

void put_news(std::string& out, const FleetJson& about) {
  out += ",\"events\":[";
  for (const News& news : about.news) {
    if (&news != about.news.data()) out += ',';
    put(out, "{\"event\":", std::string_view(news_name(news.kind)));
    put(out, ",\"host\":", news.host.view());
    put_time(out, ",\"time\":", news.wall);
    put(out, ",\"surprise\":", news.surprise);
    put(out, ",\"top_feature\":", news.top_feature.view());
    put(out, ",\"duration_s\":", news.duration_s);
    out += '}';
  }
  out += ']';
  put(out, ",\"events_left_out\":", about.news_left_out);
}

void put_fates(std::string& out, const FleetFates& fates) {
  put(out, ",\"datagrams\":{\"received\":", fates.intake.datagrams);
  put(out, ",\"accepted\":", fates.book.accepted);
  put(out, ",\"lost_here\":", fates.dropped);
  put(out, ",\"lost_on_the_way\":", fates.book.lost);
  put(out, ",\"refused\":", fates.intake.refused);
  put(out, ",\"rate_limited\":", fates.intake.rate_limited);
  put(out, ",\"oversized\":", fates.intake.oversized);
  put(out, ",\"malformed\":", fates.intake.malformed);
  put(out, ",\"foreign\":", fates.intake.foreign);
  put(out, ",\"old\":", fates.book.old);
  put(out, ",\"other_sources\":", fates.book.other_sources);
  put(out, ",\"other_models\":", fates.book.other_models);
  put(out, ",\"other_clusters\":", fates.book.other_clusters);
  put(out, ",\"no_room\":", fates.book.no_room);
  out += '}';
}

}  // namespace

std::string json_head(const FleetJson& about, const FleetFacts& facts, const FleetFates& fates) {
  std::string out;
  put_time(out, "{\"v\":1,\"time\":", about.wall);
  put(out, ",\"elapsed_s\":", about.elapsed_s);
  put_facts(out, about.cluster, facts);
  put_fates(out, fates);
  put_news(out, about);
  return out + ",\"hosts\":[";
}

std::string json_host(const HostRow& row, bool first) {
  const FleetHost& host = row.host;
  std::string out(first ? "" : ",");
  put(out, "{\"host\":", host.name.view());
  put(out, ",\"cluster\":", host.cluster.view());
  put(out, ",\"role\":", host.role.view());
  put(out, ",\"state\":", std::string_view(state_name(host.state)));
  put(out, ",\"anomalous\":", host.flagged);
  put(out, ",\"surprise\":", host.surprise);
  put(out, ",\"threshold\":", host.threshold);
  put(out, ",\"log_super_epsilon\":", host.log_super_epsilon);
  put(out, ",\"log_super_epsilon_expected\":", host.expected);
  put(out, ",\"log_super_epsilon_variance\":", host.variance);
  put(out, ",\"learning_ratio\":", host.learning_ratio);
  put(out, ",\"top_feature\":", host.top_feature.view());
  put(out, ",\"z\":", row.z);
  put(out, ",\"peer_z\":", row.peer_z);
  put(out, ",\"age_s\":", row.age_s);
  put(out, ",\"source\":", platform::format_address(host.source).view());
  put(out, ",\"accepted\":", host.lines);
  put(out, ",\"lost\":", host.lost);
  return out + '}';
}

}  // namespace epsilond::agent
