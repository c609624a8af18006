/*
 * route.c
 *	  The table, and the dispatch: the only way from a request to a handler.
 */
#include "route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "handle.h"
#include "metric.h"

#define V1 "/api/v1"

#define ACCOUNT_ID {.place = PLACE_PATH, .name = "account_id", .type = FIELD_ID}
#define LIMIT {.place = PLACE_QUERY, .name = "limit", .type = FIELD_NUMBER, .optional = true, .least = 1, .most = 200, .standard = "50"}
#define BEFORE {.place = PLACE_QUERY, .name = "before", .type = FIELD_ID, .optional = true}
#define CONTACT_TYPES "email|phone"
#define PARTY_ID {.place = PLACE_PATH, .name = "party_id", .type = FIELD_ID}
#define CLIENT {.place = PLACE_CLIENT, .name = "client"}
#define FROM {.place = PLACE_QUERY, .name = "from", .type = FIELD_DATE}
#define TO {.place = PLACE_QUERY, .name = "to", .type = FIELD_DATE, .days = 366}
#define CODE {.place = PLACE_BODY, .name = "code", .type = FIELD_CODE}

static const Route routes[] = {
	{"GET", "/healthz", NOBODY, false, NO_STATEMENT, SHAPE_OWN, handle_healthy, {{0}}},
	{"GET", "/readyz", NOBODY, false, S_READY, SHAPE_OWN, handle_ready, {{0}}},
	{"GET", "/metrics", NOBODY, false, NO_STATEMENT, SHAPE_OWN, handle_metrics, {{0}}},

	{"POST", V1 "/login", NOBODY, false, S_LOGIN_BEGIN, SHAPE_OWN, handle_login, {
			{.place = PLACE_BODY, .name = "login", .type = FIELD_LOGIN},
			{.place = PLACE_BODY, .name = "password", .type = FIELD_PASSWORD},
			CODE, {0}}},
	{"POST", V1 "/logout", ANYBODY, false, S_END_SESSION, SHAPE_OWN, handle_logout, {{0}}},
	{"POST", V1 "/step-up", ANYBODY, false, S_STEP_UP, SHAPE_OWN, handle_step_up, {CODE, {0}}},
	{"POST", V1 "/password", ANYBODY, true, S_CHANGE_PASSWORD, SHAPE_OWN, handle_password, {
			{.place = PLACE_BODY, .name = "old_password", .type = FIELD_PASSWORD},
			{.place = PLACE_BODY, .name = "new_password", .type = FIELD_PASSWORD}, {0}}},
	{"POST", V1 "/recovery-codes", ANYBODY, true, S_RENEW_RECOVERY_CODES, SHAPE_OWN, handle_recovery_codes, {{0}}},
	{"POST", V1 "/registration", NOBODY, false, S_TRY_ACTIVATION, SHAPE_OWN, handle_registration, {
			{.place = PLACE_BODY, .name = "party_no", .type = FIELD_PARTY_NO},
			{.place = PLACE_BODY, .name = "birth_date", .type = FIELD_DATE},
			{.place = PLACE_BODY, .name = "activation_code", .type = FIELD_WRITTEN_CODE},
			{.place = PLACE_BODY, .name = "login", .type = FIELD_LOGIN},
			{.place = PLACE_BODY, .name = "password", .type = FIELD_PASSWORD}, {0}}},
	{"POST", V1 "/registration/confirm", NOBODY, false, S_TRY_REGISTRATION, SHAPE_OWN, handle_registration_confirm, {
			{.place = PLACE_BODY, .name = "registration_token", .type = FIELD_TOKEN},
			{.place = PLACE_BODY, .name = "code", .type = FIELD_ONE_TIME_CODE}, {0}}},
	{"GET", V1 "/session", ANYBODY, false, S_SESSION, SHAPE_ROW, NULL, {{0}}},
	{"GET", V1 "/live", ANYBODY, false, S_LIVE, SHAPE_ROW, NULL, {{0}}, .unnoticed = true},
	{"GET", V1 "/sessions", ANYBODY, false, S_SESSIONS, SHAPE_ROWS, NULL, {{0}}},
	{"DELETE", V1 "/sessions/{session_id}", ANYBODY, false, S_END_SESSION, SHAPE_OWN, handle_end_session, {
			{.place = PLACE_PATH, .name = "session_id", .type = FIELD_ID}, {0}}},

	{"GET", V1 "/profile", CUSTOMER, false, S_PROFILE, SHAPE_ROW, NULL, {{0}}},
	{"PATCH", V1 "/profile", CUSTOMER, false, S_CHANGE_PROFILE, SHAPE_ROW, NULL, {
			{.place = PLACE_BODY, .name = "language", .type = FIELD_CHOICE, .optional = true, .choices = "ru|en"},
			{.place = PLACE_BODY, .name = "theme", .type = FIELD_CHOICE, .optional = true, .choices = "system|light|dark"},
			{.place = PLACE_BODY, .name = "news", .type = FIELD_BOOLEAN, .optional = true},
			CLIENT, {0}}},
	{"POST", V1 "/contacts", CUSTOMER, true, S_BEGIN_CONTACT, SHAPE_ROW, NULL, {
			{.place = PLACE_BODY, .name = "contact_type", .type = FIELD_CHOICE, .choices = CONTACT_TYPES},
			{.place = PLACE_BODY, .name = "ordinal", .type = FIELD_NUMBER, .optional = true, .least = 1, .most = 9},
			{.place = PLACE_BODY, .name = "value", .type = FIELD_LINE, .least = 3, .most = 254},
			CLIENT, {0}}},
	{"POST", V1 "/contacts/confirm", CUSTOMER, false, S_CONFIRM_CONTACT, SHAPE_OWN, handle_confirm_contact, {
			{.place = PLACE_BODY, .name = "change_id", .type = FIELD_ID},
			{.place = PLACE_BODY, .name = "code", .type = FIELD_ONE_TIME_CODE},
			CLIENT, {0}}},
	{"DELETE", V1 "/contacts/{contact_type}/{ordinal}", CUSTOMER, true, S_REMOVE_CONTACT, SHAPE_GONE, NULL, {
			{.place = PLACE_PATH, .name = "contact_type", .type = FIELD_CHOICE, .choices = CONTACT_TYPES},
			{.place = PLACE_PATH, .name = "ordinal", .type = FIELD_NUMBER, .least = 1, .most = 9},
			CLIENT, {0}}},

	{"GET", V1 "/accounts", CUSTOMER, false, S_ACCOUNTS, SHAPE_ROWS, NULL, {{0}}},
	{"GET", V1 "/accounts/{account_id}", CUSTOMER, false, S_ACCOUNT, SHAPE_ROW, NULL, {ACCOUNT_ID, {0}}},
	{"GET", V1 "/accounts/{account_id}/balance", CUSTOMER, false, S_BALANCE, SHAPE_ROW, NULL, {ACCOUNT_ID, {0}}},
	{"GET", V1 "/accounts/{account_id}/transactions", CUSTOMER, false, S_TRANSACTIONS, SHAPE_OWN, handle_transactions, {
			ACCOUNT_ID,
			LIMIT,
			{.place = PLACE_QUERY, .name = "before_date", .type = FIELD_DATE, .optional = true},
			{.place = PLACE_QUERY, .name = "before_transfer", .type = FIELD_ID, .optional = true},
			{.place = PLACE_QUERY, .name = "before_line", .type = FIELD_NUMBER, .optional = true, .least = 1, .most = 2},
			{.place = PLACE_QUERY, .name = "from", .type = FIELD_DATE, .optional = true},
			{.place = PLACE_QUERY, .name = "to", .type = FIELD_DATE, .optional = true},
			{.place = PLACE_QUERY, .name = "least", .type = FIELD_AMOUNT, .optional = true, .searches = true},
			{.place = PLACE_QUERY, .name = "most", .type = FIELD_AMOUNT, .optional = true, .searches = true},
			{.place = PLACE_QUERY, .name = "side", .type = FIELD_CHOICE, .optional = true, .choices = "debit|credit", .searches = true},
			{.place = PLACE_QUERY, .name = "mcc", .type = FIELD_LINE, .optional = true, .least = 4, .most = 4, .searches = true},
			{.place = PLACE_QUERY, .name = "status", .type = FIELD_CHOICE, .optional = true, .choices = "posted|reversed|disputed", .searches = true},
			{.place = PLACE_QUERY, .name = "text", .type = FIELD_LINE, .optional = true, .least = 1, .most = 100, .searches = true}, {0}}},

	{"GET", V1 "/accounts/{account_id}/statement", CUSTOMER, false, S_STATEMENT, SHAPE_OWN, handle_statement, {ACCOUNT_ID, FROM, TO, {0}}, .heavy = true},
	{"GET", V1 "/accounts/{account_id}/statement.csv", CUSTOMER, false, S_STATEMENT, SHAPE_OWN, handle_statement_csv, {ACCOUNT_ID, FROM, TO, {0}}, .heavy = true},
	{"GET", V1 "/accounts/{account_id}/statement.html", CUSTOMER, false, S_STATEMENT, SHAPE_OWN, handle_statement_html, {ACCOUNT_ID, FROM, TO, {0}}, .heavy = true},
	{"GET", V1 "/accounts/{account_id}/spending", CUSTOMER, false, S_SPENDING, SHAPE_ROW, NULL, {ACCOUNT_ID, FROM, TO, {0}}, .heavy = true},
	{"GET", V1 "/accounts/{account_id}/balances", CUSTOMER, false, S_DAY_BALANCES, SHAPE_ROWS_OF, NULL, {ACCOUNT_ID, FROM, TO, {0}}, .heavy = true},
	{"GET", V1 "/statement.css", NOBODY, false, NO_STATEMENT, SHAPE_OWN, handle_statement_style, {{0}}},

	{"POST", V1 "/payees", CUSTOMER, false, S_PAYEE, SHAPE_OWN, handle_payee, {
			{.place = PLACE_BODY, .name = "account_no", .type = FIELD_ACCOUNT_NO}, {0}}},
	{"POST", V1 "/transfers", CUSTOMER, false, S_PAY, SHAPE_MADE, NULL, {
			{.place = PLACE_BODY, .name = "transfer_uuid", .type = FIELD_UUID},
			{.place = PLACE_BODY, .name = "debit_account_id", .type = FIELD_ID},
			{.place = PLACE_BODY, .name = "credit_account_no", .type = FIELD_ACCOUNT_NO},
			{.place = PLACE_BODY, .name = "amount_minor", .type = FIELD_AMOUNT},
			{.place = PLACE_BODY, .name = "currency_code", .type = FIELD_CURRENCY},
			{.place = PLACE_BODY, .name = "narrative", .type = FIELD_LINE, .optional = true, .least = 1, .most = 140},
			CLIENT, {0}}},
	{"GET", V1 "/transfers/{transfer_uuid}", CUSTOMER, false, S_TRANSFER, SHAPE_ROW, NULL, {
			{.place = PLACE_PATH, .name = "transfer_uuid", .type = FIELD_UUID}, {0}}},
	{"POST", V1 "/transfers/{transfer_uuid}/void", CUSTOMER, false, S_VOID_TRANSFER, SHAPE_ROW, NULL, {
			{.place = PLACE_PATH, .name = "transfer_uuid", .type = FIELD_UUID},
			CLIENT, {0}}},
	{"POST", V1 "/transfers/check", CUSTOMER, false, S_CHECK_PAYMENT, SHAPE_ROW, NULL, {
			{.place = PLACE_BODY, .name = "debit_account_id", .type = FIELD_ID},
			{.place = PLACE_BODY, .name = "credit_account_no", .type = FIELD_ACCOUNT_NO},
			{.place = PLACE_BODY, .name = "amount_minor", .type = FIELD_AMOUNT},
			{.place = PLACE_BODY, .name = "currency_code", .type = FIELD_CURRENCY}, {0}}},

	{"GET", V1 "/cards", CUSTOMER, false, S_CARDS, SHAPE_ROWS, NULL, {{0}}},
	{"PATCH", V1 "/cards/{card_id}", CUSTOMER, false, S_CHANGE_CARD, SHAPE_ROW, NULL, {
			{.place = PLACE_PATH, .name = "card_id", .type = FIELD_ID},
			{.place = PLACE_BODY, .name = "status", .type = FIELD_CHOICE, .optional = true, .choices = "active|frozen"},
			{.place = PLACE_BODY, .name = "day_limit_minor", .type = FIELD_NUMBER, .optional = true, .most = MOST_AMOUNT},
			CLIENT, {0}}},

	{"GET", V1 "/beneficiaries", CUSTOMER, false, S_BENEFICIARIES, SHAPE_ROWS, NULL, {{0}}},
	{"POST", V1 "/beneficiaries", CUSTOMER, true, S_ADD_BENEFICIARY, SHAPE_MADE, NULL, {
			{.place = PLACE_BODY, .name = "account_no", .type = FIELD_ACCOUNT_NO},
			{.place = PLACE_BODY, .name = "alias", .type = FIELD_LINE, .least = 1, .most = 60},
			CLIENT, {0}}},
	{"DELETE", V1 "/beneficiaries/{beneficiary_id}", CUSTOMER, false, S_REMOVE_BENEFICIARY, SHAPE_GONE, NULL, {
			{.place = PLACE_PATH, .name = "beneficiary_id", .type = FIELD_ID},
			CLIENT, {0}}},

	{"GET", V1 "/standing-orders", CUSTOMER, false, S_STANDING_ORDERS, SHAPE_ROWS, NULL, {{0}}},
	{"POST", V1 "/standing-orders", CUSTOMER, false, S_MAKE_STANDING_ORDER, SHAPE_MADE, NULL, {
			{.place = PLACE_BODY, .name = "request_id", .type = FIELD_UUID},
			{.place = PLACE_BODY, .name = "debit_account_id", .type = FIELD_ID},
			{.place = PLACE_BODY, .name = "credit_account_no", .type = FIELD_ACCOUNT_NO},
			{.place = PLACE_BODY, .name = "amount_minor", .type = FIELD_AMOUNT},
			{.place = PLACE_BODY, .name = "currency_code", .type = FIELD_CURRENCY},
			{.place = PLACE_BODY, .name = "day_of_month", .type = FIELD_NUMBER, .least = 1, .most = 31},
			{.place = PLACE_BODY, .name = "starts_on", .type = FIELD_DATE},
			{.place = PLACE_BODY, .name = "ends_on", .type = FIELD_DATE, .optional = true},
			{.place = PLACE_BODY, .name = "narrative", .type = FIELD_LINE, .optional = true, .least = 1, .most = 140},
			CLIENT, {0}}},
	{"PATCH", V1 "/standing-orders/{standing_order_id}", CUSTOMER, false, S_CHANGE_STANDING_ORDER, SHAPE_ROW, NULL, {
			{.place = PLACE_PATH, .name = "standing_order_id", .type = FIELD_ID},
			{.place = PLACE_BODY, .name = "amount_minor", .type = FIELD_AMOUNT, .optional = true},
			{.place = PLACE_BODY, .name = "day_of_month", .type = FIELD_NUMBER, .optional = true, .least = 1, .most = 31},
			{.place = PLACE_BODY, .name = "ends_on", .type = FIELD_DATE, .optional = true},
			{.place = PLACE_BODY, .name = "narrative", .type = FIELD_LINE, .optional = true, .least = 1, .most = 140},
			{.place = PLACE_BODY, .name = "status", .type = FIELD_CHOICE, .optional = true, .choices = "active|paused|ended"},
			CLIENT, {0}}},

	{"GET", V1 "/loans", CUSTOMER, false, S_LOANS, SHAPE_ROWS, NULL, {{0}}},
	{"GET", V1 "/loans/{loan_id}/schedule", CUSTOMER, false, S_LOAN_SCHEDULE, SHAPE_ROWS_OF, NULL, {
			{.place = PLACE_PATH, .name = "loan_id", .type = FIELD_ID}, {0}}},

	{"GET", V1 "/notifications", ANYBODY, false, S_NOTIFICATIONS, SHAPE_PAGE, NULL, {LIMIT, BEFORE, {0}}},
	{"POST", V1 "/notifications/read", ANYBODY, false, S_READ_NOTIFICATIONS, SHAPE_ROW, NULL, {
			{.place = PLACE_BODY, .name = "up_to", .type = FIELD_ID}, {0}}},
	{"GET", V1 "/reference/currencies", ANYBODY, false, S_CURRENCIES, SHAPE_ROWS, NULL, {{0}}},
	{"GET", V1 "/reference/categories", ANYBODY, false, S_CATEGORIES, SHAPE_ROWS, NULL, {{0}}},

	{"GET", V1 "/staff/customers", STAFF, false, S_FIND_CUSTOMERS, SHAPE_ROW, NULL, {
			{.place = PLACE_QUERY, .name = "query", .type = FIELD_LINE, .least = 2, .most = 64},
			CLIENT, {0}}, .heavy = true},
	{"GET", V1 "/staff/customers/{party_id}", STAFF, false, S_VIEW_CUSTOMER, SHAPE_ROW, NULL, {PARTY_ID, CLIENT, {0}}},
	{"POST", V1 "/staff/customers/{party_id}/activation", STAFF, true, S_MAKE_ACTIVATION, SHAPE_OWN, handle_activation, {PARTY_ID, {0}}},
	{"POST", V1 "/staff/cards/{card_id}/block", STAFF, false, S_BLOCK_CARD, SHAPE_ROW, NULL, {
			{.place = PLACE_PATH, .name = "card_id", .type = FIELD_ID},
			{.place = PLACE_BODY, .name = "reason", .type = FIELD_LINE, .least = 3, .most = 200},
			CLIENT, {0}}},
	{"GET", V1 "/staff/audit", STAFF, false, S_READ_AUDIT, SHAPE_PAGE, NULL, {
			{.place = PLACE_QUERY, .name = "party_id", .type = FIELD_ID, .optional = true},
			{.place = PLACE_QUERY, .name = "event", .type = FIELD_LINE, .optional = true, .least = 3, .most = 60},
			BEFORE, LIMIT, CLIENT, {0}}, .heavy = true},
};

