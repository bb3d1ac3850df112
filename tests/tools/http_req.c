/*
 * http_req.c -- one HTTP request, for tests on machines without curl.
 *
 *     http_req [-X METHOD] [-d BODY] [-H HEADER]... [-s] URL     prints the body; -s: the status before it, on a line of its own
 *
 * Exit 0: an answer came (whatever its status), 1: none.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlwatch/buf.h"

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	buf_add(arg, p, size * n);
	return size * n;
}

int
main(int argc, char **argv)
{
	CURL *c = curl_easy_init();
	struct curl_slist *headers = NULL;
	struct buf body = BUF_INIT;
	bool status = false;
	long code = 0;
	int opt;

	while ((opt = getopt(argc, argv, "X:d:H:s")) != -1)
		switch (opt) {
		case 'X':
			curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, optarg);
			break;
		case 'd':
			curl_easy_setopt(c, CURLOPT_POSTFIELDS, optarg);
			break;
		case 'H':
			headers = curl_slist_append(headers, optarg);
			break;
		case 's':
			status = true;
			break;
		default:
			return 2;
		}
	if (optind + 1 != argc)
		return 2;
	curl_easy_setopt(c, CURLOPT_URL, argv[optind]);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &body);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 20L);
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
	CURLcode rc = curl_easy_perform(c);

	if (rc != CURLE_OK) {
		fprintf(stderr, "%s: %s\n", argv[optind], curl_easy_strerror(rc));
		return 1;
	}
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
	if (status)
		printf("%ld\n", code);
	fwrite(buf_str(&body), 1, body.len, stdout);
	buf_release(&body);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return 0;
}
