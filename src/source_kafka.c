/*
 * source_kafka.c
 *		Kafka as a source: partitions assigned at given offsets, messages taken
 *		without waiting.
 *
 * Nothing is committed to the brokers and no group is joined; group.id is set
 * only because the library wants one.  librdkafka's threads never touch the
 * server: logs, errors and messages come out of one queue, read here, on the
 * main thread; callbacks only note what happened.
 *
 * A partition that was read before is assigned at the last record read, and
 * that record must be the one remembered (timestamp, CRC); then it is dropped.
 * A new partition of a known topic waits until the old ones have passed the
 * end that they had when it was found, because keys move between partitions.
 *
 * Asking for metadata or watermarks waits for the broker, each time at most
 * ANSWER_TIMEOUT and the longest fetch, since a broker answers a connection's
 * requests in order; it is done at start, at each metadata interval, after a
 * lost connection, and after an offset out of range.
 *
 * That no broker answers is known from asking: twice, or once after a lost
 * connection, so that a short pause is no outage.  The library's "all brokers
 * down" is only the quicker way: it is said once at most, and not at all when
 * the group's coordinator was counted at the wrong moment (2.0.2).
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

#include "access/xlog.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "source_kafka.h"

#define ANSWER_TIMEOUT 1000	/* ms */
#define LOGS_PER_MINUTE 3
#define RETRY_METADATA 5000	/* ms, while brokers are down or in doubt */
#define POLL_CHUNK 2000

typedef struct Part
{
	char	   *topic;
	int32		partition;
	DvPosition	stored;			/* next_offset −1 = none */
	int64		position;		/* next to hand over, or as DvPosition.next_offset */
	int64		end;			/* waits of others: end at their discovery; −1 = none */
	bool		check;			/* the next message must be the stored last one */
	bool		assigned;
	bool		waits;			/* for the older partitions of its topic */
} Part;

typedef struct Kafka
{
	MemoryContext context;
	MemoryContext batch;		/* reset by release() */
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	int			pipe[2];
	int			ntopics;
	char	  **globs;
	int			timeout;		/* ms, of a question */
	int			metadata_interval;
	TimestampTz asked_metadata;
	TimestampTz next_metadata;
	bool		discovered;		/* metadata was seen once */
	bool		found_part;		/* to be read, and not yet assigned */
	char		unmatched[200]; /* patterns without a topic, for people */
	int			nparts;
	int			room;
	Part	  **parts;
	int			last;			/* found last */
	DvPartitionStat *stats;
	int			nfound;			/* ends that were looked up */
	DvPosition *found;
	/* held until release() */
	int			nheld;
	int			held_room;
	rd_kafka_message_t **held;
	DvMessage  *messages;
	/* noted by callbacks */
	bool		doubt;			/* a connection was lost or a question not answered */
	bool		down;			/* no broker answers, or authentication refused */
	char		trouble[256];
	char		log[256];
	int			log_level;
} Kafka;

/* How much was logged in this minute; outlives the clients. */
static TimestampTz log_minute = 0;
static int	nlogs = 0;
static int	nskipped = 0;

/* Callbacks: main thread, from within the library ------------------------- */

static void
on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	Kafka	   *kafka = rd_kafka_opaque(rk);

	if (kafka->log[0] == '\0' || level < kafka->log_level)
	{
		snprintf(kafka->log, sizeof(kafka->log), "%s: %s", facility, text);
		kafka->log_level = level;
	}
	else
		nskipped++;
}

static void
on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
	Kafka	   *kafka = opaque;

	switch (code)
	{
		case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
		case RD_KAFKA_RESP_ERR__AUTHENTICATION:
		case RD_KAFKA_RESP_ERR__SSL:
		case RD_KAFKA_RESP_ERR__RESOLVE:
			kafka->down = true;
			break;
		case RD_KAFKA_RESP_ERR__TRANSPORT:
		case RD_KAFKA_RESP_ERR__TIMED_OUT:
			kafka->doubt = true;
			break;
		default:
			break;
	}
	/* what is at the root says more than "all brokers down" */
	if (kafka->trouble[0] == '\0' || code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
		strlcpy(kafka->trouble, reason, sizeof(kafka->trouble));
}

