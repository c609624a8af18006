/*
 * db.c
 *	  One connection to the database, and pipelined trips over it.
 *
 * The connection is in pipeline mode and never blocks without a bound: what waits, waits in poll()
 * until the trip's deadline. A statement is prepared with its first use on a connection, in the
 * same trip. The server ends a statement by itself half a second before we would give up, so that a
 * request that was told 503 for slowness is not carried out later.
 */
#include "db.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brake.h"
#include "clock.h"
#include "log.h"
#include "text.h"

#define CONNECT_MS 2000
#define RETRY_MS 200

/* Types that are more than text, from pg_type.dat. */
enum
{
	BOOLOID = 16, INT8OID = 20, INT2OID = 21, INT4OID = 23, JSONOID = 114, TIMESTAMPTZOID = 1184, JSONBOID = 3802
};

static struct
{
	PGconn	   *connection;
	bool		prepared[STATEMENTS];
	const char *database;
	char		password[256];
	char		options[512];
	int			timeout_ms;
	uint64_t	deadline;		/* of the trip */
} db;

/*
 * Remember how to connect. False and a problem if the password cannot be read.
 */
bool
db_set_up(const Config *config, char *problem, int problem_size)
{
	int			timeout_ms = config->database_timeout_ms;
	int			statement_ms = timeout_ms > 1000 ? timeout_ms - 500 : timeout_ms / 2;

	db.database = config->database;
	db.timeout_ms = timeout_ms;
	snprintf(db.options, sizeof(db.options),
			 "-c statement_timeout=%d -c lock_timeout=%d -c idle_in_transaction_session_timeout=10000 -c timezone=UTC -c datestyle=ISO -c bytea_output=hex"
			 " -c search_path=pg_catalog -c default_transaction_isolation=read\\ committed -c plan_cache_mode=force_generic_plan -c jit=off",
			 statement_ms, statement_ms);
	return config_read_secret(config->database_password_file, db.password, sizeof(db.password),
							  problem, problem_size);
}

/* This process connects to nothing. */
void
db_forget(void)
{
	db.database = NULL;
	explicit_bzero(db.password, sizeof(db.password));
}

/* Wait for the connection's socket until the deadline; false when it has passed. */
static bool
wait_for(PGconn *connection, short events, uint64_t deadline)
{
	struct pollfd wait = {.fd = PQsocket(connection), .events = events};

	for (;;)
	{
		uint64_t	now = clock_micros();
		int			ready;

		if (now >= deadline || wait.fd < 0)
			return false;
		ready = poll(&wait, 1, (int) ((deadline - now) / 1000) + 1);
		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
	}
}

/* Run the protocol's beginning to its end, within a bound. */
static bool
connect_within(PGconn *connection, uint64_t deadline)
{
	for (;;)
	{
		switch (PQconnectPoll(connection))
		{
			case PGRES_POLLING_OK:
				return true;
			case PGRES_POLLING_READING:
				if (!wait_for(connection, POLLIN, deadline))
					return false;
				break;
			case PGRES_POLLING_WRITING:
				if (!wait_for(connection, POLLOUT, deadline))
					return false;
				break;
			default:
				return false;
		}
	}
}

/* The message's first line: what libpq says beyond it is for people at a terminal. */
static void
copy_line(char *line, size_t size, const char *message)
{
	size_t		len;

	snprintf(line, size, "%.*s", (int) strcspn(message, "\n"), message);
	/* not within a character: a log line that is no UTF-8 would not be written */
	for (len = strlen(line); len > 0 && text_characters(line) < 0; len--)
		line[len - 1] = '\0';
}

/*
 * Whether the server has said anything since the last trip: between trips it only does when it ends,
 * or was told new settings. A new connection is good in both cases.
 */
static bool
has_spoken(void)
{
	struct pollfd look = {.fd = PQsocket(db.connection), .events = POLLIN};

	return poll(&look, 1, 0) != 0;
}

/* What the server says beside its answers, as that it ends; libpq would print it. */
static void
note(void *connection, const char *message)
{
	char		detail[200];

	(void) connection;			/* there is one */
	copy_line(detail, sizeof(detail), message);
	log_event("info", "database.notice", "{s:s}", "detail", detail);
}

/* A connection in pipeline mode, or NULL, and why in detail. */
static PGconn *
make_connection(uint64_t deadline, char *detail, size_t size)
{
	const char *names[] = {"dbname", "password", "options", "application_name", "client_encoding", "gssencmode", NULL};
	const char *values[] = {db.database, db.password, db.options, "bank-api", "UTF8", "disable", NULL};
	PGconn	   *connection = PQconnectStartParams(names, values, 1);

	PQsetNoticeProcessor(connection, note, NULL);
	/* the first step says what went wrong; PQconnectPoll() begins as if it had asked to write */
	if (connection && PQstatus(connection) != CONNECTION_BAD && wait_for(connection, POLLOUT, deadline)
		&& connect_within(connection, deadline)
		&& PQsetnonblocking(connection, 1) == 0 && PQenterPipelineMode(connection))
		return connection;
	copy_line(detail, size, PQerrorMessage(connection));
	PQfinish(connection);
	return NULL;
}

