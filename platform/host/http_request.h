#pragma once
// The head of an HTTP/1 request (RFC 9112), for a server that has one page and closes after each answer. Pure and
// strict: what is read of the head is the request line; that its other lines are lines of a head is checked, and no
// more.

#include <cstdint>
#include <string_view>

namespace epsilond::platform {

enum class HttpVerdict : std::uint8_t {
  kIncomplete,  // the head has not ended yet
  kPage,        // GET of the page
  kHead,        // HEAD of the page
  kNotFound,    // a path that is not the page
  kMethod,      // another method
  kMalformed,   // no request of HTTP/1.0 or HTTP/1.1
};

// Judges what has come so far. `page` is the path that is there ("/metrics"), also with a query behind it. Malformed is
// told as soon as it is certain; everything else when the head has ended: by an empty line, each line by CR LF or LF.
HttpVerdict judge_http_request(std::string_view received, std::string_view page);

}  // namespace epsilond::platform
