/*
 * documents.c -- small texts by name: status documents of the agent, references as JSON, edges by id.
 *
 * With these a reader needs no configuration. The agent writes its status documents every second, mostly unchanged: what was last written
 * is remembered as a hash and not written again.
 */
#include <stdlib.h>
#include <string.h>

#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/hash.h"
#include "mlwatch/sketch.h"
#include "mlwatch/xalloc.h"
#include "store_private.h"

enum {
	SQL_PUT_KV,
	SQL_DROP_KV,
	SQL_GET_KV,
	SQL_PUT_REFERENCE,
	SQL_DROP_REFERENCE,
	SQL_REFERENCES,
	SQL_REFERENCE_NAMES,
	SQL_GET_REFERENCE,
	SQL_BUMP_REFERENCES,
	SQL_PUT_EDGES,
	SQL_GET_EDGES
};

static const char *const sql[] = {
    [SQL_PUT_KV] = "INSERT OR REPLACE INTO document(name, text) VALUES(?1, ?2)",
    [SQL_DROP_KV] = "DELETE FROM document WHERE name=?1",
    [SQL_GET_KV] = "SELECT text FROM document WHERE name=?1",
    [SQL_PUT_REFERENCE] = "INSERT OR REPLACE INTO reference(model, version, json) VALUES(?1, ?2, ?3)",
    [SQL_DROP_REFERENCE] = "DELETE FROM reference WHERE model=?1 AND version=?2",
    [SQL_REFERENCES] = "SELECT model, version, json FROM reference ORDER BY model, version",
    [SQL_REFERENCE_NAMES] = "SELECT model, version, NULL FROM reference ORDER BY model, version",
    [SQL_GET_REFERENCE] = "SELECT json FROM reference WHERE model=?1 AND version=?2",
    [SQL_BUMP_REFERENCES] = "INSERT INTO document(name, text) VALUES('references', '1')"
			    " ON CONFLICT(name) DO UPDATE SET text = text + 1",
    [SQL_PUT_EDGES] = "INSERT OR IGNORE INTO edges(id, edges) VALUES(?1, ?2)",
    [SQL_GET_EDGES] = "SELECT edges FROM edges WHERE id=?1",
};

static const struct store_migration schema[] = {
    {1, "CREATE TABLE document(name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE reference(model TEXT NOT NULL, version TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY(model, "
	"version));"
	"CREATE TABLE edges(id INTEGER PRIMARY KEY, edges BLOB NOT NULL);"},
};

const struct store_part store_documents_part = STORE_PART("documents", schema, sql);

struct known_edges {
	uint64_t id;
	bool stored;         /* a row of it is in the file */
	struct edges *edges; /* NULL: not decoded yet */
};

struct document_cache {
	struct strmap *written; /* name -> hash of its text */
	struct known_edges *edges;
	size_t n_edges, cap_edges;
};

void
documents_open(struct store *s)
{
	s->documents = xcalloc(1, sizeof(*s->documents));
	s->documents->written = strmap_open();
}

void
documents_close(struct store *s)
{
	struct document_cache *c = s->documents;

	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_edges; i++)
		if (c->edges[i].edges != NULL)
			edges_unref(c->edges[i].edges);
	free(c->edges);
	strmap_close(c->written);
	free(c);
	s->documents = NULL;
}

/* After a rollback: what was last written is not what stands there. Decoded edges stay true, and may be in use. */
void
documents_forget(struct store *s)
{
	struct document_cache *c = s->documents;

	strmap_close(c->written);
	c->written = strmap_open();
	for (size_t i = 0; i < c->n_edges; i++)
		c->edges[i].stored = false;
}

/* ---- documents ---- */

static bool
written_already(struct document_cache *c, const char *key, const char *value)
{
	void *hash = (void *)(uintptr_t)(hash_str(value) | 1);

	if (strmap_get(c->written, key) == hash)
		return true;
	strmap_set(c->written, key, hash);
	return false;
}

int
store_put_kv(struct store *s, const char *key, const char *value, struct err *e)
{
	int rc;

	if (store_txn_begin(s, e) < 0)
		return -1;
	if (value == NULL) {
		strmap_set(s->documents->written, key, NULL);
		rc = store_exec(s, PART_DOCUMENTS, SQL_DROP_KV, e, "s", key);
	} else
		rc = written_already(s->documents, key, value)
			 ? 0
			 : store_exec(s, PART_DOCUMENTS, SQL_PUT_KV, e, "ss", key, value);
	return store_txn_end(s, rc, e);
}

/* The text of one row, which the caller frees; NULL when there is none. */
static char *
get_text(struct store *s, size_t which, const char *a, const char *b)
{
	char *text = NULL;

	store_lock(s);
	sqlite3_stmt *st = store_reopen_if_needed(s, NULL) < 0
			       ? NULL
			       : store_query(s, PART_DOCUMENTS, which, NULL, b != NULL ? "ss" : "s", a, b);
	if (st != NULL && store_step(s, st, NULL) == 1) {
		text = xstrdup(store_text(st, 0));
		store_end(st);
	}
	store_unlock(s);
	return text;
}

