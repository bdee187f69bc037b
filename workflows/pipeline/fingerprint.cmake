# SPDX-License-Identifier: GPL-2.0-or-later
# Writes a source file with the hash of the sources that compute each stage; a changed byte is another fingerprint.
#   cmake -DROOT=folder -DOUT=file.cpp -P fingerprint.cmake
file(GLOB_RECURSE all RELATIVE ${ROOT} ${ROOT}/*.cpp ${ROOT}/*.hpp)
list(SORT all)
set(device "")
set(network "")
foreach(source IN LISTS all)
  file(SHA256 ${ROOT}/${source} hash)
  string(APPEND network "${source} ${hash}\n")
  if(NOT source MATCHES "^(spiking|network|training)/")
    string(APPEND device "${source} ${hash}\n")
  endif()
endforeach()
string(SHA256 device "${device}")
string(SHA256 network "${network}")
file(WRITE ${OUT}.new "// Made by fingerprint.cmake.
#include \"workflows/pipeline/core/fingerprint.hpp\"
namespace hopflow::pipeline {
std::string_view stage_fingerprint(std::string_view stage) { return stage == \"snn\" ? \"${network}\" : \"${device}\"; }
}  // namespace hopflow::pipeline
")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
