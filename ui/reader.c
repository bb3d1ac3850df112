/*
 * reader.c -- see reader.h.
 */
#include "mlwatch/reader.h"

#include <stdlib.h>
#include <string.h>

#include "mlwatch/drift.h"
#include "mlwatch/err.h"
#include "mlwatch/promql.h"
#include "mlwatch/store.h"
#include "mlwatch/xalloc.h"

struct reader {
	struct store *store;
	struct storage storage;
	struct references *references;
	struct promql promql;
	int64_t version; /* of the store when it was last asked for changes of the references */
	int64_t changes; /* of the references when their names were read */
};

/* A reference that this program cannot read is as good as none: its features then have no drift, and say so. */
static struct reference *
fetch_reference(void *arg, const char *model, const char *version)
{
	char *json = store_get_reference(arg, model, version);
	struct reference *r = NULL;

	if (json != NULL && reference_parse(&r, json, strlen(json), NULL) < 0)
		r = NULL;
	free(json);
	return r;
}

struct naming {
	struct references *to;
	struct store *store;
};

static void
add_name(void *arg, const char *model, const char *version, const char *json)
{
	const struct naming *n = arg;

	(void)json;
	references_add_later(n->to, model, version, fetch_reference, n->store);
}

static int
name_references(struct reader *r, struct err *e)
{
	const int64_t changes = store_references_version(r->store);
	struct references *fresh = references_open();

	if (store_reference_names(r->store, add_name, &(struct naming){fresh, r->store}, e) < 0) {
		references_close(fresh);
		return -1;
	}
	references_close(r->references);
	r->references = fresh;
	r->promql.references = fresh;
	r->changes = changes;
	return 0;
}

int
reader_open(struct reader **out, const char *store_path, struct err *e)
{
	const struct store_spec spec = {.path = store_path};
	struct reader *r = xcalloc(1, sizeof *r);

	if (store_open(&r->store, &spec, STORE_READ, e) < 0 || name_references(r, e) < 0) {
		reader_close(r);
		return -1;
	}
	r->storage = store_storage(r->store);
	r->promql.storage = &r->storage;
	*out = r;
	return 0;
}

void
reader_close(struct reader *r)
{
	if (r == NULL)
		return;
	references_close(r->references);
	if (r->store != NULL)
		store_close(r->store);
	free(r);
}

struct store *
reader_store(struct reader *r)
{
	return r->store;
}

const struct promql *
reader_promql(struct reader *r)
{
	return &r->promql;
}

const struct references *
reader_references(struct reader *r)
{
	return r->references;
}

void
reader_forget_references(struct reader *r)
{
	references_forget(r->references);
}

int
reader_refresh(struct reader *r, struct err *e)
{
	const int64_t version = store_data_version(r->store);

	if (version == r->version)
		return 0;
	r->version = version;
	return store_references_version(r->store) != r->changes ? name_references(r, e) : 0;
}
