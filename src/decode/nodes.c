/*
 * nodes.c -- the tree of keys that lines have or may have, and what is mapped to them.
 *
 * What the configuration maps is put in first; every other key gets a node when it is first seen, until there are
 * DECODE_MAX_NODES. Lookup is one hash table over (object, name). Nodes live as long as the decoder, so slots do.
 */
#include <stdlib.h>
#include <string.h>

#include "decode_private.h"

#include "mlwatch/hash.h"
#include "mlwatch/xalloc.h"

static size_t
table_place(const struct decoder *d, uint32_t parent, uint64_t hash, const char *name, size_t n)
{
	size_t k = hash & (d->n_table - 1);

	for (; d->slots_of_nodes[k] != 0; k = (k + 1) & (d->n_table - 1)) {
		const struct node *it = d->nodes[d->slots_of_nodes[k] - 1];

		if (it->hash == hash && it->parent == parent && text_is(it->name, name, n))
			break;
	}
	return k;
}

static void
table_grow(struct decoder *d)
{
	size_t n = d->n_table == 0 ? 256 : d->n_table * 2;

	free(d->slots_of_nodes);
	d->slots_of_nodes = xcalloc(n, sizeof *d->slots_of_nodes);
	d->n_table = n;
	for (uint32_t i = 0; i < d->n_nodes; i++) {
		size_t k = d->nodes[i]->hash & (n - 1);

		while (d->slots_of_nodes[k] != 0)
			k = (k + 1) & (n - 1);
		d->slots_of_nodes[k] = i + 1;
	}
}

static struct node *
node_add(struct decoder *d, uint32_t parent, uint64_t hash, const char *name, size_t n)
{
	struct node *it = xcalloc(1, sizeof *it);

	it->name = (struct text){xstrndup(name, n), (uint32_t)n};
	it->id = (uint32_t)d->n_nodes;
	it->parent = parent;
	it->hash = hash;
	xgrow(d->nodes, d->n_nodes, d->cap_nodes);
	d->nodes[d->n_nodes++] = it;
	if (d->n_nodes * 2 > d->n_table)
		table_grow(d);
	else
		d->slots_of_nodes[table_place(d, parent, hash, name, n)] = it->id + 1;
	return it;
}

static struct node *
node_get(struct decoder *d, struct node *parent, const char *name, size_t n, bool *fresh)
{
	uint64_t hash = hash_bytes(name, n, parent->id);
	uint32_t at = d->slots_of_nodes[table_place(d, parent->id, hash, name, n)];

	*fresh = at == 0;
	if (at != 0)
		return d->nodes[at - 1];
	return d->n_nodes < DECODE_MAX_NODES ? node_add(d, parent->id, hash, name, n) : NULL;
}

static void
make_feature(struct decoder *d, struct node *it, size_t prefix)
{
	it->role = NODE_FEATURE;
	it->walk = WALK_FEATURE;
	it->slot = d->n_slots < DECODE_MAX_SLOTS ? d->n_slots++ : DECODE_NO_SLOT;
	it->label = (struct text){it->name.p + prefix, it->name.n - (uint32_t)prefix};
}

struct node *
node_find(struct decoder *d, struct node *parent, const char *name, size_t n)
{
	bool fresh;
	struct node *it = node_get(d, parent, name, n, &fresh);

	if (it == NULL || !fresh)
		return it;
	it->walk = WALK_SKIP;
	if (parent->features)
		make_feature(d, it, 0);
	else if (d->prefix > 0 && n > d->prefix && memcmp(name, d->spec->features, d->prefix) == 0)
		make_feature(d, it, d->prefix);
	return it;
}

static void
node_map(struct node *it, int field)
{
	if (field == FIELDS) {
		it->features = it->interior = it->features_below = true;
		return;
	}
	it->fields |= 1u << field;
	it->fields_below |= 1u << field;
	if (it->role == NODE_SKIP)
		it->role = NODE_FIELDS;
}

/* "a.b.c": a member of a member of an object; in flat formats just a name. */
static void
map_path(struct decoder *d, const char *path, int field)
{
	struct node *at = d->nodes[0];
	bool flat = d->spec->format != FORMAT_JSON, fresh;

	while (*path != '\0') {
		size_t n = flat ? strlen(path) : strcspn(path, ".");

		if (field < FIELDS)
			at->fields_below |= 1u << field;
		else
			at->features_below = true;
		at->interior = true;
		at = node_get(d, at, path, n, &fresh);
		path += n;
		path += *path == '.';
	}
	node_map(at, field);
}

