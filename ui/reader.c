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
	int64_t version; /* of the store when the references were read */
};

static void
add_reference(void *arg, const char *model, const char *version, const char *json)
{
	struct reference *r = NULL;

	/* A reference that this program cannot read is as good as none: its features then have no drift, and say so. */
	if (reference_parse(&r, json, strlen(json), NULL) == 0)
		references_add_as(arg, r, model, version);
}

static int
load_references(struct reader *r, struct err *e)
{
	struct references *fresh = references_open();

	if (store_references(r->store, add_reference, fresh, e) < 0) {
		references_close(fresh);
		return -1;
	}
	references_close(r->references);
	r->references = fresh;
	r->promql.references = fresh;
	return 0;
}

int
reader_open(struct reader **out, const char *store_path, struct err *e)
{
	const struct store_spec spec = {.path = store_path};
	struct reader *r = xcalloc(1, sizeof *r);

	if (store_open(&r->store, &spec, STORE_READ, e) < 0 || load_references(r, e) < 0) {
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

int
reader_refresh(struct reader *r, struct err *e)
{
	const size_t had = references_count(r->references);
	int64_t version = store_data_version(r->store);

	if (version == r->version && had > 0)
		return 0;
	r->version = version;
	return load_references(r, e);
}
