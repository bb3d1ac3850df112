/*
 * main.c -- a table of subcommands. What they do is their own business.
 */
#include "mlwatch/command.h"

int
main(int argc, char **argv)
{
	return command_main(argc, argv);
}
