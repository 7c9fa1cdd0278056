/* The page's style sheet and script, as they lie in page.css and page.js: part of the program
 * (page_assets.S), so that it needs no file beside it. */
#ifndef CROSSTAP_REPORT_PAGE_ASSETS_H
#define CROSSTAP_REPORT_PAGE_ASSETS_H

#include <stddef.h>

extern const char page_css[], page_css_end[], page_js[], page_js_end[];

#define page_css_size ((size_t)(page_css_end - page_css))
#define page_js_size ((size_t)(page_js_end - page_js))

#endif
