/*
 * cgi.h
 *	  The same program as plain CGI: one request, from the environment and the input.
 */
#ifndef CGI_H
#define CGI_H

#include <stdbool.h>

#include "config.h"

extern bool cgi_asked_for(void);
extern int	cgi_run(const Config *config);

#endif
