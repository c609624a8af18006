# Many rejects: all are tried again, once, whoever else does the same; what is counted
# as rejected in a row was in a row.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vault;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
my $node = vault_node('rejects');
my $state = 'SELECT state FROM datavault.stat_subscription';
my $model = <<'EOM';
{"name": "m", "schema": "vault",
 "hubs": {"thing": {"business_key": ["no varchar(6)"]}},
 "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]}]}}}
EOM
my $all = 1600;

sub thing
{
	my ($id, $good) = @_;
	return event('thing', 'c', $id, { id => $id, no => $good ? "N$id" : "too long $id" });
}

sub held
{
	my ($database) = @_;
	return sql($node, $database, q{SELECT count(*) || ' ' || count(DISTINCT "offset") || ' ' || min(attempts) || ' ' || max(attempts)
		FROM datavault.held});
}

# More than one batch of retries takes, and none of them succeeds.
$kafka->produce('w.many', map { thing($_, 0) } 1 .. $all);
vault($node, 'many', $model, $kafka);
subscribe($node, 'many', 'w.many', '{"max_rejects_in_row": 0}');
poll($node, 'many', position(), $all, 'all are read');
is(held('many'), "$all $all 1 1", 'and rejected');
is(sql($node, 'many', q{SELECT retried || ' ' || rejected FROM datavault.retry_rejects('m')}), "0 $all", 'all are tried again');
is(held('many'), "$all $all 2 2", 'each once');
is(sql($node, 'many', 'SELECT count(*) FROM datavault.held_ready'), '0', 'nothing is left to be tried');

# Two at a time: the second finds nothing to do, and doubles nothing.
my @sessions = map { $node->background_psql('many') } 1 .. 2;
$sessions[0]->query_safe(q{BEGIN; SELECT datavault.retry_rejects('m')});
$sessions[1]->query_until(qr/asked/, "\\echo asked\nSELECT datavault.retry_rejects('m');\n");
ok($node->poll_query_until('many', q{SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)}), 'the second waits');
$sessions[0]->query_safe('COMMIT');
$_->quit for @sessions;
like(held('many'), qr/^$all $all /, 'each is held once');

# Wide enough, all are applied.
my $wide = $model =~ s/varchar\(6\)/varchar(20)/r;
sql($node, 'many', "SELECT datavault.apply_model('$wide')");
is(sql($node, 'many', q{SELECT retried || ' ' || rejected FROM datavault.retry_rejects('m')}), "$all 0", 'with a wider column');
is(sql($node, 'many', 'SELECT count(*) FROM vault.thing'), $all + 1, 'they are in the vault');

# Ten bad ones, twenty good ones, ten bad ones, in one batch: never fifteen in a row.
$kafka->produce('w.row', map { thing($_, $_ > 10 && $_ <= 30) } 1 .. 40);
vault($node, 'row', $model, $kafka);
subscribe($node, 'row', 'w.row', '{"max_rejects_in_row": 15}');
poll($node, 'row', position(), '40', 'ten in a row are not fifteen');
isnt(sql($node, 'row', $state), 'stopped', 'it goes on');
is(held('row'), '20 20 1 1', 'twenty are rejected');
$kafka->produce('w.row', map { thing($_, 0) } 41 .. 60);
poll($node, 'row', $state, 'stopped', 'but fifteen are');

$node->stop;
$kafka->stop;
done_testing();
