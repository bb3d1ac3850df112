/* fuzz_config.c -- any bytes as mlwatch.yml: read or refused with positions inside the file, never worse. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/config.h"
#include "mlwatch/file.h"
#include "mlwatch/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
walk(const struct yaml_file *f, const struct yaml_node *n, int depth)
{
	int line, column;
	size_t i;

	if (n->text != NULL) {
		for (i = 0; i <= strlen(n->text) && i < 64; i++) {
			yaml_position(f, n, i, &line, &column);
			if (line < 1 || column < 1)
				abort();
		}
	}
	for (i = 0; i < n->n && depth < 20 && i < 50; i++)
		walk(f, n->items[i], depth + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char path[64];
	struct errlist errors = ERRLIST_INIT;
	struct config *c;
	struct yaml_file f;
	FILE *nowhere = fopen("/dev/null", "w");

	if (path[0] == '\0')
		snprintf(path, sizeof(path), "/tmp/mlwatch-fuzz-config-%d.yml", (int)getpid());
	yaml_parse(&f, "f.yml", (const char *)data, n, true, &errors);
	if (f.root != NULL)
		walk(&f, f.root, 0);
	yaml_release(&f);
	if (file_write_atomic(path, data, n, 0600, NULL) == 0) {
		c = config_load(path, &errors);
		config_close(c);
	}
	errlist_print(&errors, nowhere, true);
	errlist_release(&errors);
	fclose(nowhere);
	return 0;
}
