#include "correlate/story.h"
#include <stdlib.h>
enum status stories_tell(struct stories **o,const struct judging*j,const struct verdicts*v,const struct resets*r,struct error*e){*o=calloc(1,sizeof **o);return 0;}
void stories_free(struct stories**s){free(*s);*s=0;}
#include "correlate/results.h"
#define E(n,t) enum status n{struct table_writer*w;enum status s=table_begin(store,g,&t,&w,e);if(!s)s=table_finish(&w,e);return s;}
E(stories_write_sessions(const struct stories*a,const struct judging*j,struct store*store,uint32_t g,struct error*e),results_sessions)
E(stories_write_points(const struct stories*a,const struct judging*j,struct store*store,uint32_t g,struct error*e),results_session_points)
E(stories_write_translations(const struct judging*j,struct store*store,uint32_t g,struct error*e),results_translations)
