/*
 * tail_private.h -- what the files of tail share: a followed file, a followed path, and the verbs
 * that find, identify and read.
 *
 *     tail.c       the public verbs, in the order of one poll
 *     tail_scan.c  which files there are: globs, early opens, what became of open files
 *     tail_lost.c  files that moved, and generations that came and went, while nobody looked
 *     tail_notice.c  for inotify: folders, opening new files at once
 *     tail_copy.c  copytruncate: a truncated file's unread rest is in its copy
 *     tail_read.c  blocks into whole lines, the limit of a line, the end of a file
 *     tail_id.c    is this the file we know? fingerprints and rotation names
 */
#ifndef TAIL_PRIVATE_H
#define TAIL_PRIVATE_H

#include <pthread.h>
#include <sys/stat.h>

#include "mlwatch/tail.h"

#define QUIET_MS         5000   /* a rotated file without growth for so long is finished, once it has a successor */
#define QUIET_DELETED_MS 10000  /* the same for a deleted one, which cannot be opened again */
#define QUIET_ORPHAN_MS  600000 /* without a successor its writer may well have it open */
#define FORGET_MS        600000 /* finished and not at a followed path: its offset is kept so long */
#define MANY_OPEN        64     /* from here on, files that do not grow are closed until they change */
#define MOST_OPEN        512
#define MOST_KNOWN       4096

struct follow { /* one file that we know, open or not */
	/* first: sinks get a pointer to it. at.path is the followed name, also after a rename */
	struct tail_offset at;
	struct tail_offset done; /* as of the last tail_commit; its path is not used */
	int fd;                  /* -1: closed */
	char *where;             /* closed and renamed: where it is now; NULL: unknown or at at.path */
	char *shown;             /* open and renamed: where it is now, for status only */
	bool live;               /* stood at a followed path in the last scan */
	bool begun;              /* its first byte, or the first after opening, was announced */
	bool starting;           /* nothing of this content was handed out yet, not even before a hole */
	bool fresh;              /* nothing was ever handed out: it may turn out to be a copy */
	bool cut;                /* was truncated: a writer without O_APPEND leaves a hole at the start */
	bool was_cut;            /* cut, for tail_rewind to the start */
	bool finished;           /* fully read and quiet: to be closed as soon as that is committed */
	bool unlinked;
	struct follow *copy_of;           /* waits until that one is truncated or closed */
	unsigned restarted;               /* the scan in which it was found truncated or rewritten */
	unsigned scan;                    /* the last scan that saw it at a followed path */
	int64_t size, mtime_ns, ctime_ns; /* at the last look */
	int64_t quiet_ms;                 /* since when nothing has changed */
	int64_t read_ms;
	char error[160];
};

struct slot { /* one followed path, there or not */
	char *path;
	uint64_t device, inode; /* what stood there at seen_ms; inode 0: nothing ever */
	int64_t seen_ms;
	int64_t gap_ms; /* >= 0: what stood there was replaced; generations since then may have been missed */
	unsigned scan;
	char error[160];
};

struct early { /* opened by tail_notice, not yet taken over */
	int fd;
	char *path;
	uint64_t device, inode;
};

struct ident {
	uint64_t device, inode;
};

struct tail {
	char **globs;
	size_t n_globs;
	bool from_end;
	size_t limit;

	struct follow **files; /* oldest first */
	size_t n_files, cap_files;
	struct slot *slots;
	size_t n_slots, cap_slots;
	unsigned scan;
	int64_t now;
	int64_t recheck_ms;

	char *block;
	size_t block_size;
	struct follow *current; /* whose lines the sink is being given */
	struct follow *last;    /* whose lines the sink was given last */
	struct tail_offset *offsets;
	size_t cap_offsets;

	pthread_mutex_t lock; /* guards the rest, which tail_notice touches from other threads */
	struct early *early;
	size_t n_early, cap_early;
	struct ident *ids; /* of all open files, ascending */
	size_t n_ids, cap_ids;
};

/* ---- tail_id.c ---- */
int64_t stat_mtime_ns(const struct stat *st);
int64_t stat_ctime_ns(const struct stat *st);
/* Do the fingerprint and the bytes before the offset still stand there? */
bool id_same(int fd, int64_t size, const struct tail_offset *at);
bool id_same_start(int fd, int64_t size, const struct tail_offset *at);
void id_extend(int fd, int64_t size, struct tail_offset *at);
void id_recent(struct tail_offset *at, const char *block, size_t used);
bool id_same_end(int a, int b, int64_t size); /* the 4 KiB before size are equal in both */
/* could `name` be an older generation of the file `path`? */
bool name_is_rotation(const char *path, const char *name);
bool name_is_compressed(const char *name);
const char *path_base(const char *path);
char *path_folder(const char *path); /* owned */

/* ---- tail_scan.c ---- */
void scan_files(struct tail *t, const struct tail_sink *sink, struct err *e);
struct follow *file_find(struct tail *t, uint64_t device, uint64_t inode);
struct follow *file_add(struct tail *t, const struct stat *st, const char *path);
void file_close(struct follow *f);
void file_attach(struct follow *f, int fd);
/* Opens what stands at path now, if it is a regular file. -1 with errno. */
int file_open(const char *path, struct stat *st);
/* A descriptor of a file that is not open yet: known or new. Takes fd. */
struct follow *file_take(struct tail *t, int fd, const struct stat *st, const char *path, const struct tail_sink *sink);
/* "log KIND: NAME" and what fmt says of it. */
void scan_event(const struct tail_sink *sink, const char *kind, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- tail_lost.c ---- */
/* A known file that is not open and not at its path: it may have been renamed. */
bool lost_find(struct tail *t, struct follow *f, const struct tail_sink *sink);
/* Generations of a path that were there between two looks. */
void lost_generations(struct tail *t, struct slot *s, const struct tail_sink *sink);
/* Renamed files that were closed: did somebody write to them after all? */
void lost_recheck(struct tail *t);

/* ---- tail_copy.c ---- */
/* Before f is restarted: whoever holds a copy of what stood in it goes on from its offset. True, and told, when something was left. */
bool copy_adopt(struct tail *t, struct follow *f, const struct tail_sink *sink);
/* Is this new file a copy of one that we follow? Then it waits. */
bool copy_detect(struct tail *t, struct follow *f);
/* A generation that nobody saw: is it the copy of a file that was truncated, and then lost? Then it goes on from its offset. */
bool copy_of_lost(struct tail *t, struct follow *f);
/* f is closed: files that waited for it go on from where it ended. */
void copy_release(struct tail *t, const struct follow *f);

/* ---- tail_read.c ---- */
int64_t read_file(struct tail *t, struct follow *f, int64_t quota, const struct tail_sink *sink);
/* The file is finished: a half last line is handed out as a line. */
int64_t read_rest(struct tail *t, struct follow *f, const struct tail_sink *sink);

#endif
