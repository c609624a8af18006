# A first load stops asking whether keys are there (src/write.c) until one is:
# then that batch is undone and repeated with care, and nothing is rejected.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vault;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
my $node = vault_node('first_load');
my $model = <<'EOF';
{"name": "m", "schema": "vault", "hubs": {"thing": {"business_key": ["no text"]}},
 "satellites": {"thing_details": {"of": "thing", "columns": ["name text"]}},
 "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text", "name": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]}, {"satellite": "thing_details", "columns": ["name"]}]}}}
EOF
my $rows = 9000;
my $shared = 7000;

# Row 7,000 has the business key of row 1.
sub message
{
	my ($n) = @_;
	return event('thing', 'c', $n, { id => $n, no => 'T' . ($n == $shared ? 1 : $n), name => "name $n" });
}

$kafka->create_topic('w.thing', 1);
$kafka->produce('w.thing', map { message($_) } 1 .. $rows);
# batches of 500 are too small for that haste
for my $case ([ 'hasty', 1500 ], [ 'careful', 500 ])
{
	my ($database, $batch) = @$case;
	my $undone = "SELECT xact_rollback FROM pg_stat_database WHERE datname = '$database'";

	vault($node, $database, $model, $kafka);
	my $before = sql($node, 'postgres', $undone);
	subscribe($node, $database, 'w.thing', qq({"batch_rows": $batch}));
	poll($node, $database, position(), $rows, "$database: everything is read");
	poll($node, $database, 'SELECT state FROM datavault.stat_subscription', 'idle', "$database: and done");
	is(sql($node, $database, 'SELECT count(*) FROM datavault.held'), '0', "$database: nothing is held");
	is(sql($node, $database, q{SELECT count(*) FROM vault.thing WHERE no LIKE 'T%'}), $rows - 1, "$database: one row a key");
	is(sql($node, $database, "SELECT count(*) FROM vault.thing_details WHERE operation = 'c'"), $rows, "$database: all versions");
	is(sql($node, 'postgres', $undone) - $before, $database eq 'hasty' ? 1 : 0, "$database: batches undone");
	sql($node, $database, q{SELECT datavault.disable_subscription('s')});
}
is(digest($node, 'hasty'), digest($node, 'careful'), 'both hold the same');

# Somebody else inserts the same key of a hub at the same time: the worker waits for him, and goes on.
vault($node, 'rival', $model, $kafka);
$kafka->create_topic('w.rival', 1);
subscribe($node, 'rival', 'w.rival');
$kafka->produce('w.rival', map { message($_) } 1 .. 10);
poll($node, 'rival', position(), 10, 'rival: goes');
my $rival = $node->background_psql('rival');
my $insert = q{INSERT INTO vault.thing SELECT datavault.hash_key(no), no, now(), 'by hand' FROM unnest('{T15,T12}'::text[]) no};
$rival->query_safe("BEGIN; $insert");
$kafka->produce('w.rival', map { message($_) } 11 .. 20);
poll($node, 'rival', q{SELECT count(*) > 0 FROM pg_locks JOIN pg_stat_activity USING (pid)
	WHERE NOT granted AND locktype = 'transactionid' AND backend_type = 'datavault worker'}, 'true', 'rival: it waits');
is(sql($node, 'rival', position()), 10, 'rival: for what is not committed');
$rival->query_safe('COMMIT');
$rival->quit;
poll($node, 'rival', position(), 20, 'rival: and goes on');
is(sql($node, 'rival', q{SELECT count(*) || ' ' || count(DISTINCT no) FROM vault.thing WHERE no LIKE 'T%'}), '20 20', 'rival: one row a key');
is(sql($node, 'rival', 'SELECT count(*) FROM vault.thing_current'), '20', 'rival: with what hangs on it');
is(sql($node, 'rival', 'SELECT count(*) FROM datavault.held'), '0', 'rival: nothing is held');

$node->stop;
$kafka->stop;
done_testing();
