/* utf8.h -- UTF-8 of what came from outside. */
#ifndef MLWATCH_UTF8_H
#define MLWATCH_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

bool utf8_valid(const char *s, size_t n);
/* Decodes one character at s (n > 0 bytes left); returns its length, 1 and *cp = 0xFFFD for a bad byte. */
size_t utf8_decode(const char *s, size_t n, uint32_t *cp);
void utf8_encode(struct buf *out, uint32_t cp);
size_t utf8_count(const char *s, size_t n); /* characters */
/* Appends s with every bad byte replaced by U+FFFD. */
void utf8_repair(struct buf *out, const char *s, size_t n);
/* Control characters, bidi marks and what has no shape: nothing that a terminal, a log or a person should be given. */
bool utf8_is_harmful(uint32_t cp);
#define UTF8_HARMLESS 0x00b7 /* and what stands for it: a dot */
/* Appends at most max characters of s, one for one: harmful ones and bad bytes become U+00B7, white space a blank. */
void utf8_plain(struct buf *out, const char *s, size_t n, size_t max);
/* A character of ASCII that looks like it: for arrows, lines, blocks and marks; else '?'. */
char utf8_ascii(uint32_t cp);
/* The environment's locale for characters alone: numbers keep their point. A UTF-8 one that is not installed is C.UTF-8. */
void utf8_locale(void);

#endif
