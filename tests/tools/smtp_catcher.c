/*
 * smtp_catcher.c -- an SMTP server that keeps what it gets: the other end of the e-mail tests.
 *
 *     smtp_catcher [--port-file F] [--out F] [--cert F --key F] [--login BASE64] [--rcpt CODE,CODE,...]
 *
 * With --cert it offers STARTTLS. With --login it demands AUTH PLAIN with this text, and only offers it once TLS is on. --rcpt: what
 * the next RCPT commands are answered with, then 250. Each mail becomes one JSON line: from, to, tls, login, mail.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_MAIL (8u << 20)

/* libmicrohttpd brings the library along, but not to our link line. */
struct tls_calls {
	int (*allocate)(gnutls_certificate_credentials_t *);
	int (*key_file)(gnutls_certificate_credentials_t, const char *, const char *, gnutls_x509_crt_fmt_t);
	int (*init)(gnutls_session_t *, unsigned);
	int (*priority)(gnutls_session_t);
	int (*credentials)(gnutls_session_t, gnutls_credentials_type_t, void *);
	void (*transport)(gnutls_session_t, int, int);
	int (*handshake)(gnutls_session_t);
	ssize_t (*recv)(gnutls_session_t, void *, size_t);
	ssize_t (*send)(gnutls_session_t, const void *, size_t);
};

struct server {
	FILE *out;
	const char *cert, *key, *login;
	char rcpt[256];
	size_t rcpt_at;
	pthread_mutex_t lock;
	struct tls_calls tls;
	gnutls_certificate_credentials_t creds;
};

struct talk {
	struct server *s;
	int fd;
	gnutls_session_t tls; /* NULL: plain */
	char buf[65536];
	size_t n;
	json_t *to;
	char from[512], login[512];
};

static bool
load_tls(struct server *s)
{
	static const char *const names[] = {"gnutls_certificate_allocate_credentials",
					    "gnutls_certificate_set_x509_key_file",
					    "gnutls_init",
					    "gnutls_set_default_priority",
					    "gnutls_credentials_set",
					    "gnutls_transport_set_int2",
					    "gnutls_handshake",
					    "gnutls_record_recv",
					    "gnutls_record_send"};
	void *lib = dlopen("libgnutls.so.30", RTLD_NOW);
	void **at = (void **)&s->tls;

	for (size_t i = 0; lib != NULL && i < sizeof names / sizeof *names; i++)
		if ((at[i] = dlsym(lib, names[i])) == NULL)
			return false;
	return lib != NULL && s->tls.allocate(&s->creds) == 0 &&
	       s->tls.key_file(s->creds, s->cert, s->key, GNUTLS_X509_FMT_PEM) == 0;
}

static bool
start_tls(struct talk *t)
{
	const struct tls_calls *c = &t->s->tls;

	c->init(&t->tls, GNUTLS_SERVER);
	c->priority(t->tls);
	c->credentials(t->tls, GNUTLS_CRD_CERTIFICATE, t->s->creds);
	c->transport(t->tls, t->fd, t->fd);
	t->n = 0;
	int rc;
	while ((rc = c->handshake(t->tls)) == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED)
		continue;
	return rc == 0;
}

static void
say(struct talk *t, const char *text)
{
	size_t n = strlen(text);
	ssize_t done = t->tls != NULL ? t->s->tls.send(t->tls, text, n) : send(t->fd, text, n, MSG_NOSIGNAL);

	(void)done;
}

/* One line without its end into line; false at the end of the connection. */
static bool
hear(struct talk *t, char *line, size_t max)
{
	for (;;) {
		char *nl = memchr(t->buf, '\n', t->n);
		if (nl != NULL) {
			size_t len = (size_t)(nl - t->buf), keep = len > 0 && t->buf[len - 1] == '\r' ? len - 1 : len;
			snprintf(line, max, "%.*s", (int)keep, t->buf);
			t->n -= len + 1;
			memmove(t->buf, nl + 1, t->n);
			return true;
		}
		if (t->n == sizeof t->buf)
			return false;
		ssize_t got = t->tls != NULL ? t->s->tls.recv(t->tls, t->buf + t->n, sizeof t->buf - t->n)
					     : recv(t->fd, t->buf + t->n, sizeof t->buf - t->n, 0);
		if (got <= 0)
			return false;
		t->n += (size_t)got;
	}
}

static void
take_mail(struct talk *t)
{
	char line[4096], *mail = calloc(1, MAX_MAIL);
	size_t n = 0;

	while (hear(t, line, sizeof line) && strcmp(line, ".") != 0) {
		const char *s = line[0] == '.' ? line + 1 : line;
		if (n + strlen(s) + 2 < MAX_MAIL)
			n += (size_t)sprintf(mail + n, "%s\n", s);
	}
	json_t *j = json_pack("{s:s, s:O, s:b, s:s, s:s}", "from", t->from, "to", t->to, "tls", t->tls != NULL, "login",
			      t->login, "mail", mail);
	char *text = json_dumps(j, JSON_COMPACT);
	pthread_mutex_lock(&t->s->lock);
	fprintf(t->s->out, "%s\n", text != NULL ? text : "{}");
	fflush(t->s->out);
	pthread_mutex_unlock(&t->s->lock);
	free(text);
	json_decref(j);
	json_array_clear(t->to);
	free(mail);
}

