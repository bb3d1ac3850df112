/* print.h -- the parts of an expression as text, for print.c and pretty.c. */
#ifndef PROMQL_PRINT_H
#define PROMQL_PRINT_H

#include "ast.h"
#include "functions.h"
#include "mlwatch/buf.h"

void print_node(struct buf *b, const struct node *n);
void print_operator(struct buf *b, const struct node *n);       /* + on (a) group_left (b) */
void print_left(struct buf *b, const struct node *n);           /* the left operand of a binary operator */
void print_aggregate_head(struct buf *b, const struct node *n); /* sum by (a) */
void print_range(struct buf *b, const struct node *n); /* a range selector; of a subquery what follows the expression */

#endif
