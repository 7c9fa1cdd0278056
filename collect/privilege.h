/* Rights: what a program gives up before it reads what strangers sent. */
#ifndef CROSSTAP_COLLECT_PRIVILEGE_H
#define CROSSTAP_COLLECT_PRIVILEGE_H

#include <stdbool.h>

#include "collect/error.h"

#define PRIVILEGE_USER "nobody" /* whom root becomes when nothing is said */

/* Whether the program has rights that it should give up: it is root, or has capabilities. */
bool privilege_have(void);

/* Raises how many files may be open to the most that the system allows. */
void privilege_open_many(void);

/* Becomes `user` and gives up all groups and capabilities, for good: neither this process nor any
 * that it starts can get them back (PR_SET_NO_NEW_PRIVS). Who is not root stays who it is, and
 * root does where `user` is root: that was asked for. STATUS_USAGE: there is no such user. */
enum status privilege_drop(const char *user, struct error *err) MUST_CHECK;

#endif
