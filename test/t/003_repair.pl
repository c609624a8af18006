# Among 10,000 messages one whose value is too large for its declared type, and
# more changes of the same row behind it: once the type is wide enough and the
# message tried again, nothing tells the vault from one that was wide at once.

use strict;
use warnings;

use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vault;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new->start;
my $node = vault_node('repair');

sub model
{
	my ($name, $amount) = @_;
	return <<"EOF";
{"name": "m", "schema": "vault", "wire": {"decimal": "string"},
 "hubs": {"thing": {"business_key": ["no text"]}, "owner": {"business_key": ["no text"]}},
 "links": {"thing_owner": {"hubs": ["thing", "owner"], "effectivity": {"driving_key": ["thing"]}}},
 "satellites": {"thing_details": {"of": "thing", "columns": ["name $name", "amount $amount", "notes text"]}},
 "sources": {
  "public.owner": {"primary_key": ["id"], "columns": {"id": "bigint", "no": "text"},
   "loads": [{"hub": "owner", "business_key": ["no"]}]},
  "public.thing": {"primary_key": ["id"],
   "columns": {"id": "bigint", "no": "text", "name": "text", "amount": "numeric", "notes": "text", "owner_id": "bigint"},
   "loads": [{"hub": "thing", "business_key": ["no"]},
    {"link": "thing_owner", "hubs": {"thing": "own", "owner": {"foreign_key": ["owner_id"], "references": "public.owner"}}},
    {"satellite": "thing_details", "columns": ["name", "amount", "notes"]}]}}}
EOF
}

my $narrow = model('varchar(10)', 'numeric(6,2)');
my $wide = model('varchar(40)', 'numeric(12,2)');
my $rows = 2000;
my $row = 777;

sub thing
{
	my ($id, $n) = @_;
	return {
		id => $id, no => "T$id", name => "name $n", amount => ($n % 1000) . '.50', notes => "notes $n",
		owner_id => $n % 10 + 1 };
}

# 10 owners and 2,000 things, changed again and again; the events of row 777
# (messages 787, 2787, ...) are changed as told.
sub messages
{
	my (@changes) = @_;
	my @lines = map { event('owner', 'c', $_, { id => $_, no => "O$_" }) } 1 .. 10;

	for my $n (11 .. 10000)
	{
		my $id = ($n - 11) % $rows + 1;
		my $round = int(($n - 11) / $rows);
		my $change = $id == $row ? $changes[$round] : {};

		push @lines, event('thing', $round == 0 ? 'c' : 'u', $n, { %{ thing($id, $n) }, %$change });
	}
	return @lines;
}

my $bad_amount = { amount => '123456.78', owner_id => 3 };
my $bad_name = { name => 'far too long for ten' };
my $toast = { notes => placeholder() };

# Name, SQLSTATE, which event of the row fails, how many are tried again (those
# that need a value of it, too), the row's five events.
my @cases = (
	[ 'change', '22003', 1, 1, [ {}, $bad_amount, {}, $toast, {} ] ],
	[ 'before_toast', '22003', 1, 2, [ {}, { %$bad_amount, notes => 'new notes' }, $toast, {}, $toast ] ],
	[ 'insert', '22001', 0, 3, [ $bad_name, $toast, $toast, { owner_id => 5 }, $toast ] ],
	[ 'last', '22003', 4, 1, [ {}, {}, $toast, {}, { %$bad_amount, notes => placeholder() } ] ],
);

# What a reader sees, without what depends on when it was written.
sub seen
{
	my ($database) = @_;
	return sql($node, $database, q{
		SELECT h.no, d.position, d.operation, d.name, d.amount, d.notes, d.valid_from, d.valid_to
		FROM vault.thing_details_history d JOIN vault.thing h USING (thing_hk) WHERE h.no = 'T777' ORDER BY d.position;
		SELECT * FROM vault.thing_owner_current ORDER BY 1, 2;
		SELECT no, name, amount, notes FROM vault.thing_current ORDER BY no});
}

for my $case (@cases)
{
	my ($name, $sqlstate, $round, $retried, $changes) = @$case;
	my @lines = messages(@$changes);
	my $offset = 10 + $row - 1 + $round * $rows;
	my $topic = "w.$name";

	$kafka->produce($topic, @lines);
	vault($node, $name, $narrow, $kafka);
	vault($node, "${name}_wide", $wide, $kafka);
	subscribe($node, $_, $topic) for ($name, "${name}_wide");
	poll($node, $_, position(), '10000', "$_: consumed") for ($name, "${name}_wide");

	is(sql($node, $name, 'SELECT "offset" || \' \' || sqlstate FROM datavault.rejects'), "$offset $sqlstate",
		"$name: exactly the faulty message is rejected");
	is(sql($node, $name, "SELECT convert_from(key, 'UTF8') || chr(9) || convert_from(value, 'UTF8') FROM datavault.rejects"),
		$lines[$offset], "$name: with its bytes");
	is(sql($node, "${name}_wide", 'SELECT count(*) FROM datavault.held'), '0', "$name: nothing is held by the wide vault");
	isnt(digest($node, $name), digest($node, "${name}_wide"), "$name: the narrow vault differs");

	sql($node, $name, "SELECT datavault.apply_model(\$model\$$wide\$model\$)");
	is(sql($node, $name, q{SELECT retried || ' ' || rejected FROM datavault.retry_rejects('m')}), "$retried 0",
		"$name: it is applied on the second try");
	poll($node, $name, 'SELECT count(*) FROM datavault.held', '0', "$name: nothing is held at the end");
	is(digest($node, $name), digest($node, "${name}_wide"), "$name: content as if it had never failed");
	is(seen($name), seen("${name}_wide"), "$name: history and current value, too");
	sql($node, $_, q{SELECT datavault.disable_subscription('s')}) for ($name, "${name}_wide");
}

$node->stop;
$kafka->stop;
done_testing();
