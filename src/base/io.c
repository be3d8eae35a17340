/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Wait until fd is ready for events.  Returns 0, or -1 with errno set. */
static int
await(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

int
io_write(int fd, const void *buf, size_t len)
{
	const char *p = buf;
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n >= 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return -1;
		if (await(fd, POLLOUT) < 0)
			return -1;
	}
	return 0;
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
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return -1;
		if (await(fd, POLLIN) < 0)
			return -1;
	}
	return (ssize_t)done;
}

void
io_out_init(struct io_out *out, int fd)
{
	out->fd = fd;
	out->total = 0;
	out->n = 0;
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
io_close(int fd)
{
	/* Linux has closed fd even when it says EINTR: close(2), NOTES */
	if (close(fd) < 0 && errno != EINTR)
		return -1;
	return 0;
}

int
io_std(void)
{
	int fd, got;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* the lowest free number is fd: the ones below are open */
		got = open("/", O_RDONLY | O_DIRECTORY);
		if (got < 0)
			return -1;
	}
	return 0;
}

size_t
io_base64(char *out, const void *buf, size_t len)
{
	static const char digit[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = buf;
	char *start = out;
	uint32_t v;

	for (; len >= 3; len -= 3, p += 3) {
		v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*out++ = digit[v >> 18];
		*out++ = digit[v >> 12 & 63];
		*out++ = digit[v >> 6 & 63];
		*out++ = digit[v & 63];
	}
	if (len > 0) {
		v = (uint32_t)p[0] << 16;
		if (len == 2)
			v |= (uint32_t)p[1] << 8;
		*out++ = digit[v >> 18];
		*out++ = digit[v >> 12 & 63];
		*out++ = len == 2 ? digit[v >> 6 & 63] : '=';
		*out++ = '=';
	}
	return (size_t)(out - start);
}

/* By character, the value of a base64 digit plus 64; 0: it is none. */
static const unsigned char base64_value[256] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 126, 0, 0, 0, 127, 116, 117, 118, 119, 120, 121, 122,
    123, 124, 125, 0, 0, 0, 0, 0, 0, 0, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73,
    74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 0, 0, 0, 0,
    0, 0, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105,
    106, 107, 108, 109, 110, 111, 112, 113, 114, 115};

/*
 * Decode n groups of four digits to out.  Returns 0, or -1 where a character
 * is no digit.
 */
static int
unbase64_groups(unsigned char *out, const char *text, size_t n)
{
	const unsigned char *t = (const unsigned char *)text;
	uint32_t a, b, c, d;

	for (; n > 0; n--, t += 4, out += 3) {
		a = base64_value[t[0]];
		b = base64_value[t[1]];
		c = base64_value[t[2]];
		d = base64_value[t[3]];
		if ((a & b & c & d) == 0)
			return -1;
		out[0] = (unsigned char)(a << 2 | (b >> 4 & 3));
		out[1] = (unsigned char)(b << 4 | (c >> 2 & 15));
		out[2] = (unsigned char)(c << 6 | (d & 63));
	}
	return 0;
}

ssize_t
io_unbase64(void *out, const char *text, size_t len)
{
	unsigned char *p = out, last[3];
	char group[4];
	size_t pad = 0;

	if (len % 4 != 0)
		return -1;
	if (len == 0)
		return 0;
	len -= sizeof group;
	memcpy(group, text + len, sizeof group);
	if (unbase64_groups(p, text, len / 4) < 0)
		return -1;
	/* padding stands for bits that are zero, as are unused ones before it
	 */
	for (; pad < 2 && group[3 - pad] == '='; pad++)
		group[3 - pad] = 'A';
	if (unbase64_groups(last, group, 1) < 0 || (pad > 0 && last[2] != 0) ||
	    (pad > 1 && last[1] != 0))
		return -1;
	p += len / 4 * 3;
	memcpy(p, last, sizeof last - pad);
	return p - (unsigned char *)out + (ssize_t)(sizeof last - pad);
}

/* Parse digits at *text and move it behind them; -1 on none or over max. */
static int
digits(const char **text, uint64_t max, uint64_t *number)
{
	uint64_t n = 0, d;
	const char *p = *text;

	if (*p < '0' || *p > '9')
		return -1;
	for (; *p >= '0' && *p <= '9'; p++) {
		d = (uint64_t)(*p - '0');
		if (n > (max - d) / 10 || d > max)
			return -1;
		n = n * 10 + d;
	}
	*text = p;
	*number = n;
	return 0;
}

int
io_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	uint64_t n;

	if (digits(&text, max, &n) < 0 || *text != '\0' || n < min)
		return -1;
	*number = n;
	return 0;
}

int
io_size(const char *text, uint64_t min, uint64_t max, uint64_t *size)
{
	static const char units[] = "kKMGT";
	static const unsigned int shift[] = {10, 10, 20, 30, 40};
	const char *unit;
	unsigned int bits = 0;
	uint64_t n;

	if (digits(&text, max, &n) < 0)
		return -1;
	if (*text != '\0') {
		unit = strchr(units, *text++);
		if (unit == NULL)
			return -1;
		bits = shift[unit - units];
		if (*text == 'i')
			text++;
		if (*text != '\0')
			return -1;
	}
	if (n > max >> bits || n << bits < min)
		return -1;
	*size = n << bits;
	return 0;
}
