/* See page_assets.h. Paths are from the project's top, where make runs. */
	.section .rodata
	.global page_css, page_css_end, page_js, page_js_end
page_css:
	.incbin "report/page.css"
page_css_end:
	.byte 0
page_js:
	.incbin "report/page.js"
page_js_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
