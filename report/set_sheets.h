/* The CSV files of the set, written side by side: see set.h. */
#ifndef CROSSTAP_REPORT_SET_SHEETS_H
#define CROSSTAP_REPORT_SET_SHEETS_H

#include "collect/error.h"
#include "collect/store.h"
#include "correlate/tasks.h"
#include "report/output.h"
#include "report/sheet.h"

#define SET_NAME_MAX 64

struct progress;

/* Writes a file for each sheet but those that are written last. `beside` is other work, done meanwhile by the
 * calling thread, which may use `txn` for it; NULL: there is none. `progress` may be NULL; its label is changed,
 * and points nowhere afterwards. */
enum status set_sheets_write(struct store_txn *txn, const struct output_folder *folder,
			     const struct task *beside, struct progress *progress,
			     struct error *err) MUST_CHECK;

/* The name of a sheet's file. */
void set_sheets_name(char name[SET_NAME_MAX], const struct sheet *sheet);

#endif
