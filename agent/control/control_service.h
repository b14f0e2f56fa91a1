#pragma once
// The agent's side of the control socket: what it answers to each request (docs/control-protocol.md). Fixed memory: an
// answer is written piece by piece from what the pipeline holds, while its client reads.

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "agent/config/config_keys.h"
#include "agent/control/answers.h"
#include "agent/control/request.h"
#include "agent/pipeline/pipeline.h"
#include "platform/fixed_string.h"
#include "platform/host/line_server.h"

namespace epsilond::agent {

class ControlService final : public platform::LineService {
 public:
  // To be called before the server is served: begin() and go_on() speak of this, which must outlive that.
  void show(const AgentView& agent) { agent_ = &agent; }
  // The pipeline was replaced: answers that were begun speak of one that is gone, and are ended with an error.
  void forget_pipeline();
  // What was learned was forgotten by command since the last call: a restart must not bring it back.
  bool take_wish_to_save();

  void begin(std::size_t client, std::string_view line, std::uint32_t uid) override;
  Piece go_on(std::size_t client, std::span<char> out) override;

 private:
  static constexpr std::size_t kMaxColumns = models::kMaxFeatures + kMaxModels;  // of the history
  using Columns = std::bitset<kMaxColumns>;

  // How far an answer has come. Small, for it is copied for each line, to be taken back if the line does not fit.
  struct Place {
    std::size_t model = 0;  // kStatus: the item, of the agent, its models and its emitters
    std::size_t column = 0;
    std::uint64_t row = 0;
    std::uint64_t lost = 0;  // rows that were overwritten before they were sent
    bool begun = false;
  };
  struct Answer {
    RequestKind kind = RequestKind::kUnmute;  // what is only commanded has no lines before the last
    Place place;
    Columns columns;                      // kHistory
    std::uint64_t end_row = 0;            // kHistory: of History::pushed()
    const ToldEpisode* record = nullptr;  // kExplain
    std::uint64_t record_changes = 0;
    platform::FixedString<240> last_line;  // "ok ...", "error ..."
  };

  platform::Result<void> start(const Request& request, std::uint32_t uid, Answer& answer);
  platform::Result<void> start_explain(std::string_view id, Answer& answer) const;
  platform::Result<void> start_history(const Request& request, Answer& answer) const;
  void mute(const Request& request, std::uint32_t uid, Answer& answer);
  void unmute(std::uint32_t uid, Answer& answer);
  platform::Result<void> relearn(std::string_view feature, std::uint32_t uid, Answer& answer);
  platform::Result<void> relearn_feature(std::string_view feature, std::uint32_t uid, Answer& answer);

  // Writes the next lines; false: there are none left.
  bool put_next(Answer& answer, platform::TextWriter& out);
  bool put_status(Place& place, platform::TextWriter& out) const;
  bool put_features(Place& place, platform::TextWriter& out) const;
  bool put_explanation(Answer& answer, platform::TextWriter& out) const;
  bool put_history(Answer& answer, platform::TextWriter& out) const;

  const AgentView* agent_ = nullptr;
  std::array<Answer, platform::LineServer::kClients> answers_;
  bool wishes_to_save_ = false;
};

}  // namespace epsilond::agent
