/*
 * hasher.c
 *	  argon2id in processes of its own: both ends of the socket.
 *
 * A question: 'v', the password, a zero byte, the hash; or 'h', the password. An answer: 'y', 'n',
 * or 'h' and the hash.
 */
#include "hasher.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* OWASP's least for argon2id: 19 MiB, two passes, one lane. */
#define PASSES 2
#define MEMORY (19456 * 1024)
#define ANSWER_MS 10000
#define QUESTION_SIZE 1024

static struct sockaddr_un everybodys = {.sun_family = AF_UNIX};
static struct sockaddr_un reserve = {.sun_family = AF_UNIX};

/* Remember where the hashers are. */
void
hasher_set_up(const char *socket_path, const char *reserve_path)
{
	snprintf(everybodys.sun_path, sizeof(everybodys.sun_path), "%s", socket_path);
	snprintf(reserve.sun_path, sizeof(reserve.sun_path), "%s", reserve_path);
}

/*
 * A hash of the right cost of a password that nobody has: who asks for a user that there is not
 * waits as long as for one that there is.
 */
const char *
hasher_stand_in(void)
{
	return "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$"
		"k6V0F2dmfPlDV6cAcHg5MRuHr5CZcGrSGTkVFTCjkxs";
}

/* Ask those at an address, and wait for the answer. */
static HasherAnswer
ask_at(const struct sockaddr_un *address, const char *question, size_t len, char *answer, size_t size)
{
	int			fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	HasherAnswer outcome = HASHER_GONE;
	ssize_t		got = -1;

	if (fd < 0)
		return HASHER_GONE;
	if (connect(fd, (const struct sockaddr *) address, sizeof(*address)) != 0)
		outcome = errno == EAGAIN ? HASHER_BUSY : HASHER_GONE;
	else if (send(fd, question, len, MSG_NOSIGNAL) == (ssize_t) len && poll(&wait, 1, ANSWER_MS) == 1)
		got = recv(fd, answer, size - 1, 0);
	close(fd);
	if (got < 1)
		return outcome;
	answer[got] = '\0';
	return answer[0] == 'n' ? HASHER_NO : HASHER_YES;
}

/* Ask the one in reserve, if the one who asks may; everybody's, if that cannot. */
static HasherAnswer
ask(bool known, const char *question, size_t len, char *answer, size_t size)
{
	HasherAnswer outcome = known ? ask_at(&reserve, question, len, answer, size) : HASHER_BUSY;

	return outcome == HASHER_BUSY ? ask_at(&everybodys, question, len, answer, size) : outcome;
}

/* Whether a password is that of a hash. known: who asks is nobody that guesses. */
HasherAnswer
hasher_verify(const char *password, const char *hash, bool known)
{
	char		question[QUESTION_SIZE];
	char		answer[2];
	int			len = snprintf(question, sizeof(question), "v%s%c%s", password, 0, hash);
	HasherAnswer outcome;

	if (len < 0 || len >= (int) sizeof(question))
		return HASHER_NO;
	outcome = ask(known, question, (size_t) len, answer, sizeof(answer));
	sodium_memzero(question, sizeof(question));
	return outcome;
}

/* The hash of a new password: only who is known has one. */
HasherAnswer
hasher_hash(const char *password, char hash[HASHER_TEXT])
{
	char		question[QUESTION_SIZE];
	char		answer[HASHER_TEXT + 2];
	int			len = snprintf(question, sizeof(question), "h%s", password);
	HasherAnswer outcome;

	if (len < 0 || len >= (int) sizeof(question))
		return HASHER_NO;
	outcome = ask(true, question, (size_t) len, answer, sizeof(answer));
	sodium_memzero(question, sizeof(question));
	if (outcome == HASHER_YES && strlen(answer + 1) < HASHER_TEXT)
		strcpy(hash, answer + 1);
	return outcome;
}

/* The work itself; not in a request's process. 0 if it was done. */
int
hasher_compute(const char *password, size_t len, char hash[HASHER_TEXT])
{
	return crypto_pwhash_str(hash, password, len, PASSES, MEMORY);
}

/* Answer one question. */
static void
answer_one(int fd)
{
	char		question[QUESTION_SIZE + 1];
	char		answer[1 + crypto_pwhash_STRBYTES] = "n";
	ssize_t		len = recv(fd, question, QUESTION_SIZE, 0);

	if (len < 1)
		return;
	question[len] = '\0';
	if (question[0] == 'v')
	{
		const char *password = question + 1;
		size_t		size = strlen(password);

		if (size + 2 <= (size_t) len && crypto_pwhash_str_verify(password + size + 1, password, size) == 0)
			answer[0] = 'y';
		send(fd, answer, 1, MSG_NOSIGNAL);
	}
	else if (question[0] == 'h' && hasher_compute(question + 1, (size_t) len - 1, answer + 1) == 0)
	{
		answer[0] = 'h';
		send(fd, answer, 1 + strlen(answer + 1), MSG_NOSIGNAL);
	}
	sodium_memzero(question, sizeof(question));
}

/*
 * Take the next question from the listening socket and answer it; whoever asks gets a tenth of a
 * second to say what.
 */
void
hasher_serve(int listening)
{
	struct timeval patience = {.tv_usec = 100000};
	int			fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	answer_one(fd);
	close(fd);
}
