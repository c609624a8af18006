# Faults that pass: a lock, a full disk, a deadlock, no connection left, settings
# in the way. The worker waits, says why, rejects and loses nothing, and goes on
# by itself.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vault;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
my $node = vault_node('faults', "datavault.lock_timeout = '300ms'\nmax_connections = 12\nsuperuser_reserved_connections = 0\n");
my $model = <<'EOF';
{"name": "m", "schema": "vault",
 "hubs": {"thing": {"business_key": ["no text"]}, "owner": {"business_key": ["no text"]}},
 "links": {"thing_owner": {"hubs": ["thing", "owner"], "effectivity": {"driving_key": ["thing"]}}},
 "satellites": {"thing_details": {"of": "thing", "columns": ["notes text"]}},
 "sources": {
  "public.owner": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text"},
   "loads": [{"hub": "owner", "business_key": ["no"]}]},
  "public.thing": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text", "notes": "text", "owner_id": "bigint"},
   "loads": [{"hub": "thing", "business_key": ["no"]},
    {"link": "thing_owner", "hubs": {"thing": "own", "owner": {"foreign_key": ["owner_id"], "references": "public.owner"}}},
    {"satellite": "thing_details", "columns": ["notes"]}]}}}
EOF

my $stat = 'SELECT %s FROM datavault.stat_subscription';
my $pid = sprintf $stat, 'pid';
my $n = 0;
my $sent = 0;

sub one { return sql($node, 'one', $_[0]); }

sub send_all { $kafka->produce('w.all', @_); $sent += @_; return; }

# More messages: every tenth an owner, the others its things.
sub more
{
	my ($count, $notes) = @_;
	my @lines;

	for (1 .. $count)
	{
		my $owner = int($n / 10) * 10;

		push @lines, $n % 10 == 0
		  ? event('owner', 'c', $n, { id => $n, no => "O$n" })
		  : event('thing', 'c', $n, { id => $n, no => "T$n", owner_id => $owner, notes => $notes ? $notes->() : 'n' });
		$n++;
	}
	send_all(@lines);
	return;
}

sub backs_off
{
	my ($reason, $what) = @_;

	poll($node, 'one', sprintf($stat, "state || ' ' || (message ~ '$reason')"), 'backoff true', "$what: waits, and says why");
	is(one('SELECT count(*) FROM datavault.rejects'), '0', "$what: nothing is rejected");
	return;
}

sub goes_on
{
	my ($what) = @_;

	poll($node, 'one', position(), $sent, "$what: goes on by itself");
	poll($node, 'one', sprintf($stat, "state || ' ' || rejects || ' ' || parked"), 'idle 0 0', "$what: nothing is held");
	return;
}

vault($node, 'one', $model, $kafka);
more(100);
subscribe($node, 'one', 'w.all');
goes_on('at the start');
my $starts = sprintf $stat, 'starts';
my $started = one($starts);

# A user's lock, on whatever a batch needs.
for my $table ('vault.thing', 'vault.thing_details', 'vault_state.public_thing', 'datavault.offset')
{
	my $user = $node->background_psql('one');

	# a view reads the positions, too: locked against writers only
	my $mode = $table eq 'datavault.offset' ? 'EXCLUSIVE' : 'ACCESS EXCLUSIVE';
	$user->query_safe("BEGIN; LOCK TABLE $table IN $mode MODE");
	more(50);
	backs_off('lock timeout', "$table locked");
	# an owner that arrived alone may have passed
	cmp_ok(one(position()), '<', $sent, "$table locked: stands in front of it");
	$user->query_safe('COMMIT');
	$user->quit;
	goes_on("$table locked");
}

# A lock in the way of a message that was parked.
send_all(event('thing', 'c', 900_001, { id => 900_001, no => 'T900001', owner_id => 900_002, notes => 'n' }));
poll($node, 'one', sprintf($stat, 'parked'), '1', 'a link waits for its parent');
my $user = $node->background_psql('one');
$user->query_safe('BEGIN; LOCK TABLE vault.thing_owner IN ACCESS EXCLUSIVE MODE');
send_all(event('owner', 'c', 900_003, { id => 900_002, no => 'O900002' }));
backs_off('lock timeout', 'parked, then locked');
$user->query_safe('COMMIT');
$user->quit;
goes_on('parked, then locked');

