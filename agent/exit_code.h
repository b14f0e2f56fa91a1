#pragma once
// What a program of ours says when it ends: the codes of sysexits.h that product and manual promise.

#include "platform/result.h"

namespace epsilond::agent {

enum ExitCode : int {
  kExitFine = 0,
  kExitUsage = 64,        // the command line is wrong
  kExitData = 65,         // the input is not what it should be
  kExitNoInput = 66,      // there is no such input
  kExitUnavailable = 69,  // a service is not there
  kExitInternal = 70,
  kExitCannotCreate = 73,
  kExitIo = 74,
  kExitPermission = 77,
  kExitConfiguration = 78,
};

// The code that fits an error met while opening or reading an input.
constexpr ExitCode exit_code_of(platform::ErrorCode code) {
  switch (code) {
    case platform::ErrorCode::kNotFound:
      return kExitNoInput;
    case platform::ErrorCode::kPermission:
      return kExitPermission;
    case platform::ErrorCode::kMalformed:
    case platform::ErrorCode::kTooLarge:
      return kExitData;
    case platform::ErrorCode::kInvalid:
      return kExitUsage;
    case platform::ErrorCode::kIo:
      return kExitIo;
    case platform::ErrorCode::kUnavailable:
    case platform::ErrorCode::kUnsupported:
      return kExitUnavailable;
  }
  return kExitInternal;
}

}  // namespace epsilond::agent
