/*
 * kafka_option.c
 *		Which librdkafka options a SERVER or USER MAPPING may carry (an
 *		allow-list; values are tried on a scratch configuration), and the
 *		configuration that a client gets of them.
 */
#include "postgres.h"

#include <librdkafka/rdkafka.h>

#include "commands/defrem.h"
#include "utils/varlena.h"

#include "source_kafka.h"

typedef enum OptionKind
{
	PLAIN,						/* SERVER */
	FILE_NAME,					/* SERVER, superusers: the server reads that file */
	CREDENTIAL,					/* USER MAPPING, not secret in itself */
	SECRET						/* USER MAPPING */
} OptionKind;

static const struct
{
	const char *name;
	OptionKind	kind;
}			allowed[] =
{
	{"bootstrap.servers", PLAIN},
	{"metadata.broker.list", PLAIN},
	{"broker.address.family", PLAIN},
	{"broker.address.ttl", PLAIN},
	{"broker.version.fallback", PLAIN},
	{"api.version.request", PLAIN},
	{"api.version.request.timeout.ms", PLAIN},
	{"check.crcs", PLAIN},
	{"client.id", PLAIN},
	{"client.rack", PLAIN},
	{"connections.max.idle.ms", PLAIN},
	{"enable.ssl.certificate.verification", PLAIN},
	{"fetch.error.backoff.ms", PLAIN},
	{"fetch.max.bytes", PLAIN},
	{"fetch.message.max.bytes", PLAIN},
	{"fetch.min.bytes", PLAIN},
	{"fetch.wait.max.ms", PLAIN},
	{"isolation.level", PLAIN},
	{"max.in.flight.requests.per.connection", PLAIN},
	{"max.partition.fetch.bytes", PLAIN},
	{"message.max.bytes", PLAIN},
	{"metadata.max.age.ms", PLAIN},
	{"queued.max.messages.kbytes", PLAIN},
	{"queued.min.messages", PLAIN},
	{"receive.message.max.bytes", PLAIN},
	{"reconnect.backoff.max.ms", PLAIN},
	{"reconnect.backoff.ms", PLAIN},
	{"retry.backoff.ms", PLAIN},
	{"sasl.kerberos.principal", PLAIN},
	{"sasl.kerberos.service.name", PLAIN},
	{"sasl.mechanism", PLAIN},
	{"sasl.mechanisms", PLAIN},
	{"security.protocol", PLAIN},
	{"socket.blocking.max.ms", PLAIN},
	{"socket.connection.setup.timeout.ms", PLAIN},
	{"socket.keepalive.enable", PLAIN},
	{"socket.max.fails", PLAIN},
	{"socket.nagle.disable", PLAIN},
	{"socket.receive.buffer.bytes", PLAIN},
	{"socket.send.buffer.bytes", PLAIN},
	{"socket.timeout.ms", PLAIN},
	{"ssl.cipher.suites", PLAIN},
	{"ssl.curves.list", PLAIN},
	{"ssl.endpoint.identification.algorithm", PLAIN},
	{"ssl.sigalgs.list", PLAIN},
	{"topic.metadata.refresh.fast.interval.ms", PLAIN},
	{"topic.metadata.refresh.interval.ms", PLAIN},
	{"topic.metadata.refresh.sparse", PLAIN},
	{"sasl.kerberos.keytab", FILE_NAME},
	{"ssl.ca.location", FILE_NAME},
	{"ssl.certificate.location", FILE_NAME},
	{"ssl.crl.location", FILE_NAME},
	{"ssl.key.location", FILE_NAME},
	{"ssl.keystore.location", FILE_NAME},
	{"sasl.username", CREDENTIAL},
	{"ssl.ca.pem", CREDENTIAL},
	{"ssl.certificate.pem", CREDENTIAL},
	{"sasl.password", SECRET},
	{"ssl.key.password", SECRET},
	{"ssl.key.pem", SECRET},
	{"ssl.keystore.password", SECRET},
};

/* Options people try that are ours to set. */
static const char *const ours[] = {
	"auto.offset.reset", "enable.auto.commit", "enable.auto.offset.store",
	"enable.partition.eof", "group.id", "log.queue",
};

static bool
is_ours(const char *name)
{
	for (int i = 0; i < (int) lengthof(ours); i++)
		if (strcmp(ours[i], name) == 0)
			return true;
	return false;
}

/* The allowed name nearest to a mistyped one; NULL if none is near. */
static const char *
nearest_name(DvOptionPlace place, const char *name)
{
	const char *nearest = NULL;
	int			best = 5;

	if (strlen(name) > 200)
		return NULL;
	for (int i = 0; i < (int) lengthof(allowed); i++)
	{
		int			distance;

		if ((place == DV_OPTION_SERVER) != (allowed[i].kind <= FILE_NAME))
			continue;
		distance = varstr_levenshtein(name, strlen(name), allowed[i].name,
									  strlen(allowed[i].name), 1, 1, 1, true);
		if (distance < best)
		{
			best = distance;
			nearest = allowed[i].name;
		}
	}
	return nearest;
}

