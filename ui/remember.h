/* remember.h -- what the dashboard remembers from one run to the next: top.yml. */
#ifndef UI_REMEMBER_H
#define UI_REMEMBER_H

struct screen;

/* Neither is ever fatal: a file that cannot be read or written is as good as none, and the hint row says so. */
void remembered_load(struct screen *s);
void remembered_save(struct screen *s);

#endif
