/*
 * handle_statement.c
 *	  Statements of an account: as JSON, as CSV, as a page to print. Each goes out line by line, so that a year
 *	  of a busy account takes no more memory than a day of a quiet one.
 *
 * The last line is the closing balance. It is added up here once more, and a statement whose sum is another is cut
 * before it: who has a closing line has a whole statement, and a true one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "csv.h"
#include "handle.h"
#include "html.h"
#include "log.h"
#include "text.h"

typedef struct Paper Paper;

/* How a statement looks. */
typedef struct Form
{
	const char *type;
	const char *ending;			/* of the file's name; NULL: it is not to be saved */
	void		(*open) (Paper *paper, const Rows *row);
	void		(*entry) (Paper *paper, const Rows *row);
	void		(*close) (Paper *paper, const Rows *row);
} Form;

struct Paper
{
	Context    *context;
	const Form *form;
	const Trip *trip;			/* its rows[1] say of what it is */
	const char *from;
	const char *to;
	int			decimals;
	bool		has_entries;
	int64_t		balance;		/* added up here */
};

static Buffer *
body(Paper *paper)
{
	return &paper->context->reply->body;
}

static const char *
about(const Paper *paper, const char *name)
{
	return rows_get(paper->trip->rows[1], name);
}

static int64_t
number(const Rows *row, const char *name)
{
	const char *value = rows_get(row, name);

	return value ? strtoll(value, NULL, 10) : 0;
}

/* An amount of a line as people write it; NULL if the line has none. */
static const char *
amount(const Paper *paper, const Rows *row, const char *name, char text[TEXT_AMOUNT])
{
	const char *minor = rows_get(row, name);

	if (minor == NULL)
		return NULL;
	text_amount(text, minor, paper->decimals);
	return text;
}

/* JSON */

static void
json_open(Paper *paper, const Rows *row)
{
	Reply	   *reply = paper->context->reply;

	buffer_add_text(&reply->body, "{");
	reply_add_members(reply, reply_row(paper->trip->rows[1], 0));
	buffer_add_text(&reply->body, ",");
	reply_add_members(reply, json_pack("{s:s, s:s, s:I}", "from", paper->from, "to", paper->to, "opening_minor",
									   (json_int_t) number(row, "balance_minor")));
	buffer_add_text(&reply->body, ",\"items\":[");
}

static void
json_entry(Paper *paper, const Rows *row)
{
	json_t	   *object = reply_row(row, 0);

	json_object_del(object, "what");
	if (paper->has_entries)
		buffer_add_text(body(paper), ",");
	reply_add_object(paper->context->reply, object);
}

static void
json_close(Paper *paper, const Rows *row)
{
	buffer_add_text(body(paper), "],");
	reply_add_members(paper->context->reply, json_pack("{s:I, s:I, s:I}", "debit_minor", (json_int_t) number(row, "debit_minor"),
													   "credit_minor", (json_int_t) number(row, "credit_minor"),
													   "closing_minor", (json_int_t) number(row, "balance_minor")));
	buffer_add_text(body(paper), "}");
}

/* CSV */

static void
csv_row(Paper *paper, const Rows *row)
{
	char		debit[TEXT_AMOUNT],
				credit[TEXT_AMOUNT],
				balance[TEXT_AMOUNT];
	const Cell	cells[] = {
		{rows_get(row, "what"), false},
		{rows_get(row, "value_date"), true},
		{rows_get(row, "transfer_id"), true},
		{rows_get(row, "counterparty"), false},
		{rows_get(row, "narrative"), false},
		{amount(paper, row, "debit_minor", debit), true},
		{amount(paper, row, "credit_minor", credit), true},
		{amount(paper, row, "balance_minor", balance), true},
		{about(paper, "currency_code"), false},
	};

	csv_line(body(paper), cells, sizeof(cells) / sizeof(cells[0]));
}

static void
csv_open(Paper *paper, const Rows *row)
{
	buffer_add_text(body(paper), CSV_MARK "line,value_date,transfer_id,counterparty,narrative,debit,credit,balance,currency\r\n");
	csv_row(paper, row);
}

/* A page */

static void
page_line(Paper *paper, const Rows *row, const char *tag, const char *narrative)
{
	char		text[TEXT_AMOUNT];
	Buffer	   *out = body(paper);

	buffer_printf(out, "<tr class=\"%s\">", tag);
	html_element(out, "td", rows_get(row, "value_date"));
	html_element(out, "td", rows_get(row, "counterparty"));
	html_element(out, "td class=\"text\"", narrative);
	html_element(out, "td class=\"amount\"", amount(paper, row, "debit_minor", text));
	html_element(out, "td class=\"amount\"", amount(paper, row, "credit_minor", text));
	html_element(out, "td class=\"amount\"", amount(paper, row, "balance_minor", text));
	buffer_add_text(out, "</tr>\n");
}

