# SPDX-License-Identifier: MIT
# What is installed where, and how others find it.
include(CMakePackageConfigHelpers)

set(OPENWSK_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/openwsk)

# The .pc file finds its prefix from its own place, so that the tree may be moved.
file(RELATIVE_PATH OPENWSK_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" OPENWSK_PC_PREFIX "${OPENWSK_PC_PREFIX}")
list(JOIN OPENWSK_KM_FLAGS " " OPENWSK_PC_CFLAGS)
set(flags ${OPENWSK_DRIVER_FLAGS} ${OPENWSK_DRIVER_C_FLAGS})
list(JOIN flags " " OPENWSK_PC_DRIVER_CFLAGS)
list(JOIN OPENWSK_DRIVER_LINK_FLAGS " " OPENWSK_PC_DRIVER_LDFLAGS)
configure_file(cmake/openwsk.pc.in openwsk.pc @ONLY)

configure_package_config_file(cmake/openwskConfig.cmake.in openwskConfig.cmake
    INSTALL_DESTINATION ${OPENWSK_PACKAGE_DIR})
write_basic_package_version_file(openwskConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS openwsk openwsk_static EXPORT openwskTargets)
install(EXPORT openwskTargets NAMESPACE openwsk:: DESTINATION ${OPENWSK_PACKAGE_DIR})
install(TARGETS wskrun)
install(DIRECTORY include/openwsk DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_BINARY_DIR}/openwskConfig.cmake
    ${PROJECT_BINARY_DIR}/openwskConfigVersion.cmake cmake/driver_flags.cmake
    cmake/openwsk_add_driver.cmake cmake/driver.map DESTINATION ${OPENWSK_PACKAGE_DIR})
install(FILES ${PROJECT_BINARY_DIR}/openwsk.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES docs/wskrun.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
