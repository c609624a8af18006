# Positions set by hand, with a worker and a broker: earliest, latest, an
# offset, and a message passed; what a worker that still runs does then.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
my $node = PostgreSQL::Test::Cluster->new('offsets');
$node->init;
$node->append_conf('postgresql.conf', <<'EOC');
shared_preload_libraries = 'datavault'
datavault.restart_interval = '200ms'
datavault.launcher_interval = '1s'
datavault.metadata_interval = '300ms'
datavault.backoff_max = '500ms'
EOC
$node->start;

my $document = <<'EOC';
{"name": "m", "schema": "vault", "hubs": {"thing": {"business_key": ["no text"]}},
 "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]}]}}}
EOC

sub sql { return $node->safe_psql('postgres', $_[0]); }

sub poll
{
	my ($query, $expected, $what) = @_;
	ok($node->poll_query_until('postgres', "SELECT ($query)::text", $expected), $what)
	  or diag($node->safe_psql('postgres', 'SELECT * FROM datavault.stat_subscription'));
}

my $position = q{SELECT next_offset FROM datavault.offset WHERE topic = 'w.thing' ORDER BY seq DESC LIMIT 1};
my $state = q{SELECT state FROM datavault.stat_subscription WHERE name = 's'};
my $at_rest = q{SELECT state || coalesce(pid, 0) FROM datavault.stat_subscription};
my $things = q{SELECT count(*) - 1 FROM vault.thing};

sub rest
{
	sql(q{SELECT datavault.disable_subscription('s')});
	poll($at_rest, 'disabled0', 'at rest');
}

sub message
{
	my ($id, $op) = @_;
	$op //= 'c';
	return qq({"id":$id}\t{"op":"$op","before":null,"after":{"id":$id,"no":"N$id"},)
	  . qq("source":{"version":"3.2.3.Final","connector":"postgresql","name":"w","ts_ms":1,"snapshot":"false",)
	  . qq("db":"d","sequence":"[\\"$id\\",\\"$id\\"]","schema":"public","table":"thing","txId":1,"lsn":$id},"ts_ms":1});
}

sql('CREATE EXTENSION datavault');
sql("SELECT datavault.apply_model('$document')");
sql(sprintf(q{CREATE SERVER k FOREIGN DATA WRAPPER datavault_kafka OPTIONS ("bootstrap.servers" '%s')},
		$kafka->address));
$kafka->create_topic('w.thing', 1);
$kafka->produce('w.thing', map { message($_) } 1 .. 10);
sql(q{SELECT datavault.create_subscription('s', 'k', 'm', '{w.*}')});
poll($position, '10', 'messages are consumed');
poll($state, 'idle', 'idle');

# Everything again: nothing is added, though every message is read.
rest();
my $before = sql('SELECT count(*) FROM vault.thing_status');
is(sql(q{SELECT datavault.reset_offsets('s', 'earliest')}), '1', 'one partition begins anew');
sql(q{SELECT datavault.enable_subscription('s')});
poll($position, '10', 'read again');
poll($state, 'idle', 'to the end');
is(sql('SELECT repeated FROM datavault.stat_subscription'), '10', 'as repetitions');
is(sql('SELECT count(*) FROM vault.thing_status'), $before, 'which add nothing');

# From an offset.
rest();
sql(q{SELECT datavault.reset_offsets('s', '7', 'w.thing', 0)});
sql(q{SELECT datavault.enable_subscription('s')});
poll($position, '10', 'read from an offset on');
poll($state, 'idle', 'to the end');
is(sql('SELECT repeated FROM datavault.stat_subscription'), '3', 'three messages');

# From the end; the end is kept before anything comes.
rest();
$kafka->produce('w.thing', map { message($_) } 11 .. 15);
sql(q{SELECT datavault.reset_offsets('s', 'latest')});
sql(q{SELECT datavault.enable_subscription('s')});
poll($position, '15', 'the end is found and kept');
rest();
$kafka->produce('w.thing', message(16));
sql(q{SELECT datavault.enable_subscription('s')});
poll($position, '16', 'what came after it while nobody looked is read');
is(sql($things), '11', 'and nothing in between');
is(sql(q{SELECT string_agg(no, ',' ORDER BY no) FROM vault.thing WHERE no > 'N10' AND no < 'N2'}), 'N16', 'the last one');

# A truncation stops; skipping passes it, and only it.
$kafka->produce('w.thing', message(17), message(18, 't'), message(19));
poll($state, 'stopped', 'a truncation stops');
like(sql('SELECT message FROM datavault.stat_subscription'),
	qr/before offset 17 of topic "w\.thing", partition 0: .*truncated\. .*skip_message/, 'where, and what to do');
is(sql($position), '17', 'in front of it');
isnt($node->psql('postgres', q{SELECT datavault.skip_message('s', 'w.thing', 0, 18)}), 0, 'not the one behind it');
sql(q{SELECT datavault.skip_message('s', 'w.thing', 0, 17)});
sql(q{SELECT datavault.enable_subscription('s')});
poll($position, '19', 'goes on behind it');
is(sql($things), '13', 'with everything else');
is(sql(q{SELECT action || old_offset || '>' || new_offset || (reason ~ 'truncated') FROM datavault.position_changes
		 WHERE action = 'skip'}), 'skip17>18true', 'a trace stays');

# A worker that does not know of its end is fenced off by new positions.
poll($state, 'idle', 'idle');
my $pid = sql('SELECT pid FROM datavault.stat_subscription');
kill 'STOP', $pid;
sql(q{UPDATE datavault.subscription SET enabled = false});
sql(q{SELECT datavault.reset_offsets('s', '18', 'w.thing', 0)});
sql(q{UPDATE datavault.subscription SET enabled = true});
$kafka->produce('w.thing', message(20));
my $log = -s $node->logfile;
kill 'CONT', $pid;
poll($position, '20', 'goes on from the new position');
ok($node->wait_for_log(qr/another worker has taken over/, $log), 'the one that slept was fenced off');
isnt(sql('SELECT pid FROM datavault.stat_subscription'), $pid, 'another one runs');
poll('SELECT repeated = 1 FROM datavault.stat_subscription', 'true', 'having read what is behind it again');

$node->stop;
$kafka->stop;
done_testing();
