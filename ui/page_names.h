/* page_names.h -- the pages: nine views with a number, and what opens from them. */
#ifndef UI_PAGE_NAMES_H
#define UI_PAGE_NAMES_H

enum page {
	PAGE_OVERVIEW,
	PAGE_ALERTS,
	PAGE_MODELS,
	PAGE_DRIFT,
	PAGE_TARGETS,
	PAGE_LOGS,
	PAGE_NOTIFY,
	PAGE_EVENTS,
	PAGE_QUERY,
	PAGE_ALERT,   /* one alert */
	PAGE_FEATURE, /* one feature */
	PAGE_HELP,
	N_PAGES
};
#define N_VIEWS 9 /* the pages with a number */

#endif
