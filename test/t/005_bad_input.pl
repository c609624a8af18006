# Bad messages: each is rejected with its reason and its bytes while everything
# else goes on; with on_error = stop the subscription stops right in front of it
# and says so.

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Kafka;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vault;

plan skip_all => 'no Kafka jars: run stack/install' unless Kafka::available();

my $kafka = Kafka->new('message.max.bytes=33554432')->start;
my $node = vault_node('bad_input');
my $model = <<'EOF';
{"name": "m", "schema": "vault", "wire": {"decimal": "string", "time": "adaptive"}, "unmapped": "reject",
 "hubs": {"thing": {"business_key": ["no text"]}},
 "satellites": {"thing_details": {"of": "thing",
   "columns": ["name varchar(20)", "amount numeric(6,2)", "born date", "flag boolean", "small smallint", "doc jsonb", "notes text"]}},
 "sources": {"public.thing": {"primary_key": ["id"],
   "columns": {"id": "bigint", "no": "text", "name": "text", "amount": "numeric", "born": "date", "flag": "boolean",
     "small": "smallint", "doc": "jsonb", "notes": "text"},
   "loads": [{"hub": "thing", "business_key": ["no"]},
    {"satellite": "thing_details", "columns": ["name", "amount", "born", "flag", "small", "doc", "notes"]}]}}}
EOF

my $lsn = 0;

sub thing
{
	my (%change) = @_;
	my $id = ++$lsn;
	my %row = (
		id => $id, no => "T$id", name => "name $id", amount => "$id.50", born => 10000, flag => \1,
		small => 7, doc => '{"a": [1, 2]}', notes => 'n', %change);

	delete @row{ grep { ref $row{$_} eq 'CODE' } keys %row };
	return event('thing', 'c', $id, \%row);
}

# A good message with one text in it replaced.
sub spoilt
{
	my ($from, $to, %change) = @_;
	my $line = thing(%change);

	$line =~ s/\Q$from\E/$to/ or die "no $from in $line";
	return $line;
}

my $gone = sub { };
my $big = 10 * 1024 * 1024;

# Name, reason, the message.
my @bad = (
	[ 'malformed JSON', qr/22032|JSON/i, "{\"id\":1}\t{\"op\":\"c\"," ],
	[ 'no JSON at all', qr/JSON/i, "k\thello" ],
	[ 'an array', qr/./, "{\"id\":1}\t[1,2,3]" ],
	[ 'a number', qr/./, "{\"id\":1}\t17" ],
	[ 'no envelope', qr/./, "{\"id\":1}\t{\"id\":1,\"no\":\"T1\"}" ],
	[ 'unknown operation', qr/op/, spoilt('"op":"c"', '"op":"z"') ],
	[ 'no source', qr/source/, spoilt('"source":', '"sauce":') ],
	[ 'no table', qr/table/, spoilt('"table":', '"tabel":') ],
	[ 'unknown table', qr/model|table/, spoilt('"table":"thing"', '"table":"thong"') ],
	[ 'no position', qr/position/, spoilt('"lsn":', '"lzn":') =~ s/"sequence"/"frequency"/r ],
	[ 'sequence of letters', qr/sequence/, spoilt('"sequence":"[\\"', '"sequence":"[\\"x') ],
	[ 'after is a text', qr/source/, "{\"id\":1}\t{\"op\":\"c\",\"after\":\"text\",\"source\":{}}" ],
	[ 'text for a number', qr/amount/, thing(amount => 'abc') ],
	[ 'object for a text', qr/name/, thing(name => { a => 1 }) ],
	[ 'text for a date', qr/born/, thing(born => 'yesterday') ],
	[ 'number for a boolean', qr/flag/, thing(flag => 3) ],
	[ 'array for a key', qr/id/, thing(id => [1]) ],
	[ 'no JSON for jsonb', qr/doc/, thing(doc => '{"a": ') ],
	[ 'no key column', qr/primary key/, spoilt(qq("id":), qq("di":), notes => 'key') =~ s/"id":/"di":/r ],
	[ 'no business key', qr/no/, thing(no => $gone) ],
	[ 'null business key', qr/no/, thing(no => undef) ],
	[ 'numeric out of range', qr/22003.*amount/, thing(amount => '12345.67') ],
	[ 'smallint out of range', qr/22003.*"small"/, thing(small => 40000) ],
	[ 'bigint out of range', qr/22P02.*id/, spoilt('"id":91,"name"', '"id":99999999999999999999,"name"', id => 91) ],
	[ 'date out of range', qr/22P02.*born/, thing(born => 2200000000) ],
	[ 'text too long', qr/22001.*name/, thing(name => 'x' x 21) ],
	[ 'invalid UTF-8', qr/22021/, spoilt('name ', "name \xff\xfe") ],
	[ 'UTF-8 cut off', qr/22021/, spoilt('name ', "name \xc3") ],
	[ 'UTF-8 overlong', qr/22021/, spoilt('name ', "name \xc0\xaf") ],
	[ 'UTF-8 of a surrogate', qr/22021/, spoilt('name ', "name \xed\xa0\x80") ],
	[ 'half a surrogate pair', qr/22P05|2202|22032|surrogate/, spoilt('name ', 'name \\ud800 ') ],
	[ 'NUL escaped', qr/22P05|22021|NUL/, spoilt('name ', 'name \\u0000') ],
	[ 'NUL escaped in jsonb', qr/22P05|22021|NUL/, thing(doc => '{"a": "\\u0000"}') ],
	[ 'NUL escaped in the business key', qr/22P05|22021|NUL/, spoilt('"no":"T', '"no":"\\u0000T') ],
	[ 'NUL as it is', qr/22032|JSON|22021/, spoilt('name ', "name \0") ],
	[ 'deep nesting', qr/54001|deep|nest/, "{\"id\":1}\t" . '[' x 200000 ],
	[ 'deep nesting in the row', qr/54001|deep|nest/, spoilt('"n"', ('{"a":' x 5000) . '1' . ('}' x 5000)) ],
	[ 'deep nesting in jsonb', qr/54001|deep|nest/, thing(doc => '[' x 100000 . ']' x 100000) ],
	[ '10 MB of garbage', qr/JSON/i, "{\"id\":1}\t" . 'garbage ' x ($big / 8) ],
	[ '10 MB in a short text', qr/22001.*name/, thing(name => 'x' x $big) ],
	[ '10 MB in a business key', qr/54000|index row/, thing(no => join '', map { md5_hex($_) } 1 .. $big / 32) ],
	[ '10 MB of a key', qr/./, ('k' x $big) . "\t{\"op\":\"c\"," ],
);
my @good = map { thing() } 1 .. @bad;
my $large = thing(notes => 'y' x $big);

