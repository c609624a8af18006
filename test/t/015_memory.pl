# A worker keeps no memory for what it has read: at rest it holds no more after
# 240,000 events than after 60,000. bench/run memory does the same with a million.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vault;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
# Few buffers: resident memory counts those that a process has touched.
my $node = vault_node('memory', "shared_buffers = '4MB'\nmax_wal_size = '4GB'\nfsync = off\n");
my $n = 0;

# Event number $i, of one of 20,000 rows: many are made, so from one text.
my $text = event('thing', 'u', 54321, { id => 98765, no => 'T98765', name => 'name 54321' });

sub line
{
	my ($i) = @_;
	my $id = 10000 + $i % 20000;

	return $text =~ s/98765/$id/gr =~ s/54321/$i/gr;
}

# Which process the worker is, and its KiB once they have stayed the same for three seconds: what its
# allocator keeps goes back when nothing has come for one.
sub resident
{
	my $pid = sql($node, 'memory', 'SELECT pid FROM datavault.stat_subscription');
	my ($kib, $last, $same) = (0, -1, 0);

	for (1 .. 60)
	{
		($kib) = slurp_file("/proc/$pid/status") =~ /^VmRSS:\s+(\d+) kB$/m;
		$same = $kib == $last ? $same + 1 : 0;
		last if $same == 3;
		$last = $kib;
		sleep 1;
	}
	return ($pid, $kib);
}

sub more
{
	my ($count) = @_;

	$kafka->produce('w.thing', map { line($_) } $n + 1 .. $n + $count);
	$n += $count;
	poll($node, 'memory', position(), $n, "$n events are read");
	poll($node, 'memory', 'SELECT state FROM datavault.stat_subscription', 'idle', "$n events: at rest");
	return resident();
}

vault($node, 'memory', <<'EOM', $kafka);
{"name": "m", "schema": "vault", "hubs": {"thing": {"business_key": ["no text"]}},
 "satellites": {"thing_details": {"of": "thing", "columns": ["name text"]}},
 "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text", "name": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]}, {"satellite": "thing_details", "columns": ["name"]}]}}}
EOM
$kafka->create_topic('w.thing', 1);
subscribe($node, 'memory', 'w.thing');
my ($pid, $before) = more(60000);
my ($same, $after) = more(180000);
is($same, $pid, 'one process has read it all');
note("$before KiB, then $after KiB");
# Up to 64 MiB come and go with the moment at which the allocator gives back what it keeps.
$before = 64 * 1024 if $before < 64 * 1024;
cmp_ok($after, '<=', $before + 16 * 1024, 'its resident memory has not grown by more than 16 MiB');

$node->stop;
$kafka->stop;
done_testing();
