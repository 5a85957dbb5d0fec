/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * namer_message.h - what a namer and its child say to each other
 *
 * Packets, over a socket that keeps them apart. The namer says ROOT and MODULE
 * to number a directory and a file, each with its descriptor, and then PLACES:
 * addresses of one module. The child answers those in their order, with a
 * record for each function that stands there; a packet holds many records, and
 * the records of one place may go on in the next packet.
 *
 * The two are one program, but the child reads what targets made, and may have
 * been taken over by it: its answers are read as foreign. Places are told by
 * their number, so no id of a profile comes out of an answer.
 */
#ifndef SCRAPE_SESSION_NAMER_MESSAGE_H
#define SCRAPE_SESSION_NAMER_MESSAGE_H

#include "symbol/symbolize.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a packet, and of what stands in it; what is longer is cut. */
#define NAMER_PACKET_MAX 65536
#define NAMER_PLACES_MAX 4096
#define NAMER_NAME_MAX	 16384
#define NAMER_PATH_MAX	 4096

#define NAMER_NO_ROOT UINT32_MAX

/* ---- asks */

enum namer_ask_kind { NAMER_ROOT, NAMER_MODULE, NAMER_PLACES };

/*
 * Followed by the path of a module, or by the vaddrs of places, u64. A root or
 * a module is numbered by how many came before it.
 */
struct namer_ask {
	uint32_t kind;
	uint32_t module;      /* PLACES: which */
	uint32_t root;	      /* MODULE: which, or NAMER_NO_ROOT */
	uint32_t origin;      /* MODULE: enum module_origin_kind */
	uint64_t start, size; /* MODULE: as in struct module_origin */
};

/*
 * Neither of the two waits with MSG_DONTWAIT in flags. fd is -1 where there is
 * none. 0 or -errno, of which -ENOTCONN is the other's end, and -EBADMSG what
 * is no such message.
 */
int namer_send_ask(int sock, int flags, const struct namer_ask *ask,
    const void *payload, size_t size, int fd);
/* payload has room for NAMER_PACKET_MAX. *ret_fd is the caller's to close. */
int namer_receive_ask(int sock, int flags, struct namer_ask *ret,
    void *payload, size_t *ret_size, int *ret_fd);

/* ---- answers, as the child puts them together */

struct namer_writer {
	int sock;
	uint64_t since_ns; /* of the oldest record */
	size_t n;
	uint8_t bytes[NAMER_PACKET_MAX];
};

/* loc NULL: nothing is known there. False when nobody listens any more. */
bool namer_write(
    struct namer_writer *w, uint32_t place, const struct location *loc);
bool namer_flush(struct namer_writer *w);

/* ---- answers, as the namer takes them apart */

struct namer_reader {
	uint32_t next, n_places; /* that an answer is due for */
	struct location loc;	 /* what has come for the next one */
};

/* For the answers to n places. */
void namer_reader_begin(struct namer_reader *r, uint32_t n_places);
void namer_reader_deinit(struct namer_reader *r);
/*
 * Calls found for each place that a packet completes, in order; loc has no
 * lines where nothing is known. False when it is not what a child would say.
 */
bool namer_read(struct namer_reader *r, const void *packet, size_t size,
    void (*found)(void *ctx, uint32_t place, const struct location *loc),
    void *ctx);

#endif
