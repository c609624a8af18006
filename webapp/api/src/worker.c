/*
 * worker.c
 *	  A worker: takes a connection, serves one request of FastCGI on it, and again; a hasher does
 *	  the same with questions.
 *
 * SIGTERM (end) is let in only while it waits for one: it is never missed, and never cuts an
 * answer. Whoever does not send its request, or does not take the answer, within seconds, loses the
 * connection.
 */
#include "worker.h"

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "db.h"
#include "hasher.h"
#include "log.h"
#include "metric.h"
#include "request.h"
#include "sandbox.h"
#include "secret.h"
#include "serve.h"

#define PATIENCE_SECONDS 10
/* How often a worker that has not reached the database yet tries again. */
#define RETRY_MS 200

static volatile sig_atomic_t ending;
/* Nothing more to wait for before it can serve. */
static bool ready;

static void
note_end(int signal)
{
	ending = signal;
}

/* Ends are noted; a closed connection is an error of write(), not the end. */
void
worker_catch_signals(void)
{
	struct sigaction action = {.sa_handler = note_end};

	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &action, NULL);
}

/* A queue of connections: one that comes wakes one process, not all that wait. */
static int
make_queue(int listening)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
	int			queue = epoll_create1(EPOLL_CLOEXEC);

	if (queue < 0 || epoll_ctl(queue, EPOLL_CTL_ADD, listening, &event) != 0)
	{
		log_event("error", "queue", "{s:s}", "detail", strerror(errno));
		_exit(1);
	}
	return queue;
}

/* Say so once the database has been reached. */
static void
look_whether_ready(void)
{
	if (ready || !db_connect())
		return;
	ready = true;
	metric_add(METRIC_WORKERS_READY, 1);
}

/* Who takes the place of others, which serve until then, takes nothing before it can. */
static void
wait_until_ready(const sigset_t *asleep)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};

	while (!ready && !ending)
	{
		ppoll(NULL, 0, &pause, asleep);
		look_whether_ready();
	}
}

/*
 * Wait for a connection, signals let in; false when it is time to end. epoll_pwait() lets none in while
 * there is a connection: one whose queue is never empty would never end.
 */
static bool
wait_for_one(int queue, const sigset_t *asleep)
{
	struct epoll_event event;
	sigset_t	awake;

	sigprocmask(SIG_SETMASK, asleep, &awake);
	sigprocmask(SIG_SETMASK, &awake, NULL);
	while (!ending)
	{
		if (epoll_pwait(queue, &event, 1, ready ? -1 : RETRY_MS, asleep) > 0)
			return !ending;
		look_whether_ready();
	}
	return false;
}

static long
read_stream(void *from, char *data, size_t len)
{
	return FCGX_GetStr(data, (int) len, (FCGX_Stream *) from);
}

static bool
take(void *to, const char *data, size_t len)
{
	return FCGX_PutStr(data, (int) len, (FCGX_Stream *) to) == (int) len;
}

/*
 * Let an answer end so that the web server sees it is not whole, and cuts its own. The mere end of the connection
 * nginx takes for the end of the answer; a record of no version is an error to it.
 */
static void
cut(FCGX_Request *request)
{
	static const char nonsense[8];
	ssize_t		written;

	FCGX_FFlush(request->out);
	written = write(request->ipcFd, nonsense, sizeof(nonsense));
	(void) written;				/* it may have gone */
}

/*
 * End an answer that is whole. libfcgi would wait for the web server to close first; that is needed
 * only where something of the request is unread: closing would tell the other side so before it has
 * the answer.
 */
static void
finish(FCGX_Request *request)
{
	char		rest;

	request->keepConnection = 1;	/* by libfcgi; we do not */
	FCGX_Finish_r(request);
	if (request->ipcFd < 0)
		return;					/* the answer was not taken: libfcgi has closed */
	if (recv(request->ipcFd, &rest, sizeof(rest), MSG_DONTWAIT) < 0 && errno == EAGAIN)
		close(request->ipcFd);
	else
		FCGX_Free(request, 1);
}

static void
serve_one(const Config *config, int listening, int fd)
{
	struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	FCGX_Request request;
	Buffer		body = {0};
	Sink		sink = {.take = take};
	bool		whole;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	FCGX_InitRequest(&request, listening, FCGI_FAIL_ACCEPT_ON_INTR);
	/* this connection, as if it had been kept: libfcgi's own accept() would wait where no signal comes in */
	request.ipcFd = fd;
	request.keepConnection = 1;
	if (FCGX_Accept_r(&request) != 0)
		return;
	sink.to = request.out;
	if (request_read_body(&body, request.envp, config->body_limit, read_stream, request.in))
		whole = serve(config, request.envp, body.data ? body.data : "", body.len, &sink);
	else
		whole = serve_too_large(request.envp, &sink);
	if (whole)
		finish(&request);
	else
	{
		cut(&request);
		FCGX_Free(&request, 1);
	}
	buffer_free(&body);
}

/* What every child does before its loop. */
static void
settle(const Config *config, const char *name)
{
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_DUMPABLE, 0);
	worker_catch_signals();
	if (config->sandbox && !sandbox_enter())
	{
		log_event("error", "sandbox", "{s:s}", "detail", "seccomp is not to be had; \"sandbox = off\" goes without");
		_exit(1);
	}
}

/* Serve what comes until told to end. */
static void
serve_all(const Config *config, int listening, int queue, const sigset_t *asleep)
{
	while (wait_for_one(queue, asleep))
	{
		int			fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			serve_one(config, listening, fd);
	}
}

/*
 * Serve requests until told to end. listening: non-blocking. asleep: signals that are blocked while
 * it waits; none of those that end it. succeeds: there are others who serve until this one can.
 */
void
worker_run(const Config *config, int listening, const sigset_t *asleep, bool succeeds)
{
	int			queue = make_queue(listening);

	FCGX_Init();
	db_connect();				/* before the sandbox: libraries read their configuration now */
	settle(config, "bank-api-worker");
	metric_add(METRIC_WORKERS, 1);
	look_whether_ready();
	if (succeeds)
		wait_until_ready(asleep);
	serve_all(config, listening, queue, asleep);
	metric_add(METRIC_WORKERS, -1);
	metric_add(METRIC_WORKERS_READY, ready ? -1 : 0);
	db_close();
}

/*
 * The same for what needs no database, at a socket of its own: however busy the workers are, there is an answer.
 * Who takes the place of others does when its workers have: the counters are theirs.
 */
void
worker_run_health(const Config *config, int listening, const sigset_t *asleep, bool succeeds)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
	int			queue = make_queue(listening);

	FCGX_Init();
	secret_forget();
	db_forget();
	settle(config, "bank-api-health");
	while (succeeds && !ending && metric_of(METRIC_WORKERS_READY) < config->workers)
		ppoll(NULL, 0, &pause, asleep);
	ready = true;
	serve_all(config, listening, queue, asleep);
}

/*
 * Answer questions about passwords until told to end.
 */
void
worker_run_hasher(const Config *config, int listening, const sigset_t *asleep)
{
	int			queue = make_queue(listening);

	secret_forget();
	db_forget();
	settle(config, "bank-api-hasher");
	ready = true;
	while (wait_for_one(queue, asleep))
		hasher_serve(listening);
}
