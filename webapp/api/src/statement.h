/*
 * statement.h
 *	  Every statement that this program can run, each with who may run it. There is no other SQL.
 */
#ifndef STATEMENT_H
#define STATEMENT_H

/* Who acts in a request; a statement's roles are a set of them. */
typedef enum Who
{
	NOBODY = 1,					/* not signed in */
	CUSTOMER = 2,
	STAFF = 4,
	ANYBODY = CUSTOMER | STAFF	/* whoever has signed in */
} Who;

typedef enum StatementId
{
	NO_STATEMENT,
	S_READY,
	S_ENTER,
	S_LOGIN_BEGIN,
	S_LOGIN_FINISH,
	S_LOGIN_REFUSED,
	S_MY_SECRETS,
	S_STEP_UP,
	S_STEP_UP_REFUSED,
	S_RENEW_RECOVERY_CODES,
	S_MAKE_ACTIVATION,
	S_TRY_ACTIVATION,
	S_BEGIN_REGISTRATION,
	S_TRY_REGISTRATION,
	S_FINISH_REGISTRATION,
	S_CHANGE_PASSWORD,
	S_END_SESSION,
	S_SESSIONS,
	S_SESSION,
	S_DENIED,
	S_PASSWORD_REFUSED,
	S_PROFILE,
	S_CHANGE_PROFILE,
	S_BEGIN_CONTACT,
	S_CONFIRM_CONTACT,
	S_REMOVE_CONTACT,

	S_ACCOUNTS,
	S_ACCOUNT,
	S_BALANCE,
	S_TRANSACTIONS,
	S_PAYEE,
	S_COUNT_PAYEE,
	S_PAY,
	S_TRANSFER,
	S_CHECK_PAYMENT,
	S_CARDS,
	S_CHANGE_CARD,
	S_BENEFICIARIES,
	S_ADD_BENEFICIARY,
	S_REMOVE_BENEFICIARY,
	S_STANDING_ORDERS,
	S_MAKE_STANDING_ORDER,
	S_CHANGE_STANDING_ORDER,
	S_LOANS,
	S_LOAN_SCHEDULE,
	S_STATEMENT_HEAD,
	S_STATEMENT,
	S_NOTIFICATIONS,
	S_READ_NOTIFICATIONS,
	S_CURRENCIES,
	S_CATEGORIES,

	S_FIND_CUSTOMERS,
	S_VIEW_CUSTOMER,
	S_BLOCK_CARD,
	S_READ_AUDIT,
	STATEMENTS
} StatementId;

#define STATEMENT_PARAMETERS 16

typedef struct Statement
{
	const char *name;
	unsigned	who;			/* set of Who */
	int			parameters;
	const char *sql;
} Statement;

extern const Statement statements[STATEMENTS];

#endif