/* Main thread again ------------------------------------------------------- */

/* Write noted logs to the server's, so many a minute. */
static void
flush_log(Kafka *kafka)
{
	TimestampTz now;

	if (kafka->log[0] == '\0')
		return;
	now = GetCurrentTimestamp();
	if (TimestampDifferenceExceeds(log_minute, now, 60000))
	{
		log_minute = now;
		nlogs = 0;
	}
	if (nlogs++ < LOGS_PER_MINUTE)
	{
		/* lost connections are errors of poll(), with back-off and a state */
		ereport(kafka->log_level <= 2 ? LOG : DEBUG1,
				(errmsg_internal("Kafka client: %s", kafka->log),
				 nskipped > 0 ?
				 errdetail_internal("%d more messages were left out.", nskipped) : 0));
		nskipped = 0;
	}
	else
		nskipped++;
	kafka->log[0] = '\0';
}

static int
fail(DvSourceError *err, bool fatal, const char *code, const char *hint, const char *fmt,...)
pg_attribute_printf(5, 6);

static int
fail(DvSourceError *err, bool fatal, const char *code, const char *hint, const char *fmt,...)
{
	va_list		args;

	memset(err, 0, sizeof(*err));
	err->fatal = fatal;
	strlcpy(err->code, code, sizeof(err->code));
	strlcpy(err->hint, hint ? hint : "", sizeof(err->hint));
	va_start(args, fmt);
	dv_err_format(err->message, sizeof(err->message), fmt, args);
	va_end(args);
	return -1;
}

#define RESET_HINT "If this is intended, set the positions anew with datavault.reset_offsets()."

static Part *
find_part(Kafka *kafka, const char *topic, int32 partition)
{
	if (kafka->last < kafka->nparts)
	{
		Part	   *part = kafka->parts[kafka->last];

		if (part->partition == partition && strcmp(part->topic, topic) == 0)
			return part;
	}
	for (int i = 0; i < kafka->nparts; i++)
	{
		Part	   *part = kafka->parts[i];

		if (part->partition == partition && strcmp(part->topic, topic) == 0)
		{
			kafka->last = i;
			return part;
		}
	}
	return NULL;
}

static Part *
add_part(Kafka *kafka, const char *topic, int32 partition)
{
	MemoryContext old = MemoryContextSwitchTo(kafka->context);
	Part	   *part = palloc0(sizeof(Part));

	part->topic = pstrdup(topic);
	part->partition = partition;
	part->position = part->end = -1;
	part->stored.next_offset = part->stored.last_offset = -1;
	if (kafka->nparts == kafka->room)
	{
		kafka->room = kafka->room ? kafka->room * 2 : 16;
		kafka->parts = kafka->parts ?
			repalloc(kafka->parts, sizeof(Part *) * kafka->room) :
			palloc(sizeof(Part *) * kafka->room);
	}
	kafka->parts[kafka->nparts++] = part;
	MemoryContextSwitchTo(old);
	return part;
}

/*
 * Hand the wanted partitions to the library, each where we are.  What it had
 * fetched of the others is fetched again: assignments are rare.
 */
static int
assign(Kafka *kafka, DvSourceError *err)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(kafka->nparts);
	rd_kafka_resp_err_t code;

	for (int i = 0; i < kafka->nparts; i++)
	{
		Part	   *part = kafka->parts[i];
		rd_kafka_topic_partition_t *slot;

		if (!part->assigned)
			continue;
		slot = rd_kafka_topic_partition_list_add(list, part->topic, part->partition);
		if (part->check)
			slot->offset = part->stored.last_offset;
		else
			slot->offset = part->position >= 0 ? part->position : RD_KAFKA_OFFSET_BEGINNING;
	}
	rd_kafka_assign(kafka->rk, NULL);
	code = rd_kafka_assign(kafka->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return fail(err, false, "broker", NULL, "could not assign partitions: %s",
					rd_kafka_err2str(code));
	kafka->found_part = false;
	return 0;
}