#define ROUTES ((int) (sizeof(routes) / sizeof(routes[0])))

int
route_count(void)
{
	return ROUTES;
}

const Route *
route_at(int route)
{
	return &routes[route];
}

/* As metrics and the log name it. */
const char *
route_name(int route)
{
	static char name[ROUTE_SEGMENT * 4];

	if (route < 0 || route >= ROUTES)
		return "none";
	snprintf(name, sizeof(name), "%s %s", routes[route].method, routes[route].path);
	return name;
}

/* What the route's {fields} stand for in a path; false if the path is not of that form. */
static bool
match(const char *form, const char *path, char values[FIELDS][ROUTE_SEGMENT])
{
	int			count = 0;

	while (*form)
	{
		size_t		len;

		if (*form != '{')
		{
			if (*form++ != *path++)
				return false;
			continue;
		}
		form += strcspn(form, "}") + 1;
		len = strcspn(path, "/");
		if (len == 0 || len >= ROUTE_SEGMENT)
			return false;
		memcpy(values[count], path, len);
		values[count++][len] = '\0';
		path += len;
	}
	return *path == '\0';
}

/* Whether a path is one of the table's as it stands: then it is no form's, whatever its fields would take. */
static bool
is_literal(const char *path)
{
	for (int i = 0; i < ROUTES; i++)
		if (strcmp(routes[i].path, path) == 0)
			return true;
	return false;
}