/* It cannot be had: nobody tries for a while. */
static void
tell_away(const char *detail)
{
	if (brake_pull(RETRY_MS * 1000))
		log_event("error", "database.connect", "{s:s}", "detail", *detail ? detail : "no answer in time");
}

/* Be connected before the deadline. False if that cannot be had now, or somebody else is finding out. */
static bool
connect_before(uint64_t deadline)
{
	char		detail[200];

	if (db.connection && PQstatus(db.connection) == CONNECTION_OK && !has_spoken())
		return true;
	db_close();
	if (db.database == NULL || brake_holds((CONNECT_MS + RETRY_MS) * 1000))
		return false;
	db.connection = make_connection(deadline, detail, sizeof(detail));
	if (db.connection == NULL)
	{
		tell_away(detail);
		return false;
	}
	if (brake_release())
		log_event("info", "database.back", "{}");
	memset(db.prepared, 0, sizeof(db.prepared));
	return true;
}

/*
 * Be connected. False if that cannot be had now.
 */
bool
db_connect(void)
{
	return connect_before(clock_micros() + CONNECT_MS * 1000);
}

void
db_close(void)
{
	PQfinish(db.connection);
	db.connection = NULL;
}

/*
 * Begin a trip; false, and the trip's outcome, if there is no connection.
 */
bool
db_start(Trip *trip)
{
	uint64_t	now = clock_micros();
	uint64_t	patience = (uint64_t) (db.timeout_ms < CONNECT_MS ? db.timeout_ms : CONNECT_MS) * 1000;

	memset(trip, 0, sizeof(*trip));
	trip->outcome = DB_GONE;
	db.deadline = now + (uint64_t) db.timeout_ms * 1000;
	return connect_before(now + patience);
}

/*
 * Add a statement, with as many parameters as it has. One that this role may not run ends the
 * program: the table that led here is wrong.
 */
void
db_add(Trip *trip, Who who, StatementId id, const char *const *parameters)
{
	const Statement *statement = &statements[id];

	if ((statement->who & who) == 0 || trip->count == TRIP_STATEMENTS)
	{
		log_event("error", "statement.forbidden", "{s:s}", "statement", statement->name);
		abort();
	}
	trip->statement[trip->count++] = id;
	/* what is not even added has no result: the trip is over before it begins */
	if ((!db.prepared[id] && !PQsendPrepare(db.connection, statement->name, statement->sql, 0, NULL))
		|| !PQsendQueryPrepared(db.connection, statement->name, statement->parameters, parameters, NULL, NULL, 0))
		trip->unsent = true;
}

/* Let the rows of the statement that was added last be taken one by one. */
void
db_each(Trip *trip, RowTaker take, void *to)
{
	trip->take = take;
	trip->take_to = to;
}

/* The next result, or NULL at the end of a statement; false, and NULL, if none came in time. */
static bool
next_result(PGresult **result)
{
	*result = NULL;
	for (;;)
	{
		int			more = PQflush(db.connection);

		if (more < 0)
			return false;
		if (!PQisBusy(db.connection) && more == 0)
			break;
		if (!wait_for(db.connection, more ? POLLIN | POLLOUT : POLLIN, db.deadline)
			|| !PQconsumeInput(db.connection))
			return false;
	}
	*result = PQgetResult(db.connection);
	return true;
}

/* What one statement, or its preparing, came to; takes over the result. */
static void
take_result(Trip *trip, PGresult *result, Rows **rows)
{
	switch (PQresultStatus(result))
	{
		case PGRES_TUPLES_OK:
		case PGRES_COMMAND_OK:
			*rows = (Rows *) result;
			return;
		case PGRES_FATAL_ERROR:
			{
				const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
				const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

				snprintf(trip->sqlstate, sizeof(trip->sqlstate), "%s", sqlstate ? sqlstate : "");
				copy_line(trip->message, sizeof(trip->message), message ? message : PQresultErrorMessage(result));
				trip->outcome = sqlstate ? DB_REFUSED : DB_GONE;
				break;
			}
		default:				/* PGRES_PIPELINE_ABORTED: what came before failed */
			break;
	}
	PQclear(result);
}

/* Take the results of one statement until their end; false if the connection is of no more use. */
static bool
take_statement(Trip *trip, Rows **rows)
{
	PGresult   *result;

	for (;;)
	{
		if (!next_result(&result))
			return false;
		if (result == NULL)
			return true;
		if (*rows)
			PQclear((PGresult *) *rows);
		*rows = NULL;
		take_result(trip, result, rows);
	}
}

