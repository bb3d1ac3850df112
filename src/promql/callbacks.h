/* callbacks.h -- the functions behind the table of functions.c, by file. */
#ifndef PROMQL_CALLBACKS_H
#define PROMQL_CALLBACKS_H

#include "functions.h"

/* functions_rate.c, functions_instant_rate.c, functions_changes.c */
range_fn fn_rate, fn_increase, fn_delta, fn_irate, fn_idelta, fn_resets, fn_changes;
/* functions_trend.c */
range_fn fn_deriv, fn_predict_linear, fn_double_exponential_smoothing;
/* functions_over_time.c */
range_fn fn_avg_over_time, fn_sum_over_time, fn_count_over_time, fn_min_over_time, fn_max_over_time, fn_first_over_time,
    fn_last_over_time, fn_present_over_time, fn_quantile_over_time, fn_stddev_over_time, fn_stdvar_over_time,
    fn_mad_over_time, fn_ts_of_first_over_time, fn_ts_of_last_over_time, fn_ts_of_min_over_time, fn_ts_of_max_over_time;
/* functions_math.c */
double math_rad(double v), math_deg(double v), math_sgn(double v);
value_fn fn_min_of, fn_max_of, fn_round, fn_clamp, fn_clamp_min, fn_clamp_max, fn_pi, fn_vector, fn_scalar, fn_absent,
    fn_absent_over_time;
/* functions_time.c */
double date_minute(double t), date_hour(double t), date_day_of_week(double t), date_day_of_month(double t),
    date_day_of_year(double t), date_days_in_month(double t), date_month(double t), date_year(double t);
value_fn fn_time, fn_timestamp, fn_start_timestamp, fn_start, fn_end, fn_step, fn_range;
/* functions_labels.c, functions_sort.c */
value_fn fn_label_replace, fn_label_join, fn_sort, fn_sort_desc, fn_sort_by_label, fn_sort_by_label_desc;
/* functions_histogram.c, functions_quantile.c */
value_fn fn_histogram_count, fn_histogram_sum, fn_histogram_avg, fn_histogram_stddev, fn_histogram_stdvar,
    fn_histogram_quantile, fn_histogram_quantiles, fn_histogram_fraction;
/* functions_info.c */
value_fn fn_info;

#endif