# Among good ones.
my @mixed = ((map { ($good[$_], $bad[$_][2]) } 0 .. $#bad), $large);

$kafka->produce('w.mixed', @mixed);
$kafka->produce('w.good', @good, $large);
vault($node, 'mixed', $model, $kafka);
vault($node, 'good', $model, $kafka);
subscribe($node, 'mixed', 'w.mixed');
subscribe($node, 'good', 'w.good');
poll($node, 'mixed', position(), scalar(@mixed), 'all are read');
poll($node, 'good', position(), scalar(@good) + 1, 'the good ones, too');
poll($node, 'mixed', 'SELECT state FROM datavault.stat_subscription', 'idle', 'it goes on');
is(sql($node, 'mixed', 'SELECT count(*) FROM datavault.rejects'), scalar(@bad), 'as many are rejected');
is(sql($node, 'mixed', 'SELECT count(*) FROM datavault.parked'), '0', 'none is parked');
is(sql($node, 'good', 'SELECT count(*) FROM datavault.held'), '0', 'none of the good ones is held');
is(digest($node, 'mixed'), digest($node, 'good'), 'the rest is as if there had been no bad ones');
is(sql($node, 'mixed', 'SELECT max(length(notes)) FROM vault.thing_details'), $big, '10 MB are in the vault');

for my $i (0 .. $#bad)
{
	my ($name, $reason, $line) = @{ $bad[$i] };
	my ($key, $value) = split /\t/, $line, 2;
	my $found = sql($node, 'mixed', sprintf(
			q{SELECT md5(key) || ' ' || md5(value) || ' ' || sqlstate || ' ' || class || ': ' || message || coalesce(' ' || detail, '') FROM datavault.rejects WHERE "offset" = %d},
			2 * $i + 1));
	my ($key_md5, $value_md5, $said) = split / /, $found, 3;

	is($key_md5 . $value_md5, md5_hex($key) . md5_hex($value), "$name: rejected with its bytes");
	like($said // '', $reason, "$name: with its reason");
	note("$name: ", substr($said // '', 0, 150));
}

# Stop: a topic for each kind of trouble; three good ones stand before it.
my $kinds = qr/^(malformed JSON|no business key|text for a number|numeric out of range|invalid UTF-8|NUL escaped in jsonb|10 MB of garbage|10 MB in a business key)$/;
vault($node, 'stops', $model, $kafka);
for my $i (grep { $bad[$_][0] =~ $kinds } 0 .. $#bad)
{
	my ($name, undef, $line) = @{ $bad[$i] };

	$kafka->produce("w.stop$i", @good[ 0 .. 2 ], $line, $good[3]);
	subscribe($node, 'stops', "w.stop$i", '{"on_error": "stop"}');
	poll($node, 'stops', 'SELECT state FROM datavault.stat_subscription', 'stopped', "$name: stops");
	is(sql($node, 'stops', position()), '3', "$name: right in front of it");
	like(sql($node, 'stops', 'SELECT message FROM datavault.stat_subscription'),
		qr/^apply: stopped before offset 3 of topic "w\.stop$i", partition 0: ./, "$name: and says so");
	is(sql($node, 'stops', 'SELECT count(*) FROM datavault.held'), '0', "$name: nothing is rejected");
	sql($node, 'stops', q{SELECT datavault.drop_subscription('s')});
}

# What is in the way may be passed.
subscribe($node, 'stops', 'w.stop0', '{"on_error": "stop"}');
poll($node, 'stops', 'SELECT state FROM datavault.stat_subscription', 'stopped', 'stops once more');
sql($node, 'stops', q{SELECT datavault.alter_subscription('s', '{"on_error": "reject"}'), datavault.enable_subscription('s')});
poll($node, 'stops', position(), '5', 'goes on past it when told to');
is(sql($node, 'stops', 'SELECT "offset" FROM datavault.rejects'), '3', 'with that one rejected');

$node->stop;
$kafka->stop;
done_testing();
