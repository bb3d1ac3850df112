/*
 * exposer.c -- an HTTP server over a folder: the other end of the scraping tests.
 *
 *     exposer PORT_FILE FOLDER
 *
 * GET /a answers with the file FOLDER/a (OpenMetrics when it ends in .om, JSON in .json), 404 when there is none. Beside it may stand
 * a.status (the HTTP status), a.slow (seconds to wait first) and a.auth (the Authorization header that must come, else 401).
 * The files are looked at for every request.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "mlwatch/buf.h"
#include "mlwatch/file.h"

/* The file FOLDER/PATH[.ENDING], without its last newline when it is a setting. NULL: there is none. */
static char *
get(const char *folder, const char *path, const char *ending, size_t *n)
{
	struct buf name = BUF_INIT;
	char *text = NULL;

	buf_addf(&name, "%s%s%s", folder, path, ending);
	if (strstr(path, "..") != NULL || file_read(buf_str(&name), 64 << 20, &text, n, NULL) < 0)
		text = NULL;
	buf_release(&name);
	if (text != NULL && ending[0] != '\0')
		text[strcspn(text, "\n")] = '\0';
	return text;
}

static const char *
type_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	if (dot != NULL && strcmp(dot, ".om") == 0)
		return "application/openmetrics-text; version=1.0.0; charset=utf-8";
	if (dot != NULL && strcmp(dot, ".json") == 0)
		return "application/json";
	return "text/plain; version=0.0.4";
}

static enum MHD_Result
handle(void *folder, struct MHD_Connection *c, const char *path, const char *method, const char *version,
       const char *data, size_t *n_data, void **state)
{
	size_t n = 0, ignored;
	char *body = get(folder, path, "", &n), *slow = get(folder, path, ".slow", &ignored);
	char *status = get(folder, path, ".status", &ignored), *auth = get(folder, path, ".auth", &ignored);
	const char *came = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
	unsigned code = status != NULL ? (unsigned)atoi(status) : body != NULL ? 200 : 404;
	struct MHD_Response *r;
	enum MHD_Result rc;

	(void)method;
	(void)version;
	(void)data;
	(void)n_data;
	(void)state;
	if (slow != NULL)
		usleep((useconds_t)(atof(slow) * 1e6));
	if (auth != NULL && (came == NULL || strcmp(came, auth) != 0))
		code = 401;
	r = MHD_create_response_from_buffer(n, body != NULL ? body : (void *)(uintptr_t) "", MHD_RESPMEM_MUST_COPY);
	MHD_add_response_header(r, "Content-Type", type_of(path));
	rc = MHD_queue_response(c, code, r);
	MHD_destroy_response(r);
	free(body);
	free(slow);
	free(status);
	free(auth);
	return rc;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct MHD_Daemon *d;
	char port[16];
	sigset_t set;
	int sig;

	if (argc != 3)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	d = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle,
			     argv[2], MHD_OPTION_SOCK_ADDR, &any, MHD_OPTION_END);
	if (d == NULL)
		return 1;
	snprintf(port, sizeof port, "%u\n", (unsigned)MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
	if (file_write_atomic(argv[1], port, strlen(port), 0644, NULL) < 0)
		return 1;
	sigwait(&set, &sig);
	MHD_stop_daemon(d);
	return 0;
}
