/*
 * tail_id.c -- is this the file that we know?
 *
 * Inode numbers are used again and files are truncated in place, so (device, inode) alone proves nothing.
 * Two hashes do: of the first bytes (at most 256; fewer while the file was shorter) and of the bytes just before the
 * offset. The second tells a file that was truncated and has grown past the old offset even when every file
 * starts alike (a CSV header). What cannot be told: a file rewritten with the very same bytes at both places.
 *
 * Knows bytes and names. Does not know when anything is looked at.
 */
#include "tail_private.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"

int64_t
stat_mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

int64_t
stat_ctime_ns(const struct stat *st)
{
	return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

static bool
hash_at(int fd, int64_t offset, uint32_t n, uint64_t *out)
{
	char bytes[TAIL_FINGERPRINT];

	if (n > sizeof bytes || pread(fd, bytes, n, offset) != (ssize_t)n)
		return false;
	*out = hash_bytes(bytes, n, 0);
	return true;
}

bool
id_same_start(int fd, int64_t size, const struct tail_offset *at)
{
	uint64_t h;

	if (at->fingerprint_len == 0)
		return true;
	return size >= at->fingerprint_len && hash_at(fd, 0, at->fingerprint_len, &h) && h == at->fingerprint;
}

bool
id_same(int fd, int64_t size, const struct tail_offset *at)
{
	uint64_t h;

	if (size < at->offset || !id_same_start(fd, size, at))
		return false;
	if (at->recent_len == 0 || at->recent_len > at->offset)
		return true;
	return hash_at(fd, at->offset - at->recent_len, at->recent_len, &h) && h == at->recent;
}

void
id_extend(int fd, int64_t size, struct tail_offset *at)
{
	uint32_t n = size < TAIL_FINGERPRINT ? (uint32_t)size : TAIL_FINGERPRINT;
	uint64_t h;

	if (n > at->fingerprint_len && hash_at(fd, 0, n, &h)) {
		at->fingerprint = h;
		at->fingerprint_len = n;
	}
}

void
id_recent(struct tail_offset *at, const char *block, size_t used)
{
	uint32_t n = used < TAIL_FINGERPRINT ? (uint32_t)used : TAIL_FINGERPRINT;

	at->recent = hash_bytes(block + used - n, n, 0);
	at->recent_len = n;
}

bool
id_same_end(int a, int b, int64_t size)
{
	char x[4096], y[sizeof x];
	size_t n = size < (int64_t)sizeof x ? (size_t)size : sizeof x;

	return pread(a, x, n, size - (int64_t)n) == (ssize_t)n && pread(b, y, n, size - (int64_t)n) == (ssize_t)n &&
	       memcmp(x, y, n) == 0;
}

const char *
path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

char *
path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

bool
name_is_compressed(const char *name)
{
	static const char *const endings[] = {".gz", ".zst", ".xz", ".bz2", ".lz4", ".Z", ".zip"};
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t m = strlen(endings[i]);
		if (n > m && strcmp(name + n - m, endings[i]) == 0)
			return true;
	}
	return false;
}

/* ".1", "-20261121", ".2026-11-21T02:36", ".old": what rotation appends. Not ".tmp", ".swp", ".pos". */
static bool
suffix_is_rotation(const char *s)
{
	static const char *const words[] = {"old", "bak", "prev", "rotated", "last", "orig", "copy"};

	if (strchr(".-_", *s) == NULL || *s == '\0')
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(s + 1, words[i], strlen(words[i])) == 0)
			return true;
	return isdigit((unsigned char)s[1]) || strpbrk(s, "0123456789") != NULL;
}

/* Between the stem and the extension only a number or a date may stand: "predictions-errors.jsonl" is another log. */
static bool
middle_is_rotation(const char *s, size_t n)
{
	bool digit = false;

	if (n < 2 || strchr(".-_", *s) == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		digit |= isdigit((unsigned char)s[i]) != 0;
		if (!isdigit((unsigned char)s[i]) && strchr(".-_:TZ+", s[i]) == NULL)
			return false;
	}
	return digit;
}

bool
name_is_rotation(const char *path, const char *name)
{
	const char *base = path_base(path), *dot = strrchr(base, '.');
	size_t n_base = strlen(base), n = strlen(name), stem, ext;

	if (n > n_base && memcmp(name, base, n_base) == 0 && suffix_is_rotation(name + n_base))
		return true;
	if (dot == NULL || dot == base)
		return false;
	stem = (size_t)(dot - base);
	ext = n_base - stem;
	return n > stem + ext && memcmp(name, base, stem) == 0 && strcmp(name + n - ext, dot) == 0 &&
	       middle_is_rotation(name + stem, n - stem - ext);
}
