/*
 * http_req.c -- one HTTP request, for tests on machines without curl.
 *
 *     http_req [-X METHOD] [-d BODY] [-H HEADER]... [-s] [-k] [-u USER:PASSWORD] URL   prints the body; -s: the status before it, on a
 * line of its own; -k: any certificate; -d @FILE: the body from a file; -i: the headers too
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

static void
read_file(struct buf *out, const char *path)
{
	FILE *f = fopen(path, "rb");
	char part[65536];
	size_t n;

	if (f == NULL)
		return;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, part, n);
	fclose(f);
}

int
main(int argc, char **argv)
{
	CURL *c = curl_easy_init();
	struct curl_slist *headers = NULL;
	struct buf body = BUF_INIT, post = BUF_INIT;
	bool status = false;
	long code = 0;
	int opt;

	while ((opt = getopt(argc, argv, "X:d:H:sku:iI")) != -1)
		switch (opt) {
		case 'X':
			curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, optarg);
			break;
		case 'd':
			if (optarg[0] == '@') {
				read_file(&post, optarg + 1);
				curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)post.len);
				curl_easy_setopt(c, CURLOPT_POSTFIELDS, buf_str(&post));
			} else {
				curl_easy_setopt(c, CURLOPT_POSTFIELDS, optarg);
			}
			break;
		case 'k':
			curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
			curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
			break;
		case 'u':
			curl_easy_setopt(c, CURLOPT_USERPWD, optarg);
			break;
		case 'i':
			curl_easy_setopt(c, CURLOPT_HEADER, 1L);
			break;
		case 'I':
			curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
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
	buf_release(&post);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return 0;
}
