/*
 * db.h
 *	  One connection to the bank's database, and trips over it: statements of the closed array,
 *	  sent together, in one transaction.
 *	  The only module that knows libpq.
 *
 * A trip: db_start(), db_add() once or more, db_go(), then its rows, db_end(). All of its
 * statements commit together at the end of db_go(), or none does. Rows of the last statement may be
 * taken one by one as they come, with db_each(), however many there are. A connection that is lost
 * is made anew by the next trip; while that fails, one process tries every fifth of a second, and the
 * trips of all others that have none end at once.
 */
#ifndef DB_H
#define DB_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "statement.h"

#define TRIP_STATEMENTS 3

typedef enum DbOutcome
{
	DB_DONE,					/* committed */
	DB_REFUSED,					/* the database said no: see sqlstate */
	DB_GONE						/* no connection, or no answer in time; whether it was committed is not known */
} DbOutcome;

/* What a column is, for whoever writes it down. */
typedef enum ColumnKind
{
	COLUMN_TEXT,
	COLUMN_INTEGER,
	COLUMN_BOOLEAN,
	COLUMN_JSON,
	COLUMN_TIME,				/* with time zone: UTC, as 2026-11-23 23:58:23.978592+00 */
} ColumnKind;

typedef struct Rows Rows;

/* Takes one row; false: no more. */
typedef bool (*RowTaker) (void *to, const Rows *row);

typedef struct Trip
{
	int			count;
	StatementId statement[TRIP_STATEMENTS];
	Rows	   *rows[TRIP_STATEMENTS];	/* NULL for those that did not come to an end */
	RowTaker	take;			/* of the last statement's rows; NULL: they are kept */
	void	   *take_to;
	DbOutcome	outcome;
	char		sqlstate[6];
	char		message[256];	/* for the log, never for the answer */
	bool		unsent;			/* something could not be added */
	uint64_t	micros;			/* that the database took */
} Trip;

extern bool db_set_up(const Config *config, char *problem, int problem_size);
extern void db_forget(void);
extern bool db_connect(void);
extern void db_close(void);
extern bool db_start(Trip *trip);
extern void db_add(Trip *trip, Who who, StatementId statement, const char *const *parameters);
extern void db_each(Trip *trip, RowTaker take, void *to);
extern DbOutcome db_go(Trip *trip);
extern void db_end(Trip *trip);

extern int	rows_count(const Rows *rows);
extern int	rows_columns(const Rows *rows);
extern const char *rows_name(const Rows *rows, int column);
extern int	rows_column(const Rows *rows, const char *name);	/* -1: there is none such */
extern ColumnKind rows_kind(const Rows *rows, int column);
extern const char *rows_value(const Rows *rows, int row, int column);	/* NULL for NULL */
extern const char *rows_get(const Rows *rows, const char *name);	/* of the first row */

#endif
