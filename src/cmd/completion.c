/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpackctl completion, and what its scripts ask for: __complete.
 *
 * The scripts know no command and no option; they ask the program that is
 * being typed.
 */
#include "cmd/cmd.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/msg.h"
#include "base/out.h"
#include "base/opt.h"
#include "wire.h"

/* ----------------------------------------------------------------- scripts */

/* The files of src/complete, which are installed, too; with a NUL behind each.
 */
#define COMPLETION_FILE(shell) \
	__asm__(".pushsection .rodata\n" \
	        "completion_" #shell ":\n" \
	        ".incbin \"src/complete/unpackctl." #shell "\"\n" \
	        ".byte 0\n" \
	        ".popsection\n"); \
	extern const char completion_##shell[] \
	    __attribute__((visibility("hidden")))

COMPLETION_FILE(bash);
COMPLETION_FILE(zsh);
COMPLETION_FILE(fish);

static const struct {
	const char *shell;
	const char *script;
} scripts[] = {{"bash", completion_bash}, {"zsh", completion_zsh},
    {"fish", completion_fish}, {NULL, NULL}};

/* The i-th shell, or NULL. */
static const char *
completion_shell(size_t i)
{
	return scripts[i].shell;
}

static const struct opt_group completion_groups[] = {{0}};
const struct opt_command cmd_completion_options = {
    .name = "completion",
    .usage = " bash|zsh|fish",
    .about =
        "Print the completion script of a shell:\n\n"
        "  bash  source <(unpackctl completion bash)    in ~/.bashrc\n"
        "  zsh   source <(unpackctl completion zsh)     in ~/.zshrc, after compinit\n"
        "  fish  unpackctl completion fish | source     in config.fish\n",
    .groups = completion_groups,
    .operands = "one of bash, zsh and fish",
    .least = 1,
    .most = 1,
    .offer = completion_shell,
};

int
cmd_completion(int argc, char **argv)
{
	char shown[64];
	int code;
	size_t i;

	if (opt_parse(&cmd_completion_options, NULL, argc, argv, &code) < 0)
		return code;
	for (i = 0; scripts[i].shell != NULL; i++) {
		if (strcmp(scripts[i].shell, argv[1]) != 0)
			continue;
		out_text(scripts[i].script);
		return out_flush() == 0 ? WIRE_OK : WIRE_FAIL;
	}
	return opt_wrong(&cmd_completion_options,
	    "completion takes one of bash, zsh and fish, not '%s'",
	    msg_mask(shown, sizeof shown, argv[1]));
}

/* -------------------------------------------------------------- candidates */

/* Offer name, with what it means (up to a line's end), if it begins like word.
 */
static void
offer(const char *before, const char *name, const char *meaning,
    const char *word)
{
	size_t len = strlen(before);

	if (strncmp(word, before, len) == 0 &&
	    strncmp(word + len, name, strlen(word + len)) == 0)
		out_printf("%s%s\t%.*s\n", before, name,
		    (int)strcspn(meaning, "\n"), meaning);
}

static void
offer_options(const struct opt_command *c, const char *word)
{
	const struct opt_group *g;
	const struct opt *o;

	for (g = c->groups; g->rows != NULL; g++)
		for (o = g->rows; o->name != NULL || o->letter != 0; o++)
			if (o->name != NULL)
				offer("--", o->name, o->help, word);
			else
				offer("-", (const char[]){o->letter, '\0'},
				    o->help, word);
	offer("--", "help", "what it does and takes", word);
	out_line(":words");
}

/* Offer values of o that begin like word. */
static void
offer_values(const struct opt *o, const char *word)
{
	static const char *const kinds[][2] = {{"FILE", ":files"},
	    {"DIR", ":dirs"}, {"NAMESPACE", ":namespaces"},
	    {"CONTEXT", ":contexts"}};
	const char *p;
	size_t i, len;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(o->value, kinds[i][0]) == 0) {
			out_line(kinds[i][1]);
			return;
		}
	for (p = o->value; *p != '\0'; p += len + (p[len] == '|')) {
		len = strcspn(p, "|");
		/* words in lower case are literal; N.N is not */
		for (i = 0; i < len && !isupper((unsigned char)p[i]); i++)
			continue;
		if (i == len && strncmp(p, word, strlen(word)) == 0 &&
		    strlen(word) <= len)
			out_printf("%.*s\n", (int)len, p);
	}
	out_line(":words");
}

static void
offer_commands(const struct cmd *commands, const char *word)
{
	const struct cmd *c;

	for (c = commands; c->options != NULL; c++)
		offer("", c->options->name, c->help, word);
	if (*word == '-') {
		offer("--", "help", "the commands", word);
		offer("--", "version", "this program's version", word);
	}
	out_line(":words");
}

int
completion_offer(const struct cmd *commands, char *const *words, int n)
{
	const struct opt_command *takes;
	const struct opt *waiting = NULL, *o;
	const char *word = n > 0 ? words[n - 1] : "", *value, *name;
	const struct cmd *c = commands;
	bool ended = false;
	size_t k;
	int i;

	if (n <= 1 || strcmp(words[0], "help") == 0) {
		offer_commands(commands, word);
		goto out;
	}
	while (c->options != NULL && strcmp(c->options->name, words[0]) != 0)
		c++;
	takes = c->options;
	if (takes == NULL) {
		out_line(":files");
		goto out;
	}
	/* which option waits for its value in the last word */
	for (i = 1; i < n - 1; i++) {
		if (waiting != NULL && strcmp(words[i], "=") == 0)
			continue;
		ended = ended ||
		    (waiting == NULL && strcmp(words[i], "--") == 0);
		o = opt_word(takes, words[i], &value);
		waiting = waiting == NULL && !ended && value == NULL ? o : NULL;
	}
	o = opt_word(takes, word, &value);
	if (waiting != NULL) {
		offer_values(waiting, strcmp(word, "=") == 0 ? "" : word);
	} else if (ended || word[0] != '-') {
		for (k = 0; takes->offer && (name = takes->offer(k)) != NULL;
		     k++)
			offer("", name, "", word);
		if (takes->offer == NULL && takes->operands == NULL)
			offer_options(takes, word);
		else
			out_line(takes->offer != NULL ? ":words" : ":files");
	} else if (word[1] != '-' || strchr(word, '=') == NULL) {
		offer_options(takes, word);
	} else if (o != NULL) {
		offer_values(o, value);
	} else {
		out_line(":words");
	}
out:
	return out_flush() == 0 ? WIRE_OK : WIRE_FAIL;
}
