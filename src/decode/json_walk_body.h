/*
 * json_walk_body.h -- the walker itself, compiled by json_walk.c once per kind of processor: WALK(name) gives a function its
 * name there, WALK_TARGET its attribute.
 */

/* The edge whose bytes stand at p; brought to the front, for the next line will be like this one. */
static inline WALK_TARGET const struct edge *
WALK(edge_match)(struct node *from, const char *p)
{
	struct edge found;

	if (from->edge[0].text == NULL)
		return NULL;
	if (WALK(same_bytes)(p, from->edge[0].text, from->edge[0].n))
		return &from->edge[0];
	for (size_t k = 1; k < NODE_EDGES && from->edge[k].text != NULL; k++) {
		if (!WALK(same_bytes)(p, from->edge[k].text, from->edge[k].n))
			continue;
		found = from->edge[k];
		memmove(&from->edge[1], &from->edge[0], k * sizeof found);
		from->edge[0] = found;
		return &from->edge[0];
	}
	return NULL;
}

/* p is behind the opening quote. */
static inline WALK_TARGET const char *
WALK(string)(struct decoder *d, const char *p, struct text *out)
{
	const char *end = WALK(plain_end)(p);

	if (__builtin_expect(*end != '"', 0))
		return json_quoted(d, p, out);
	*out = (struct text){p, (uint32_t)(end - p)};
	return end + 1;
}

static inline WALK_TARGET const char *
WALK(number)(struct decoder *d, const char *p, double *out)
{
	const char *end = WALK(short_number)(p, out);
	struct number digits;

	if (__builtin_expect(end == NULL, 0))
		end = WALK(long_number)(p, out);
	if (end != NULL)
		return end;
	end = number_scan(p, &digits);
	return end != NULL && number_value(&digits, d->c_locale, out) ? end : NULL;
}

static WALK_TARGET const char *
WALK(value)(struct decoder *d, const char *p, struct value *v)
{
	switch (*p) {
	case '"':
		v->kind = VALUE_STRING;
		return WALK(string)(d, p + 1, &v->text);
	case 'n':
		v->kind = VALUE_NULL;
		return memcmp(p, "null", 4) == 0 ? p + 4 : NULL;
	case 't':
		v->kind = VALUE_TRUE;
		return memcmp(p, "true", 4) == 0 ? p + 4 : NULL;
	case 'f':
		v->kind = VALUE_FALSE;
		return memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
	default:
		v->kind = VALUE_NUMBER;
		p = number_scan(p, &v->digits);
		if (p == NULL || !number_value(&v->digits, d->c_locale, &v->number))
			return NULL;
		v->text = (struct text){v->digits.p, v->digits.n};
		return p;
	}
}

/* Any value. Objects and arrays are left to the scanner, except where they are neither mapped nor features. */
static WALK_TARGET __attribute__((noinline)) const char *
WALK(any)(struct decoder *d, const char *p, struct node *node)
{
	struct value v;

	if (*p == '{' || *p == '[')
		return node->interior || node->role != NODE_SKIP ? NULL : json_skip(d, p, 2);
	p = WALK(value)(d, p, &v);
	if (p != NULL)
		build_value(d, node, &v, false);
	return p;
}

/* The two usual kinds of feature are put into the record here. */
static inline WALK_TARGET const char *
WALK(feature)(struct decoder *d, const char *p, struct node *node)
{
	struct record_feature *f = &d->feature[d->b.rec.n_features];
	const char *end;

	if (d->b.rec.n_features == d->cap_features)
		return WALK(any)(d, p, node);
	f->name = node->label;
	f->slot = node->slot;
	if (*p == '"') {
		f->kind = FEATURE_STRING;
		end = WALK(string)(d, p + 1, &f->string);
	} else {
		end = WALK(short_number)(p, &f->number);
		if (__builtin_expect(end == NULL, 0))
			end = WALK(long_number)(p, &f->number);
		if (__builtin_expect(end == NULL, 0))
			return WALK(any)(d, p, node);
		f->kind = FEATURE_NUMBER;
		f->string = (struct text){p, (uint32_t)(end - p)};
	}
	d->b.rec.n_features++;
	return end;
}