char *
store_get_kv(struct store *s, const char *key)
{
	return get_text(s, SQL_GET_KV, key, NULL);
}

/* ---- references: a document counts their changes, so that readers know without reading them ---- */

char *
store_get_reference(struct store *s, const char *model, const char *version)
{
	return get_text(s, SQL_GET_REFERENCE, model, version);
}

static bool
same_reference(struct store *s, const char *model, const char *version, const char *json)
{
	char *was = store_get_reference(s, model, version);
	bool same = was == NULL ? json == NULL : json != NULL && strcmp(was, json) == 0;

	free(was);
	return same;
}

int
store_put_reference(struct store *s, const char *model, const char *version, const char *json, struct err *e)
{
	int rc = 0;

	version = version != NULL ? version : "";
	if (store_txn_begin(s, e) < 0)
		return -1;
	if (!same_reference(s, model, version, json)) {
		rc = json == NULL ? store_exec(s, PART_DOCUMENTS, SQL_DROP_REFERENCE, e, "ss", model, version)
				  : store_exec(s, PART_DOCUMENTS, SQL_PUT_REFERENCE, e, "sss", model, version, json);
		if (rc == 0)
			rc = store_exec(s, PART_DOCUMENTS, SQL_BUMP_REFERENCES, e, "");
	}
	return store_txn_end(s, rc, e);
}

int64_t
store_references_version(struct store *s)
{
	char *text = store_get_kv(s, "references");
	int64_t version = text != NULL ? strtoll(text, NULL, 10) : 0;

	free(text);
	return version;
}

static int
list_references(struct store *s, size_t which, store_reference_fn *fn, void *arg, struct err *e)
{
	int rc = -1;

	store_lock(s);
	sqlite3_stmt *st = store_reopen_if_needed(s, e) < 0 ? NULL : store_query(s, PART_DOCUMENTS, which, e, "");
	while (st != NULL && (rc = store_step(s, st, e)) == 1)
		fn(arg, store_text(st, 0), store_text(st, 1), store_text(st, 2));
	store_unlock(s);
	return rc;
}

int
store_references(struct store *s, store_reference_fn *fn, void *arg, struct err *e)
{
	return list_references(s, SQL_REFERENCES, fn, arg, e);
}

int
store_reference_names(struct store *s, store_reference_fn *fn, void *arg, struct err *e)
{
	return list_references(s, SQL_REFERENCE_NAMES, fn, arg, e);
}

/* ---- edges ---- */

static struct known_edges *
find_known(struct document_cache *c, uint64_t id)
{
	for (size_t i = 0; i < c->n_edges; i++)
		if (c->edges[i].id == id)
			return &c->edges[i];
	return NULL;
}

static struct known_edges *
add_known(struct document_cache *c, uint64_t id)
{
	xgrow(c->edges, c->n_edges, c->cap_edges);
	c->edges[c->n_edges] = (struct known_edges){.id = id};
	return &c->edges[c->n_edges++];
}

int
documents_put_edges(struct store *s, const struct edges *edges, struct err *e)
{
	struct buf b = BUF_INIT;
	struct known_edges *k = find_known(s->documents, edges->id);

	if (k != NULL && k->stored)
		return 0;
	edges_encode(&b, edges);
	int rc = store_exec(s, PART_DOCUMENTS, SQL_PUT_EDGES, e, "ib", (int64_t)edges->id, (const void *)b.p, b.len);
	buf_release(&b);
	if (rc == 0)
		(k != NULL ? k : add_known(s->documents, edges->id))->stored = true;
	return rc;
}

static struct edges *
load_edges(struct store *s, uint64_t id)
{
	struct edges *edges = NULL;
	sqlite3_stmt *st = store_query(s, PART_DOCUMENTS, SQL_GET_EDGES, NULL, "i", (int64_t)id);

	if (st != NULL && store_step(s, st, NULL) == 1) {
		const void *p = sqlite3_column_blob(st, 0);
		if (p != NULL)
			edges = edges_decode(p, (size_t)sqlite3_column_bytes(st, 0), NULL);
		store_end(st);
	}
	return edges;
}

/* Kept for the life of the handle, so that histograms may point at them. An edges_find_fn; arg is the store. */
const struct edges *
documents_find_edges(void *arg, uint64_t id)
{
	struct store *s = arg;
	struct known_edges *k = find_known(s->documents, id);

	if (k == NULL || k->edges == NULL) {
		struct edges *edges = load_edges(s, id);
		if (edges == NULL)
			return NULL;
		if (k == NULL)
			k = add_known(s->documents, id);
		k->edges = edges;
	}
	return k->edges;
}