/* Have the older partitions of its topic passed what they must? */
static bool
may_start(Kafka *kafka, const Part *waiting)
{
	for (int i = 0; i < kafka->nparts; i++)
	{
		Part	   *part = kafka->parts[i];

		if (!part->waits && strcmp(part->topic, waiting->topic) == 0 &&
			part->end >= 0 && part->position < part->end)
			return false;
	}
	return true;
}

/* Start the waiting partitions that may. */
static int
start_waiting(Kafka *kafka, DvSourceError *err)
{
	bool		any = false;

	for (int i = 0; i < kafka->nparts; i++)
	{
		Part	   *part = kafka->parts[i];

		if (part->waits && may_start(kafka, part))
		{
			part->waits = false;
			part->assigned = true;
			any = true;
		}
	}
	return any ? assign(kafka, err) : 0;
}

/* Ask the broker for the first offset there is and the one behind the last. */
static int
read_ends(Kafka *kafka, const Part *part, int64_t *low, int64_t *high, DvSourceError *err)
{
	rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(kafka->rk, part->topic, part->partition,
																low, high, kafka->timeout);

	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	return fail(err, false, "broker", NULL, "could not read the ends of %s/%d: %s",
				part->topic, part->partition, rd_kafka_err2str(code));
}

/* A partition was found in a topic that is known: note the others' ends. */
static int
note_ends(Kafka *kafka, const char *topic, DvSourceError *err)
{
	for (int i = 0; i < kafka->nparts; i++)
	{
		Part	   *part = kafka->parts[i];
		int64_t		low;
		int64_t		high;

		if (part->waits || strcmp(part->topic, topic) != 0)
			continue;
		if (read_ends(kafka, part, &low, &high, err) < 0)
			return -1;
		part->end = high > low ? high : -1;
	}
	return 0;
}

static bool
topic_known(Kafka *kafka, const char *topic)
{
	for (int i = 0; i < kafka->nparts; i++)
		if (strcmp(kafka->parts[i]->topic, topic) == 0)
			return true;
	return false;
}

/* Take in one topic's partitions. */
static int
discover_topic(Kafka *kafka, const rd_kafka_metadata_topic_t *topic, DvSourceError *err)
{
	bool		known = topic_known(kafka, topic->topic);
	bool		noted = false;

	for (int p = 0; p < topic->partition_cnt; p++)
	{
		Part	   *part = find_part(kafka, topic->topic, topic->partitions[p].id);

		if (part == NULL)
		{
			if (known && !noted)
			{
				if (note_ends(kafka, topic->topic, err) < 0)
					return -1;
				noted = true;
			}
			part = add_part(kafka, topic->topic, topic->partitions[p].id);
			part->waits = known;
		}
		if (!part->assigned && !part->waits)
		{
			part->assigned = true;
			kafka->found_part = true;
		}
	}
	return 0;
}

/*
 * Ends that are positions: asked for before anything is read, and kept by the
 * worker, so that "latest" means the same after a restart.
 */
static int
find_latest(Kafka *kafka, DvSourceError *err)
{
	for (int i = 0; i < kafka->nparts; i++)
	{
		Part	   *part = kafka->parts[i];
		int64_t		low;
		int64_t		high;

		if (part->position != DV_OFFSET_LATEST)
			continue;
		if (read_ends(kafka, part, &low, &high, err) < 0)
			return -1;
		part->position = high;
		kafka->found = kafka->found ?
			repalloc(kafka->found, sizeof(DvPosition) * (kafka->nfound + 1)) :
			MemoryContextAlloc(kafka->context, sizeof(DvPosition));
		kafka->found[kafka->nfound] = part->stored;
		kafka->found[kafka->nfound++].next_offset = high;
	}
	return 0;
}

