# What tests of the worker share: a server with the extension preloaded and
# impatient settings, databases with a vault and a subscription, and messages
# as Debezium writes them (JSON without schemas).

package Vault;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);
use JSON::PP ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

our @EXPORT = qw(vault_node event placeholder poll vault subscribe sql position digest rows_of);

my $root = abs_path(dirname(__FILE__) . '/../../..');
my $json = JSON::PP->new->canonical->utf8;

sub placeholder { return '__debezium_unavailable_value'; }

# A server that tries again soon.
sub vault_node
{
	my ($name, $conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init;
	$node->append_conf('postgresql.conf', <<'EOC' . ($conf // ''));
shared_preload_libraries = 'datavault'
datavault.restart_interval = '200ms'
datavault.launcher_interval = '1s'
datavault.metadata_interval = '300ms'
datavault.backoff_max = '500ms'
EOC
	$node->start;
	return $node;
}

# One line for Kafka->produce: a change of a row of public.$table. What is
# given as `key` or within `source` in %more replaces it; its lsn is its commit, too.
sub event
{
	my ($table, $op, $lsn, $row, %more) = @_;
	my $key = $more{key} // { id => $row->{id} };
	my %source = (
		version => '3.2.3.Final', connector => 'postgresql', name => 'w', ts_ms => 1000 + $lsn,
		ts_us => 1_000_000 + 1000 * $lsn, snapshot => 'false', db => 'd', sequence => qq(["$lsn","$lsn"]),
		schema => 'public', table => $table, txId => $lsn, lsn => $lsn, %{ $more{source} // {} });
	my %value = (
		op => $op, before => $op eq 'd' ? $row : undef, after => $op eq 'd' ? undef : $row,
		source => \%source, ts_ms => 1000 + $lsn);

	return $json->encode($key) . "\t" . $json->encode(\%value);
}

sub sql
{
	my ($node, $database, $statement) = @_;
	return $node->safe_psql($database, $statement);
}

# The query gives that in time; else the test fails, says how things stand, and
# ends: what follows would only wait as long.
sub poll
{
	my ($node, $database, $query, $expected, $what) = @_;

	return ok(1, $what) if $node->poll_query_until($database, "SELECT ($query)::text", $expected);
	ok(0, $what);
	diag($node->safe_psql($database, 'SELECT * FROM datavault.stat_subscription'));
	die "not in time: $what";
}

# A database with a vault of that model, and the server "k".
sub vault
{
	my ($node, $database, $model, $kafka, $options) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, sprintf(<<'EOC', $model, $kafka->address, $options // ''));
CREATE EXTENSION datavault;
SELECT datavault.apply_model($model$%s$model$);
CREATE SERVER k FOREIGN DATA WRAPPER datavault_kafka OPTIONS ("bootstrap.servers" '%s' %s);
EOC
	return;
}

sub subscribe
{
	my ($node, $database, $topics, $options) = @_;
	return sql($node, $database,
		sprintf(q{SELECT datavault.create_subscription('s', 'k', 'm', '{%s}', '%s')}, $topics, $options // '{}'));
}

# Where the subscription stands: the sum over its partitions.
sub position
{
	return 'SELECT coalesce(sum(next_offset), 0) FROM (SELECT DISTINCT ON (topic, partition) next_offset '
	  . 'FROM datavault.offset ORDER BY topic, partition, seq DESC) o';
}

# The vault's content, a line a table.
sub digest
{
	my ($node, $database) = @_;
	my ($code, $out, $err) = $node->psql($database, slurp_file("$root/test/lib/digest.sql"),
		extra_params => [ '-v', 'schema=vault' ]);

	die "digest: $err" if $code != 0 || $err ne '' || $out eq '';
	return $out;
}

# Rows of every table of the vault and its state, and of what is held.
sub rows_of
{
	my ($node, $database) = @_;
	return sql($node, $database, <<'EOC');
SELECT string_agg(oid::regclass || '=' || (xpath('//n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s',
       oid::regclass), true, true, '')))[1]::text, ' ' ORDER BY oid::regclass::text)
FROM pg_class WHERE relkind IN ('r', 'p') AND (relnamespace::regnamespace::text IN ('vault', 'vault_state')
     OR oid IN ('datavault.held'::regclass, 'datavault.held_on'::regclass, 'datavault.held_ready'::regclass))
EOC
}

1;
