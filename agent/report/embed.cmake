# Puts the page together and writes it as a C++ source file of bytes, which every compiler and cross compiler takes.
# cmake -DPAGE=DIR -DUPLOT=DIR (or empty: an empty page) -DOUT=FILE -P embed.cmake
cmake_minimum_required(VERSION 3.25)
set(bytes "")
if(UPLOT)
  file(READ ${PAGE}/report.html page)
  file(READ ${UPLOT}/LICENSE license)
  file(READ ${UPLOT}/dist/uPlot.iife.min.js library)
  file(READ ${UPLOT}/dist/uPlot.min.css library_style)
  string(STRIP "${license}" license)
  # An HTML parser ends the script there, whatever stands around it.
  if(library MATCHES "</[sS][cC][rR][iI][pP][tT]|<!--")
    message(FATAL_ERROR "${UPLOT}/dist/uPlot.iife.min.js cannot stand inside a page")
  endif()
  string(REPLACE "@@UPLOT_LICENSE@@" "${license}" page "${page}")
  string(REPLACE "@@UPLOT_STYLE@@" "${library_style}" page "${page}")
  string(REPLACE "@@UPLOT@@" "${library}" page "${page}")
  foreach(part report.css data.js format.js charts.js scatter.js report.js)
    file(READ ${PAGE}/${part} text)
    string(REPLACE "@@${part}@@" "${text}" page "${page}")
  endforeach()
  if(page MATCHES "@@(UPLOT|[a-z]+\\.)")
    message(FATAL_ERROR "a part of the page is missing: ${CMAKE_MATCH_0}")
  endif()
  file(WRITE ${OUT}.html "${page}")
  file(READ ${OUT}.html hex HEX)
  string(REGEX REPLACE "(................................................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
endif()
file(WRITE ${OUT} "// Made by agent/report/embed.cmake.
#include \"agent/report/page.h\"

#include <cstddef>

namespace epsilond::agent {
namespace {

constexpr unsigned char kPage[] = {
${bytes}
0x00};

}  // namespace

std::string_view report_page() {
  return {static_cast<const char*>(static_cast<const void*>(kPage)), sizeof(kPage) - std::size_t{1}};
}

}  // namespace epsilond::agent
")
