/*
 * actas.h
 *		Acting as another role for a while, inside one transaction.
 */
#ifndef DV_ACTAS_H
#define DV_ACTAS_H

#include "postgres.h"

typedef struct DvActAs
{
	int			nest;			/* of settings; 0 = none */
	Oid			user;
	int			context;
} DvActAs;

/* Become `role` in a security-restricted operation; an abort undoes it too. */
extern void dv_act_as(Oid role, DvActAs *saved);

/* Become the owner of the extension, whose tables the bookkeeping is in. */
extern void dv_act_as_extension(DvActAs *saved);
extern void dv_act_as_end(const DvActAs *saved);

#endif							/* DV_ACTAS_H */
