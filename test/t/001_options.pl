# The options of servers and user mappings: what may stand where, and that no
# secret shows.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('options');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION datavault');

sub server
{
	my ($options) = @_;
	return "CREATE SERVER x FOREIGN DATA WRAPPER datavault_kafka OPTIONS ($options)";
}

sub fails
{
	my ($sql, $pattern, $what) = @_;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");

	like($err, $pattern, $what);
	return $err;
}

fails(server(q{"bootstrap.server" 'h:1'}), qr/HV00D.*invalid option "bootstrap.server".*HINT:.*"bootstrap.servers"/s,
	'nearest name');
fails(server(q{"group.id" 'g'}), qr/HV00D.*cannot be set.*itself/s, 'option of ours');
fails(server(q{"enable.auto.commit" 'true'}), qr/HV00D.*cannot be set/s, 'auto commit');
for my $never ('plugin.library.paths', 'ssl.engine.location', 'ssl.providers',
	'sasl.kerberos.kinit.cmd', 'log_cb', 'opaque')
{
	fails(server(qq{"$never" 'x'}), qr/HV00D.*invalid option "\Q$never\E"/s, "never $never");
}
fails(server(q{"fetch.min.bytes" 'many'}), qr/22023.*"fetch.min.bytes": "many"/s, 'value is tried');
fails(server(q{"security.protocol" 'magic'}), qr/22023.*"security.protocol"/s, 'value of an enumeration');

my $err = fails(server(q{"sasl.password" 'hunter2'}), qr/HV00D.*HINT:.*USER MAPPING/s,
	'secret in a server');
unlike($err =~ s/STATEMENT.*//sr =~ s/LINE.*//sr, qr/hunter2/, 'error without the secret');

$node->safe_psql('postgres', server(q{"bootstrap.servers" 'h:1', "client.id" 'a'}));
fails(q{CREATE USER MAPPING FOR CURRENT_USER SERVER x OPTIONS ("bootstrap.servers" 'h')},
	qr/HV00D.*not allowed in a user mapping/s, 'server option in a mapping');
$node->safe_psql('postgres',
	q{CREATE USER MAPPING FOR CURRENT_USER SERVER x OPTIONS ("sasl.username" 'u', "sasl.password" 'hunter2')});
fails(q{ALTER FOREIGN DATA WRAPPER datavault_kafka OPTIONS (a 'b')}, qr/HV00D/, 'wrapper has none');

# Files are for superusers.
$node->safe_psql('postgres',
	'CREATE ROLE joe LOGIN; GRANT USAGE ON FOREIGN DATA WRAPPER datavault_kafka TO joe');
fails(q{SET ROLE joe; CREATE SERVER y FOREIGN DATA WRAPPER datavault_kafka OPTIONS ("ssl.ca.location" '/etc/passwd')},
	qr/42501.*HINT:.*ssl\.ca\.pem/s, 'file by another role');
$node->safe_psql('postgres', q{ALTER SERVER x OPTIONS (ADD "ssl.ca.location" '/etc/ssl/ca.pem')});
pass('file by a superuser');

# Subscriptions need USAGE, and names of options.
fails(q{SET ROLE joe; SELECT datavault.create_subscription('s', 'x', 'm', '{a}')},
	qr/42501.*foreign server x/s, 'no USAGE');
fails(q{SELECT datavault.create_subscription('s', 'nowhere', 'm', '{a}')}, qr/42704/, 'no server');
fails(q{SELECT datavault.create_subscription('s', 'x', 'm', '{}')}, qr/22023.*HINT/s, 'no topics');
fails(q{SELECT datavault.drop_subscription('s')}, qr/42704.*HINT/s, 'no subscription');
is($node->safe_psql('postgres', 'SET ROLE joe; SELECT count(*) FROM datavault.stat_subscription'),
	'0', 'views may be read');
fails('SET ROLE joe; SELECT * FROM datavault.subscription', qr/42501/, 'tables may not');

$node->stop;
unlike(slurp_file($node->logfile) =~ s/STATEMENT:.*//gr, qr/ERROR:[^\n]*hunter2/, 'log without the secret');
done_testing();
