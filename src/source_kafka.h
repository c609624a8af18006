/*
 * source_kafka.h
 *		Kafka as a source of messages, and what options it takes.
 *
 * source_kafka.c and kafka_option.c are the only files that know librdkafka.
 */
#ifndef DV_SOURCE_KAFKA_H
#define DV_SOURCE_KAFKA_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "offset.h"
#include "source.h"
#include "state.h"

typedef enum DvOptionPlace
{
	DV_OPTION_SERVER,
	DV_OPTION_MAPPING
} DvOptionPlace;

/*
 * Check an option of a SERVER or USER MAPPING.  Raises
 * fdw_invalid_option_name, 22023 or 42501 with a hint; the value of a secret is
 * never in the message.
 */
extern void dv_kafka_check_option(DvOptionPlace place, const char *name,
								  const char *value, bool superuser);

/*
 * The configuration of a client with these options (DefElem, checked before);
 * NULL with the name of the option whose value the library does not take.
 */
extern struct rd_kafka_conf_s *dv_kafka_configure(const List *options, const char **refused);

typedef struct DvKafkaConfig
{
	const List *options;		/* DefElem, checked before */
	int			ntopics;
	char	  **topics;			/* globs */
	int			metadata_interval;	/* ms */
	int64		queue_bytes;	/* how much to fetch ahead */
	int			npositions;
	const DvPosition *positions;	/* where to go on */
} DvKafkaConfig;

extern const DvSourceOps dv_kafka_ops;

/*
 * A source in a child of the current memory context; it connects in the
 * background, faults come from poll().  Outside transactions, in a worker only.
 */
extern void *dv_kafka_open(const DvKafkaConfig *config, DvSourceError *err);

/* For lag: partitions with their high watermarks; next_offset is left alone. */
extern int	dv_kafka_partitions(void *source, const DvPartitionStat **partitions);

/*
 * Partitions that were to be read from their end (DV_OFFSET_LATEST), each with
 * the end that was found since the last call; valid until the next poll().
 */
extern int	dv_kafka_take_found(void *source, const DvPosition **positions);

/* Something is wrong with the brokers though poll() goes on; NULL = no. */
extern const char *dv_kafka_trouble(void *source);

/* Patterns of the subscription that no topic matches yet, quoted, as a list; "" = none. */
extern const char *dv_kafka_unmatched(void *source);

/* '*' stands for any run of characters, nothing else is special. */
extern bool dv_glob_match(const char *glob, const char *name);

#endif							/* DV_SOURCE_KAFKA_H */
