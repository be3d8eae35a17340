/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image references: [HOST[:PORT]/]PATH[:TAG][@DIGEST], by the grammar of the
 * Distribution project (github.com/distribution/reference), which container
 * runtimes follow.
 */
#include "pod/reference.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pod/name.h"

enum {
	NAME_MAX_LEN = 255, /* characters of HOST and PATH */
	TAG_MAX = 128
};

#define HOST_PART "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
#define HOST \
	"^(" HOST_PART "(\\." HOST_PART ")*|\\[[0-9A-Fa-f:]+\\])(:[0-9]+)?$"
#define PATH_PART "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*"
#define PATH "^" PATH_PART "(/" PATH_PART ")*$"
#define TAG "^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
#define DIGEST "^sha(256|384|512):[0-9a-f]+$"

static const char
    wrong_tag[] = "the tag is not up to 128 letters, digits, '_', '.' and '-'";
static const char wrong_digest[] =
    "the digest is not sha256:, sha384: or sha512: and its number of lower-case hexadecimal digits";

/* Does s[0..len) match the pattern?  NULL, or why not. */
static const char *
reference_match(const char *s, size_t len, const char *pattern, const char *why)
{
	char part[NAME_MAX_LEN + 1];

	if (len >= sizeof part)
		return why;
	snprintf(part, sizeof part, "%.*s", (int)len, s);
	return name_matches(part, pattern) ? NULL : why;
}

const char *
reference_error(const char *ref)
{
	const char *at = strchr(ref, '@'), *slash, *colon, *error = NULL;
	size_t len = at != NULL ? (size_t)(at - ref) : strlen(ref), host;

	if (*ref == '\0')
		return "it is empty";
	if (strstr(ref, "://") != NULL)
		return "an image reference must not begin with a scheme such as https://";
	if (at != NULL) {
		error = reference_match(at + 1, strlen(at + 1), DIGEST,
		    wrong_digest);
		if (error == NULL &&
		    strlen(at + 8) != strtoul(at + 4, NULL, 10) / 4)
			error = wrong_digest;
	}
	slash = memrchr(ref, '/', len);
	colon = memrchr(ref, ':', len);
	if (error == NULL && colon != NULL &&
	    (slash == NULL || slash < colon)) {
		host = len - (size_t)(colon - ref) - 1;
		error = host > TAG_MAX
		    ? wrong_tag
		    : reference_match(colon + 1, host, TAG, wrong_tag);
		len = (size_t)(colon - ref);
	}
	if (error != NULL)
		return error;
	if (len > NAME_MAX_LEN)
		return "the name has more than 255 characters";
	if (len == 64 && strspn(ref, "0123456789abcdef") >= len)
		return "64 hexadecimal digits are an image ID, not a name";
	/* is what stands before the first slash a host, or part of the path? */
	slash = memchr(ref, '/', len);
	host = slash != NULL ? (size_t)(slash - ref) : 0;
	if (strcspn(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZ.:[") < host ||
	    (host == strlen("localhost") &&
	        strncmp(ref, "localhost", host) == 0)) {
		error = reference_match(ref, host, HOST,
		    "the registry is not HOST or HOST:PORT");
		if (error != NULL)
			return error;
		ref += host + 1;
		len -= host + 1;
	}
	return reference_match(ref, len, PATH,
	    "the name is not made of lower-case letters and digits, joined by '.', '_', '__', '-' or '/'");
}
