/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image references: [HOST[:PORT]/]PATH[:TAG][@DIGEST], by the grammar of the
 * Distribution project (github.com/distribution/reference), which container
 * runtimes follow.
 */
#include "pod/reference.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

enum {
	NAME_MAX_LEN = 255, /* characters of HOST and PATH */
	TAG_MAX = 128
};

/* Are s[0..len) characters of `set` alone, and at least one? */
static bool
is_all(const char *s, size_t len, const char *set)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] == '\0' || strchr(set, s[i]) == NULL)
			return false;
	return len > 0;
}

/* Is the part of a host name s[0..len) letters, digits, hyphens within? */
static bool
is_host_part(const char *s, size_t len)
{
	return is_all(s, len, LOWER UPPER DIGIT "-") && s[0] != '-' &&
	    s[len - 1] != '-';
}

/* Is s[0..len) NAME, NAME:PORT, or [IPV6]:PORT? */
static bool
is_host(const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len), *end;
	size_t part;

	if (s[0] == '[') {
		end = memchr(s, ']', len);
		if (end == NULL ||
		    !is_all(s + 1, (size_t)(end - s - 1),
		        DIGIT "abcdefABCDEF:"))
			return false;
		end++;
		len -= (size_t)(end - s);
		return len == 0 ||
		    (*end == ':' && is_all(end + 1, len - 1, DIGIT));
	}
	if (colon != NULL) {
		if (!is_all(colon + 1, len - (size_t)(colon - s) - 1, DIGIT))
			return false;
		len = (size_t)(colon - s);
	}
	for (;;) {
		end = memchr(s, '.', len);
		part = end != NULL ? (size_t)(end - s) : len;
		if (!is_host_part(s, part))
			return false;
		if (end == NULL)
			return true;
		s += part + 1;
		len -= part + 1;
	}
}

/* Is what stands before the first slash a host, and no part of the path? */
static bool
names_host(const char *s, size_t len)
{
	size_t i;

	if (len == strlen("localhost") && strncmp(s, "localhost", len) == 0)
		return true;
	for (i = 0; i < len; i++)
		if (strchr(UPPER ".:[", s[i]) != NULL)
			return true;
	return false;
}

/* Is s[0..len) lower case words joined by '.', '_', '__' or hyphens? */
static bool
is_path_part(const char *s, size_t len)
{
	size_t i = 0, n;

	for (;;) {
		n = i;
		while (i < len && strchr(LOWER DIGIT, s[i]) != NULL)
			i++;
		if (i == n)
			return false;
		if (i == len)
			return true;
		n = i;
		if (s[i] == '-') {
			while (i < len && s[i] == '-')
				i++;
			continue;
		}
		while (i < len && s[i] == '_')
			i++;
		if (i - n > 2)
			return false;
		if (i == n && s[i++] != '.')
			return false;
	}
}

static const char *
digest_error(const char *s)
{
	static const struct {
		const char *name;
		size_t digits;
	} algorithms[] = {{"sha256:", 64}, {"sha384:", 96}, {"sha512:", 128}};
	size_t i, len;

	for (i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		len = strlen(algorithms[i].name);
		if (strncmp(s, algorithms[i].name, len) != 0)
			continue;
		s += len;
		if (strlen(s) != algorithms[i].digits ||
		    !is_all(s, strlen(s), DIGIT "abcdef"))
			return "the digest does not have the number of lower-case hexadecimal digits of its algorithm";
		return NULL;
	}
	return "the digest does not begin with sha256:, sha384: or sha512:";
}

static const char *
path_error(const char *s, size_t len)
{
	const char *slash;
	size_t part;

	for (;;) {
		slash = memchr(s, '/', len);
		part = slash != NULL ? (size_t)(slash - s) : len;
		if (!is_path_part(s, part))
			return "the name is not made of lower-case letters and digits, joined by '.', '_', '__', '-' or '/'";
		if (slash == NULL)
			return NULL;
		s += part + 1;
		len -= part + 1;
	}
}

const char *
reference_error(const char *ref)
{
	const char *at = strchr(ref, '@'), *slash, *colon = NULL, *error;
	size_t len = at != NULL ? (size_t)(at - ref) : strlen(ref), i, host;

	if (*ref == '\0')
		return "it is empty";
	if (strstr(ref, "://") != NULL)
		return "an image reference must not begin with a scheme such as https://";
	if (at != NULL) {
		error = digest_error(at + 1);
		if (error != NULL)
			return error;
	}
	for (i = 0; i < len; i++) {
		if (ref[i] == ':')
			colon = ref + i;
		else if (ref[i] == '/')
			colon = NULL;
	}
	if (colon != NULL) {
		host = len - (size_t)(colon - ref) - 1;
		if (host > TAG_MAX ||
		    !is_all(colon + 1, host, LOWER UPPER DIGIT "_.-") ||
		    strchr(".-", colon[1]) != NULL)
			return "the tag is not up to 128 letters, digits, '_', '.' and '-'";
		len = (size_t)(colon - ref);
	}
	if (len > NAME_MAX_LEN)
		return "the name has more than 255 characters";
	if (len == 64 && is_all(ref, len, DIGIT "abcdef"))
		return "64 hexadecimal digits are an image ID, not a name";
	slash = memchr(ref, '/', len);
	if (slash != NULL && names_host(ref, (size_t)(slash - ref))) {
		host = (size_t)(slash - ref);
		if (!is_host(ref, host))
			return "the registry is not HOST or HOST:PORT";
		ref += host + 1;
		len -= host + 1;
	}
	return path_error(ref, len);
}
