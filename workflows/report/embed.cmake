# Writes the C++ file that carries FILES (joined by '|') inside the executable, each with its SHA-256: the page's
# content security policy names its scripts by hash. The assembler copies the bytes, so this compiles in no time.
string(REPLACE "|" ";" files "${FILES}")
set(body "// Written by embed.cmake.\n#include \"workflows/report/assets.hpp\"\n\n")
set(rows "")
set(index 0)
foreach(file IN LISTS files)
  file(SHA256 ${file} hash)
  string(REGEX REPLACE "^.*/(node_modules|page)/" "" name ${file})
  string(APPEND body
    "asm(\".pushsection .rodata\\n\"\n"
    "    \".global hopflow_asset_${index}, hopflow_asset_end_${index}\\n\"\n"
    "    \"hopflow_asset_${index}: .incbin \\\"${file}\\\"\\n\"\n"
    "    \"hopflow_asset_end_${index}: .byte 0\\n\"\n"
    "    \".popsection\\n\");\n"
    "extern \"C\" const char hopflow_asset_${index}[];\n"
    "extern \"C\" const char hopflow_asset_end_${index}[];\n\n")
  string(APPEND rows
    "      {\"${name}\", {hopflow_asset_${index}, hopflow_asset_end_${index}}, \"${hash}\"},\n")
  math(EXPR index "${index} + 1")
endforeach()
string(APPEND body
  "namespace hopflow::report {\n\n"
  "const std::vector<Asset>& assets() {\n"
  "  static const std::vector<Asset> all{\n${rows}  };\n"
  "  return all;\n}\n\n}  // namespace hopflow::report\n")
file(WRITE ${OUT} "${body}")
