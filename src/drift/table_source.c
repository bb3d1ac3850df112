/*
 * table_source.c -- the bytes of a data set: a file or stdin, decompressed when it begins as gzip does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "mlwatch/err.h"
#include "mlwatch/xalloc.h"
#include "table_private.h"

#define RAW_SIZE (256u << 10)

struct source {
	int fd;
	const char *path;
	bool gzip, ended, stream_open;
	int64_t taken;
	unsigned char *raw; /* what was read and not yet used */
	size_t raw_n, raw_at;
	z_stream z;
};

static int
refill(struct source *s, struct err *e)
{
	ssize_t n;

	do
		n = read(s->fd, s->raw, RAW_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, ERR_WORLD, "cannot read '%s': %s", s->path, strerror(errno));
	s->raw_n = (size_t)n;
	s->raw_at = 0;
	s->taken += n;
	return 0;
}

int
source_open(struct source **out, const char *path, struct err *e)
{
	bool standard = strcmp(path, "-") == 0;
	struct source *s = xcalloc(1, sizeof *s);

	s->path = standard ? "stdin" : path;
	s->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	s->raw = xmalloc(RAW_SIZE);
	if (s->fd < 0) {
		err_set(e, ERR_WORLD, "cannot open '%s': %s", path, strerror(errno));
		source_close(s);
		return -1;
	}
	if (refill(s, e) < 0) {
		source_close(s);
		return -1;
	}
	s->gzip = s->raw_n >= 2 && s->raw[0] == 0x1f && s->raw[1] == 0x8b;
	s->stream_open = s->gzip && inflateInit2(&s->z, 15 + 16) == Z_OK;
	*out = s;
	return 0;
}

void
source_close(struct source *s)
{
	if (s == NULL)
		return;
	if (s->stream_open)
		inflateEnd(&s->z);
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	free(s->raw);
	free(s);
}

static long
read_plain(struct source *s, char *to, size_t n, struct err *e)
{
	ssize_t got;

	if (s->raw_at < s->raw_n) {
		size_t left = s->raw_n - s->raw_at;

		n = n < left ? n : left;
		memcpy(to, s->raw + s->raw_at, n);
		s->raw_at += n;
		return (long)n;
	}
	do
		got = read(s->fd, to, n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_set(e, ERR_WORLD, "cannot read '%s': %s", s->path, strerror(errno));
	s->taken += got;
	return got;
}

/* Several gzip members after each other are one file. */
static long
read_gzip(struct source *s, char *to, size_t n, struct err *e)
{
	int rc = Z_OK;

	s->z.next_out = (unsigned char *)to;
	s->z.avail_out = (unsigned)n;
	while (s->z.avail_out == n && !s->ended) {
		if (s->raw_at == s->raw_n && refill(s, e) < 0)
			return -1;
		if (s->raw_n == 0) {
			if (rc != Z_STREAM_END && s->z.total_in > 0)
				return err_set(e, ERR_FILE, "'%s' ends in the middle of its gzip data", s->path);
			s->ended = true;
			break;
		}
		s->z.next_in = s->raw + s->raw_at;
		s->z.avail_in = (unsigned)(s->raw_n - s->raw_at);
		rc = inflate(&s->z, Z_NO_FLUSH);
		s->raw_at = s->raw_n - s->z.avail_in;
		if (rc == Z_STREAM_END)
			inflateReset(&s->z);
		else if (rc != Z_OK && rc != Z_BUF_ERROR)
			return err_set(e, ERR_FILE, "'%s': damaged gzip data", s->path);
	}
	return (long)(n - s->z.avail_out);
}

long
source_read(struct source *s, char *to, size_t n, struct err *e)
{
	return s->gzip ? read_gzip(s, to, n, e) : read_plain(s, to, n, e);
}

int64_t
source_taken(const struct source *s)
{
	return s->taken;
}
