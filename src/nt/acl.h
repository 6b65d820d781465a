/* SPDX-License-Identifier: MIT */
/* acl.h - what security.c and security_acl.c tell each other. */
#ifndef OPENWSK_NT_ACL_H
#define OPENWSK_NT_ACL_H

#include <ntifs.h>

#include <stdbool.h>

/* Its entries lie inside it, and those that name somebody hold a valid identifier. */
bool nt_acl_is_valid(const ACL *acl);

#endif
