/*
 * config.c
 *	  Reading the configuration file: every name is known, every value checked, the first fault told with its line.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Setting
{
	const char *name;
	size_t		offset;
	char		kind;			/* t text, n number, b on or off */
	int			least;
	int			most;
	const char *standard;		/* NULL: must be given */
} Setting;

#define AT(member) offsetof(Config, member)

static const Setting settings[] = {
	{"socket", AT(socket), 't', 0, 0, NULL},
	{"health_socket", AT(health_socket), 't', 0, 0, NULL},
	{"hasher_socket", AT(hasher_socket), 't', 0, 0, NULL},
	{"reserve_socket", AT(reserve_socket), 't', 0, 0, NULL},
	{"database", AT(database), 't', 0, 0, NULL},
	{"database_password_file", AT(database_password_file), 't', 0, 0, NULL},
	{"seal_key_file", AT(seal_key_file), 't', 0, 0, NULL},
	{"common_passwords_file", AT(common_passwords_file), 't', 0, 0, "/usr/share/john/password.lst"},
	{"origin", AT(origin), 't', 0, 0, NULL},
	{"bank_name", AT(bank_name), 't', 0, 0, "Bank"},
	{"workers", AT(workers), 'n', 0, 256, "16"},
	{"hashers", AT(hashers), 'n', 1, 16, "1"},
	{"hasher_queue", AT(hasher_queue), 'n', 1, 128, "8"},
	{"database_timeout_ms", AT(database_timeout_ms), 'n', 50, 60000, "5000"},
	{"answer_timeout_ms", AT(answer_timeout_ms), 'n', 100, 600000, "60000"},
	{"body_limit", AT(body_limit), 'n', 256, 1 << 20, "16384"},
	{"sandbox", AT(sandbox), 'b', 0, 0, "on"},
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* Set one setting; false if the value is not of its kind. */
static bool
set(Config *config, const Setting *setting, const char *value)
{
	char	   *place = (char *) config + setting->offset;
	char	   *end;
	long		number;

	switch (setting->kind)
	{
		case 't':
			return snprintf(place, CONFIG_TEXT, "%s", value) < CONFIG_TEXT && *value != '\0';
		case 'n':
			errno = 0;
			number = strtol(value, &end, 10);
			if (errno || end == value || *end || number < setting->least || number > setting->most)
				return false;
			*(int *) place = (int) number;
			return true;
		default:
			*(bool *) place = strcmp(value, "on") == 0;
			return strcmp(value, "on") == 0 || strcmp(value, "off") == 0;
	}
}

/* Cut blanks off both ends, in place. */
static char *
trimmed(char *text)
{
	char	   *end = text + strlen(text);

	while (end > text && isspace((unsigned char) end[-1]))
		*--end = '\0';
	while (isspace((unsigned char) *text))
		text++;
	return text;
}

/* One line; false and a problem if it is not understood. */
static bool
read_line(Config *config, char *line, bool *seen, char *problem, int problem_size)
{
	char	   *name = trimmed(line);
	char	   *value = strchr(name, '=');

	if (*name == '\0' || *name == '#')
		return true;
	if (value == NULL)
	{
		snprintf(problem, problem_size, "\"%s\" is not \"name = value\"", name);
		return false;
	}
	*value++ = '\0';
	name = trimmed(name);
	value = trimmed(value);
	for (size_t i = 0; i < SETTINGS; i++)
	{
		if (strcmp(settings[i].name, name) != 0)
			continue;
		seen[i] = true;
		if (set(config, &settings[i], value))
			return true;
		snprintf(problem, problem_size, "%s cannot be \"%s\"", name, value);
		return false;
	}
	snprintf(problem, problem_size, "there is no setting \"%s\"", name);
	return false;
}

static bool
fill_standards(Config *config, const bool *seen, char *problem, int problem_size)
{
	for (size_t i = 0; i < SETTINGS; i++)
	{
		if (seen[i])
			continue;
		if (settings[i].standard == NULL)
		{
			snprintf(problem, problem_size, "%s is missing", settings[i].name);
			return false;
		}
		set(config, &settings[i], settings[i].standard);
	}
	return true;
}

/*
 * Read the file at path. False and a problem of one line, with the file and the line's number, if
 * it cannot be used.
 */
bool
config_read(Config *config, const char *path, char *problem, int problem_size)
{
	FILE	   *file = fopen(path, "re");
	char		line[2 * CONFIG_TEXT];
	char		fault[CONFIG_TEXT + 64];
	bool		seen[SETTINGS] = {false};
	bool		good = true;
	int			number = 0;

	if (file == NULL)
	{
		snprintf(problem, problem_size, "%s: %s", path, strerror(errno));
		return false;
	}
	memset(config, 0, sizeof(*config));
	while (good && fgets(line, sizeof(line), file))
	{
		number++;
		good = read_line(config, line, seen, fault, sizeof(fault));
	}
	fclose(file);
	if (!good)
		snprintf(problem, problem_size, "%s:%d: %s", path, number, fault);
	else if (!(good = fill_standards(config, seen, fault, sizeof(fault))))
		snprintf(problem, problem_size, "%s: %s", path, fault);
	return good;
}

/*
 * Read a secret: the first line of a file that is its owner's alone. False and a problem, which never holds what
 * was read.
 */
bool
config_read_secret(const char *path, char *secret, int secret_size, char *problem, int problem_size)
{
	FILE	   *file = fopen(path, "re");
	struct stat about;

	if (file == NULL || fstat(fileno(file), &about) != 0)
	{
		snprintf(problem, problem_size, "%s: %s", path, strerror(errno));
		if (file)
			fclose(file);
		return false;
	}
	if (about.st_mode & (S_IRWXG | S_IRWXO))
	{
		snprintf(problem, problem_size, "%s: others than its owner may use it; chmod 600", path);
		fclose(file);
		return false;
	}
	setvbuf(file, NULL, _IONBF, 0); /* no copy of it in a buffer that stays */
	if (fgets(secret, secret_size, file) == NULL)
		secret[0] = '\0';
	fclose(file);
	secret[strcspn(secret, "\r\n")] = '\0';
	if (secret[0] == '\0')
		snprintf(problem, problem_size, "%s: nothing in the first line", path);
	return secret[0] != '\0';
}