/*
 * The route of a request, and what stands for the fields of its path; or -1, and the answer.
 */
int
route_find(const Request *request, Reply *reply, char values[FIELDS][ROUTE_SEGMENT])
{
	bool		literal = is_literal(request->path);
	Buffer		allowed = {0};

	for (int i = 0; i < ROUTES; i++)
	{
		if (literal ? strcmp(routes[i].path, request->path) != 0 : !match(routes[i].path, request->path, values))
			continue;
		if (strcmp(routes[i].method, request->method) == 0)
		{
			buffer_free(&allowed);
			return i;
		}
		buffer_printf(&allowed, "%s%s%s", allowed.len ? ", " : "", routes[i].method, strcmp(routes[i].method, "GET") == 0 ? ", HEAD" : "");
	}
	if (allowed.len)
	{
		reply_problem(reply, "no_such_method", NULL);
		reply_header(reply, "Allow", "%s", allowed.data);
	}
	else
		reply_problem(reply, "no_such_route", NULL);
	buffer_free(&allowed);
	return -1;
}

/*
 * Whether a request that changes something comes from our own pages, or from a program that is no
 * browser's page. Browsers say where from; a page of another site cannot make them say otherwise.
 */
static bool
is_own_site(const Config *config, const Request *request)
{
	if (request->fetch_site)
		return strcmp(request->fetch_site, "same-origin") == 0 || strcmp(request->fetch_site, "none") == 0;
	return request->origin == NULL || strcmp(request->origin, config->origin) == 0;
}

