# What must be refused before it does harm: tables of somebody else, names found
# on somebody else's path, a second database under the same table names, rows that
# a trigger swallows; and a plan that could not be made anew.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vault;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
my $node = vault_node('guard', "datavault.lock_timeout = '500ms'\n");
my $state = 'SELECT state FROM datavault.stat_subscription';
my $message = 'SELECT message FROM datavault.stat_subscription';
my $lsn = 0;

my $model = <<'EOM';
{"name": "m", "schema": "vault",
 "hubs": {"thing": {"business_key": ["no text"]}},
 "satellites": {"thing_details": {"of": "thing", "columns": ["name text"]}},
 "sources": {"public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text", "name": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]}, {"satellite": "thing_details", "columns": ["name"]}]}}}
EOM

sub thing
{
	my ($id, @more) = @_;
	return event('thing', 'c', ++$lsn, { id => $id, no => "N$id", name => "name $id" }, @more);
}

sub begin
{
	my ($database) = @_;

	vault($node, $database, $model, $kafka);
	$kafka->create_topic("w.$database", 1);
	subscribe($node, $database, "w.$database");
	$kafka->produce("w.$database", thing(1));
	poll($node, $database, position(), '1', "$database: goes");
	return;
}

sub refused
{
	my ($database, $statement, $pattern, $what) = @_;
	my ($code, $out, $err) = $node->psql($database, $statement);

	isnt($code, 0, $what);
	like($err, $pattern, "$what: says why");
	return;
}

# A model that changes while one of its tables is locked: the worker cannot make its plan
# anew, waits, and neither dies nor goes on with half of it.
begin('locked');
my $pid = sql($node, 'locked', 'SELECT pid FROM datavault.stat_subscription');
my $holder = $node->background_psql('locked');
$holder->query_safe('BEGIN; LOCK TABLE vault.thing_details');
sql($node, 'locked', "SELECT datavault.apply_model('$model'::jsonb || '{\"note\": \"another\"}')");
$kafka->produce('w.locked', thing(2));
poll($node, 'locked', $state, 'backoff', 'locked: it waits');
$holder->query_safe('COMMIT');
$holder->quit;
poll($node, 'locked', position(), '2', 'locked: and goes on');
is(sql($node, 'locked', 'SELECT pid FROM datavault.stat_subscription'), $pid, 'locked: the same process');
is(sql($node, 'locked', "SELECT rows FROM datavault.stat_entity WHERE entity = 'thing'"), '2', 'locked: which counts on');

# A trigger that swallows rows of a satellite stops the subscription in front of the message.
begin('swallowed');
sql($node, 'swallowed', <<'EOS');
CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN CASE WHEN NEW.name LIKE ''%3'' THEN NULL ELSE NEW END; END';
CREATE TRIGGER swallow BEFORE INSERT ON vault.thing_details FOR EACH ROW EXECUTE FUNCTION swallow();
EOS
$kafka->produce('w.swallowed', thing(2));
poll($node, 'swallowed', position(), '2', 'swallowed: what it lets pass is written');
$kafka->produce('w.swallowed', map { thing($_) } 12, 3, 14 .. 20);
poll($node, 'swallowed', $state, 'stopped', 'swallowed: stopped');
like(sql($node, 'swallowed', $message), qr/before offset 3 .*rows of vault\.thing_details were not inserted/, 'swallowed: says why');
is(sql($node, 'swallowed', position()), '3', 'swallowed: in front of it, not of its batch');
sql($node, 'swallowed', 'DROP TRIGGER swallow ON vault.thing_details');
sql($node, 'swallowed', q{SELECT datavault.enable_subscription('s')});
poll($node, 'swallowed', position(), '11', 'swallowed: it is read again');
is(sql($node, 'swallowed', "SELECT count(*) FROM vault.thing_current"), '11', 'swallowed: nothing lacks');

# Another connector with a table of that name.
begin('second');
$kafka->produce('w.second', thing(2), thing(8, source => { name => 'v', lsn => undef, sequence => undef }),
	thing(9, source => { name => undef }), thing(1, source => { name => 'v' }), thing(3));
poll($node, 'second', $state, 'stopped', 'second: a second connector stops it');
like(sql($node, 'second', $message), qr/before offset 4 .*from the connector "v".*allow_connector/, 'second: says why');
is(sql($node, 'second', position()), '4', 'second: having applied what was before');
is(sql($node, 'second', q{SELECT string_agg(class, ' ' ORDER BY "offset") FROM datavault.rejects}), 'position not_debezium',
	'second: what cannot be applied speaks for no connector');
