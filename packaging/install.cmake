# What `cmake --install build/release [--prefix FOLDER]` copies, and the Debian package that `cpack` makes of it. The
# program finds its files from its own place (potentials/core/places.hpp), so the folder can be moved as a whole.
include(GNUInstallDirs)

# The program looks for share/hopflow next to itself and above: in a build folder that is a link to the clone.
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share)
file(CREATE_LINK ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/share/hopflow SYMBOLIC)

install(TARGETS hopflow hopflow_full RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY inputs DESTINATION ${CMAKE_INSTALL_DATADIR}/hopflow PATTERN __pycache__ EXCLUDE)
install(FILES README.md CHANGELOG.md CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Debian's name for a licence file; 53 MB of pictures only on demand: cmake --install build/release --component mnist
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY .data/mnist DESTINATION ${CMAKE_INSTALL_DATADIR}/hopflow COMPONENT mnist EXCLUDE_FROM_ALL OPTIONAL)

# Completion and manual pages come from the option table of the program itself.
install(CODE "
  set(pages \"${PROJECT_BINARY_DIR}/manual\")
  file(MAKE_DIRECTORY \"\${pages}\")
  foreach(shell bash zsh fish)
    execute_process(COMMAND \"$<TARGET_FILE:hopflow>\" completion \${shell}
      OUTPUT_FILE \"\${pages}/\${shell}\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  execute_process(COMMAND \"$<TARGET_FILE:hopflow>\" manual -o \"\${pages}/man1\" --force COMMAND_ERROR_IS_FATAL ANY)
  set(share \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}\")
  file(INSTALL DESTINATION \"\${share}/bash-completion/completions\" TYPE FILE FILES \"\${pages}/bash\" RENAME hopflow)
  file(INSTALL DESTINATION \"\${share}/zsh/site-functions\" TYPE FILE FILES \"\${pages}/zsh\" RENAME _hopflow)
  file(INSTALL DESTINATION \"\${share}/fish/vendor_completions.d\"
    TYPE FILE FILES \"\${pages}/fish\" RENAME hopflow.fish)
  file(GLOB manuals \"\${pages}/man1/*.1\")
  file(INSTALL DESTINATION \"\${share}/man/man1\" TYPE FILE FILES \${manuals})
")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hopflow)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The hopflow authors <hopflow@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "ion-migration barriers from a crystal structure, and what they do to a device")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL Unspecified)
set(CPACK_DEB_COMPONENT_INSTALL OFF)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded or started when needed, so that no library check sees them.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "liblammps0 | liblammps0t64, openmpi-bin, python3-ase, lammps-data")
include(CPack)
