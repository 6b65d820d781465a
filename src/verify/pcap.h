/* SPDX-License-Identifier: MIT */
/*
 * pcap.h - what a driver sends and receives, as a capture file (pcapng) that Wireshark reads. Each
 * packet has a comment that names function, socket and IRP.
 *
 * Seen are datagrams as the driver hands them over and gets them, with addresses; IP and UDP
 * headers are made up around them. What the network does to them in between is not seen: that is a
 * capture of the host's.
 */
#ifndef OPENWSK_VERIFY_PCAP_H
#define OPENWSK_VERIFY_PCAP_H

#include <stdbool.h>
#include <stddef.h>

/* Before vf_start(). */
bool vf_pcap_file(const char *path, char *error, size_t size);

void vf_pcap_start(void);
void vf_pcap_stop(void);

#endif
