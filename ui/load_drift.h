/*
 * load_drift.h -- what the parts about drift share: how it is looked at, what stands on the other side of a comparison, how wide a cell is.
 */
#ifndef UI_LOAD_DRIFT_H
#define UI_LOAD_DRIFT_H

#include "load.h"
#include "view_drift.h"

struct view_drift_how drift_how(const struct request *q);         /* window 0: the rules' */
const struct reference *drift_reference(const struct loading *l); /* of the model; NULL */

/* The selected model's features in (to - width_ms, to]; feature NULL: all. */
struct stretch_of drift_stretch(const struct loading *l, const char *feature, int64_t to, int64_t width_ms);

/* The other side of a comparison: the reference, or what arrived in another stretch. */
struct other_side {
	const struct reference *ref;
	struct stretch stretch;
};
/* Of what arrived in `now`. To be released in any case. */
int other_read(struct loading *l, const struct stretch_of *now, struct other_side *out);
void other_release(struct other_side *o);
/* One feature of it; borrows. categorical: as the feature is now. false: it has none. */
bool other_feature(const struct loading *l, const struct other_side *o, const char *name, bool categorical,
		   struct reference_feature *out);

/* A nice width of which the range has at most `columns`, with enough rows in a cell if there are, and whole windows. */
int64_t drift_cell_width(struct loading *l, int columns);

#endif
