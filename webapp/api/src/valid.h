/*
 * valid.h
 *	  Fields of a request: what each must be, and their values once they are.
 */
#ifndef VALID_H
#define VALID_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"

#define FIELDS 16
#define FIELD_TEXT 2048
#define MOST_AMOUNT INT64_C(9007199254740991)	/* 2^53 - 1: what every reader of JSON holds exactly */

/* Where a field comes from. */
typedef enum Place
{
	PLACE_NONE,					/* ends a route's list */
	PLACE_PATH,					/* {name} in the route's path */
	PLACE_QUERY,
	PLACE_BODY,
	PLACE_CLIENT				/* the address of who asks: a parameter, no field */
} Place;

typedef enum FieldType
{
	FIELD_ID,					/* a surrogate key, 1 to 2^53 - 1 */
	FIELD_NUMBER,				/* an integer between least and most */
	FIELD_AMOUNT,				/* minor units, 1 to 2^53 - 1 */
	FIELD_LINE,					/* text of least to most characters */
	FIELD_CHOICE,				/* one of choices, separated by | */
	FIELD_BOOLEAN,
	FIELD_UUID,					/* version 4 or 7 */
	FIELD_DATE,
	FIELD_CURRENCY,				/* three capitals */
	FIELD_ACCOUNT_NO,			/* twenty digits */
	FIELD_LOGIN,
	FIELD_PASSWORD,
	FIELD_CODE,					/* six digits, or a recovery code */
	FIELD_ONE_TIME_CODE,		/* six digits */
	FIELD_WRITTEN_CODE,			/* as recovery codes are: four groups of base32 */
	FIELD_TOKEN,				/* 256 bits of base64url */
	FIELD_PARTY_NO,
} FieldType;

typedef struct Field
{
	Place		place;
	const char *name;
	FieldType	type;
	bool		optional;
	long		least;
	long		most;
	const char *choices;
	bool		searches;		/* whoever gives it has the database look for a while */
	const char *standard;		/* of an optional one that is not given; NULL: none */
	long		days;			/* of a date: at most so many, from the field before on; 0: of no period */
} Field;

typedef struct Values
{
	const char *text[FIELDS];	/* in the order of the route's fields; NULL: not given */
	char		space[FIELDS][24];	/* of numbers, which come as such */

	/* What is wrong, if something is. */
	const char *code;
	const char *field;			/* NULL: an id in the path, of which there is nothing */
} Values;

extern bool valid_read(Values *values, const Field *fields, const Request *request,
					   const char *const *path_values);
extern const char *valid_get(const Values *values, const Field *fields, const char *name);
extern json_t *valid_schema(const Field *field);
extern const char *valid_type_name(FieldType type);

#endif