static inline WALK_TARGET const char *
WALK(text_field)(struct decoder *d, const char *p, struct node *node)
{
	if (*p != '"')
		return WALK(any)(d, p, node);
	return WALK(string)(d, p + 1, (struct text *)((char *)&d->b.rec + node->offset));
}

static inline WALK_TARGET const char *
WALK(number_field)(struct decoder *d, const char *p, struct node *node)
{
	const char *end;
	double v = 0, *to;

	if (*p == '"' || *p > '9')
		return WALK(any)(d, p, node);
	end = WALK(number)(d, p, &v);
	to = (void *)((char *)&d->b.rec + node->offset);
	*to = v / node->divisor;
	return end;
}

static inline WALK_TARGET const char *
WALK(time_field)(struct decoder *d, const char *p, struct node *node)
{
	struct text t;

	if (*p != '"')
		return WALK(any)(d, p, node);
	p = WALK(string)(d, p + 1, &t);
	if (p != NULL)
		d->b.has_time = timestamp_text(d, t.p, t.n, &d->b.rec.time_ms);
	return p;
}

/* 200: the number as text, and whether it is an error. */
static inline WALK_TARGET const char *
WALK(status_field)(struct decoder *d, const char *p, struct node *node)
{
	unsigned a = (unsigned char)p[0] - (unsigned)'1', b = (unsigned char)p[1] - (unsigned)'0',
		 c = (unsigned char)p[2] - (unsigned)'0';

	if (a > 8 || b > 9 || c > 9 || (p[3] != ',' && p[3] != '}'))
		return WALK(any)(d, p, node);
	d->b.rec.status = (struct text){p, 3};
	if (d->spec->error_when == ERROR_BY_STATUS)
		d->b.rec.failed = a >= 4;
	return p + 3;
}

static inline WALK_TARGET const char *
WALK(skipped)(struct decoder *d, const char *p, struct node *node)
{
	struct text t;

	return *p == '"' ? WALK(string)(d, p + 1, &t) : WALK(any)(d, p, node);
}

static inline bool
WALK(mark)(struct node *node, uint64_t line)
{
	if (node->seen == line)
		return false;
	node->seen = line;
	return true;
}

static WALK_TARGET const char *
WALK(line)(struct decoder *d, const char *p)
{
	struct node *at = d->nodes[0];
	uint64_t line = ++d->line;

	build_begin(d);
	while (p != NULL) {
		const struct edge *e = WALK(edge_match)(at, p);

		if (e == NULL)
			return NULL;
		p += e->n;
		for (uint32_t i = 0; i < e->n_enter; i++)
			if (!WALK(mark)(e->enter[i], line))
				return NULL;
		at = e->to;
		if (at == NULL)
			return record_good(d) ? p : NULL; /* the scanner says what is wrong */
		if (!WALK(mark)(at, line))
			return NULL;
		switch (at->walk) {
		case WALK_FEATURE:
			p = WALK(feature)(d, p, at);
			break;
		case WALK_SKIP:
			p = WALK(skipped)(d, p, at);
			break;
		case WALK_TEXT:
			p = WALK(text_field)(d, p, at);
			break;
		case WALK_NUMBER:
			p = WALK(number_field)(d, p, at);
			break;
		case WALK_TIME:
			p = WALK(time_field)(d, p, at);
			break;
		case WALK_STATUS:
			p = WALK(status_field)(d, p, at);
			break;
		case WALK_ANY:
			p = WALK(any)(d, p, at);
			break;
		}
	}
	return NULL;
}

static WALK_TARGET size_t
WALK(lines)(struct decoder *d, const char **p, const char *end, const struct decode_sink *sink)
{
	size_t lines = 0;

	while (*p < end) {
		const char *next = WALK(line)(d, *p);
		size_t n;

		if (next == NULL)
			break;
		n = (size_t)(next - *p) - 1;
		if (__builtin_expect(n > d->limit, 0))
			line_bad(d, sink, BAD_TOO_LONG, *p, n, NULL, NULL);
		else
			build_finish(d, sink, *p, n);
		*p = next;
		lines++;
	}
	return lines;
}
