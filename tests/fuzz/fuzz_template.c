/* fuzz_template.c -- any text as a template, run on labels and a list, plain and as HTML: no crash, no hang, bounded output. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mlwatch/arena.h"
#include "mlwatch/buf.h"
#include "mlwatch/err.h"
#include "mlwatch/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct tvalue *
make_dot(struct arena *m)
{
	const struct tvalue *numbers[] = {tv_int(m, 1), tv_float(m, 2.5), tv_string(m, "three"), tv_nil()};
	struct tpair labels[] = {{"job", tv_string(m, "api")}};
	struct tpair fields[] = {{"Labels", tv_string_map(m, labels, 1)},
				 {"List", tv_list(m, numbers, 4)},
				 {"Value", tv_float(m, 1e-9)},
				 {"At", tv_time(m, 1700000000000)},
				 {"For", tv_duration(m, 90000000000)}};

	return tv_object(m, fields, 5, NULL, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct templates *t = templates_open();
	struct arena *mem = arena_open();
	struct buf out = BUF_INIT;
	struct err e = ERR_INIT;
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	templates_functions(t, template_prometheus_functions, template_prometheus_n, NULL);
	templates_functions(t, template_alertmanager_functions, template_alertmanager_n, NULL);
	if (templates_parse(t, "fuzz", text, &e) == 0) {
		const struct tvalue *dot = make_dot(mem);
		templates_run(t, "fuzz", dot, false, mem, &out, NULL);
		templates_run(t, "fuzz", dot, true, mem, &out, NULL);
	} else if (e.text[0] == '\0') {
		abort(); /* an error that says nothing */
	}
	free(text);
	buf_release(&out);
	arena_close(mem);
	templates_close(t);
	return 0;
}