# A deadlock that the worker loses.
$node->safe_psql('postgres', q{ALTER SYSTEM SET datavault.lock_timeout = '20s'; ALTER SYSTEM SET deadlock_timeout = '1s'});
$node->reload;
my $log = -s $node->logfile;
$user = $node->background_psql('one');
$user->query_safe(q{SET deadlock_timeout = '100s'; BEGIN; LOCK TABLE vault.thing_details IN ACCESS EXCLUSIVE MODE});
more(50);
poll($node, 'one', "SELECT wait_event_type FROM pg_stat_activity WHERE pid = ($pid)", 'Lock', 'deadlock: the worker waits');
$user->query_safe('LOCK TABLE vault.thing IN ACCESS EXCLUSIVE MODE');
# the locks go before the word comes
ok($node->wait_for_log(qr/subscription "s" waits: deadlock detected/, $log), 'deadlock: and gives way, saying so');
$user->query_safe('COMMIT');
$user->quit;
goes_on('deadlock');
is(one($starts), $started, 'one process has seen all of it');

# Settings of the database, the role and the server that would be in the way.
one(<<'EOF');
ALTER DATABASE one SET statement_timeout = '1ms';
ALTER DATABASE one SET lock_timeout = '1ms';
ALTER DATABASE one SET default_transaction_read_only = on;
ALTER DATABASE one SET default_transaction_isolation = 'serializable';
ALTER DATABASE one SET search_path = 'nowhere';
ALTER DATABASE one SET session_replication_role = 'replica';
ALTER DATABASE one SET "TimeZone" = 'Asia/Tokyo';
EOF
# our own sessions do not have them
$ENV{PGOPTIONS} = '-cstatement_timeout=60s -clock_timeout=0 -cdefault_transaction_read_only=off';
$node->safe_psql('postgres', "ALTER SYSTEM SET $_") for ('default_transaction_read_only = on', 'statement_timeout = 1');
$node->reload;
more(50);
one("SELECT pg_terminate_backend(($pid))");
more(50);
goes_on('settings in the way');
$node->safe_psql('postgres', "ALTER SYSTEM RESET $_") for ('default_transaction_read_only', 'statement_timeout', 'datavault.lock_timeout');
$node->safe_psql('postgres', 'ALTER DATABASE one RESET ALL');
$node->reload;
delete $ENV{PGOPTIONS};

# No connection left, and the worker has to start anew.
my @users = ($node->background_psql('one'));
while (@users < 20)
{
	my $next = eval { $node->background_psql('one', timeout => 5) } or last;
	push @users, $next;
}
cmp_ok(scalar @users, '<', 20, 'no connection is left');
$users[0]->query_safe("SELECT pg_terminate_backend(($pid))");
more(50);
my $seen = 0;
for (1 .. 300)
{
	$seen = $users[0]->query_safe(position()) =~ s/\D//gr;
	last if $seen == $sent;
	select undef, undef, undef, 0.1;
}
is($seen, $sent, 'no connection is left: the worker needs none');
$_->quit for @users;
goes_on('no connection is left');

# A full disk.
SKIP:
{
	skip 'no small file system (not root)', 1 unless $ENV{DV_SMALL_FS};
	my $filler = "$ENV{DV_SMALL_FS}/filler";

	mkdir "$ENV{DV_SMALL_FS}/space" or die;
	append_to_file($filler, 'x' x (18 * 1024 * 1024));
	one("CREATE TABLESPACE small LOCATION '$ENV{DV_SMALL_FS}/space'");
	one('ALTER TABLE vault.thing_details SET TABLESPACE small');
	# 8 MB that do not compress
	more(2000, sub { join '', map { chr(33 + int rand 90) =~ s/["\\]/x/r } 1 .. 4096 });
	backs_off('No space left', 'disk full');
	unlink $filler or die;
	goes_on('disk full');
	one('ALTER TABLE vault.thing_details SET TABLESPACE pg_default');
	one('DROP TABLESPACE small');
}

# Nothing was lost or doubled.
vault($node, 'two', $model, $kafka);
subscribe($node, 'two', 'w.all');
poll($node, 'two', position(), $sent, 'another vault reads the same');
poll($node, 'two', 'SELECT count(*) FROM datavault.held', '0', 'and has nothing to wait for');
is(digest($node, 'one'), digest($node, 'two'), 'it holds the same');
unlike(slurp_file($node->logfile), qr/ERROR: [^\n]*held messages could not be applied/, 'no process gave up');

$node->stop;
$kafka->stop;
done_testing();