static void
page_open(Paper *paper, const Rows *row)
{
	Buffer	   *out = body(paper);

	buffer_add_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
					"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
					"<link rel=\"stylesheet\" href=\"/api/v1/statement.css\">\n");
	html_element(out, "title", "Statement of account");
	buffer_add_text(out, "\n</head>\n<body>\n<main>\n<header>\n");
	html_element(out, "p class=\"bank\"", paper->context->config->bank_name);
	html_element(out, "h1", "Statement of account");
	buffer_add_text(out, "<dl>");
	html_element(out, "dt", "Account");
	html_element(out, "dd", about(paper, "account_no"));
	html_element(out, "dt", "Product");
	html_element(out, "dd", about(paper, "product"));
	html_element(out, "dt", "Customer");
	html_element(out, "dd", about(paper, "customer"));
	html_element(out, "dt", "Currency");
	html_element(out, "dd", about(paper, "currency_code"));
	buffer_printf(out, "<dt>Days</dt><dd>%s to %s</dd></dl>\n</header>\n<table>\n", paper->from, paper->to);
	html_element(out, "caption", "Entries by value date");
	buffer_add_text(out, "\n<thead><tr><th scope=\"col\">Date</th><th scope=\"col\">Other account</th><th scope=\"col\">Narrative</th>"
					"<th scope=\"col\">Debit</th><th scope=\"col\">Credit</th><th scope=\"col\">Balance</th></tr></thead>\n<tbody>\n");
	page_line(paper, row, "opening", "Opening balance");
}

static void
page_entry(Paper *paper, const Rows *row)
{
	page_line(paper, row, "entry", rows_get(row, "narrative"));
}

static void
page_close(Paper *paper, const Rows *row)
{
	page_line(paper, row, "closing", "Closing balance: opening, less debits, plus credits");
	buffer_add_text(body(paper), "</tbody>\n</table>\n</main>\n</body>\n</html>\n");
}

static const Form as_json = {"application/json", NULL, json_open, json_entry, json_close};
static const Form as_csv = {"text/csv; charset=utf-8; header=present", "csv", csv_open, csv_row, csv_row};
static const Form as_page = {"text/html; charset=utf-8", NULL, page_open, page_entry, page_close};

/* Any form */

static void
open_paper(Paper *paper, const Rows *row)
{
	const char *exponent = about(paper, "exponent");

	paper->decimals = exponent ? atoi(exponent) : 0;
	paper->balance = number(row, "balance_minor");
	if (paper->form->ending)
		reply_header(paper->context->reply, "Content-Disposition", "attachment; filename=\"statement-%s-%s-%s.%s\"",
					 about(paper, "account_no"), paper->from, paper->to, paper->form->ending);
	reply_begin(paper->context->reply, paper->form->type);
	paper->form->open(paper, row);
}

/* The closing line, if it is what the lines before it come to. */
static bool
close_paper(Paper *paper, const Rows *row)
{
	if (paper->balance != number(row, "balance_minor"))
	{
		log_event("error", "statement.untrue", "{s:s, s:s}", "request", paper->context->request->id, "account", about(paper, "account_no"));
		paper->context->reply->broken = true;
		return false;
	}
	paper->form->close(paper, row);
	return true;
}

/* One line; the first is the opening balance, the last the closing one. */
static bool
take_line(void *to, const Rows *row)
{
	Paper	   *paper = to;
	const char *what = rows_get(row, "what");

	if (strcmp(what, "opening") == 0)
		open_paper(paper, row);
	else if (strcmp(what, "closing") == 0)
		return close_paper(paper, row);
	else
	{
		paper->balance += number(row, "credit_minor") - number(row, "debit_minor");
		paper->form->entry(paper, row);
		paper->has_entries = true;
	}
	return reply_pass(paper->context->reply);
}

static void
state(Context *context, const Form *form)
{
	const char *from = context->values.text[1];
	const char *to = context->values.text[2];
	Trip		trip;
	Paper		paper = {.context = context, .form = form, .trip = &trip, .from = from, .to = to};

	if (!act_row_by_row(context, &trip, S_STATEMENT_HEAD, S_STATEMENT, take_line, &paper))
		return;
	if (!context->reply->begun)
		reply_problem(context->reply, "not_found", NULL);
	db_end(&trip);
}

/* GET /accounts/{account_id}/statement */
void
handle_statement(Context *context)
{
	state(context, &as_json);
}

/* GET /accounts/{account_id}/statement.csv */
void
handle_statement_csv(Context *context)
{
	state(context, &as_csv);
}

/* GET /accounts/{account_id}/statement.html */
void
handle_statement_html(Context *context)
{
	state(context, &as_page);
}

/* GET /statement.css: the page's look. Not in the page: its content security policy lets no style in that is. */
void
handle_statement_style(Context *context)
{
	static const char style[] =
	"body{font:11pt/1.4 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#111;background:#fff}"
	"h1{font-size:1.4rem}dl{display:grid;grid-template-columns:max-content auto;gap:.2rem 1rem}dd{margin:0}"
	"table{border-collapse:collapse;width:100%}caption{text-align:left;padding:.5rem 0}"
	"th,td{padding:.2rem .5rem;text-align:left;vertical-align:top;border-bottom:1px solid #ccc}"
	".amount{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.text{overflow-wrap:anywhere}"
	".opening td,.closing td{font-weight:bold}thead{display:table-header-group}tr{break-inside:avoid}"
	"@media print{body{margin:0;max-width:none;font-size:9pt}}\n";

	buffer_add_text(&context->reply->body, style);
	context->reply->status = 200;
	context->reply->type = "text/css; charset=utf-8";
}
