// What can be acted on, is there to see and was never focused since window.reached began.
return [...document.querySelectorAll("a[href], button, input, summary")]
	.filter(element => element.checkVisibility() && !window.reached.has(element))
	.map(element => element.outerHTML.slice(0, 80)).join("\n");