static bool
wanted_topic(Kafka *kafka, const char *topic)
{
	for (int i = 0; i < kafka->ntopics; i++)
		if (dv_glob_match(kafka->globs[i], topic))
			return true;
	return false;
}

static bool
glob_matched(Kafka *kafka, const char *glob)
{
	for (int i = 0; i < kafka->nparts; i++)
		if (dv_glob_match(glob, kafka->parts[i]->topic))
			return true;
	return false;
}

/* A topic may come later, or its name is wrong: nobody but the user knows. */
static void
note_unmatched(Kafka *kafka)
{
	size_t		used = 0;

	kafka->unmatched[0] = '\0';
	for (int i = 0; i < kafka->ntopics && used < sizeof(kafka->unmatched); i++)
		if (!glob_matched(kafka, kafka->globs[i]))
			used += snprintf(kafka->unmatched + used, sizeof(kafka->unmatched) - used, "%s\"%s\"",
							 used > 0 ? ", " : "", kafka->globs[i]);
	if (used >= sizeof(kafka->unmatched))
		strcpy(kafka->unmatched + pg_mbcliplen(kafka->unmatched, sizeof(kafka->unmatched) - 1,
											   sizeof(kafka->unmatched) - 4), "...");
}

/* A topic that was read and is gone: its positions mean nothing any more. */
static int
check_missing(Kafka *kafka, const rd_kafka_metadata_t *metadata, DvSourceError *err)
{
	for (int i = 0; i < kafka->nparts; i++)
	{
		Part	   *part = kafka->parts[i];
		bool		found = part->position == DV_OFFSET_EARLIEST;

		for (int t = 0; t < metadata->topic_cnt && !found; t++)
			for (int p = 0; p < metadata->topics[t].partition_cnt && !found; p++)
				found = metadata->topics[t].partitions[p].id == part->partition &&
					strcmp(metadata->topics[t].topic, part->topic) == 0;
		if (!found)
			return fail(err, false, "topic_missing", NULL,
						"partition %d of topic \"%s\", read before, does not exist",
						part->partition, part->topic);
	}
	return 0;
}

/* What topics there are; NULL if no broker answers. */
static const rd_kafka_metadata_t *
ask_metadata(Kafka *kafka, DvSourceError *err)
{
	const rd_kafka_metadata_t *metadata;
	rd_kafka_resp_err_t code = rd_kafka_metadata(kafka->rk, true, NULL, &metadata, kafka->timeout);

	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		kafka->doubt = kafka->down = false;
		kafka->trouble[0] = '\0';
		return metadata;
	}
	fail(err, false, "broker", NULL, "could not read the list of topics: %s",
		 rd_kafka_err2str(code));
	if (kafka->doubt && kafka->trouble[0] == '\0')
		strlcpy(kafka->trouble, err->message, sizeof(kafka->trouble));
	kafka->down |= kafka->doubt;
	kafka->doubt = true;
	return NULL;
}

/* A topic that cannot be taken in now does not keep the others from it. */
static int
discover_topics(Kafka *kafka, const rd_kafka_metadata_t *metadata, DvSourceError *err)
{
	int			result = 0;

	for (int t = 0; t < metadata->topic_cnt; t++)
		if (wanted_topic(kafka, metadata->topics[t].topic) &&
			discover_topic(kafka, &metadata->topics[t], err) < 0)
			result = -1;
	return result;
}

static int
discover(Kafka *kafka, DvSourceError *err)
{
	const rd_kafka_metadata_t *metadata = ask_metadata(kafka, err);
	int			result;

	if (metadata == NULL)
		return -1;
	result = check_missing(kafka, metadata, err);
	if (result == 0)
		result = discover_topics(kafka, metadata, err);
	rd_kafka_metadata_destroy(metadata);
	if (result == 0)
		result = find_latest(kafka, err);
	/* at the first look all must be well before anything is read */
	if (kafka->found_part && (result == 0 || kafka->discovered) && assign(kafka, err) < 0)
		result = -1;
	return result;
}