static void
map_all(struct decoder *d)
{
	const struct decode_spec *s = d->spec;
	const char *const path[FIELDS] = {
	    [FIELD_TIMESTAMP] = s->timestamp.path,   [FIELD_MODEL] = s->model.path,
	    [FIELD_VERSION] = s->version.path,       [FIELD_REQUEST_ID] = s->request_id.path,
	    [FIELD_LATENCY] = s->latency.path,       [FIELD_STATUS] = s->status.path,
	    [FIELD_PREDICTION] = s->prediction.path, [FIELD_SCORE] = s->score.path,
	    [FIELD_ERROR] = s->error.path,
	};

	for (int f = 0; f < FIELDS; f++) {
		if (path[f] == NULL)
			continue;
		map_path(d, path[f], f);
		if (s->format == FORMAT_JSON &&
		    strchr(path[f], '.') != NULL) { /* a key that has the dots in its name */
			bool fresh;

			node_map(node_get(d, d->nodes[0], path[f], strlen(path[f]), &fresh), f);
		}
	}
	if (s->features != NULL && s->format == FORMAT_JSON)
		map_path(d, s->features, FIELDS);
	if (s->features != NULL && s->format != FORMAT_JSON)
		d->prefix = strlen(s->features);
}

/* Where a single field is mapped, the walker can put its usual kind of value into the record by itself. */
static void
walk_decide(struct decoder *d, struct node *it)
{
	static const struct {
		enum node_walk walk;
		size_t offset;
	} usual[FIELDS] = {
	    [FIELD_TIMESTAMP] = {WALK_TIME, 0},
	    [FIELD_MODEL] = {WALK_TEXT, offsetof(struct record, model)},
	    [FIELD_VERSION] = {WALK_TEXT, offsetof(struct record, version)},
	    [FIELD_REQUEST_ID] = {WALK_TEXT, offsetof(struct record, request_id)},
	    [FIELD_LATENCY] = {WALK_NUMBER, offsetof(struct record, latency_s)},
	    [FIELD_STATUS] = {WALK_STATUS, 0},
	    [FIELD_PREDICTION] = {WALK_TEXT, offsetof(struct record, prediction)},
	    [FIELD_SCORE] = {WALK_NUMBER, offsetof(struct record, score)},
	};
	int field = __builtin_ctz(it->fields | 1u << FIELDS);

	if (it->role != NODE_FIELDS || it->interior || (it->fields & (it->fields - 1)) != 0)
		return;
	it->walk = usual[field].walk; /* WALK_ANY for the others */
	it->offset = (uint32_t)usual[field].offset;
	it->divisor = field == FIELD_LATENCY ? latency_divisor[d->spec->latency.unit] : 1;
}

void
nodes_open(struct decoder *d)
{
	table_grow(d);
	node_add(d, UINT32_MAX, 0, "", 0)->interior = true;
	map_all(d);
	for (size_t i = 0; i < d->n_nodes; i++)
		walk_decide(d, d->nodes[i]);
}

void
nodes_close(struct decoder *d)
{
	for (size_t i = 0; i < d->n_nodes; i++) {
		for (size_t k = 0; k < NODE_EDGES; k++)
			free((char *)d->nodes[i]->edge[k].text);
		free((char *)d->nodes[i]->name.p);
		free(d->nodes[i]);
	}
	free(d->nodes);
	free(d->slots_of_nodes);
}

void
node_edge_learn(struct node *from, const char *text, size_t n, struct node *to, struct node *const *enter,
		size_t n_enter)
{
	struct edge e = {NULL, (uint32_t)n, (uint32_t)n_enter, to, {NULL}};
	char *copy;
	size_t k = 0;

	while (k < NODE_EDGES && from->edge[k].text != NULL &&
	       !(from->edge[k].n == n && memcmp(from->edge[k].text, text, n) == 0))
		k++;
	if (k < NODE_EDGES && from->edge[k].text != NULL) {
		e = from->edge[k]; /* known: only bring it to the front */
	} else {
		if (k == NODE_EDGES)
			free((char *)from->edge[--k].text);
		copy = xcalloc(1, n + DECODE_PAD);
		memcpy(copy, text, n);
		e.text = copy;
		for (size_t i = 0; i < n_enter; i++)
			e.enter[i] = enter[i];
	}
	memmove(&from->edge[1], &from->edge[0], k * sizeof from->edge[0]);
	from->edge[0] = e;
}
