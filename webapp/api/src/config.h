/*
 * config.h
 *	  What the program is told: one "name = value" a line, in a file.
 *
 * Secrets are never in it, only the names of the files that hold them.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>

#define CONFIG_TEXT 512

typedef struct Config
{
	char		socket[CONFIG_TEXT];	/* where nginx finds the workers */
	char		health_socket[CONFIG_TEXT]; /* where nginx finds who tells of health and metrics */
	char		hasher_socket[CONFIG_TEXT]; /* where workers find the hashers */
	char		reserve_socket[CONFIG_TEXT]; /* where they find the one for who is known */
	char		database[CONFIG_TEXT];	/* libpq connection string, without a password */
	char		database_password_file[CONFIG_TEXT];
	char		seal_key_file[CONFIG_TEXT]; /* 64 hexadecimal digits: seals the seeds of one-time codes */
	char		common_passwords_file[CONFIG_TEXT]; /* one a line; lines that begin with #! are comments */
	char		origin[CONFIG_TEXT];	/* of our own pages: https://host[:port] */
	char		bank_name[CONFIG_TEXT]; /* as authenticators show it */
	int			workers;
	int			hashers;
	int			hasher_queue;	/* logins that may wait for a hasher */
	int			database_timeout_ms;	/* for one request's trip to the database */
	int			answer_timeout_ms;	/* that an answer may wait for whoever reads it, in all */
	int			body_limit;		/* bytes of a request's body */
	bool		sandbox;
} Config;

extern bool config_read(Config *config, const char *path, char *problem, int problem_size);
extern bool config_read_secret(const char *path, char *secret, int secret_size, char *problem, int problem_size);

#endif
