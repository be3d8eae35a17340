/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetches images by their names, in processes that do nothing else.
 */
#include "image/fetch.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/msg.h"

struct fetch_process {
	pid_t pid;
	int fd; /* owned; our end of the socket */
};

/* What comes back for the index of a name, beside an open file. */
struct fetch_reply {
	enum wire_exit code;
	int err; /* of the message */
	char message[512]; /* the last one, where it failed */
	char how[sizeof((struct source *)0)->how];
};

/* Room for one descriptor in a message (cmsg(3)). */
union fetch_control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(int))];
};

/* ------------------------------------------------------- such a process */

/* Send the reply, and the file where fd is one.  Returns 0, or -1. */
static int
fetch_send(int to, struct fetch_reply *reply, int fd)
{
	union fetch_control control = {.buf = {0}};
	struct iovec part = {reply, sizeof *reply};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *c;

	if (fd >= 0) {
		message.msg_control = control.buf;
		message.msg_controllen = sizeof control.buf;
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	return sendmsg(to, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* Fetch what comes from fd, by its index, until nothing more does. */
static void
fetch_serve(int fd, const struct fetch_opts *opts)
{
	struct fetch_reply reply;
	struct source s;
	size_t at;
	int ret = 0;

	while (ret == 0 && recv(fd, &at, sizeof at, 0) == sizeof at &&
	    at < opts->names->n) {
		reply = (struct fetch_reply){WIRE_OK};
		reply.code = source_fetch(&s, opts->names->at[at], opts->max,
		    opts->platform);
		if (reply.code != WIRE_OK) {
			reply.err = msg_last_error();
			(void)snprintf(reply.message, sizeof reply.message,
			    "%s", msg_last());
		}
		memcpy(reply.how, s.how, sizeof reply.how);
		ret = fetch_send(fd, &reply, reply.code == WIRE_OK ? s.fd : -1);
		source_close(&s);
	}
}

/* --------------------------------------------------------------- the caller */

/* Returns 0, or an errno; and -1 in the process, when it is over. */
static int
fetch_add(struct fetch *f, const struct fetch_opts *opts)
{
	pid_t parent = getpid(), pid;
	int pair[2];

	/* packets: a question and its answer come whole */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return errno;
	pid = fork();
	if (pid < 0) {
		(void)close(pair[0]);
		(void)close(pair[1]);
		return errno;
	}
	if (pid > 0) {
		(void)close(pair[1]);
		f->at[f->n++] = (struct fetch_process){pid, pair[0]};
		return 0;
	}
	/* nobody waits for what is under way when the caller is gone */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		return -1;
	/* an end that stays open here would keep another from ending */
	while (f->n > 0)
		(void)close(f->at[--f->n].fd);
	(void)close(pair[0]);
	fetch_serve(pair[1], opts);
	(void)close(pair[1]);
	return -1;
}

int
fetch_start(struct fetch *f, const struct fetch_opts *opts)
{
	size_t i;
	int err = 0;

	for (i = 0; i < opts->names->n; i++)
		if (!source_is_at_hand(opts->names->at[i]))
			break;
	if (i == opts->names->n)
		return 0;
	f->at = calloc(opts->members, sizeof *f->at);
	if (f->at == NULL) {
		msg_nomem();
		return -1;
	}
	while (err == 0 && f->n < opts->members)
		err = fetch_add(f, opts);
	if (err > 0)
		msg_warn(err, "start a process that fetches images");
	return err > 0 ? -1 : -err;
}

/* Get the reply.  Returns 0 and the file in it, or -1 where there is none. */
static int
fetch_receive(int from, struct fetch_reply *reply, int *fd)
{
	union fetch_control control = {.buf = {0}};
	struct iovec part = {reply, sizeof *reply};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = control.buf,
	    .msg_controllen = sizeof control.buf};
	struct cmsghdr *c;
	ssize_t got;

	*fd = -1;
	do
		got = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got != sizeof *reply)
		return -1;
	c = CMSG_FIRSTHDR(&message);
	if (c != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof *fd);
	return reply->code != WIRE_OK || *fd >= 0 ? 0 : -1;
}

enum wire_exit
fetch_get(const struct fetch *f, unsigned int member, size_t at,
    struct source *s)
{
	struct fetch_reply reply = {WIRE_FAIL};
	int fd = -1;

	*s = (struct source){.tempfile.fd = -1};
	if (member >= f->n ||
	    write(f->at[member].fd, &at, sizeof at) != sizeof at ||
	    fetch_receive(f->at[member].fd, &reply, &fd) < 0) {
		msg_warn(0, "the process that fetches images has ended");
		return WIRE_FAIL;
	}
	if (reply.code != WIRE_OK) {
		/* the process has written it */
		msg_remember(reply.err, reply.message);
		return reply.code;
	}
	*s = (struct source){.path = "-", .fd = fd, .tempfile.fd = fd};
	memcpy(s->how, reply.how, sizeof s->how);
	return WIRE_OK;
}

void
fetch_free(struct fetch *f)
{
	unsigned int i;

	for (i = 0; i < f->n; i++)
		(void)close(f->at[i].fd);
	for (i = 0; i < f->n; i++)
		while (waitpid(f->at[i].pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	free(f->at);
	*f = (struct fetch){0};
}
