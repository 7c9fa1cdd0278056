// The path's picture, a line for each hop and direction: hop|direction|dropped|injected|RST.
const count = (way, kind) =>
	(way.querySelector(`.badge.${kind}`)?.textContent.match(/[\d,]+/)[0] ?? "0").replaceAll(",", "");
return [...document.querySelectorAll(".path .hop")].flatMap(hop => [...hop.querySelectorAll(".way")].map(way =>
	[hop.querySelector("a").getAttribute("aria-label").replace(/^hop | /g, ""), way.classList[1],
		...["drop", "inject", "rst"].map(kind => count(way, kind))].join("|"))).join("\n");
