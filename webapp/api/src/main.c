/*
 * main.c
 *	  bank-api: the online bank's API as a FastCGI server, or as plain CGI when a web server
 *	  starts it for one request.
 *
 *		bank-api --config FILE		serve, until SIGTERM; SIGHUP reloads
 *		bank-api --routes			print the table of routes as JSON
 *		bank-api --codes			print the codes of problems, and what they mean, as JSON
 *		bank-api --config FILE --seal LOGIN		print the seed in the first line of the input (40
 *	  hexadecimal digits) sealed for a login, for the branch's registration
 *		bank-api --hash				print the argon2id hash of the password in the first line of the input
 *
 * As CGI the configuration's path is in BANK_API_CONFIG.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "cgi.h"
#include "config.h"
#include "db.h"
#include "hasher.h"
#include "log.h"
#include "master.h"
#include "reply.h"
#include "route.h"
#include "secret.h"

static int
usage(void)
{
	fputs("usage: bank-api --config FILE [--seal LOGIN] | --routes | --codes | --hash\n", stderr);
	return 2;
}

static int
print_routes(void)
{
	Buffer		out = {0};

	route_write_table(&out);
	fwrite(out.data, 1, out.len, stdout);
	buffer_free(&out);
	return fflush(stdout) == 0 ? 0 : 1;
}

static int
print_codes(void)
{
	json_t	   *codes = reply_codes();
	bool		good = json_dumpf(codes, stdout, JSON_INDENT(1)) == 0 && puts("") >= 0 && fflush(stdout) == 0;

	json_decref(codes);
	return good ? 0 : 1;
}

/* What is secret comes by the input: arguments are everybody's to see. */
static int
print_seal(const char *login)
{
	unsigned char seed[SEED_SIZE];
	char		sealed[SEALED_TEXT];
	char		hex[2 * SEED_SIZE + 3];
	size_t		len;

	if (fgets(hex, sizeof(hex), stdin) == NULL)
		hex[0] = '\0';
	hex[strcspn(hex, "\n")] = '\0';
	if (sodium_hex2bin(seed, sizeof(seed), hex, strlen(hex), NULL, &len, NULL) != 0 || len != SEED_SIZE)
	{
		fputs("bank-api: a seed is 40 hexadecimal digits\n", stderr);
		return 2;
	}
	secret_seal(sealed, seed, login);
	puts(sealed);
	return 0;
}

static int
print_hash(void)
{
	char		password[1024];
	char		hash[crypto_pwhash_STRBYTES];

	if (sodium_init() < 0 || fgets(password, sizeof(password), stdin) == NULL)
		return 1;
	password[strcspn(password, "\n")] = '\0';
	if (hasher_compute(password, strlen(password), hash) != 0)
		return 1;
	puts(hash);
	return 0;
}

/* Everything that needs the configuration. */
static int
run(const char *path, int count, char **arguments)
{
	static Config config;
	char		problem[1024];

	prctl(PR_SET_DUMPABLE, 0);	/* secrets are in memory from here on: no core file, and no other process looks */
	if (!config_read(&config, path, problem, sizeof(problem)) || !secret_set_up(&config, problem, sizeof(problem))
		|| !db_set_up(&config, problem, sizeof(problem)))
	{
		log_event("error", "configuration", "{s:s}", "detail", problem);
		return 1;
	}
	hasher_set_up(config.hasher_socket, config.reserve_socket);
	json_object_seed(0);		/* now: in the sandbox there is no file of random bytes to open */
	if (cgi_asked_for())
		return cgi_run(&config);
	if (count == 5 && strcmp(arguments[3], "--seal") == 0)
		return print_seal(arguments[4]);
	if (count != 3)
		return usage();
	if (getenv("BANK_API_CHECK"))
		return master_can_succeed(&config) ? 0 : 1; /* a reload asks whether we would start */
	return master_run(&config, arguments);
}

int
main(int count, char **arguments)
{
	if (cgi_asked_for())
	{
		const char *path = getenv("BANK_API_CONFIG");

		return path ? run(path, count, arguments) : usage();
	}
	if (count == 2 && strcmp(arguments[1], "--routes") == 0)
		return print_routes();
	if (count == 2 && strcmp(arguments[1], "--codes") == 0)
		return print_codes();
	if (count == 2 && strcmp(arguments[1], "--hash") == 0)
		return print_hash();
	if (count >= 3 && strcmp(arguments[1], "--config") == 0)
		return run(arguments[2], count, arguments);
	return usage();
}
