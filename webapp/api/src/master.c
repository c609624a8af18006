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

/* What a child does: each kind has a socket of its own. */
typedef enum Post
{
	POST_HASHER,
	POST_RESERVE,				/* a hasher for those who are known */
	POST_HEALTH,				/* answers what needs no worker, also when all of them are busy */
	POST_WORKER,
	POSTS
} Post;

typedef struct Child
{
	pid_t		pid;			/* 0: none now */
	Post		post;
	time_t		started;
	time_t		due;			/* to be started again, if there is none */
} Child;

static struct
{
	const Config *config;
	int			listening[POSTS];
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

static const char *
path_of(const Config *config, Post post)
{
	switch (post)
	{
		case POST_HASHER:
			return config->hasher_socket;
		case POST_RESERVE:
			return config->reserve_socket;
		case POST_HEALTH:
			return config->health_socket;
		default:
			return config->socket;
	}
}

static bool
hashes(Post post)
{
	return post == POST_HASHER || post == POST_RESERVE;
}

/* The sockets of before a reload, if there was one; false if they cannot be told. */
static bool
read_inherited(const char *text, int listening[POSTS])
{
	int			end = 0;

	return sscanf(text, "%d,%d,%d,%d%n", &listening[0], &listening[1], &listening[2], &listening[3], &end) == POSTS && text[end] == '\0';
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
	int			listening[POSTS];
	bool		same = true;

	if (inherited == NULL)
		return true;
	/* another version of this program has other ones */
	same = read_inherited(inherited, listening);
	for (Post post = 0; same && post < POSTS; post++)
		same = listens_at(listening[post], path_of(config, post));
	if (!same)
		log_event("error", "configuration", "{s:s}", "detail", "sockets are taken at a start only; restart to change them");
	return same;
}

/* The sockets: those of before, or new ones. */
static bool
make_sockets(void)
{
	const char *inherited = getenv(INHERITED);

	bool		kept = inherited && read_inherited(inherited, master.listening);

	for (Post post = 0; post < POSTS; post++)
	{
		int			backlog = hashes(post) ? master.config->hasher_queue : BACKLOG;
		int			type = hashes(post) ? SOCK_SEQPACKET : SOCK_STREAM;

		if (!kept)
			master.listening[post] = listen_at(path_of(master.config, post), type, backlog);
		/* a queue may have become longer, or shorter */
		if (master.listening[post] < 0 || (kept && listen(master.listening[post], backlog) != 0))
			return false;
	}
	return true;
}

/* What a child does until it is told to end. */
static void
run_child(Post post)
{
	bool		succeeds = master.predecessors > 0;

	/* who waits at another socket is told at once when nobody is left to answer there */
	for (Post other = 0; other < POSTS; other++)
		if (other != post)
			close(master.listening[other]);
	if (hashes(post))
		worker_run_hasher(master.config, master.listening[post], &master.usual);
	else if (post == POST_HEALTH)
		worker_run_health(master.config, master.listening[post], &master.usual, succeeds);
	else
		worker_run(master.config, master.listening[post], &master.usual, succeeds);
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
		run_child(child->post);
		exit(0);
	}
	child->pid = pid > 0 ? pid : 0;
	if (pid < 0)
		child->due = child->started + SETTLED_SECONDS;
}

static void
start_those(Post post, int count)
{
	for (; count > 0; count--)
	{
		Child	   *child = &master.child[master.children++];

		child->post = post;
		start_child(child);
	}
}

static void
start_children(void)
{
	start_those(POST_HASHER, master.config->hashers);
	start_those(POST_RESERVE, 1);
	start_those(POST_HEALTH, master.config->workers > 0);
	start_those(POST_WORKER, master.config->workers);
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

/*
 * What says nothing to this program would end it, and all children with it: that nobody reads the log any more,
 * and what is sent by habit, as to have a log opened anew.
 */
static void
heed_signals(void (*how) (int signal))
{
	const int	signals[] = {SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM};
	struct sigaction action = {.sa_handler = how};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
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
		heed_signals(SIG_DFL);
		setenv("BANK_API_CHECK", "1", 1);
		execv(arguments[0], arguments);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR);
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/*
 * Tell the new program who goes on until it can: not those who have not come so far themselves, they are asked to
 * end.
 */
static void
name_predecessors(void)
{
	Buffer		pids = {0};

	for (int i = 0; i < master.predecessors; i++)
		buffer_printf(&pids, "%s%ld", pids.len ? "," : "", (long) master.predecessor[i]);
	for (int i = 0; i < master.children; i++)
	{
		if (master.child[i].pid && master.predecessors > 0)
			kill(master.child[i].pid, SIGTERM);
		else if (master.child[i].pid)
			buffer_printf(&pids, "%s%ld", pids.len ? "," : "", (long) master.child[i].pid);
	}
	setenv(PREDECESSORS, pids.data ? pids.data : "", 1);
	buffer_free(&pids);
}

/* Become the new program; returns only if that cannot be. */
static void
reload(char *const *arguments)
{
	char		sockets[64];

	asked_to_reload = 0;
	snprintf(sockets, sizeof(sockets), "%d,%d,%d,%d", master.listening[0], master.listening[1], master.listening[2], master.listening[3]);
	setenv(INHERITED, sockets, 1);
	if (!would_start(arguments))
	{
		unsetenv(INHERITED);
		log_event("error", "reload.refused", "{s:s}", "detail", "the program or its configuration would not start; the present ones go on");
		return;
	}
	name_predecessors();
	log_event("info", "reload", "{}");
	/* what is blocked stays so: a signal on its way waits until the new program catches it */
	execv(arguments[0], arguments);
	log_event("error", "reload.failed", "{s:s}", "detail", strerror(errno));
	unsetenv(INHERITED);
	unsetenv(PREDECESSORS);
}

/* Ask those of a kind to end, and wait until they have. */
static void
end_those(bool hash)
{
	for (int i = 0; i < master.children; i++)
		if (master.child[i].pid && hashes(master.child[i].post) == hash)
			kill(master.child[i].pid, SIGTERM);
	for (int i = 0; i < master.children; i++)
		if (master.child[i].pid && hashes(master.child[i].post) == hash)
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
	for (Post post = 0; post < POSTS; post++)
		unlink(path_of(master.config, post));
}

/* Signals are let in only while it waits. */
static void
catch_signals(void)
{
	struct sigaction action = {.sa_handler = note};
	const int	signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	sigset_t	blocked;

	heed_signals(SIG_IGN);
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
	catch_signals();
	if (!metric_set_up(route_name) || !brake_set_up() || !make_sockets())
	{
		log_event("error", "start", "{s:s, s:s}", "socket", config->socket, "detail", strerror(errno));
		return 1;
	}
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
