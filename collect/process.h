/* What each program asks of the system before it does anything else. For the programs' mains. */
#ifndef CROSSTAP_COLLECT_PROCESS_H
#define CROSSTAP_COLLECT_PROCESS_H

/* Standard input, output and error that are closed stay so: no file that is opened gets their number, or what is
 * said would be written into a store. Whoever reads or writes them hears that they are not open.
 *
 * A file that may not grow any more is an error of its write, not a signal.
 *
 * A store is mapped into memory: when somebody cuts it off meanwhile, or its disk fails, the system has no
 * other way to say so than a signal. It ends the program with a message and STATUS_INPUT; what was committed
 * stays, and files appear whole or not at all, as after kill -9. */
void process_begin(void);

#endif
