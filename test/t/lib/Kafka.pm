# A Kafka broker of a test's own: one node, on free ports, in a directory that
# goes with the test. Jars: $DV_KAFKA_LIB, else var/lib/kafka of the tree
# (stack/install puts them there).
package Kafka;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IO::Socket::INET;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

my $root = abs_path(dirname(__FILE__) . '/../../..');

sub available
{
	my @jars = glob(lib() . '/kafka_2.13-*.jar');
	return @jars > 0;
}

sub lib
{
	return $ENV{DV_KAFKA_LIB} // "$root/var/lib/kafka";
}

# More lines for server.properties may be given.
sub new
{
	my ($class, @properties) = @_;
	my $self = bless {
		dir => PostgreSQL::Test::Utils::tempdir('kafka'),
		port => PostgreSQL::Test::Cluster::get_free_port(),
		controller => PostgreSQL::Test::Cluster::get_free_port(),
	}, $class;

	$self->configure;
	append_to_file("$self->{dir}/server.properties", "$_\n") for @properties;
	system_or_bail('java', $self->java_options, 'kafka.tools.StorageTool', 'format',
		'-t', 'Zm9vYmFyZm9vYmFyZm9vYg', '-c', "$self->{dir}/server.properties");
	return $self;
}

sub configure
{
	my ($self) = @_;
	my $log = "log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n"
	  . "log4j.appender.out.layout=org.apache.log4j.PatternLayout\n";

	append_to_file("$self->{dir}/log4j.properties", $log);
	append_to_file("$self->{dir}/server.properties", <<"EOF");
process.roles=broker,controller
node.id=1
controller.quorum.voters=1\@127.0.0.1:$self->{controller}
listeners=PLAINTEXT://127.0.0.1:$self->{port},CONTROLLER://127.0.0.1:$self->{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:$self->{port}
controller.listener.names=CONTROLLER
log.dirs=$self->{dir}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
log.cleaner.enable=false
file.delete.delay.ms=100
EOF
}

sub java_options
{
	my ($self) = @_;
	return ('-Xmx256m', '-XX:+UseSerialGC', "-Dlog4j.configuration=file:$self->{dir}/log4j.properties",
		'-cp', lib() . '/*');
}

sub address
{
	my ($self) = @_;
	return "127.0.0.1:$self->{port}";
}

sub start
{
	my ($self) = @_;
	my $log = "$self->{dir}/broker.log";

	$self->{run} = IPC::Run::start(
		[ 'java', $self->java_options, 'kafka.Kafka', "$self->{dir}/server.properties" ],
		'<', \undef, '>>', $log, '2>&1');
	for (1 .. 600)
	{
		return $self
		  if run_log([ 'kcat', '-L', '-J', '-m', '2', '-b', $self->address ],
			'>', \my $out, '2>', \my $err);
		usleep(100_000);
	}
	die "broker did not start: see $log";
}

# Ends the broker at once, as a power cut does.
sub stop
{
	my ($self) = @_;

	return unless $self->{run};
	$self->{run}->kill_kill(grace => 0);
	delete $self->{run};
}

# Sends the broker a signal: STOP holds it with its connections open, CONT lets go.
sub signal
{
	my ($self, $name) = @_;

	$self->{run}->signal($name);
}

# One message a line: "key<TAB>value".
sub produce
{
	my ($self, $topic, @lines) = @_;
	my $input = join('', map { "$_\n" } @lines);

	run_log([ 'kcat', '-P', '-q', '-K', "\t", '-X', 'message.max.bytes=33554432', '-b', $self->address, '-t', $topic ],
		'<', \$input)
	  or die "could not produce";
}

sub topic
{
	my ($self, @arguments) = @_;
	my $out;

	run_log([
			'java', $self->java_options, 'org.apache.kafka.tools.TopicCommand',
			'--bootstrap-server', $self->address, @arguments ], '>', \$out, '2>&1')
	  or die "TopicCommand failed: $out";
	return $out;
}

sub create_topic
{
	my ($self, $topic, $partitions) = @_;
	$self->topic('--create', '--topic', $topic, '--partitions', $partitions,
		'--replication-factor', 1);
}

sub delete_topic
{
	my ($self, $topic) = @_;
	$self->topic('--delete', '--topic', $topic);
}

# Deletes the records of a partition before an offset, as retention does.
sub delete_records
{
	my ($self, $topic, $partition, $before) = @_;
	my $file = "$self->{dir}/delete_records.json";
	my $out;

	unlink $file;
	append_to_file($file,
		qq({"version":1,"partitions":[{"topic":"$topic","partition":$partition,"offset":$before}]}));
	run_log([
			'java', $self->java_options, 'org.apache.kafka.tools.DeleteRecordsCommand',
			'--bootstrap-server', $self->address, '--offset-json-file', $file ], '>', \$out, '2>&1')
	  or die "DeleteRecordsCommand failed: $out";
}

sub DESTROY
{
	my ($self) = @_;
	$self->stop;
}

1;
