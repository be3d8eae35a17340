/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole reads and writes.
 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static const volatile sig_atomic_t *heeded;

void
io_heed(const volatile sig_atomic_t *stop)
{
	heeded = stop;
}

bool
io_stopped(void)
{
	return heeded != NULL && *heeded != 0;
}

/* Wait until fd is ready for events.  Returns 0, or -1 with errno set. */
static int
await(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR || io_stopped())
			return -1;
	return 0;
}

size_t
io_write_most(int fd, const void *buf, size_t len)
{
	const char *p = buf;
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = write(fd, p + done, len - done);
		if (n >= 0) {
			done += (size_t)n;
			if (done == len || !io_stopped())
				continue;
			errno = EINTR;
			break;
		}
		if (errno == EINTR && !io_stopped())
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			break;
		if (await(fd, POLLOUT) < 0)
			break;
	}
	return done;
}

int
io_write(int fd, const void *buf, size_t len)
{
	return io_write_most(fd, buf, len) == len ? 0 : -1;
}

ssize_t
io_read(int fd, void *buf, size_t len)
{
	char *p = buf;
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = read(fd, p + done, len - done);
		if (n == 0)
			break;
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (errno == EINTR && !io_stopped())
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return -1;
		if (await(fd, POLLIN) < 0)
			return -1;
	}
	return (ssize_t)done;
}

int
io_out_write(struct io_out *out, const void *buf, size_t len)
{
	out->total += len;
	if (out->fd < 0)
		return 0;
	if (len > sizeof out->buf - out->n) {
		if (io_out_flush(out) < 0)
			return -1;
		if (len >= sizeof out->buf)
			return io_write(out->fd, buf, len);
	}
	memcpy(out->buf + out->n, buf, len);
	out->n += len;
	return 0;
}

int
io_out_flush(struct io_out *out)
{
	size_t n = out->n;

	out->n = 0;
	return n == 0 ? 0 : io_write(out->fd, out->buf, n);
}

int
io_std(void)
{
	int fd;

	/* the lowest free number is fd: the ones below are open */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/", O_RDONLY | O_DIRECTORY) < 0)
			return -1;
	return 0;
}
