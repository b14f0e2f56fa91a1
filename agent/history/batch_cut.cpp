#include "agent/history/batch_cut.h"

#include <string>

#include "agent/history/cell.h"
#include "models/elementary.h"

namespace epsilond::agent {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

double CutSettings::log_epsilon() const { return epsilon > 0.0 ? models::log(epsilon) : epsilon; }

Result<CutSettings> parse_cut(std::string_view text) {
  constexpr const char* kAllowed =
      "allowed: budget, quantile:Q, contamination:C (0 < Q, C <= 0.5), epsilon:E, select-epsilon";
  CutSettings cut;
  if (text == "budget") return cut;
  if (text == "select-epsilon") {
    cut.form = CutForm::kSelect;
    return cut;
  }
  const std::size_t colon = text.find(':');
  const std::string_view form = text.substr(0, colon);
  double value = 0.0;
  const bool number = colon != std::string_view::npos && parse_cell(text.substr(colon + 1), value) == CellKind::kNumber;
  if (form == "epsilon" && number) {
    cut.form = CutForm::kEpsilon;
    cut.epsilon = value;
    return cut;
  }
  if ((form == "quantile" || form == "contamination") && number && value > 0.0 && value <= 0.5) {
    cut.form = form == "quantile" ? CutForm::kQuantile : CutForm::kContamination;
    cut.share = value;
    return cut;
  }
  return make_error(ErrorCode::kInvalid, 0, "'%.40s'; %s", std::string(text).c_str(), kAllowed);
}

std::string_view cut_form_name(CutForm form) {
  switch (form) {
    case CutForm::kBudget:
      return "budget";
    case CutForm::kQuantile:
      return "quantile";
    case CutForm::kContamination:
      return "contamination";
    case CutForm::kEpsilon:
      return "epsilon";
    case CutForm::kSelect:
      return "select-epsilon";
  }
  return "";
}

}  // namespace epsilond::agent
