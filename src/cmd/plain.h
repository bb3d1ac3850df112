/*
 * plain.h -- text for people on a terminal: names, lines and answers from outside cannot steer it, and where the locale is not UTF-8
 * all of it is ASCII.
 */
#ifndef CMD_PLAIN_H
#define CMD_PLAIN_H

#include <stdbool.h>
#include <stdio.h>

/* A stream that writes to `to` (borrowed): control and bidi characters become a dot; tabs and line ends
 * stay, and our own colours when there are any. fclose it.
 * NULL: no memory. */
FILE *plain_open(FILE *to, bool coloured);

#endif
