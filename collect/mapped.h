/* Files that are read in place: a store is mapped into memory, and when somebody cuts it off meanwhile, or its
 * disk fails, the system has no other way to say so than a signal. For the programs' mains. */
#ifndef CROSSTAP_COLLECT_MAPPED_H
#define CROSSTAP_COLLECT_MAPPED_H

/* From now on such a signal ends the program with a message and STATUS_INPUT. What was committed to a store
 * stays, and files appear whole or not at all, as after kill -9. */
void mapped_watch(void);

#endif
