/*
 * master.c
 *	  Sockets, children, signals.
 *
 *		SIGTERM, SIGINT	the children finish what they do, and it ends with them
 *		SIGHUP			itself again, from the file that is there now: see reload()
 *
 * A reload keeps the process and its listening sockets: the new program gets their numbers and the
 * old children's pids in its environment, starts children of its own, and only when all of these have
 * reached the database asks the old ones to end; until then both are there. So no connection is refused,
 * no request cut, and new ones that come to nothing replace nobody.
 */
#include "master.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "brake.h"
#include "buffer.h"
#include "log.h"
#include "metric.h"
#include "route.h"
#include "worker.h"

#define CHILDREN METRIC_PROCESSES
#define INHERITED "BANK_API_SOCKETS"
#define PREDECESSORS "BANK_API_PREDECESSORS"
#define BACKLOG 1024
/* A child that ends sooner than this was not well; another is started after a pause. */
#define SETTLED_SECONDS 2
/* Workers that are not ready this long after a reload are worth a line. */
#define READY_SECONDS 10

typedef struct Child
{
	pid_t		pid;			/* 0: none now */
	bool		hashes;
	time_t		started;
	time_t		due;			/* to be started again, if there is none */
} Child;

static struct
{
	const Config *config;
	int			requests;		/* listening sockets */
	int			questions;
	Child		child[CHILDREN];
	int			children;
	pid_t		predecessor[CHILDREN];	/* children of before the reload, until they are asked to end */
	int			predecessors;
	time_t		begun;
	sigset_t	usual;			/* what was let in before */
} master;

static volatile sig_atomic_t asked_to_end;
static volatile sig_atomic_t asked_to_reload;

static void
note(int signal)
{
	if (signal == SIGHUP)
		asked_to_reload = 1;
	else if (signal != SIGCHLD)
		asked_to_end = 1;
}

/* Whether somebody listens at an address; who does, and has no room for one more, does as well. */
static bool
is_taken(const struct sockaddr_un *address, int type)
{
	int			fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool		taken = fd >= 0
		&& (connect(fd, (const struct sockaddr *) address, sizeof(*address)) == 0 || errno == EAGAIN);

	close(fd);
	return taken;
}

static int
listen_at(const char *path, int type, int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int			fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);

	if (fd < 0 || snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >= (int) sizeof(address.sun_path))
		return -1;
	if (is_taken(&address, type))
	{
		close(fd);
		errno = EADDRINUSE;		/* another instance's: it would go on, and nobody would reach it */
		return -1;
	}
	unlink(path);
	umask(0117);				/* 0660: whoever is in the group, as the web server */
	if (bind(fd, (struct sockaddr *) &address, sizeof(address)) != 0 || listen(fd, backlog) != 0)
	{
		close(fd);
		return -1;
	}
	umask(0077);
	return fd;
}

/* Whether a listening socket is at a path. */
static bool
listens_at(int fd, const char *path)
{
	struct sockaddr_un address = {0};
	socklen_t	size = sizeof(address) - 1;

	return getsockname(fd, (struct sockaddr *) &address, &size) == 0 && strcmp(address.sun_path, path) == 0;
}

/*
 * Whether this program can go on with the sockets that it was left, if any: they stay where they are.
 */
bool
master_can_succeed(const Config *config)
{
	const char *inherited = getenv(INHERITED);
	int			requests,
				questions;

	if (inherited == NULL || sscanf(inherited, "%d,%d", &requests, &questions) != 2)
		return true;
	if (listens_at(requests, config->socket) && listens_at(questions, config->hasher_socket))
		return true;
	log_event("error", "configuration", "{s:s}", "detail", "\"socket\" and \"hasher_socket\" are taken at a start only; restart to change them");
	return false;
}

