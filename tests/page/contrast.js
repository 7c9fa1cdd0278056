// Texts whose contrast to what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3), a line each.
const numbers = colour => colour.match(/[\d.]+/g).map(Number);
const over = (colour, behind, share) => colour.slice(0, 3).map((part, i) => share * part + (1 - share) * behind[i]);
const light = colour => {
	const [r, g, b] = colour.map(part => part / 255)
		.map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = element => {
	if (!element)
		return [255, 255, 255];
	const [r, g, b, share = 1] = numbers(getComputedStyle(element).backgroundColor);
	return share === 1 ? [r, g, b] : over([r, g, b], behind(element.parentElement), share);
};
const said = new Set();
const look = (element, style, text) => {
	let share = 1;
	for (let at = element; at; at = at.parentElement)
		share *= getComputedStyle(at).opacity;
	const ground = behind(element);
	const paint = numbers(element.closest("svg") ? style.fill : style.color);
	const colour = over(paint, ground, share * (paint[3] ?? 1));
	const [high, low] = [light(colour), light(ground)].sort((a, b) => b - a);
	const contrast = (high + 0.05) / (low + 0.05);
	if (contrast < 4.5)
		said.add(`${element.localName}.${element.getAttribute("class")} ${contrast.toFixed(2)}: ${text.slice(0, 20)}`);
};
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let texts = 0;
while (walk.nextNode()) {
	const element = walk.currentNode.parentElement, text = walk.currentNode.data.trim();
	if (!text || /^(script|style|title)$/.test(element.localName) || !element.checkVisibility())
		continue;
	texts++;
	look(element, getComputedStyle(element), text);
}
for (const input of document.querySelectorAll("input[placeholder]"))
	look(input, getComputedStyle(input, "::placeholder"), input.placeholder);
return [...said, `of ${texts < 100 ? "few" : "many"} texts`].join("\n");
