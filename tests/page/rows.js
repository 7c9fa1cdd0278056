// The rows of all tables that the selector names, a line each: cells joined by |, each as its
// exact value (data-v) or else its text. Rows of ladders are none.
return [...document.querySelectorAll(arguments[0])].flatMap(table => [...table.tBodies[0].rows])
	.filter(row => !row.hidden && row.className !== "ladder")
	.map(row => [...row.cells].map(cell => cell.dataset.v ?? cell.textContent).join("|")).join("\n");