/* The sockets: those of before, or new ones. */
static bool
make_sockets(void)
{
	const char *inherited = getenv(INHERITED);

	/* a queue may have become longer, or shorter */
	if (inherited && sscanf(inherited, "%d,%d", &master.requests, &master.questions) == 2)
		return listen(master.questions, master.config->hasher_queue) == 0;
	master.requests = listen_at(master.config->socket, SOCK_STREAM, BACKLOG);
	if (master.requests < 0)
		return false;
	master.questions = listen_at(master.config->hasher_socket, SOCK_SEQPACKET, master.config->hasher_queue);
	return master.questions >= 0;
}

static void
start_child(Child *child)
{
	pid_t		parent = getpid();
	pid_t		pid = fork();

	child->started = time(NULL);
	if (pid == 0)
	{
		/* it ends with its master, also if that has gone already: nobody would ever ask it to */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(0);
		unsetenv(INHERITED);
		metric_be((int) (child - master.child));
		/* who waits at the other socket is told at once when nobody is left to answer there */
		close(child->hashes ? master.requests : master.questions);
		if (child->hashes)
			worker_run_hasher(master.config, master.questions, &master.usual);
		else
			worker_run(master.config, master.requests, &master.usual, master.predecessors > 0);
		exit(0);
	}
	child->pid = pid > 0 ? pid : 0;
	if (pid < 0)
		child->due = child->started + SETTLED_SECONDS;
}

static void
start_children(void)
{
	master.children = master.config->workers + master.config->hashers;
	for (int i = 0; i < master.children; i++)
	{
		master.child[i].hashes = i < master.config->hashers;
		start_child(&master.child[i]);
	}
}

/* Those of before the reload are still this process's children. */
static void
know_predecessors(void)
{
	char	   *list = getenv(PREDECESSORS);
	char	   *pid;

	while (list && master.predecessors < CHILDREN && (pid = strsep(&list, ",")) && *pid)
		master.predecessor[master.predecessors++] = (pid_t) atol(pid);
	unsetenv(PREDECESSORS);
	unsetenv(INHERITED);
}

static void
end_predecessors(void)
{
	for (int i = 0; i < master.predecessors; i++)
		kill(master.predecessor[i], SIGTERM);
	master.predecessors = 0;
}

/* Let the predecessors end once nobody needs them; until then they go on. */
static void
succeed(void)
{
	static bool told;

	if (master.predecessors == 0)
		return;
	if (metric_of(METRIC_WORKERS_READY) >= master.config->workers)
		end_predecessors();
	else if (!told && time(NULL) - master.begun >= READY_SECONDS)
	{
		log_event("error", "reload.refused", "{s:s, s:i, s:i}", "detail", "the new workers do not reach the database; the old ones go on until they do",
				  "ready", (int) metric_of(METRIC_WORKERS_READY), "workers", master.config->workers);
		told = true;
	}
}

/* One that has ended is none to be asked to. */
static void
forget_predecessor(pid_t pid)
{
	for (int i = 0; i < master.predecessors; i++)
		if (master.predecessor[i] == pid)
			master.predecessor[i--] = master.predecessor[--master.predecessors];
}

/* Children that have ended: one that was not asked to is started again. */
static void
reap(void)
{
	time_t		now = time(NULL);
	int			status;
	pid_t		pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
	{
		forget_predecessor(pid);
		for (int i = 0; i < master.children; i++)
		{
			Child	   *child = &master.child[i];

			if (child->pid != pid)
				continue;
			child->pid = 0;
			metric_forget(i);
			child->due = now - child->started < SETTLED_SECONDS ? now + SETTLED_SECONDS : now;
			if (asked_to_end)
				continue;
			metric_add(METRIC_RESTARTS, 1);
			log_event("error", "child.ended", "{s:i, s:i, s:i}", "child", (int) pid, "signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0,
					  "status", WIFEXITED(status) ? WEXITSTATUS(status) : 0);
		}
	}
	for (int i = 0; i < master.children && !asked_to_end; i++)
		if (master.child[i].pid == 0 && master.child[i].due <= now)
			start_child(&master.child[i]);
}