/*
 * Look for topics when it is time.  The first look must succeed; a later one
 * that fails is tried again: messages may still flow.
 */
static int
maybe_discover(Kafka *kafka, DvSourceError *err)
{
	TimestampTz now = GetCurrentTimestamp();

	if (kafka->down || kafka->doubt)
		kafka->next_metadata = Min(kafka->next_metadata,
								   TimestampTzPlusMilliseconds(kafka->asked_metadata, RETRY_METADATA));
	if (now < kafka->next_metadata)
		return 0;
	kafka->asked_metadata = now;
	kafka->next_metadata = TimestampTzPlusMilliseconds(now, kafka->metadata_interval);
	if (discover(kafka, err) < 0)
	{
		if (!kafka->discovered || strcmp(err->code, "topic_missing") == 0)
		{
			kafka->next_metadata = 0;
			return -1;
		}
		return 0;
	}
	kafka->discovered = true;
	note_unmatched(kafka);
	return 0;
}

/* The broker does not have the offset asked for. */
static int
out_of_range(Kafka *kafka, Part *part, DvSourceError *err)
{
	int64		wanted = part->position >= 0 ? part->position : 0;
	int64_t		low;
	int64_t		high;

	if (read_ends(kafka, part, &low, &high, err) < 0)
		return -1;
	if (high < wanted)
		return fail(err, true, "topic_recreated", RESET_HINT,
					"topic \"%s\", partition %d ends at offset %lld, before the stored position %lld",
					part->topic, part->partition, (long long) high, (long long) wanted);
	if (low > wanted)
		return fail(err, true, "retention_loss", RESET_HINT,
					"topic \"%s\", partition %d begins at offset %lld, after the stored position %lld: messages are lost",
					part->topic, part->partition, (long long) low, (long long) wanted);
	/* only the record to be checked is gone: nothing is lost */
	part->check = false;
	return assign(kafka, err);
}

static int
message_error(Kafka *kafka, rd_kafka_message_t *rkmessage, DvSourceError *err)
{
	const char *topic = rkmessage->rkt ? rd_kafka_topic_name(rkmessage->rkt) : NULL;
	Part	   *part = topic ? find_part(kafka, topic, rkmessage->partition) : NULL;

	switch (rkmessage->err)
	{
		case RD_KAFKA_RESP_ERR__PARTITION_EOF:
			/* past the last record there may be control records */
			if (part && !part->check && rkmessage->offset > part->position)
				part->position = rkmessage->offset;
			return 0;
		case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
		case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
			return part ? out_of_range(kafka, part, err) : 0;
		case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
		case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
			return fail(err, false, "topic_missing", NULL,
						"topic \"%s\" is unknown to the brokers", topic ? topic : "?");
		case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
			return fail(err, false, "authorization", "Grant READ and DESCRIBE on the topic to the user of the mapping.",
						"the brokers do not let us read topic \"%s\"", topic ? topic : "?");
		case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
			return fail(err, true, "message_too_large", "Raise fetch.message.max.bytes in the server's options.",
						"a message of topic \"%s\", partition %d is larger than what may be fetched",
						topic ? topic : "?", rkmessage->partition);
		case RD_KAFKA_RESP_ERR__BAD_MSG:
			return fail(err, true, "damaged", "Go on behind it with datavault.reset_offsets() once it is known why.",
						"topic \"%s\", partition %d: records from offset %lld on are damaged: %s",
						topic ? topic : "?", rkmessage->partition, (long long) rkmessage->offset,
						rd_kafka_message_errstr(rkmessage));
		default:
			return fail(err, false, "broker", NULL, "%s", rd_kafka_message_errstr(rkmessage));
	}
}

