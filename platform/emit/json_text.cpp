#include "platform/emit/json_text.h"

#include <cmath>

#include "platform/emit/escape.h"
#include "platform/emit/number_text.h"

namespace epsilond::platform {

void put_json_text(TextWriter& out, std::string_view key, std::string_view value) {
  out.put(key);
  out.put('"');
  put_escaped(out, value, Escape::kJson);
  out.put('"');
}

void put_json_number(TextWriter& out, std::string_view key, double value) {
  out.put(key);
  if (std::isfinite(value))
    put_number(out, value);
  else
    out.put("null");
}

}  // namespace epsilond::platform
