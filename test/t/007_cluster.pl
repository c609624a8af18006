# The server around the worker: a standby and its promotion, a copy of the
# cluster and of the database, DROP DATABASE under a running worker, too few
# worker slots.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vault;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
my $model = <<'EOF';
{"name": "m", "schema": "vault", "hubs": {"thing": {"business_key": ["no text"]}},
 "satellites": {"thing_details": {"of": "thing", "columns": ["notes text"]}},
 "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text", "notes": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]}, {"satellite": "thing_details", "columns": ["notes"]}]}}}
EOF

my $state = 'SELECT state FROM datavault.stat_subscription';
my $workers = q{SELECT count(*) FROM pg_stat_activity WHERE backend_type ~ '^datavault (worker|scout)'};
my $n = 0;

sub more
{
	my ($count) = @_;
	my @lines = map { event('thing', $_ % 3 ? 'u' : 'c', $_, { id => $_ % 50, no => 'T' . $_ % 50, notes => "n $_" }) } $n + 1 .. $n + $count;

	$kafka->produce('w.all', @lines);
	$n += $count;
	return;
}

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', <<'EOF');
shared_preload_libraries = 'datavault'
datavault.restart_interval = '200ms'
datavault.launcher_interval = '1s'
datavault.metadata_interval = '300ms'
datavault.backoff_max = '500ms'
EOF
$primary->start;
vault($primary, 'one', $model, $kafka);
more(300);
subscribe($primary, 'one', 'w.all');
poll($primary, 'one', position(), $n, 'the primary reads');
$primary->backup('base');

# A standby reads nothing; promoted, it goes on where the primary was.
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
more(300);
poll($primary, 'one', position(), $n, 'the primary reads on');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is(sql($standby, 'one', position()), $n, 'the standby has the positions');
is(sql($standby, 'postgres', $workers), '0', 'and no worker');
$primary->stop;
more(300);
$standby->promote;
poll($standby, 'one', position(), $n, 'the promoted standby goes on');
poll($standby, 'one', $state, 'idle', 'to the end');

# A copied database does not consume until it is told to.
sql($standby, 'postgres', 'ALTER DATABASE one ALLOW_CONNECTIONS false');
sql($standby, 'postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'one'});
ok($standby->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'one'}),
	'the worker of a closed database goes');
sql($standby, 'postgres', 'CREATE DATABASE two TEMPLATE one');
sql($standby, 'postgres', "ALTER DATABASE $_ ALLOW_CONNECTIONS true") for ('one', 'two');
more(300);
poll($standby, 'one', position(), $n, 'opened again, it goes on');
poll($standby, 'two', $state, 'foreign', 'its copy does not');
is(sql($standby, 'two', position()), $n - 300, 'and stays where it was');
sql($standby, 'two', q{SELECT datavault.enable_subscription('s')});
poll($standby, 'two', position(), $n, 'until it is enabled');
poll($standby, 'two', $state, 'idle', 'then it runs');
is(digest($standby, 'two'), digest($standby, 'one'), 'both hold the same');

# DROP DATABASE under a running worker.
sql($standby, 'postgres', 'DROP DATABASE two WITH (FORCE)');
poll($standby, 'postgres', $workers =~ s/\(worker\|scout\)/worker/r, '1', 'the worker goes with its database');
more(300);
poll($standby, 'one', position(), $n, 'the other one is not disturbed');

# A database that somebody holds locked keeps only its own scout waiting.
sql($standby, 'postgres', 'CREATE DATABASE held');
my $holder = $standby->background_psql('postgres');
$holder->query_safe('BEGIN; ALTER DATABASE held RENAME TO hold');
my $waiting = q{SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'object' AND classid = 'pg_database'::regclass};
poll($standby, 'postgres', $waiting, '1', 'locked: a scout waits');
sql($standby, 'one', q{SELECT pg_terminate_backend(pid) FROM datavault.stat_subscription});
more(300);
poll($standby, 'one', position(), $n, 'locked: a worker elsewhere is started again');
sql($standby, 'one', q{SELECT datavault.disable_subscription('s')});
poll($standby, 'one', 'SELECT count(pid) FROM datavault.stat_subscription', '0', 'locked: and stopped');
sql($standby, 'one', q{SELECT datavault.enable_subscription('s')});
more(300);
poll($standby, 'one', position(), $n, 'locked: and started');
is(sql($standby, 'postgres', $waiting), '1', 'locked: still one scout');
$holder->query_safe('ROLLBACK');
$holder->quit;
poll($standby, 'postgres', $waiting, '0', 'locked: it comes in');
$standby->stop;

# Too few slots: the worker waits for one, and says why in the log.
$standby->append_conf('postgresql.conf', 'max_worker_processes = 2');
my $log = -s $standby->logfile;
$standby->start;
poll($standby, 'one', 'SELECT count(*) > 0 FROM datavault.stat_subscription', 'true', 'too few slots: the server runs');
$standby->wait_for_log(qr/out of background worker slots.*increase max_worker_processes/s, $log);
pass('too few slots: the log says so');
more(300);
$standby->append_conf('postgresql.conf', 'max_worker_processes = 8');
$standby->restart;
poll($standby, 'one', position(), $n, 'enough slots: it goes on');
is(sql($standby, 'one', 'SELECT count(*) FROM datavault.held'), '0', 'nothing is held');

$standby->stop;
$kafka->stop;
done_testing();
