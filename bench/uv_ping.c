/* SPDX-License-Identifier: MIT */
/*
 * uv_ping.c - libuv: the echo answers from the receive callback, at once where the socket takes it.
 */
#include "bench.h"
#include "raw_socket.h"

#include <uv.h>

static void require(int error, const char *what)
{
    if (error < 0)
        fail("%s: %s", what, uv_strerror(error));
}

static void give_room(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    static char room[LARGEST_DATAGRAM];

    (void)handle;
    (void)size;
    *buffer = uv_buf_init(room, sizeof(room));
}

static void received(uv_udp_t *handle, ssize_t size, const uv_buf_t *buffer,
                     const struct sockaddr *from, unsigned flags)
{
    uv_buf_t reply = uv_buf_init(buffer->base, (unsigned)(size > 0 ? size : 0));

    (void)flags;
    require((int)size, "receiving");
    if (size > 0)
        require(uv_udp_try_send(handle, &reply, 1, NULL), "uv_udp_try_send");
    else if (from)
        uv_close((uv_handle_t *)handle, NULL);
}

static void serve(int fd)
{
    static uv_udp_t handle;
    uv_loop_t loop;

    require(uv_loop_init(&loop), "uv_loop_init");
    require(uv_udp_init(&loop, &handle), "uv_udp_init");
    require(uv_udp_open(&handle, fd), "uv_udp_open");
    require(uv_udp_recv_start(&handle, give_room, received), "uv_udp_recv_start");
    uv_run(&loop, UV_RUN_DEFAULT);
    require(uv_loop_close(&loop), "uv_loop_close");
}

void uv_ping(const struct job *job, struct sample *sample)
{
    echo_ping(job, serve, sample);
}