static void
raise_unknown(DvOptionPlace place, const char *name)
{
	const char *nearest = nearest_name(place, name);

	if (is_ours(name))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("option \"%s\" cannot be set", name),
				 errdetail("Positions are kept in the vault: datavault sets this option itself."),
				 errhint("Leave the option out.")));
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\"", name),
			 nearest ? errhint("Perhaps you meant the option \"%s\".", nearest) :
			 place == DV_OPTION_SERVER ?
			 errhint("Options of a server are those of a Kafka consumer, for example \"bootstrap.servers\", \"security.protocol\", \"fetch.min.bytes\".") :
			 errhint("Options of a user mapping are \"sasl.username\", \"sasl.password\", \"ssl.certificate.pem\", \"ssl.key.pem\", \"ssl.key.password\", \"ssl.ca.pem\".")));
}

/* Does librdkafka take the value? */
static void
try_value(const char *name, const char *value, bool show)
{
	char		reason[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, reason, sizeof(reason));

	rd_kafka_conf_destroy(conf);
	if (result == RD_KAFKA_CONF_OK)
		return;
	if (!show)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for option \"%s\"", name),
				 errhint("Give the text itself, for a PEM with its BEGIN and END lines.")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"%s\": \"%s\"", name, value),
			 errdetail_internal("%s.", reason),
			 errhint("See the consumer options of librdkafka.")));
}

static void
check_place(DvOptionPlace place, const char *name, OptionKind kind, bool superuser)
{
	if (place == DV_OPTION_SERVER && kind >= CREDENTIAL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("option \"%s\" is not allowed in a server", name),
				 errdetail("Options of a server can be read by everybody."),
				 errhint("Set it in CREATE USER MAPPING.")));
	if (place == DV_OPTION_MAPPING && kind < CREDENTIAL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("option \"%s\" is not allowed in a user mapping", name),
				 errhint("Set it in CREATE SERVER or ALTER SERVER.")));
	if (kind == FILE_NAME && !superuser)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to set option \"%s\"", name),
				 errdetail("Only superusers can name files that the server reads."),
				 errhint("Put the PEM text into the user mapping: \"ssl.ca.pem\", \"ssl.certificate.pem\", \"ssl.key.pem\".")));
}

void
dv_kafka_check_option(DvOptionPlace place, const char *name, const char *value,
					  bool superuser)
{
	for (int i = 0; i < (int) lengthof(allowed); i++)
	{
		if (strcmp(allowed[i].name, name) != 0)
			continue;
		check_place(place, name, allowed[i].kind, superuser);
		try_value(name, value, allowed[i].kind < CREDENTIAL);
		return;
	}
	raise_unknown(place, name);
}

static bool
set_all(rd_kafka_conf_t *conf, const char *const (*options)[2], int n, const char **refused)
{
	for (int i = 0; i < n; i++)
	{
		*refused = options[i][0];
		if (rd_kafka_conf_set(conf, options[i][0], options[i][1], NULL, 0) != RD_KAFKA_CONF_OK)
			return false;
	}
	return true;
}

static bool
set_users(rd_kafka_conf_t *conf, const List *options, const char **refused)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);

		*refused = option->defname;
		if (rd_kafka_conf_set(conf, option->defname, defGetString(option), NULL, 0) != RD_KAFKA_CONF_OK)
			return false;
	}
	return true;
}

/* Defaults that users may change, their options, then what is ours. */
struct rd_kafka_conf_s *
dv_kafka_configure(const List *options, const char **refused)
{
	static const char *const defaults[][2] = {
		{"client.id", "datavault"},
		{"check.crcs", "true"},
		{"fetch.wait.max.ms", "50"},
		{"fetch.min.bytes", "1"},
		{"fetch.message.max.bytes", "1048576"},
		{"fetch.max.bytes", "16777216"},
		{"receive.message.max.bytes", "134217728"},
		{"queued.max.messages.kbytes", "65536"},
		{"reconnect.backoff.max.ms", "5000"},
		{"topic.metadata.refresh.interval.ms", "30000"},
	};
	static const char *const fixed[][2] = {
		{"enable.auto.commit", "false"},
		{"enable.auto.offset.store", "false"},
		{"auto.offset.reset", "error"},
		{"enable.partition.eof", "true"},
		{"allow.auto.create.topics", "false"},
		{"log.queue", "true"},
		{"group.id", "datavault"},
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	if (set_all(conf, defaults, lengthof(defaults), refused) &&
		set_users(conf, options, refused) &&
		set_all(conf, fixed, lengthof(fixed), refused))
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}

/* '*' stands for any run of characters; linear with one point of return. */
bool
dv_glob_match(const char *glob, const char *name)
{
	const char *star = NULL;
	const char *mark = NULL;

	while (*name)
	{
		if (*glob == '*')
		{
			star = glob++;
			mark = name;
		}
		else if (*glob == *name)
		{
			glob++;
			name++;
		}
		else if (star)
		{
			glob = star + 1;
			name = ++mark;
		}
		else
			return false;
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}