/* Whether the file that is there now, with the configuration of now, would start. */
static bool
would_start(char *const *arguments)
{
	pid_t		pid = fork();
	int			status = -1;

	if (pid == 0)
	{
		sigprocmask(SIG_SETMASK, &master.usual, NULL);
		setenv("BANK_API_CHECK", "1", 1);
		execv(arguments[0], arguments);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR);
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Become the new program; returns only if that cannot be. */
static void
reload(char *const *arguments)
{
	char		sockets[32];
	Buffer		pids = {0};

	asked_to_reload = 0;
	snprintf(sockets, sizeof(sockets), "%d,%d", master.requests, master.questions);
	setenv(INHERITED, sockets, 1);
	if (!would_start(arguments))
	{
		unsetenv(INHERITED);
		log_event("error", "reload.refused", "{s:s}", "detail", "the program or its configuration would not start; the present ones go on");
		return;
	}
	for (int i = 0; i < master.children; i++)
		if (master.child[i].pid)
			buffer_printf(&pids, "%s%ld", pids.len ? "," : "", (long) master.child[i].pid);
	for (int i = 0; i < master.predecessors; i++)
		buffer_printf(&pids, "%s%ld", pids.len ? "," : "", (long) master.predecessor[i]);
	setenv(PREDECESSORS, pids.data ? pids.data : "", 1);
	log_event("info", "reload", "{}");
	/* what is blocked stays so: a signal on its way waits until the new program catches it */
	execv(arguments[0], arguments);
	log_event("error", "reload.failed", "{s:s}", "detail", strerror(errno));
	unsetenv(INHERITED);
	unsetenv(PREDECESSORS);
	buffer_free(&pids);
}

/* Ask those of a kind to end, and wait until they have. */
static void
end_those(bool hash)
{
	for (int i = 0; i < master.children; i++)
		if (master.child[i].pid && master.child[i].hashes == hash)
			kill(master.child[i].pid, SIGTERM);
	for (int i = 0; i < master.children; i++)
		if (master.child[i].pid && master.child[i].hashes == hash)
			while (waitpid(master.child[i].pid, NULL, 0) < 0 && errno == EINTR);
}

/* Ask all to end; those whom others wait for last. */
static void
end_children(void)
{
	end_predecessors();
	end_those(false);
	end_those(true);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
	unlink(master.config->socket);
	unlink(master.config->hasher_socket);
}

/* Signals are let in only while it waits. */
static void
catch_signals(void)
{
	struct sigaction action = {.sa_handler = note};
	const int	signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	sigset_t	blocked;

	sigemptyset(&action.sa_mask);
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
	{
		sigaction(signals[i], &action, NULL);
		sigaddset(&blocked, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, &master.usual);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigdelset(&master.usual, signals[i]);
}

/*
 * Run until told to end. arguments: of this program, whose first is its path. Returns the exit status.
 */
int
master_run(const Config *config, char *const *arguments)
{
	const struct timespec second = {.tv_sec = 1},
				moment = {.tv_nsec = 50000000};

	master.config = config;
	master.begun = time(NULL);
	if (!metric_set_up(route_name) || !brake_set_up() || !make_sockets())
	{
		log_event("error", "start", "{s:s, s:s}", "socket", config->socket, "detail", strerror(errno));
		return 1;
	}
	catch_signals();
	know_predecessors();
	start_children();
	log_event("info", "start", "{s:i, s:i}", "workers", config->workers, "hashers", config->hashers);
	while (!asked_to_end)
	{
		succeed();
		ppoll(NULL, 0, master.predecessors ? &moment : &second, &master.usual);
		if (asked_to_reload)
			reload(arguments);
		reap();
	}
	end_children();
	log_event("info", "end", "{}");
	return 0;
}