/* The first message of a partition that was read before. */
static int
check_first(Part *part, rd_kafka_message_t *rkmessage, DvSourceError *err)
{
	DvSlice		value = {rkmessage->payload, rkmessage->len};
	rd_kafka_timestamp_type_t type;

	part->check = false;
	/* compacted away: a later record of its key says more */
	if (rkmessage->offset > part->stored.last_offset)
		return 0;
	if (rd_kafka_message_timestamp(rkmessage, &type) == part->stored.last_timestamp &&
		dv_offsets_crc(value) == part->stored.last_crc)
		return 0;
	return fail(err, true, "topic_recreated", RESET_HINT,
				"topic \"%s\", partition %d holds another record at offset %lld than the one read before",
				part->topic, part->partition, (long long) rkmessage->offset);
}

static void
take_headers(Kafka *kafka, rd_kafka_message_t *rkmessage, DvMessage *message)
{
	rd_kafka_headers_t *headers;
	DvHeader   *copy;
	int			n;

	if (rd_kafka_message_headers(rkmessage, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	n = (int) rd_kafka_header_cnt(headers);
	copy = MemoryContextAlloc(kafka->batch, sizeof(DvHeader) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		const char *name;
		const void *value;
		size_t		size;

		rd_kafka_header_get_all(headers, i, &name, &value, &size);
		copy[i].name = (DvSlice) {name, strlen(name)};
		copy[i].value = (DvSlice) {value, size};
	}
	message->headers = copy;
	message->nheaders = n;
}

static void
take_message(Kafka *kafka, Part *part, rd_kafka_message_t *rkmessage)
{
	DvMessage  *message = &kafka->messages[kafka->nheld];
	rd_kafka_timestamp_type_t type;

	kafka->held[kafka->nheld++] = rkmessage;
	memset(message, 0, sizeof(*message));
	message->topic = part->topic;
	message->partition = part->partition;
	message->offset = rkmessage->offset;
	/* a producer may write any number: what is no time is none */
	message->timestamp_ms = rd_kafka_message_timestamp(rkmessage, &type);
	if (message->timestamp_ms < 0 || message->timestamp_ms > DV_MAX_TIMESTAMP_MS)
		message->timestamp_ms = -1;
	message->key = (DvSlice) {rkmessage->key, rkmessage->key_len};
	message->value = (DvSlice) {rkmessage->payload, rkmessage->len};
	take_headers(kafka, rkmessage, message);
	part->position = rkmessage->offset + 1;
}

/*
 * Sort one chunk of what the queue gave into messages to hand over and the
 * rest; everything not handed over is destroyed here.
 */
static int
take_chunk(Kafka *kafka, rd_kafka_message_t **chunk, int n, size_t *bytes, DvSourceError *err)
{
	int			result = 0;

	for (int i = 0; i < n; i++)
	{
		rd_kafka_message_t *rkmessage = chunk[i];
		Part	   *part;

		if (result == 0 && rkmessage->err)
			result = message_error(kafka, rkmessage, err);
		else if (result == 0)
		{
			kafka->down = false;
			kafka->trouble[0] = '\0';
			part = find_part(kafka, rd_kafka_topic_name(rkmessage->rkt), rkmessage->partition);
			if (part && part->check)
				result = check_first(part, rkmessage, err);
			/* fetched before a new assignment, or the checked one */
			if (result == 0 && part && part->assigned && rkmessage->offset >= part->position)
			{
				*bytes += rkmessage->len + rkmessage->key_len;
				take_message(kafka, part, rkmessage);
				continue;
			}
		}
		rd_kafka_message_destroy(rkmessage);
	}
	return result;
}

static void
drain_pipe(Kafka *kafka)
{
	char		buffer[64];

	while (read(kafka->pipe[0], buffer, sizeof(buffer)) > 0)
		;
}

static void
make_room(Kafka *kafka, int max)
{
	if (max <= kafka->held_room)
		return;
	if (kafka->held)
	{
		pfree(kafka->held);
		pfree(kafka->messages);
	}
	kafka->held = MemoryContextAllocHuge(kafka->context, sizeof(*kafka->held) * max);
	kafka->messages = MemoryContextAllocHuge(kafka->context, sizeof(DvMessage) * max);
	kafka->held_room = max;
}

static void
kafka_release(void *source)
{
	Kafka	   *kafka = source;

	for (int i = 0; i < kafka->nheld; i++)
		rd_kafka_message_destroy(kafka->held[i]);
	kafka->nheld = 0;
	MemoryContextReset(kafka->batch);
}

/* Run waiting callbacks, which know the root of an error; drop messages. */
static void
serve_callbacks(Kafka *kafka)
{
	rd_kafka_message_t *chunk[100];
	ssize_t		n = rd_kafka_consume_batch_queue(kafka->queue, 0, chunk, lengthof(chunk));

	for (ssize_t i = 0; i < n; i++)
		rd_kafka_message_destroy(chunk[i]);
}

/*
 * The pipe is emptied before the queue: whatever comes after that writes to it
 * again.  An error found behind good messages is found again at the next poll
 * only if it is remembered; so it is reported at once and the messages are
 * fetched again after reopening, which every error leads to.
 */
static int
kafka_poll(void *source, const DvMessage **messages, int max, size_t max_bytes,
		   DvSourceError *err)
{
	Kafka	   *kafka = source;
	rd_kafka_message_t *chunk[POLL_CHUNK];
	size_t		bytes = 0;
	int			result;

	Assert(kafka->nheld == 0);
	make_room(kafka, max);
	result = maybe_discover(kafka, err);
	drain_pipe(kafka);
	while (result == 0 && kafka->nheld < max && bytes < max_bytes)
	{
		ssize_t		n = rd_kafka_consume_batch_queue(kafka->queue, 0, chunk,
													 Min(max - kafka->nheld, POLL_CHUNK));

		if (n <= 0)
			break;
		result = take_chunk(kafka, chunk, (int) n, &bytes, err);
	}
	if (result < 0)
		serve_callbacks(kafka);
	flush_log(kafka);
	if (result == 0)
		result = start_waiting(kafka, err);
	if (result < 0)
	{
		if (kafka->trouble[0] && strcmp(err->code, "broker") == 0)
			strlcpy(err->message, kafka->trouble, sizeof(err->message));
		kafka_release(kafka);
		return -1;
	}
	*messages = kafka->messages;
	return kafka->nheld;
}

static int
kafka_wait_fd(void *source)
{
	return ((Kafka *) source)->pipe[0];
}

static void
kafka_close(void *source)
{
	Kafka	   *kafka = source;

	kafka_release(kafka);
	if (kafka->queue)
	{
		rd_kafka_queue_io_event_enable(kafka->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(kafka->queue);
	}
	if (kafka->rk)
		rd_kafka_destroy_flags(kafka->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	for (int i = 0; i < 2; i++)
		if (kafka->pipe[i] >= 0)
			close(kafka->pipe[i]);
	MemoryContextDelete(kafka->context);
}

const DvSourceOps dv_kafka_ops = {
	.poll = kafka_poll,
	.release = kafka_release,
	.wait_fd = kafka_wait_fd,
	.close = kafka_close,
};

/* Opening ----------------------------------------------------------------- */

static void
adopt_positions(Kafka *kafka, const DvKafkaConfig *config)
{
	for (int i = 0; i < config->npositions; i++)
	{
		const DvPosition *position = &config->positions[i];
		Part	   *part;

		if (!wanted_topic(kafka, position->topic))
			continue;
		part = add_part(kafka, position->topic, position->partition);
		part->stored = *position;
		part->stored.topic = part->topic;
		part->position = position->next_offset;
		part->check = position->last_offset >= 0 &&
			position->last_offset < position->next_offset;
	}
}

/* How long a broker may hold a fetch, in ms. */
static int
longest_fetch(const rd_kafka_conf_t *conf)
{
	char		value[16];
	size_t		size = sizeof(value);

	if (rd_kafka_conf_get(conf, "fetch.wait.max.ms", value, &size) != RD_KAFKA_CONF_OK)
		return 0;
	return atoi(value);
}

static bool
start_client(Kafka *kafka, const DvKafkaConfig *config, DvSourceError *err)
{
	const char *refused;
	rd_kafka_conf_t *conf = dv_kafka_configure(config->options, &refused);
	char		reason[256];

	if (conf == NULL)
	{
		/* what the library says may quote the value, which may be secret */
		fail(err, true, "option", "Change it with ALTER SERVER or ALTER USER MAPPING.",
			 "the Kafka client does not take the value of option \"%s\"", refused);
		return false;
	}
	kafka->timeout = ANSWER_TIMEOUT + longest_fetch(conf);
	rd_kafka_conf_set_opaque(conf, kafka);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_error_cb(conf, on_error);
	kafka->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
	if (kafka->rk == NULL)
	{
		rd_kafka_conf_destroy(conf);
		fail(err, true, "option", "Check the options of the server and the user mapping.",
			 "could not start the Kafka client: %s", reason);
		return false;
	}
	rd_kafka_poll_set_consumer(kafka->rk);
	rd_kafka_set_log_queue(kafka->rk, NULL);
	kafka->queue = rd_kafka_queue_get_consumer(kafka->rk);
	rd_kafka_queue_io_event_enable(kafka->queue, kafka->pipe[1], "1", 1);
	return true;
}

void *
dv_kafka_open(const DvKafkaConfig *config, DvSourceError *err)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "datavault kafka",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Kafka	   *kafka = palloc0(sizeof(Kafka));

	kafka->context = context;
	kafka->batch = AllocSetContextCreate(context, "datavault kafka batch", ALLOCSET_DEFAULT_SIZES);
	kafka->metadata_interval = config->metadata_interval;
	kafka->ntopics = config->ntopics;
	kafka->globs = palloc(sizeof(char *) * Max(config->ntopics, 1));
	for (int i = 0; i < config->ntopics; i++)
		kafka->globs[i] = pstrdup(config->topics[i]);
	kafka->pipe[0] = kafka->pipe[1] = -1;
	adopt_positions(kafka, config);
	MemoryContextSwitchTo(old);
	if (pipe2(kafka->pipe, O_NONBLOCK | O_CLOEXEC) < 0)
	{
		kafka->pipe[0] = kafka->pipe[1] = -1;
		fail(err, false, "system", NULL, "could not create a pipe: %m");
	}
	else if (start_client(kafka, config, err))
		return kafka;
	kafka_close(kafka);
	return NULL;
}

int
dv_kafka_partitions(void *source, const DvPartitionStat **partitions)
{
	Kafka	   *kafka = source;

	if (kafka->stats)
		pfree(kafka->stats);
	kafka->stats = MemoryContextAllocZero(kafka->context,
										  sizeof(DvPartitionStat) * Max(kafka->nparts, 1));
	for (int i = 0; i < kafka->nparts; i++)
	{
		DvPartitionStat *stat = &kafka->stats[i];
		int64_t		low;
		int64_t		high;

		strlcpy(stat->topic, kafka->parts[i]->topic, sizeof(stat->topic));
		stat->partition = kafka->parts[i]->partition;
		stat->next_offset = kafka->parts[i]->position;
		stat->high_watermark = -1;
		if (kafka->parts[i]->assigned &&
			rd_kafka_get_watermark_offsets(kafka->rk, stat->topic, stat->partition,
										   &low, &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
			high >= 0)
			stat->high_watermark = high;
	}
	*partitions = kafka->stats;
	return kafka->nparts;
}

int
dv_kafka_take_found(void *source, const DvPosition **positions)
{
	Kafka	   *kafka = source;
	int			n = kafka->nfound;

	kafka->nfound = 0;
	*positions = kafka->found;
	return n;
}

const char *
dv_kafka_trouble(void *source)
{
	Kafka	   *kafka = source;

	return kafka->down ? kafka->trouble : NULL;
}

const char *
dv_kafka_unmatched(void *source)
{
	return ((Kafka *) source)->unmatched;
}
