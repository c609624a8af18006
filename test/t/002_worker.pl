# The worker against a real broker: each message once, whatever is restarted,
# ended or misconfigured meanwhile, and a reason in sight when it does not run.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
my $node = PostgreSQL::Test::Cluster->new('worker');
$node->init;
$node->append_conf('postgresql.conf', <<'EOF');
shared_preload_libraries = 'datavault'
datavault.restart_interval = '200ms'
datavault.launcher_interval = '1s'
datavault.metadata_interval = '300ms'
datavault.backoff_max = '500ms'
EOF
$node->start;

my $document = <<'EOF';
{"name": "m", "schema": "vault", "hubs": {"thing": {"business_key": ["no text"]}},
 "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]}]}}}
EOF

sub sql { return $node->safe_psql('postgres', $_[0]); }

sub poll
{
	my ($query, $expected, $what) = @_;
	ok($node->poll_query_until('postgres', "SELECT ($query)::text", $expected), $what)
	  or diag($node->safe_psql('postgres', 'SELECT * FROM datavault.stat_subscription'));
}

# Where the subscription stands: the sum over its partitions.
sub position
{
	return 'SELECT sum(next_offset) FROM (SELECT DISTINCT ON (topic, partition) next_offset '
	  . 'FROM datavault.offset ORDER BY topic, partition, seq DESC) o';
}

my $state = q{SELECT state FROM datavault.stat_subscription WHERE name = 's'};
my $pid = q{SELECT pid FROM datavault.stat_subscription WHERE name = 's'};

sql('CREATE EXTENSION datavault');
sql("SELECT datavault.apply_model('$document')");
sql(sprintf(q{CREATE SERVER k FOREIGN DATA WRAPPER datavault_kafka OPTIONS ("bootstrap.servers" '%s')},
		$kafka->address));

sub message
{
	my ($id) = @_;
	return qq({"id":$id}\t{"op":"c","before":null,"after":{"id":$id,"no":"N$id"},)
	  . qq("source":{"version":"3.2.3.Final","connector":"postgresql","name":"w","ts_ms":1,"snapshot":"false",)
	  . qq("db":"d","sequence":"[\\"$id\\",\\"$id\\"]","schema":"public","table":"thing","txId":1,"lsn":$id},"ts_ms":1});
}

# Consume.
$kafka->create_topic('w.thing', 1);
$kafka->produce('w.thing', map { message($_) } 1 .. 10);
sql(q{SELECT datavault.create_subscription('s', 'k', 'm', '{w.*}')});
poll(position(), '10', 'messages are consumed');
poll($state, 'idle', 'then it is idle');
poll(q{SELECT lag FROM datavault.stat_partition WHERE topic = 'w.thing'}, '0', 'no lag');
is(sql(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'datavault worker'
		 AND application_name = 'datavault s'}), '1', 'it can be seen');

# Restart.
$node->restart;
$kafka->produce('w.thing', map { message($_) } 11 .. 20);
poll(position(), '20', 'goes on after a restart of the server');

# Terminate, cancel.
poll($state, 'idle', 'idle again');
my $old = sql($pid);
sql("SELECT pg_terminate_backend($old)");
poll("SELECT pid IS NOT NULL AND pid <> $old FROM datavault.stat_subscription", 'true',
	'another worker comes after a termination');
$kafka->produce('w.thing', message(21));
poll(position(), '21', 'and goes on');

# A new topic, found while running; a partition more.
$kafka->create_topic('w.other', 1);
$kafka->produce('w.other', message(22));
poll(position(), '22', 'a new topic is found');
$kafka->topic('--alter', '--topic', 'w.other', '--partitions', 2);
$kafka->produce('w.other', map { message($_) } 23 .. 42);
poll(position(), '42', 'a new partition is found');

# Another worker takes over.
poll($state, 'idle', 'idle before fencing');
my $starts = sql('SELECT starts FROM datavault.stat_subscription');
sql(q{INSERT INTO datavault.offset SELECT DISTINCT ON (topic, partition) subscription_id, topic, partition, seq + 1,
	  generation + 1, next_offset, last_offset, last_timestamp, last_crc FROM datavault.offset
	  ORDER BY topic, partition, seq DESC});
my $log = -s $node->logfile;
$kafka->produce('w.thing', message(43));
poll(position(), '43', 'goes on after it was fenced');
ok($node->wait_for_log(qr/another worker has taken over/, $log), 'the fenced one says so');
cmp_ok(sql('SELECT starts FROM datavault.stat_subscription'), '>', $starts, 'and was started again');

