/*
 * blocks.c -- long range queries piece by piece.
 *
 * What reads the storage is evaluated for all steps at once, which is right for most queries and for window series
 * always. But a month of raw samples for a chart of 250 points does not fit: when the storage finds
 * too many samples for one go, the node is evaluated block by block of steps in memory of its own, and only results stay.
 * Steps do not depend on one another in these nodes, so the result is the same.
 */
#include "eval.h"

#define BLOCK_MS (INT64_C(6) * 3600 * 1000)

static int
copy_block(struct eval *ev, struct numbering *names, const struct value *part, size_t first, size_t steps,
	   struct value *out)
{
	for (size_t i = 0; i < part->n; i++) {
		const struct vseries *from = &part->at[i];
		size_t at;
		struct vseries *to;

		if (!numbering_find(names, from->labels, &at)) {
			struct labels l = labels_copy(ev->mem, from->labels);

			at = numbering_of(names, l);
			if (value_add(ev, out, l) == NULL)
				return -1;
			out->at[at].drop_name = from->drop_name;
		}
		to = &out->at[at];
		for (size_t k = 0; k < steps; k++) {
			to->v[first + k] = from->v[k];
			if (vseries_h(from, k) != NULL)
				vseries_set_histogram(ev, to, first + k, histogram_copy(ev->mem, from->h[k]));
		}
	}
	return 0;
}

static int
in_blocks(struct eval *ev, const struct node *n, leaf_fn *leaf, struct value *out)
{
	size_t per = (size_t)(BLOCK_MS / ev->step) + 1;
	struct numbering names = {.mem = ev->mem};
	struct arena *mem = arena_open();
	int rc = 0;

	*out = (struct value){.type = VALUE_VECTOR};
	for (size_t first = 0; rc == 0 && first < ev->n; first += per) {
		struct eval block = *ev;
		struct value part;
		size_t before = ev->run->samples;

		block.mem = mem;
		block.start = step_time(ev, first);
		block.n = ev->n - first < per ? ev->n - first : per;
		rc = leaf(&block, n, &part);
		ev->run->samples = before;
		if (rc == 0)
			rc = copy_block(ev, &names, &part, first, block.n, out);
		arena_reset(mem);
	}
	arena_close(mem);
	return rc;
}

int
eval_leaf(struct eval *ev, const struct node *n, leaf_fn *leaf, struct value *out)
{
	struct eval whole = *ev;
	size_t before = ev->run->samples;

	if ((int64_t)(ev->n - 1) * ev->step <= BLOCK_MS)
		return leaf(ev, n, out);
	whole.soft_limit = true;
	ev->run->too_large = false;
	if (leaf(&whole, n, out) == 0)
		return 0;
	if (!ev->run->too_large)
		return -1;
	err_clear(ev->run->e);
	ev->run->samples = before;
	return in_blocks(ev, n, leaf, out);
}
