#include "report/page_frame.h"

#include <nettle/base64.h>
#include <nettle/sha2.h>

#include "report/html.h"
#include "report/page_assets.h"

/* 'sha256-...' of what stands between the tags (CSP Level 3, section 8.4). */
static void frame_digest(FILE *stream, const char *bytes, size_t size)
{
	char text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE)];
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, size, (const uint8_t *)bytes);
	sha256_digest(&ctx, sizeof digest, digest);
	base64_encode_raw(text, sizeof digest, digest);
	fprintf(stream, "'sha256-%.*s'", (int)sizeof text, text);
}

bool page_frame_begin(FILE *stream, const char *title, bool script)
{
	bool ok;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ", stream);
	frame_digest(stream, page_css, page_css_size);
	if (script) {
		fputs("; script-src ", stream);
		frame_digest(stream, page_js, page_js_size);
	}
	fputs("; base-uri 'none'; form-action 'none'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
	      stream);
	ok = html_text(stream, title);
	fputs("</title>\n<style>", stream);
	fwrite(page_css, 1, page_css_size, stream);
	fputs("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#findings\">To the findings</a>\n"
	      "<header><p class=\"brand\">crosstap</p><nav class=\"toc\" aria-label=\"On this page\">", stream);
	return ok;
}

void page_frame_link(FILE *stream, const char *id, const char *name)
{
	fprintf(stream, "<a href=\"#%s\">%s</a> ", id, name);
}

void page_frame_main(FILE *stream, const char *heading)
{
	fprintf(stream, "</nav></header>\n<main>\n<h1 class=\"hide\">%s</h1>\n", heading);
}

void page_frame_end(FILE *stream, const char *about, bool script)
{
	fprintf(stream, "</main>\n<footer>crosstap %s. %s</footer>\n", CROSSTAP_VERSION, about);
	if (script) {
		fputs("<script>", stream);
		fwrite(page_js, 1, page_js_size, stream);
		fputs("</script>\n", stream);
	}
	fputs("</body>\n</html>\n", stream);
}
