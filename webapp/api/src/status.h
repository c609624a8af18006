/*
 * status.h
 *	  Statuses of HTTP that this program answers with: there is no other list of them.
 */
#ifndef STATUS_H
#define STATUS_H

#define STATUSES 16

extern int	status_at(int place);
extern int	status_place(int status);
extern const char *status_reason(int status);

#endif
