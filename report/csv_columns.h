/* CSV of a table's rows, taken column by column, as a store has them: what is the same in all rows of a block,
 * and each text and address of it, is made to text once. What comes out is what csv.h makes of cells.
 */
#ifndef CROSSTAP_REPORT_CSV_COLUMNS_H
#define CROSSTAP_REPORT_CSV_COLUMNS_H

#include "report/writer.h"

extern const struct writer_columns csv_columns;

#endif