# A pattern that no topic matches: said, and no longer when one does.
my $message = q{SELECT coalesce(message, '') FROM datavault.stat_subscription};
$log = -s $node->logfile;
poll($message, '', 'nothing to say before');
sql(q{SELECT datavault.alter_subscription('s', '{"topics": ["w.*", "late.*", "later"]}')});
poll($message, 'no topic matches "late.*", "later" yet', 'patterns without a topic are named');
is(sql($state), 'idle', 'it is idle all the same');
$kafka->produce('w.thing', message(44));
poll(position(), '44', 'what matches is read');
poll($message, 'no topic matches "late.*", "later" yet', 'and the rest is still named');
$kafka->create_topic('late.thing', 1);
poll($message, 'no topic matches "later" yet', 'until its topic is there');
is(scalar(() = substr(slurp_file($node->logfile), $log) =~ /no topic matches/g), 1, 'the log says it once');
sql(q{SELECT datavault.alter_subscription('s', '{"topics": ["w.*"]}')});
poll($message, '', 'nothing to say again');

# Wrong address: state, message, and no flood.
$log = -s $node->logfile;
sql(q{ALTER SERVER k OPTIONS (SET "bootstrap.servers" '127.0.0.1:1')});
poll($state, 'backoff', 'a wrong address makes it wait');
like(sql('SELECT message FROM datavault.stat_subscription'), qr/broker: .*127\.0\.0\.1:1\b/, 'and say why');
sleep(3);
my $lines = () = substr(slurp_file($node->logfile), $log) =~ /waits:|Kafka client/g;
cmp_ok($lines, '<', 4, "without flooding the log ($lines lines)");
sql(sprintf(q{ALTER SERVER k OPTIONS (SET "bootstrap.servers" '%s')}, $kafka->address));
$kafka->produce('w.thing', message(45));
poll(position(), '45', 'the right address is taken up without a restart');

# A broker that keeps its connections and answers nothing.
poll($state, 'idle', 'idle before the broker is held');
$kafka->signal('STOP');
poll($state, 'backoff', 'a broker that does not answer makes it wait');
like(sql('SELECT message FROM datavault.stat_subscription'), qr/^broker: could not read the list of topics/, 'and say why');
$kafka->signal('CONT');
poll($state, 'idle', 'and it goes on by itself');

# A broker that may hold a fetch for long answers the question behind it.
sql(q{ALTER SERVER k OPTIONS (ADD "fetch.wait.max.ms" '2500')});
poll($state, 'idle', 'idle with long fetches');
$log = -s $node->logfile;
sleep(8);
unlike(substr(slurp_file($node->logfile), $log), qr/waits:/, 'which are no outage');
sql(q{ALTER SERVER k OPTIONS (DROP "fetch.wait.max.ms")});

# Broker gone and back.
$kafka->stop;
poll($state, 'backoff', 'a broker that is gone makes it wait');
$kafka->start;
$kafka->produce('w.thing', message(46));
poll(position(), '46', 'and it goes on when the broker is back');

# Disable, enable.
sql(q{SELECT datavault.disable_subscription('s')});
poll(q{SELECT state || coalesce(pid, 0) FROM datavault.stat_subscription}, 'disabled0', 'disabled');
is(sql(q{SELECT coalesce(sum(lag), -1) FROM datavault.stat_partition}), '-1', 'a lag that nobody knows is not 0');
$kafka->produce('w.thing', message(47));
sql(q{SELECT datavault.enable_subscription('s')});
poll(position(), '47', 'enabled');

# Stop at the first error.
sql(q{SELECT datavault.alter_subscription('s', '{"on_error": "stop"}')});
$kafka->produce('w.thing', "k\tSTOP");
poll($state, 'stopped', 'stops at the first error');
is(sql(position()), '47', 'in front of it');
is(sql('SELECT enabled FROM datavault.subscription'), 'f', 'for good');
sql(q{SELECT datavault.alter_subscription('s', '{"on_error": "reject"}')});
is(sql(q{SELECT message ~ '^apply: ' FROM datavault.stat_subscription}), 't', 'says why');

# The topic is another one than before.
$kafka->delete_topic('w.thing');
sleep(1);
$kafka->create_topic('w.thing', 1);
$kafka->produce('w.thing', map { message($_) } 101 .. 200);
sql(q{SELECT datavault.enable_subscription('s')});
poll($state, 'stopped', 'a topic made anew stops it');
like(sql('SELECT message FROM datavault.stat_subscription'), qr/^topic_recreated: .*reset_offsets/, 'with a hint');

# DROP EXTENSION under a running worker.
sql(q{SELECT datavault.drop_subscription('s')});
is(sql('SELECT count(*) FROM datavault.offset'), '0', 'positions go with the subscription');
sql(q{SELECT datavault.create_subscription('s', 'k', 'm', '{w.other}')});
poll($state, 'idle', 'runs');
sql('DROP EXTENSION datavault CASCADE');
poll(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'datavault worker'}, '0',
	'leaves with the extension');
sql('CREATE DATABASE copy TEMPLATE template1; DROP DATABASE copy');

$node->stop;
$kafka->stop;
done_testing();