/* What must hold before anybody looks at the fields; else the answer is given. */
static bool
is_admissible(const Config *config, const Request *request, const Route *route, Reply *reply)
{
	if (strcmp(route->method, "GET") != 0 && !is_own_site(config, request))
		reply_problem(reply, "cross_site", NULL);
	else if (strcmp(route->method, "GET") == 0 && request->has_body)
		reply_problem(reply, "bad_request", NULL);
	else if (strcmp(route->method, "GET") != 0 && !request->is_json && (request->has_body || strcmp(route->method, "DELETE") != 0))
		reply_problem(reply, "media_type", NULL);
	else if (route->who != NOBODY && request->session[0] == '\0')
		reply_problem(reply, "no_session", NULL);
	return reply->status == 0;
}

/* Whether anything of the route may keep the database at it for a while. */
static bool
may_be_heavy(const Route *route)
{
	bool		heavy = route->heavy;

	for (const Field *field = route->fields; field->place != PLACE_NONE; field++)
		heavy = heavy || field->searches;
	return heavy;
}

static bool
is_heavy(const Context *context)
{
	bool		heavy = context->route->heavy;

	for (int i = 0; context->route->fields[i].place != PLACE_NONE; i++)
		heavy = heavy || (context->route->fields[i].searches && context->values.text[i]);
	return heavy;
}

