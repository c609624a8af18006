# Parked messages that reach parent_max_age: they show as rejects, wait on, and
# are applied when their parent comes, whatever was restarted or renamed.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
my $node = PostgreSQL::Test::Cluster->new('parent_age');
$node->init;
$node->append_conf('postgresql.conf', <<'EOC');
shared_preload_libraries = 'datavault'
datavault.restart_interval = '200ms'
datavault.launcher_interval = '1s'
datavault.backoff_max = '500ms'
EOC
$node->start;

my $document = <<'EOC';
{"name": "m", "schema": "vault",
 "hubs": {"owner": {"business_key": ["no text"]}, "thing": {"business_key": ["no text"]}},
 "links": {"thing_owner": {"hubs": ["thing", "owner"]}},
 "sources": {
  "public.owner": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text"},
   "loads": [{"hub": "owner", "business_key": ["no"]}]},
  "public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text", "owner_id": "bigint"},
   "loads": [{"hub": "thing", "business_key": ["no"]},
             {"link": "thing_owner", "hubs": {"thing": "own", "owner": {"foreign_key": ["owner_id"], "references": "public.owner"}}}]}}}
EOC

sub sql { return $node->safe_psql('postgres', $_[0]); }

sub poll
{
	my ($query, $expected, $what) = @_;
	ok($node->poll_query_until('postgres', "SELECT ($query)::text", $expected), $what)
	  or diag($node->safe_psql('postgres', 'SELECT * FROM datavault.held'));
}

my $held = q{SELECT coalesce(string_agg(reason || coalesce(':' || class, ''), ',' ORDER BY id), '') FROM datavault.held};
my $state = q{SELECT state FROM datavault.stat_subscription};
my $links = 'SELECT count(*) FROM vault.thing_owner_current';
my $lsn = 1000;

sub message
{
	my ($table, $id, $more) = @_;
	$lsn += 10;
	return qq({"id":$id}\t{"op":"c","before":null,"after":{"id":$id,"no":"N$id"$more},)
	  . qq("source":{"version":"3.2.3.Final","connector":"postgresql","name":"w","ts_ms":1,"snapshot":"false",)
	  . qq("db":"d","sequence":"[\\"$lsn\\",\\"$lsn\\"]","schema":"public","table":"$table","txId":1,"lsn":$lsn},"ts_ms":1});
}

sql('CREATE EXTENSION datavault');
sql("SELECT datavault.apply_model('$document')");
sql(sprintf(q{CREATE SERVER k FOREIGN DATA WRAPPER datavault_kafka OPTIONS ("bootstrap.servers" '%s')},
		$kafka->address));
$kafka->create_topic('w.thing', 1);
$kafka->create_topic('w.owner', 1);
sql(q{SELECT datavault.create_subscription('s', 'k', 'm', '{w.*}')});

# Without a limit it waits.
$kafka->produce('w.thing', message('thing', 1, ',"owner_id":7'));
poll($held, 'parent', 'parked');
poll($state, 'idle', 'idle');
sql(q{UPDATE datavault.held SET held_at = held_at - interval '100 days'});
$kafka->produce('w.thing', message('thing', 2, ',"owner_id":8'));
poll($held, 'parent,parent', 'however old it is');

# With one: only what is older.
sql(q{SELECT datavault.alter_subscription('s', '{"parent_max_age": "1 hour"}')});
poll($held, 'rejected:parent_missing,parent', 'the old one becomes a reject, the young one does not');
is(sql(q{SELECT sqlstate || '|' || message || '|' || detail FROM datavault.rejects}),
	'23503|a row that it refers to has not come within 3600 s|It waits for a row of public.owner.', 'and says why');
is(sql(q{SELECT rejects || ' ' || parked || ' ' || state FROM datavault.stat_subscription}), '1 1 idle',
	'it is counted among the rejects and stops nothing');

# Retried in vain it waits, and is a reject again; who retries does not matter.
is(sql(q{SELECT parked FROM datavault.retry_rejects('m')}), '1', 'a retry parks it');
is(sql(q{SELECT string_agg(subscription, ',') FROM datavault.held}), 's,s', 'for its subscription still');
poll($held, 'rejected:parent_missing,parent', 'and it is a reject again')
  if sql(q{SELECT datavault.alter_subscription('s', '{"parent_max_age": "61 minutes"}')}) eq '';

# Across a new name and a restart the parent's arrival applies it.
sql(q{SELECT datavault.alter_subscription('s', '{"name": "t"}')});
$node->restart;
poll($state, 'idle', 'idle after a restart');
sql(q{UPDATE datavault.held SET held_at = held_at - interval '100 days'});
sql(q{SELECT datavault.alter_subscription('t', '{"parent_max_age": "1 hour"}')});
poll($held, 'rejected:parent_missing,rejected:parent_missing', 'the other one grows old under the new name');
is(sql($links), '0', 'no link yet');
$kafka->produce('w.owner', message('owner', 7, ''));
poll($held, 'rejected:parent_missing', 'the parent applies its own');
is(sql($links), '1', 'with its link');
$kafka->produce('w.owner', message('owner', 8, ''));
poll($held, '', 'and the other parent the other');
is(sql($links), '2', 'nothing was dropped');
is(sql('SELECT count(*) FROM vault_state.public_thing WHERE pending'), '0', 'nothing is pending');

$node->stop;
$kafka->stop;
done_testing();
