/*
 * source.h
 *		Where messages come from.  Only source_kafka.c knows that it is Kafka.
 */
#ifndef DV_SOURCE_H
#define DV_SOURCE_H

#include "record.h"

typedef struct DvSourceError
{
	bool		fatal;			/* stop the subscription; else a passing fault */
	char		code[32];		/* e.g. "topic_recreated", "retention_loss", "broker" */
	char		message[512];	/* never holds a secret */
	char		hint[256];
} DvSourceError;

typedef struct DvSourceOps
{
	/*
	 * Messages that have arrived, at most `max` and about `max_bytes`, without
	 * waiting.  They stay valid until release().  Returns their number, or −1
	 * with *err.
	 */
	int			(*poll) (void *source, const DvMessage **messages, int max,
						 size_t max_bytes, DvSourceError *err);
	void		(*release) (void *source);
	int			(*wait_fd) (void *source);	/* readable when poll() has something; −1 = none */
	void		(*close) (void *source);
} DvSourceOps;

#endif							/* DV_SOURCE_H */
