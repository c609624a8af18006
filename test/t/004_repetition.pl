# What comes twice: a stretch of events sent again adds not one row; of two
# workers on one partition one is fenced off, wherever it stood, and nothing is
# doubled or lost.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vault;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $lose = abs_path(dirname(__FILE__)) . '/lose/lose.so';
my $kafka = Kafka->new->start;
my $node = vault_node('repetition', "datavault.lock_timeout = '1s'\nlog_error_verbosity = verbose\n");
my $model = <<'EOF';
{"name": "m", "schema": "vault",
 "hubs": {"thing": {"business_key": ["no text"]}, "owner": {"business_key": ["no text"]}},
 "links": {"thing_owner": {"hubs": ["thing", "owner"], "effectivity": {"driving_key": ["thing"]}},
  "posting": {"hubs": ["owner"], "dependent_keys": ["line bigint"], "non_historized": true, "attributes": ["amount bigint"]}},
 "satellites": {"thing_details": {"of": "thing", "columns": ["name text"]}},
 "sources": {
  "public.owner": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text"},
   "loads": [{"hub": "owner", "business_key": ["no"]}]},
  "public.posting": {"primary_key": ["id"], "columns": {"id": "bigint", "owner_id": "bigint", "amount": "bigint"}, "immutable": true,
   "loads": [{"link": "posting", "hubs": {"owner": {"foreign_key": ["owner_id"], "references": "public.owner"}},
     "dependent_keys": {"line": "id"}, "attributes": ["amount"]}]},
  "public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text", "name": "text", "owner_id": "bigint"},
   "loads": [{"hub": "thing", "business_key": ["no"]},
    {"link": "thing_owner", "hubs": {"thing": "own", "owner": {"foreign_key": ["owner_id"], "references": "public.owner"}}},
    {"satellite": "thing_details", "columns": ["name"]}]}}}
EOF

my $row = 'SELECT %s FROM datavault.stat_subscription';
my $state = sprintf $row, 'state';
my $pid = sprintf $row, 'pid';
my $generation = 'SELECT generation FROM datavault.subscription';

# Owners, postings, and things that come, change (also their key and owner), go,
# and come again, each in turn.
sub message
{
	my ($n) = @_;
	my $id = $n % 100;
	my $turn = int($n / 100) % 6;
	my $thing = { id => $id, no => "T$id", name => "name $n", owner_id => $n % 7 };

	return event('owner', 'c', $n, { id => $n, no => "O$n" }) if $n < 7;
	return event('posting', 'c', $n, { id => $n, owner_id => $n % 7, amount => $n }) if $n % 5 == 0;
	$thing->{no} = "T$id moved" if $turn == 3;
	return event('thing', ('c', 'u', 'u', 'u', 'd', 'c')[$turn], $n, $thing);
}

sub produced { my ($from, $to) = @_; $kafka->produce('w.all', map { message($_) } $from .. $to); return; }

vault($node, 'one', $model, $kafka);
vault($node, 'two', $model, $kafka);

# A repeated stretch, to a worker that goes on, and to one that starts in it.
produced(0, 2999);
subscribe($node, 'one', 'w.all');
poll($node, 'one', position(), '3000', 'consumed');
my $rows = rows_of($node, 'one');
like($rows, qr/vault\.thing_details=[1-9]\d\d+ /, 'there are rows');
produced(1000, 1999);
poll($node, 'one', position(), '4000', 'a repeated stretch of 1,000 events is read');
is(rows_of($node, 'one'), $rows, 'and adds not one row to any table');
sql($node, 'one', q{SELECT datavault.disable_subscription('s')});
poll($node, 'one', sprintf($row, 'pid IS NULL'), 'true', 'the worker is gone');
produced(2000, 2999);
sql($node, 'one', q{SELECT datavault.enable_subscription('s')});
poll($node, 'one', position(), '5000', 'another one is read by the next worker');
is(rows_of($node, 'one'), $rows, 'and adds none either');
is(sql($node, 'one', sprintf($row, 'repeated > 0')), 't', 'it is counted');

# Two workers. The server is told that the first is gone, while it is not.
sql($node, 'one', "CREATE FUNCTION lose_worker(integer) RETURNS integer LANGUAGE c STRICT AS '$lose', 'lose_worker'");
my ($end, $log) = (2999, 0);

sub lose { return sql($node, 'one', 'SELECT lose_worker(id) FROM datavault.subscription'); }

sub more { my ($count) = @_; produced($end + 1, $end + $count); $end += $count; return; }

sub fenced
{
	my ($first, $what) = @_;
	my $line = qr/\[$first\][^\n]*ERROR:  DV001: another worker has taken over the subscription/;

	$node->wait_for_log($line, $log);
	pass("$what: the first one is fenced off");
	poll($node, 'one', position(), $end + 2001, "$what: the second one reads all");
	poll($node, 'one', $state, 'idle', "$what: and stays");
	is(sql($node, 'one', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'datavault worker'}),
		'1', "$what: one is left");
	$log = -s $node->logfile;
	return;
}

# Where the first one sleeps, without a transaction.
my $before = sql($node, 'one', $generation);
my $first = sql($node, 'one', $pid);
kill 'STOP', $first or die;
is(lose(), $first, 'asleep: it counts as gone');
more(1500);
poll($node, 'one', position(), $end + 2001, 'asleep: another worker reads on');
is(sql($node, 'one', $generation), $before + 1, 'asleep: under a new generation');
kill 'CONT', $first or die;
fenced($first, 'asleep');

# In the middle of its transaction, which holds rows that the second one needs.
$first = sql($node, 'one', $pid);
my $user = $node->background_psql('one');
$user->query_safe('BEGIN; LOCK TABLE vault.thing_details IN ACCESS EXCLUSIVE MODE');
more(1500);
poll($node, 'one', "SELECT wait_event_type FROM pg_stat_activity WHERE pid = $first", 'Lock', 'in a transaction: it waits');
kill 'STOP', $first or die;
lose();
poll($node, 'one', "$generation WHERE generation > $before + 1", $before + 2, 'in a transaction: another has come');
$user->query_safe('COMMIT');
$user->quit;
poll($node, 'one', "SELECT state IN ('idle', 'backoff') FROM datavault.stat_subscription", 'true',
	'in a transaction: it works, or waits for the one that sleeps');
kill 'CONT', $first or die;
fenced($first, 'in a transaction');

# Both awake, in small batches.
sql($node, 'one', q{SELECT datavault.alter_subscription('s', '{"batch_rows": 2}')});
for my $round (1 .. 3)
{
	$first = sql($node, 'one', $pid);
	my $starts = sql($node, 'one', position());
	more(2000);
	poll($node, 'one', '(' . position() . ") > $starts", 'true', "awake, $round: it is at work");
	$before = sql($node, 'one', $generation);
	lose();
	poll($node, 'one', $generation, $before + 1, "awake, $round: another has come");
	more(500);
	fenced($first, "awake, $round");
}

# All of it as by one worker.
subscribe($node, 'two', 'w.all');
poll($node, 'two', position(), $end + 2001, 'another vault reads the same');
is(digest($node, 'one'), digest($node, 'two'), 'and holds the same');
is(sql($node, $_, 'SELECT count(*) FROM datavault.held'), '0', 'nothing is held') for ('one', 'two');
unlike(slurp_file($node->logfile), qr/ERROR: ++(?!DV001)/, 'being fenced off is all that went wrong');

$node->stop;
$kafka->stop;
done_testing();
