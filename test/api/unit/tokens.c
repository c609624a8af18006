/*
 * tokens.c
 *	  Prints so many tokens as the API makes them: "tokens 100000".
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "secret.h"

int
main(int count, char **arguments)
{
	char		token[TOKEN_SIZE];

	if (sodium_init() < 0)
		return 1;
	for (long left = count > 1 ? atol(arguments[1]) : 1; left > 0; left--)
	{
		secret_token(token);
		puts(token);
	}
	return 0;
}
