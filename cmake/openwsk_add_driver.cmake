# SPDX-License-Identifier: MIT
# openwsk_add_driver(name source...) makes <name>.so, a driver that wskrun and
# openwsk_driver_load() take. Sources are C or C++. Further libraries are linked with
# target_link_libraries(name PRIVATE ...).

set(OPENWSK_DRIVER_MAP ${CMAKE_CURRENT_LIST_DIR}/driver.map)

function(openwsk_add_driver name)
    set(c $<COMPILE_LANGUAGE:C>)
    add_library(${name} MODULE ${ARGN})
    # DriverEntry has to be visible for the version script to let it through.
    set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" CXX_STANDARD 17
        C_VISIBILITY_PRESET default CXX_VISIBILITY_PRESET default
        LINK_DEPENDS ${OPENWSK_DRIVER_MAP})
    target_compile_options(${name} PRIVATE ${OPENWSK_DRIVER_FLAGS}
        $<${c}:${OPENWSK_DRIVER_C_FLAGS}>
        $<$<C_COMPILER_ID:Clang,AppleClang>:${OPENWSK_DRIVER_CLANG_FLAGS}>
        $<$<AND:${c},$<C_COMPILER_ID:Clang,AppleClang>>:${OPENWSK_DRIVER_CLANG_C_FLAGS}>)
    target_link_libraries(${name} PRIVATE openwsk::openwsk)
    target_link_options(${name} PRIVATE ${OPENWSK_DRIVER_LINK_FLAGS}
        -Wl,--version-script=${OPENWSK_DRIVER_MAP})
    # clang links its sanitizers' run time into the program alone, so there a driver has open ends.
    if(NOT (CMAKE_C_COMPILER_ID MATCHES "Clang" AND
            "${CMAKE_C_FLAGS} ${OPENWSK_SANITIZE}" MATCHES "sanitize|address|thread|undefined"))
        target_link_options(${name} PRIVATE -Wl,--no-undefined)
    endif()
endfunction()
