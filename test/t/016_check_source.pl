# check_source(): what it says of a server and of real slots, as they fare: made, read, left alone, lost.
# The codes that sql/check_source_test.sql leaves to this file are all seen here.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Segments of 1 MB, so that a slot falls behind quickly. Not set up for replication: wal_level = minimal, no senders.
my $node = PostgreSQL::Test::Cluster->new('check_source');
$node->init(extra => [ '--wal-segsize=1', '-E', 'UTF8' ]);
$node->append_conf('postgresql.conf', "checkpoint_timeout = 1h\nautovacuum = off\nmin_wal_size = 2MB\nmax_wal_size = 1GB\n");
$node->start;

my %seen;

sub sql { return $node->safe_psql($_[1] // 'postgres', $_[0]); }

# "level code" of what is found, in order, without what is not of the server.
sub found
{
	my ($arguments, $database, $before) = @_;
	my $out = sql(($before // '') . "SELECT level || ' ' || code FROM datavault.check_source($arguments)", $database);
	my @lines = grep { /^(error|warning|note) / } split /\n/, $out;

	/ (.*)/ and $seen{$1} = 1 for @lines;
	return join(', ', @lines);
}

sub finding
{
	my ($code, $arguments, $column) = @_;
	return sql("SELECT $column FROM datavault.check_source($arguments) WHERE code = '$code'");
}

sub set
{
	sql(join(';', map { "ALTER SYSTEM SET $_" } @_));
	sql('SELECT pg_reload_conf()');
}

sub find_by_polling
{
	my ($code, $what) = @_;
	my $there = $node->poll_query_until('postgres',
		"SELECT EXISTS (SELECT FROM datavault.check_source('pub', 's', 'debezium') WHERE code = '$code')");

	$seen{$code} = 1 if $there;
	ok($there, $what);
}

sql('CREATE EXTENSION datavault');
sql(q{CREATE TABLE thing (id integer PRIMARY KEY, code text NOT NULL UNIQUE);
	CREATE UNIQUE INDEX thing_identity ON thing (id, code); ALTER TABLE thing REPLICA IDENTITY USING INDEX thing_identity;
	CREATE ROLE debezium LOGIN REPLICATION BYPASSRLS; GRANT SELECT ON thing TO debezium;
	CREATE ROLE nobody_special;
	SET client_min_messages = error; CREATE PUBLICATION pub FOR TABLE thing});
is(found(q{'pub', role => 'debezium'}), 'error senders_exhausted, error wal_level, note retention_unlimited', 'a server that has no logical decoding');

$node->append_conf('postgresql.conf', "wal_level = logical\nmax_wal_senders = 4\nmax_replication_slots = 2\nmax_slot_wal_keep_size = 1GB\n");
$node->restart;
is(found(q{'pub', role => 'debezium'}), '', 'nothing to say of one that has');
is(found(q{'pub', 's', 'debezium'}), 'error slot_missing', 'the slot is not there');

# Slots that are none of the connector's.
my $made = sub { return "SELECT pg_create_logical_replication_slot('s', $_[0]);"; };
is(found(q{'pub', 's', 'debezium'}, 'postgres', $made->(q{'pgoutput', true})), 'error slot_temporary', 'a temporary slot');
sql($made->(q{'test_decoding'}));
is(found(q{'pub', 's', 'debezium'}), 'error slot_plugin, warning slot_inactive', 'another plugin');
sql(q{SELECT pg_drop_replication_slot('s'), pg_create_physical_replication_slot('p')});
is(found(q{'pub', 'p', 'debezium'}), 'error slot_plugin, warning slot_inactive', 'a physical slot');
is(found(q{'pub', 's', 'debezium'}), 'error slot_missing', 'is no other logical slot');
sql(q{SELECT pg_drop_replication_slot('p')});
$node->safe_psql('template1', $made->(q{'pgoutput'}));
is(found(q{'pub', 's', 'debezium'}), 'error slot_database, warning slot_inactive', 'a slot of another database');
$node->safe_psql('template1', q{SELECT pg_drop_replication_slot('s')});
sql($made->(q{'pgoutput', false, true}));
is(found(q{'pub', 's', 'debezium'}), 'warning slot_inactive, warning slot_two_phase', 'a slot that decodes prepared transactions');
sql(q{SELECT pg_drop_replication_slot('s')});

# A slot that is read, and one that is not.
sql($made->(q{'pgoutput'}));
is(found(q{'pub', 's', 'debezium'}), 'warning slot_inactive', 'a slot that nobody reads');
is(found(q{'pub', role => 'debezium'}), 'note slot_other', 'the same, if it is not named');
my $reader = IPC::Run::start([ 'pg_recvlogical', '-d', $node->connstr('postgres'), '--slot', 's', '--start', '-f', '/dev/null', '-s', '1',
		'-o', 'proto_version=1', '-o', 'publication_names=pub' ], '>', \my $out, '2>', \my $err);
ok($node->poll_query_until('postgres', q{SELECT active FROM pg_replication_slots WHERE slot_name = 's'}), 'a reader');
is(found(q{'pub', 's', 'debezium'}), '', 'nothing to say while it is read');
sql(q{SELECT pg_create_logical_replication_slot('other', 'pgoutput')});
is(found(q{'pub', 's', 'debezium'}), 'note slot_other', 'another slot is left alone');
is(found(q{'pub', 'third', 'debezium'}), 'error slots_exhausted, error slot_missing, note slot_other', 'and takes the place of a third');
sql(q{SELECT pg_drop_replication_slot('other')});
set('max_slot_wal_keep_size = -1');
ok($node->poll_query_until('postgres', q{SELECT current_setting('max_slot_wal_keep_size') = '-1'}), 'without a bound');
is(found(q{'pub', 's', 'debezium'}), 'warning retention_unlimited', 'a slot may fill the disk');
$reader->signal('TERM');
$reader->finish;
ok($node->poll_query_until('postgres', q{SELECT NOT active FROM pg_replication_slots WHERE slot_name = 's'}), 'the reader is gone');

# Whoever calls sees the same.
is(found(q{'pub', 's', 'debezium'}, 'postgres', 'SET ROLE nobody_special;'), found(q{'pub', 's', 'debezium'}), 'a role without any right sees the same');

# The slot falls behind, and is lost.
sql(q{CREATE TABLE filler (t text); INSERT INTO filler SELECT repeat(md5(i::text), 30) FROM generate_series(1, 20000) i});
set(q{max_wal_size = '2MB'});
find_by_polling('slot_extended', 'it retains more than max_wal_size');
like(finding('slot_extended', q{'pub', 's', 'debezium'}, 'finding'), qr/^The slot retains \d\d MB of WAL, more than max_wal_size \(2MB\)\.$/, 'and says how much');
set(q{max_wal_size = '1GB'}, q{max_slot_wal_keep_size = '30MB'});
find_by_polling('slot_retained', 'more than half of what is allowed');
is(found(q{'pub', 's', 'debezium'}), 'warning slot_inactive, warning slot_retained', 'but not lost yet');
set(q{max_slot_wal_keep_size = '1MB'});
find_by_polling('slot_unreserved', 'more than what is allowed');
is(found(q{'pub', 's', 'debezium'}), 'error slot_unreserved, warning slot_inactive, warning slot_retained', 'it can still be saved');
sql('CHECKPOINT');
find_by_polling('slot_lost', 'the checkpoint takes it away');
is(found(q{'pub', 's', 'debezium'}), 'error slot_lost', 'it is lost');
like(finding('slot_lost', q{'pub', 's', 'debezium'}, 'hint'), qr/^SELECT pg_drop_replication_slot\('s'\);/, 'what to do');
sql(q{SELECT pg_drop_replication_slot('s')});

# Databases of other encodings.
for my $encoding ('SQL_ASCII', 'LATIN1')
{
	sql("CREATE DATABASE $encoding ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
	$node->safe_psql(lc $encoding, 'CREATE EXTENSION datavault; CREATE TABLE thing (id text PRIMARY KEY); GRANT SELECT ON thing TO debezium; CREATE PUBLICATION pub FOR TABLE thing');
	is(found(q{'pub', role => 'debezium'}, lc $encoding), ($encoding eq 'LATIN1' ? 'note' : 'warning') . ' encoding', "a database of $encoding");
}

# On a standby.
$node->backup('b');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'b', has_streaming => 1);
$standby->start;
is($standby->safe_psql('postgres', q{SELECT code FROM datavault.check_source('pub', 's', 'debezium')}), 'slot_missing', 'it works on a standby');
$standby->stop;

# What the regression test leaves to this one.
my $expected = slurp_file(abs_path(dirname(__FILE__) . '/../..') . '/expected/check_source_test.out');
my ($left) = $expected =~ /^left: (.*)$/m;
is(join(' ', grep { $left =~ /\b$_\b/ } sort keys %seen), $left, 'every code that is left to this test was seen');

done_testing();
