# A source whose log positions begin anew stops the subscription, also after
# restarts; what only looks like it does not.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
my $node = PostgreSQL::Test::Cluster->new('source_reset');
$node->init;
$node->append_conf('postgresql.conf', <<'EOC');
shared_preload_libraries = 'datavault'
datavault.restart_interval = '200ms'
datavault.launcher_interval = '1s'
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
my $offset = 0;

# One change: end of the commit before (or null), LSN, commit time; a row of its own each.
sub change
{
	my ($commit, $lsn, $us, %more) = @_;
	my $id = $more{id} // $lsn;
	my $before = defined $commit ? qq(\\"$commit\\") : 'null';
	my $snapshot = $more{snapshot} // 'false';
	my $name = $more{name} // 'w';
	my $op = $snapshot eq 'false' ? 'c' : 'r';
	$offset++;
	return qq({"id":$id}\t{"op":"$op","before":null,"after":{"id":$id,"no":"N$id"},)
	  . qq("source":{"version":"3.2.3.Final","connector":"postgresql","name":"$name","ts_us":$us,"ts_ms":1,)
	  . qq("snapshot":"$snapshot","db":"d","sequence":"[$before,\\"$lsn\\"]","schema":"public","table":"thing",)
	  . qq("txId":1,"lsn":$lsn},"ts_ms":1});
}

sub passes
{
	my ($what, @lines) = @_;
	$kafka->produce('w.thing', @lines);
	poll($position, $offset, $what);
}

sub stops
{
	my ($what, $line) = @_;
	$kafka->produce('w.thing', $line);
	poll($state, 'stopped', $what);
	is(sql($position), $offset - 1, 'in front of it');
	like(sql('SELECT message FROM datavault.stat_subscription'),
		qr/^source_reset: stopped before offset @{[$offset - 1]} of topic .*partition 0: .*new vault.*reset_offsets/, 'and says why');
}

sql('CREATE EXTENSION datavault');
sql("SELECT datavault.apply_model('$document')");
sql(sprintf(q{CREATE SERVER k FOREIGN DATA WRAPPER datavault_kafka OPTIONS ("bootstrap.servers" '%s')},
		$kafka->address));
$kafka->create_topic('w.thing', 1);
sql(q{SELECT datavault.create_subscription('s', 'k', 'm', '{w.*}')});

passes('changes, the first without a commit before it',
	change(undef, 1000, 25), change(1100, 1200, 20));
passes('that one sent again, with a commit now, and later than what follows it',
	change(1000, 1000, 25), change(1100, 1200, 20), change(1300, 1400, 30), change(1500, 1600, 40));
passes('a stretch sent again', change(1100, 1200, 20), change(1300, 1400, 30), change(1500, 1600, 40), change(1700, 1800, 50));
passes('a clock that goes back', change(1900, 2000, 45), change(2100, 2200, 47));
passes('and then a stretch sent again: later than the last, not than all',
	change(1700, 1800, 50), change(1900, 2000, 45), change(2100, 2200, 47), change(2300, 2400, 48));
passes('rows of a blocking snapshot taken twice', change(2300, 2500, 1000, snapshot => 'true'),
	change(2600, 2700, 60), change(2300, 2500, 2000, snapshot => 'last'), change(2600, 2700, 60));
passes('and of an incremental one', change(1500, 1650, 3000, snapshot => 'incremental'));
passes('transactions that interleave', change(2800, 2650, 61), change(2900, 2850, 62));
sql(q{SELECT datavault.allow_connector('m', 'v')});
passes('another connector in the same topic', change(100, 7, 90, name => 'v'), change(3000, 2950, 63));

# Begun anew, told by what was seen before a restart.
poll($state, 'idle', 'idle');
$node->restart;
poll($state, 'idle', 'idle after a restart');
stops('begun anew', change(200, 300, 1_000, id => 9300));
is(sql(q{SELECT max_commit || ' ' || max_time || ' ' || connector FROM datavault.offset WHERE seq = (SELECT max(seq) FROM datavault.offset)}),
	'0/BB8 63 w', 'what was seen stands in the vault');
sql(q{SELECT datavault.enable_subscription('s')});
poll(q{SELECT generation > 2 AND NOT enabled FROM datavault.subscription}, 'true', 'enabling it alone stops it again');
is(sql($position), $offset - 1, 'at the same place');

# It was the clock, says somebody who knows.
sql(sprintf(q{SELECT datavault.reset_offsets('s', '%d', 'w.thing', 0)}, $offset - 1));
sql(q{SELECT datavault.enable_subscription('s')});
poll($position, $offset, 'told to, it goes on');
passes('from there', change(400, 500, 1_001, id => 9500));
stops('and notices the next one', change(350, 450, 1_002, id => 9450));

$node->stop;
$kafka->stop;
done_testing();
