/*
 * check_store.c -- `mlwatch check store`: what `mlwatch store check` finds, as mistakes of the file.
 */
#include "check_private.h"
#include "mlwatch/store.h"

struct finding {
	struct check *k;
	const char *path;
};

static void
on_problem(void *arg, const char *text)
{
	const struct finding *f = arg;

	errlist_add(&f->k->errors, SEVERITY_ERROR, "store-damaged", f->path, NULL, 0, 0, 0, "%s", text);
}

void
check_store(struct check *k, const char *path)
{
	struct store_spec spec = {.path = path};
	struct finding f = {k, path};
	struct err e = ERR_INIT;
	struct store *s = NULL;

	k->files++;
	if (store_open(&s, &spec, STORE_READ, &e) < 0 || store_check(s, on_problem, &f, &e) < 0)
		errlist_add_err(&k->errors, path, NULL, &e);
	store_close(s);
}