/* The same, each row given away as it comes; each has the whole time that a trip has. */
static bool
take_rows(Trip *trip, Rows **rows)
{
	PGresult   *result;
	bool		wanted;

	/* libpq takes this only before it has looked at anything of the statement's answer */
	if (!PQsetSingleRowMode(db.connection))
		return false;
	while (next_result(&result) && result && PQresultStatus(result) == PGRES_SINGLE_TUPLE)
	{
		wanted = trip->take(trip->take_to, (Rows *) result);
		PQclear(result);
		if (!wanted)
			return false;
		db.deadline = clock_micros() + (uint64_t) db.timeout_ms * 1000;
	}
	if (result == NULL)
		return false;
	take_result(trip, result, rows);
	return take_statement(trip, rows);
}

/* Take everything up to the sync; false if the connection is of no more use. */
static bool
take_all(Trip *trip)
{
	PGresult   *result;

	for (int i = 0; i < trip->count; i++)
	{
		StatementId id = trip->statement[i];
		Rows	   *made = NULL;
		bool		one_by_one;

		if (!db.prepared[id])
		{
			if (!take_statement(trip, &made))
				return false;
			db.prepared[id] = made != NULL;
			PQclear((PGresult *) made);
		}
		one_by_one = trip->take && i == trip->count - 1;
		if (!(one_by_one ? take_rows : take_statement) (trip, &trip->rows[i]))
			return false;
	}
	for (;;)
	{
		if (!next_result(&result))
			return false;
		if (result && PQresultStatus(result) == PGRES_PIPELINE_SYNC)
		{
			PQclear(result);
			return true;
		}
		/* a deferred constraint speaks up at the commit, which is here */
		if (result)
		{
			Rows	   *none = NULL;

			take_result(trip, result, &none);
			PQclear((PGresult *) none);
		}
		else if (PQstatus(db.connection) != CONNECTION_OK)
			return false;
	}
}

/*
 * Send what was added, and wait for all of it.
 */
DbOutcome
db_go(Trip *trip)
{
	uint64_t	begun = clock_micros();

	trip->outcome = DB_DONE;
	if (trip->unsent || !PQpipelineSync(db.connection) || !take_all(trip))
	{
		if (trip->message[0] == '\0')
			copy_line(trip->message, sizeof(trip->message), PQerrorMessage(db.connection));
		trip->outcome = DB_GONE;
		/* it hangs, for it ends by itself what takes too long: whoever has no connection need not find that out */
		if (clock_micros() >= db.deadline)
			tell_away("");
		db_close();
	}
	/* a table was changed under a prepared statement: prepare them all again, over a new connection */
	else if (strcmp(trip->sqlstate, "0A000") == 0 || strcmp(trip->sqlstate, "26000") == 0)
	{
		trip->outcome = DB_GONE;
		db_close();
	}
	/* the server that shuts down, or has no more room, says so: nothing was done */
	else if (trip->outcome == DB_REFUSED && (strncmp(trip->sqlstate, "57P", 3) == 0 || strncmp(trip->sqlstate, "53", 2) == 0))
		trip->outcome = DB_GONE;
	trip->micros += clock_micros() - begun;
	return trip->outcome;
}

void
db_end(Trip *trip)
{
	for (int i = 0; i < trip->count; i++)
		PQclear((PGresult *) trip->rows[i]);
	memset(trip, 0, sizeof(*trip));
}

int
rows_count(const Rows *rows)
{
	return rows ? PQntuples((const PGresult *) rows) : 0;
}

int
rows_columns(const Rows *rows)
{
	return PQnfields((const PGresult *) rows);
}

const char *
rows_name(const Rows *rows, int column)
{
	return PQfname((const PGresult *) rows, column);
}

int
rows_column(const Rows *rows, const char *name)
{
	return PQfnumber((const PGresult *) rows, name);
}

ColumnKind
rows_kind(const Rows *rows, int column)
{
	switch (PQftype((const PGresult *) rows, column))
	{
		case BOOLOID:
			return COLUMN_BOOLEAN;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return COLUMN_INTEGER;
		case JSONOID:
		case JSONBOID:
			return COLUMN_JSON;
		case TIMESTAMPTZOID:
			return COLUMN_TIME;
		default:
			return COLUMN_TEXT;
	}
}

const char *
rows_value(const Rows *rows, int row, int column)
{
	const PGresult *result = (const PGresult *) rows;

	return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

const char *
rows_get(const Rows *rows, const char *name)
{
	int			column = rows ? rows_column(rows, name) : -1;

	return column < 0 || rows_count(rows) == 0 ? NULL : rows_value(rows, 0, column);
}
