/*
 * json_walk.c -- the hot path: lines that look like those before.
 *
 * A service writes the same keys in the same order. So the bytes between two values are compared with what was found
 * correct there in an earlier line (an edge of the tree of keys, learned by json_scan.c), and only values are read.
 * A few edges per key are enough for optional keys, for several models in one log, and for missing features.
 *
 * Why this accepts nothing that the scanner would not: an edge's bytes lead from just behind a member's value to the
 * beginning of another's, through the same objects whenever they stand behind that member, because a node is a path of
 * keys from the root. What edges alone cannot see is a key that comes twice in a line; so every node and every
 * object entered is marked with the line's number, and a second visit ends the walk. Whatever does not match ends the walk, and the scanner
 * reads the line from its beginning.
 */
#include <string.h>

#include "decode_private.h"
#include "json_vector.h"

#define WALK(name) name##_plain
#define WALK_TARGET
#include "json_walk_body.h"
#undef WALK
#undef WALK_TARGET

#if JSON_VECTOR_AVX2
#define WALK(name)  name##_avx2
#define WALK_TARGET AVX2
#include "json_walk_body.h"
#undef WALK
#undef WALK_TARGET
#endif

json_walk_fn *
json_walk_choose(bool plain)
{
#if JSON_VECTOR_AVX2
	if (!plain && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
		return lines_avx2;
#endif
	(void)plain;
	return lines_plain;
}