static void
handle(Context *context)
{
	if (context->route->handle)
		context->route->handle(context);
	else
		act_plainly(context);
}

/* What takes long gets half of the workers at most: the others are left for what does not. */
static void
handle_in_turn(Context *context)
{
	int			half = (context->config->workers + 1) / 2;

	if (metric_add_below(METRIC_HEAVY_AT_WORK, half > 0 ? half : 1))
	{
		handle(context);
		metric_add(METRIC_HEAVY_AT_WORK, -1);
	}
	else
	{
		metric_add(METRIC_HEAVY_REFUSED, 1);
		reply_later(context->reply, "busy", 2);
	}
}

/*
 * Answer a request. Returns the route's number, -1 if it is none of ours; user_id and
 * database_micros are for the log.
 */
int
route_serve(const Config *config, const Request *request, Reply *reply, long *user_id, uint64_t *database_micros)
{
	Context		context = {.config = config, .request = request, .reply = reply};
	char		values[FIELDS][ROUTE_SEGMENT];
	const char *path_values[FIELDS];
	int			number;

	if (request->refused)
	{
		reply_problem(reply, request->refused, NULL);
		return -1;
	}
	number = route_find(request, reply, values);
	if (number < 0)
		return -1;
	context.route = &routes[number];
	for (int i = 0; i < FIELDS; i++)
		path_values[i] = values[i];
	if (!is_admissible(config, request, context.route, reply))
		return number;
	if (!valid_read(&context.values, context.route->fields, request, path_values))
	{
		reply_problem(reply, context.values.code, context.values.field);
		return number;
	}
	secret_hash(context.token_hash, request->session);
	if (is_heavy(&context))
		handle_in_turn(&context);
	else
		handle(&context);
	*user_id = context.user_id;
	*database_micros = context.database_micros;
	return number;
}