static void
greet(struct talk *t)
{
	say(t, "250-catcher\r\n");
	if (t->s->cert != NULL && t->tls == NULL)
		say(t, "250-STARTTLS\r\n");
	if (t->s->login != NULL && (t->tls != NULL || t->s->cert == NULL))
		say(t, "250-AUTH PLAIN\r\n");
	say(t, "250 8BITMIME\r\n");
}

static void
answer_rcpt(struct talk *t, const char *line)
{
	char reply[64] = "250 ok\r\n";
	struct server *s = t->s;

	pthread_mutex_lock(&s->lock);
	if (s->rcpt[s->rcpt_at] != '\0') {
		snprintf(reply, sizeof reply, "%.3s no\r\n", s->rcpt + s->rcpt_at);
		s->rcpt_at += s->rcpt[s->rcpt_at + 3] == ',' ? 4 : 3;
	}
	pthread_mutex_unlock(&s->lock);
	if (reply[0] == '2')
		json_array_append_new(t->to, json_string(line + 8));
	say(t, reply);
}

static void *
talk(void *arg)
{
	struct talk *t = arg;
	char line[4096];
	bool on = true;

	t->to = json_array();
	say(t, "220 catcher ESMTP\r\n");
	while (on && hear(t, line, sizeof line)) {
		if (strncasecmp(line, "EHLO", 4) == 0 || strncasecmp(line, "HELO", 4) == 0) {
			greet(t);
		} else if (strcasecmp(line, "STARTTLS") == 0 && t->s->cert != NULL) {
			say(t, "220 go ahead\r\n");
			on = start_tls(t);
		} else if (strncasecmp(line, "AUTH PLAIN", 10) == 0) {
			if (line[10] == '\0') {
				say(t, "334 \r\n");
				on = hear(t, line, sizeof line);
			} else {
				memmove(line, line + 11, strlen(line + 11) + 1);
			}
			snprintf(t->login, sizeof t->login, "%.500s", line);
			say(t, t->s->login != NULL && strcmp(line, t->s->login) == 0 ? "235 welcome\r\n"
										     : "535 wrong\r\n");
		} else if (strncasecmp(line, "MAIL FROM:", 10) == 0) {
			snprintf(t->from, sizeof t->from, "%.500s", line + 10);
			say(t, t->s->login != NULL && t->login[0] == '\0' ? "530 log in first\r\n" : "250 ok\r\n");
		} else if (strncasecmp(line, "RCPT TO:", 8) == 0) {
			answer_rcpt(t, line);
		} else if (strcasecmp(line, "DATA") == 0) {
			say(t, "354 end with a dot\r\n");
			take_mail(t);
			say(t, "250 kept\r\n");
		} else if (strcasecmp(line, "QUIT") == 0) {
			say(t, "221 bye\r\n");
			on = false;
		} else {
			say(t, "250 ok\r\n");
		}
	}
	close(t->fd);
	json_decref(t->to);
	free(t);
	return NULL;
}

static int
listen_on(const char *port_file)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		return -1;
	char tmp[512];
	snprintf(tmp, sizeof tmp, "%s.tmp", port_file);
	FILE *f = fopen(tmp, "w");
	if (f == NULL)
		return -1;
	fprintf(f, "%u\n", ntohs(a.sin_port));
	fclose(f);
	return rename(tmp, port_file) == 0 ? fd : -1;
}

int
main(int argc, char **argv)
{
	static struct server s = {.lock = PTHREAD_MUTEX_INITIALIZER};
	const char *port_file = "/dev/null";

	s.out = stdout;
	for (int i = 1; i + 1 < argc; i += 2) {
		const char *v = argv[i + 1];
		if (strcmp(argv[i], "--port-file") == 0)
			port_file = v;
		else if (strcmp(argv[i], "--out") == 0)
			s.out = fopen(v, "a");
		else if (strcmp(argv[i], "--cert") == 0)
			s.cert = v;
		else if (strcmp(argv[i], "--key") == 0)
			s.key = v;
		else if (strcmp(argv[i], "--login") == 0)
			s.login = v;
		else if (strcmp(argv[i], "--rcpt") == 0)
			snprintf(s.rcpt, sizeof s.rcpt, "%s", v);
	}
	if (s.out == NULL || (s.cert != NULL && !load_tls(&s))) {
		fprintf(stderr, "smtp_catcher: cannot start\n");
		return 4;
	}
	int fd = listen_on(port_file);
	for (int c; fd >= 0 && (c = accept(fd, NULL, NULL)) >= 0;) {
		struct talk *t = calloc(1, sizeof *t);
		pthread_t id;
		t->s = &s;
		t->fd = c;
		if (pthread_create(&id, NULL, talk, t) == 0)
			pthread_detach(id);
	}
	return 4;
}
