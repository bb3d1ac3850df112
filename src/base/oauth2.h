/* oauth2.h -- what http_auth.c needs of oauth2.c. */
#ifndef BASE_OAUTH2_H
#define BASE_OAUTH2_H

#include "mlwatch/http_auth.h"

struct oauth2 *oauth2_copy(const struct oauth2 *from); /* NULL of NULL */

#endif
