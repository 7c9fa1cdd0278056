// Numbers that are shown otherwise than they are, a line each: heading|exact|shown.
return [...document.querySelectorAll("td.n[data-v]")].map(cell => {
	const head = cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
	return [head.textContent, cell.dataset.v, cell.textContent].join("|");
}).join("\n");