is(sql($node, 'second', q{SELECT string_agg(connector, ' ') FROM datavault.feed}), 'w', 'second: one is known');
refused('second', q{SELECT datavault.allow_connector('nobody', 'v')}, qr/"nobody" does not exist/, 'second: of no model');
is(sql($node, 'second', q{SELECT datavault.allow_connector('m', 'v')}), '1', 'second: it is the same database');
is(sql($node, 'second', q{SELECT datavault.allow_connector('m', 'v')}), '0', 'second: said twice');
sql($node, 'second', q{SELECT datavault.enable_subscription('s')});
poll($node, 'second', position(), '6', 'second: it goes on');
is(sql($node, 'second', q{SELECT string_agg(connector, ' ' ORDER BY connector) FROM datavault.feed}), 'v w', 'second: both are known');

# Tables of a role that the subscription's owner need not trust: its triggers would run as the owner.
begin('owned');
sql($node, 'owned', <<'EOS');
CREATE ROLE mallory;
GRANT USAGE ON SCHEMA vault TO mallory;
ALTER TABLE vault.thing_details OWNER TO mallory;
CREATE ROLE loader;
EOS
sql($node, 'owned', 'GRANT USAGE ON FOREIGN SERVER k TO loader; GRANT ALL ON SCHEMA vault, vault_state TO loader;'
	  . ' GRANT ALL ON ALL TABLES IN SCHEMA vault, vault_state TO loader; GRANT SELECT ON datavault.model TO loader');
sql($node, 'owned', q{SELECT datavault.alter_subscription('s', '{"owner": "loader"}')});
$kafka->produce('w.owned', thing(2));
poll($node, 'owned', "SELECT ($message) LIKE '%belongs to another role than the subscription%'", 'true', 'owned: refused');
is(sql($node, 'owned', position()), '1', 'owned: nothing was written');
sql($node, 'owned', 'ALTER TABLE vault.thing_details OWNER TO loader');
sql($node, 'owned', q{SELECT datavault.enable_subscription('s')});
poll($node, 'owned', position(), '2', 'owned: of its own it takes');

# The same under a running worker, and of the schema, whose owner could put another table in that place.
for my $case ([ 'TABLE vault.thing_details', 'table thing_details', 3 ], [ 'SCHEMA vault', 'schema vault', 4 ],
	[ 'TABLE vault_state.public_thing', 'table public_thing', 5 ])
{
	my ($object, $name, $n) = @$case;

	sql($node, 'owned', "ALTER $object OWNER TO mallory");
	$kafka->produce('w.owned', thing($n));
	poll($node, 'owned', "SELECT ($message) LIKE '%$name belongs to another role than the subscription%'", 'true', "owned: $name");
	is(sql($node, 'owned', position()), $n - 1, "owned: $name: nothing was written");
	sql($node, 'owned', "ALTER $object OWNER TO loader");
	sql($node, 'owned', q{SELECT datavault.enable_subscription('s')});
	poll($node, 'owned', position(), $n, "owned: $name: given back");
}