static json_t *
describe_field(const Field *field)
{
	static const char *const places[] = {[PLACE_PATH] = "path", [PLACE_QUERY] = "query", [PLACE_BODY] = "body"};

	return json_pack("{s:s, s:s, s:s, s:b, s:i, s:o}", "name", field->name, "place", places[field->place],
					 "type", valid_type_name(field->type), "required", !field->optional, "days", (int) field->days,
					 "schema", valid_schema(field));
}

static json_t *
describe_roles(unsigned who)
{
	json_t	   *roles = json_array();

	if (who & NOBODY)
		json_array_append_new(roles, json_string("nobody"));
	if (who & CUSTOMER)
		json_array_append_new(roles, json_string("customer"));
	if (who & STAFF)
		json_array_append_new(roles, json_string("staff"));
	return roles;
}

static const char *
shape_name(Shape shape)
{
	static const char *const names[] = {
		[SHAPE_ROW] = "row", [SHAPE_ROWS] = "rows", [SHAPE_ROWS_OF] = "rows_of", [SHAPE_PAGE] = "page",
		[SHAPE_MADE] = "made", [SHAPE_GONE] = "gone", [SHAPE_OWN] = "own",
	};

	return names[shape];
}

/*
 * The table as JSON: what the OpenAPI document is made of.
 */
void
route_write_table(Buffer *out)
{
	json_t	   *table = json_array();
	char	   *text;

	for (int i = 0; i < ROUTES; i++)
	{
		json_t	   *fields = json_array();

		for (const Field *field = routes[i].fields; field->place != PLACE_NONE; field++)
			if (field->place != PLACE_CLIENT)
				json_array_append_new(fields, describe_field(field));
		json_array_append_new(table, json_pack("{s:s, s:s, s:o, s:b, s:b, s:b, s:s, s:s, s:o}", "method", routes[i].method, "path", routes[i].path,
											   "who", describe_roles(routes[i].who), "step_up", routes[i].step_up,
											   "unnoticed", routes[i].unnoticed, "heavy", may_be_heavy(&routes[i]),
											   "statement", statements[routes[i].statement].name,
											   "shape", shape_name(routes[i].shape), "fields", fields));
	}
	text = json_dumps(table, JSON_INDENT(1));
	buffer_add_text(out, text);
	buffer_add_text(out, "\n");
	free(text);
	json_decref(table);
}
