/* http_headers.h -- what http_auth.c needs of http_headers.c. */
#ifndef BASE_HTTP_HEADERS_H
#define BASE_HTTP_HEADERS_H

#include "mlwatch/http_auth.h"

struct http_headers http_headers_copy(const struct http_headers *from);
void http_headers_release(struct http_headers *h); /* wipes */

#endif