# A type of another role's in the model: its check would run as the subscription's owner.
sql($node, 'owned', <<'EOS');
GRANT CREATE ON SCHEMA public TO mallory;
SET ROLE mallory;
CREATE FUNCTION public.sprung(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE LOG ''sprung as %'', current_user; RETURN true; END';
CREATE DOMAIN public.trap AS text CHECK (public.sprung(VALUE));
CREATE DOMAIN public.snare AS public.trap;
EOS
my $before = -s $node->logfile;
for my $type ('trap', 'trap[]', 'snare')
{
	sql($node, 'owned', "UPDATE datavault.model SET version = version + 1, document = jsonb_set(document, '{sources,public.thing,columns,id}', '\"public.$type\"')");
	$kafka->produce('w.owned', thing(6)) if $type eq 'trap';
	poll($node, 'owned', "SELECT ($message) LIKE '%type %belongs to another role than the subscription%'", 'true', "owned: type $type");
	is(sql($node, 'owned', position()), 5, "owned: type $type: nothing was written");
	sql($node, 'owned', q{SELECT datavault.enable_subscription('s')});
}
ok(!$node->log_contains('sprung as', $before), 'owned: no check was run');
sql($node, 'owned', q{UPDATE datavault.model SET version = version + 1, document = jsonb_set(document, '{sources,public.thing,columns,id}', '"bigint"')});
sql($node, 'owned', q{SELECT datavault.enable_subscription('s')});
poll($node, 'owned', position(), 6, 'owned: a type that is known');

# A partition is a table of its own, with an owner and triggers of its own.
sql($node, 'owned', <<'EOS');
ALTER TABLE vault.thing_details RENAME TO thing_details_before;
CREATE TABLE vault.thing_details (LIKE vault.thing_details_before INCLUDING ALL) PARTITION BY HASH (thing_hk);
CREATE TABLE vault.thing_details_part PARTITION OF vault.thing_details FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO vault.thing_details SELECT * FROM vault.thing_details_before;
ALTER TABLE vault.thing_details OWNER TO loader;
ALTER TABLE vault.thing_details_part OWNER TO mallory;
EOS
$kafka->produce('w.owned', thing(7));
poll($node, 'owned', "SELECT ($message) LIKE '%table thing_details_part belongs to another role than the subscription%'", 'true', 'owned: a partition');
is(sql($node, 'owned', position()), 6, 'owned: a partition: nothing was written');
sql($node, 'owned', 'ALTER TABLE vault.thing_details_part OWNER TO loader');
sql($node, 'owned', q{SELECT datavault.enable_subscription('s')});
poll($node, 'owned', position(), 7, 'owned: a partition: given back');
is(sql($node, 'owned', 'SELECT count(DISTINCT thing_hk) FROM vault.thing_details_part'), '7', 'owned: a partition takes its rows');

# What runs with the rights of the extension's owner finds no name of the caller's.
sql($node, 'owned', <<'EOS');
GRANT CREATE ON DATABASE owned TO loader;
SET ROLE loader;
CREATE SCHEMA trap;
CREATE FUNCTION trap.sprung() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''sprung as %'', current_user; END';
CREATE FUNCTION trap.array_position(text[], text) RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE ''sprung as %'', current_user; END';
CREATE FUNCTION trap.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''sprung as %'', current_user; END';
CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.eq);
SET search_path = trap, pg_catalog;
SELECT datavault.disable_subscription('s');
SELECT datavault.alter_subscription('s', '{"batch_rows": 5}');
SELECT datavault.reset_offsets('s', '5', 'w.owned', 0);
SELECT datavault.enable_subscription('s');
SELECT datavault.drop_subscription('s');
EOS
pass('owned: no trap was sprung');

# A table that somebody made before the model: it must be what the model would have made.
$node->safe_psql('postgres', 'CREATE DATABASE adopted');
sql($node, 'adopted', 'CREATE EXTENSION datavault; CREATE SCHEMA vault;'
	  . 'CREATE TABLE vault.thing (thing_hk uuid, no text, load_dts timestamptz, record_source text)');
refused('adopted', "SELECT datavault.apply_model('$model')", qr/primary key/, 'adopted: a hub without its key');
sql($node, 'adopted', 'DROP TABLE vault.thing; CREATE DOMAIN word AS text NOT NULL');
my $domain = $model =~ s/name text"/name public.word"/r;
refused('adopted', "SELECT datavault.apply_model('$domain')", qr/NOT NULL/, 'adopted: a type that an ended version cannot have');
sql($node, 'adopted', "SELECT datavault.apply_model('$model')");
my $thief = $model =~ s/"name": "m", "schema": "vault"/"name": "n", "schema": "vault_too", "state_schema": "vault_state"/r;
refused('adopted', "SELECT datavault.apply_model('$thief')", qr/public_thing/, 'adopted: the row state of another model');

# Versions whose row state is gone: nobody could end them.
my ($key, $value) = split /\t/, thing(1);
sql($node, 'adopted', "SELECT datavault.ingest('m', 't', convert_to('$key', 'UTF8'), convert_to('$value', 'UTF8')); SELECT datavault.drop_model('m');"
	  . ' DROP TABLE vault_state.public_thing');
refused('adopted', "SELECT datavault.apply_model('$model')", qr/thing_details" has rows of another model/, 'adopted: history of another');

# The vault is in UTF-8.
$node->safe_psql('postgres', q{CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0});
sql($node, 'latin', 'CREATE EXTENSION datavault');
refused('latin', "SELECT datavault.apply_model('$model')", qr/LATIN1.*ENCODING 'UTF8'/s, 'latin: no vault');
is(sql($node, 'latin', "SELECT datavault.hash_key(convert_from('\\xc3bc', 'UTF8'))"),
	sql($node, 'adopted', "SELECT datavault.hash_key(convert_from('\\xc3bc', 'UTF8'))"),
	'latin: but the same hashes');

$node->stop;
$kafka->stop;
done_testing();
