# What a partition no longer has: records that were read are not missed; those
# that were not stop the subscription, and so does a topic that is shorter than
# the stored position.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Utils;
use Test::More;
use Vault;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
my $node = vault_node('retention');

vault($node, 'v', <<'EOC', $kafka);
{"name": "m", "schema": "vault", "hubs": {"thing": {"business_key": ["no text"]}},
 "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]}]}}}
EOC

my $state = q{SELECT state FROM datavault.stat_subscription WHERE name = 's'};
my $message = q{SELECT message FROM datavault.stat_subscription WHERE name = 's'};

sub produce
{
	return $kafka->produce('w.thing', map { event('thing', 'c', $_, { id => $_, no => "N$_" }) } @_);
}

sub rest
{
	sql($node, 'v', q{SELECT datavault.disable_subscription('s')});
	poll($node, 'v', q{SELECT state || coalesce(pid, 0) FROM datavault.stat_subscription}, 'disabled0', 'it rests');
}

sub go_on { return sql($node, 'v', q{SELECT datavault.enable_subscription('s')}); }

$kafka->create_topic('w.thing', 1);
produce(1 .. 10);
subscribe($node, 'v', 'w.*');
poll($node, 'v', position(), '10', 'ten messages are read');

rest();
$kafka->delete_records('w.thing', 0, 10);
go_on();
poll($node, 'v', $state, 'idle', 'what was read may go, the last record too');
produce(11);
poll($node, 'v', position(), '11', 'and it goes on');

rest();
produce(12 .. 20);
$kafka->delete_records('w.thing', 0, 15);
go_on();
poll($node, 'v', $state, 'stopped', 'records that were not read are missed');
like(sql($node, 'v', $message), qr/retention_loss: .*begins at offset 15, after the stored position 11/,
	'it says which');

$kafka->delete_topic('w.thing');
for (1 .. 100)
{
	last unless $kafka->topic('--list') =~ /^w\.thing$/m;
}
$kafka->create_topic('w.thing', 1);
produce(101);
go_on();
poll($node, 'v', $state, 'stopped', 'a topic that is shorter is another one');
like(sql($node, 'v', $message), qr/topic_recreated: .*ends at offset 1, before the stored position 11/, 'it says so');

done_testing();
