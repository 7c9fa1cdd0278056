"use strict";
// The page's script: sorts and filters the sessions, and draws their ladders from the data in the
// page. It makes elements and sets texts, never markup, so that no text becomes any.
(() => {
const SVG = "http://www.w3.org/2000/svg";
const IDLE_NS = 1e9; // a silence that is worth a line
const story = JSON.parse(document.getElementById("ladders").textContent);
document.documentElement.classList.add("js");

function make(parent, name, attributes, text)
{
	const element = parent.namespaceURI === SVG || name === "svg"
		? document.createElementNS(SVG, name) : document.createElement(name);
	for (const key in attributes)
		element.setAttribute(key, attributes[key]);
	if (text !== undefined)
		element.textContent = text;
	parent.append(element);
	return element;
}

// As crosstap says lengths of time elsewhere.
function duration(ns)
{
	const size = Math.abs(ns);
	const units = [[1e3, 1, 0, "ns"], [1e5, 1e3, 1, "µs"], [1e6, 1e3, 0, "µs"], [1e8, 1e6, 2, "ms"],
		       [1e9, 1e6, 0, "ms"], [Infinity, 1e9, 2, "s"]];
	const [, unit, decimals, name] = units.find(row => size < row[0]);
	return (ns / unit).toFixed(decimals) + " " + name;
}

// ---- the sessions: sort and filter ----

const table = document.getElementById("sessions-table");
const body = table.tBodies[0];
const rows = [...body.rows];

function value(row, column)
{
	const cell = row.cells[column];
	return cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent;
}

const order = new Intl.Collator("en", {numeric: true});

function compare(a, b, column)
{
	const x = value(a, column), y = value(b, column);
	if (x === "" || y === "") // what is not known comes last
		return (x === "") - (y === "");
	if (!isNaN(x) && !isNaN(y))
		return x - y;
	return order.compare(x, y);
}

function sort(heading, column)
{
	const down = heading.getAttribute("aria-sort") === "ascending";
	for (const other of table.tHead.rows[0].cells)
		other.removeAttribute("aria-sort");
	heading.setAttribute("aria-sort", down ? "descending" : "ascending");
	const sorted = rows.map((row, place) => [row, place]).sort(([a, i], [b, k]) => {
		const known = (value(a, column) !== "") && (value(b, column) !== "");
		return (down && known ? -1 : 1) * compare(a, b, column) || i - k;
	});
	for (const [row] of sorted) {
		body.append(row);
		if (opened.has(row))
			body.append(opened.get(row));
	}
}

[...table.tHead.rows[0].cells].forEach((heading, column) => {
	const button = document.createElement("button");
	button.type = "button";
	button.textContent = heading.textContent;
	button.title = heading.title;
	heading.textContent = "";
	heading.append(button);
	button.addEventListener("click", () => sort(heading, column));
});

const filter = document.getElementById("filter");
const shown = document.getElementById("shown");

// What a row says, and hops as the CSV files and --filter write them.
const texts = new Map(rows.map(row => [row, [...row.cells].map(cell =>
	cell.textContent + (/>/.test(cell.dataset.v) ? " " + cell.dataset.v : "")).join(" ").toLowerCase()]));

// All words must be there, in any column.
function narrow()
{
	const words = filter.value.toLowerCase().split(/\s+/).filter(word => word);
	let count = 0;
	for (const row of rows) {
		const text = texts.get(row);
		const taken = words.every(word => text.includes(word));
		row.hidden = !taken;
		if (opened.has(row))
			opened.get(row).hidden = !taken;
		count += taken;
	}
	shown.textContent = words.length ? count + " of " + rows.length : "";
}

filter.addEventListener("input", narrow);
filter.form.addEventListener("submit", event => event.preventDefault());

// ---- the ladder ----

const TIME = 84, PITCH = 40, TOP = 34, CHARACTER = 6.9;
const SIGNS = {"?": "?", "*": "✱", "[": "▢", "]": "▢"};

// Text in lines of so many characters.
function lines(text, most)
{
	const out = [];
	let line = "";
	for (const word of text.split(" ")) {
		if (line && line.length + word.length + 1 > most) {
			out.push(line);
			line = "";
		}
		line += (line ? " " : "") + word;
	}
	return [...out, line];
}

function silence(svg, y, width, text)
{
	make(svg, "path", {class: "gap", d: `M${TIME} ${y}l6 -4l6 8l6 -8l6 4H${width - 8}`});
	make(svg, "text", {class: "idle", x: TIME + 34, y: y - 4}, text);
}

class Ladder {
	constructor(svg, width)
	{
		this.svg = svg;
		this.width = width;
		this.stages = story.stages.length;
		this.step = (width - TIME - 40) / Math.max(1, this.stages - 1);
		this.y = TOP + 14;
	}

	x(stage)
	{
		return TIME + 14 + stage * this.step;
	}

	// Where a packet begins or ends that was not seen further: in the middle of the hop.
	middle(mark)
	{
		return this.x(mark[1]) + this.step / 2;
	}

	frame(height)
	{
		const first = this.svg.firstChild;
		story.stages.forEach((name, stage) => {
			const line = document.createElementNS(SVG, "path");
			line.setAttribute("class", "life");
			line.setAttribute("d", `M${this.x(stage)} ${TOP - 4}V${height - 8}`);
			this.svg.insertBefore(line, first);
			const most = Math.max(4, Math.floor(this.step / 7));
			const text = make(this.svg, "text", {class: "stage", x: this.x(stage), y: 18,
				"text-anchor": stage === 0 ? "start" : stage === this.stages - 1 ? "end" : "middle"},
				name.length > most ? name.slice(0, most - 1) + "…" : name);
			make(text, "title", {}, name);
		});
	}

	arrow(group, packet, class_)
	{
		const y = this.y, seen = packet.s.map(sight => this.x(sight[0]));
		const from = packet.b ? this.middle(packet.b) : seen[0];
		const to = packet.e ? this.middle(packet.e) : seen[seen.length - 1];
		const right = packet.f ? 1 : -1;
		if (packet.b)
			make(group, "path", {class: "arrow" + (packet.b[0] === "?" ? " doubt" : ""), d: `M${from} ${y}H${seen[0]}`});
		if (seen.length > 1)
			make(group, "path", {class: "arrow", d: `M${seen[0]} ${y}H${seen[seen.length - 1]}`});
		if (packet.e)
			make(group, "path", {class: "arrow" + (packet.e[0] === "?" ? " doubt" : ""), d: `M${seen[seen.length - 1]} ${y}H${to}`});
		for (const x of seen)
			make(group, "circle", {class: "head", cx: x, cy: y, r: 2.6});
		if (!packet.e && (from !== to))
			make(group, "path", {class: "head", d: `M${to} ${y}l${-9 * right} -4.5v9z`});
		if (packet.e && packet.e[0] === "X")
			make(group, "path", {class: "x", d: `M${to - 6} ${y - 6}l12 12m-12 0l12 -12`});
		else if (packet.e)
			make(group, "text", {class: "sign " + class_, x: to + 4 * right, y: y + 5, "text-anchor": "middle"}, SIGNS[packet.e[0]]);
		if (packet.b)
			make(group, "text", {class: "sign " + class_, x: from - 4 * right, y: y + 5, "text-anchor": "middle"}, SIGNS[packet.b[0]]);
	}

	delays(group, packet)
	{
		for (let k = 0; k + 1 < packet.s.length; k++) {
			const [a, at] = packet.s[k], [b, then] = packet.s[k + 1];
			const low = Math.min(a, b), high = Math.max(a, b);
			if (!story.clocked.slice(low, high).every(known => known) || this.step * (high - low) < 60)
				continue;
			make(group, "text", {class: "delay", x: (this.x(a) + this.x(b)) / 2, y: this.y + 13,
				"text-anchor": "middle"}, duration(then - at));
		}
	}

	packet(packet)
	{
		const kinds = (packet.n || []).map(note => note[0]);
		const class_ = kinds.includes("d") || (packet.e && packet.e[0] === "X") ? "d"
			: kinds.includes("i") || (packet.b && packet.b[0] === "*") ? "i" : "";
		const group = make(this.svg, "g", {class: (packet.f ? "fore " : "back ") + class_});
		make(group, "title", {}, packet.s.map(([stage, , frame]) => `${story.stages[stage]}: frame ${frame}`).join(", "));
		make(group, "text", {class: "time", x: TIME - 8, y: this.y + 4, "text-anchor": "end"},
			(packet.t / 1e9).toFixed(6));
		this.arrow(group, packet, class_);
		this.delays(group, packet);
		const ends = packet.s.map(sight => this.x(sight[0]));
		if (packet.b)
			ends.push(this.middle(packet.b));
		const left = Math.min(...ends) + 6;
		const label = make(group, "text", {x: left, y: this.y - 6}, packet.w);
		if (packet.r)
			make(label, "tspan", {class: "r"}, ", " + packet.r);
		// What would run out of the picture begins further to the left.
		const over = left + label.getComputedTextLength() - (this.width - 8);
		if (over > 0)
			label.setAttribute("x", Math.max(TIME + 18, left - over));
		if (packet.n && packet.s.length > 1)
			this.y += 6; // below the delays
		for (const [kind, text] of packet.n || [])
			for (const line of lines(text, Math.floor((this.width - TIME - 40) / CHARACTER))) {
				this.y += 15;
				make(group, "text", {class: kind, x: TIME + 24, y: this.y + 10}, line);
			}
		this.y += PITCH;
	}

	draw(session)
	{
		let before = null;
		for (const packet of session.p) {
			if (packet.k) {
				silence(this.svg, this.y, this.width, packet.k + (packet.k === 1 ? " packet" : " packets") + " not shown");
				this.y += PITCH;
			} else if (before !== null && packet.t - before >= IDLE_NS) {
				silence(this.svg, this.y, this.width, duration(packet.t - before) + " without a packet");
				this.y += PITCH;
			}
			this.packet(packet);
			before = packet.t;
		}
		if (session.k) {
			silence(this.svg, this.y, this.width, session.k + (session.k === 1 ? " packet" : " packets") + " not shown");
			this.y += PITCH;
		}
		if (!session.p.length)
			make(this.svg, "text", {class: "idle", x: TIME + 24, y: this.y}, "no room for its packets here; crosstap-report --session N shows them");
		const height = this.y - 10;
		this.frame(height);
		this.svg.setAttribute("width", this.width);
		this.svg.setAttribute("height", height);
		this.svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
	}
}

// ---- a session's story ----

const opened = new Map(); // row -> the row of its ladder

function head(box, number, session)
{
	const state = session.state || "not known";
	make(box, "h4", {}, `Session ${number}: ${session.proto}, ${session.outcome}` +
		(session.cause ? `, ${session.cause}` : "") + (session.hop ? ` at ${session.hop.replaceAll(">", " > ")}` : "") + `; state ${state}`);
	const list = make(box, "ul", {});
	make(list, "li", {}, `begins ${session.start}, lasts ${session.lasts} s`);
	let before = "";
	for (const [point, tuple, difference] of session.points) {
		const item = make(list, "li", {});
		make(item, "b", {}, point);
		item.append(" " + (!tuple ? "not seen here" : tuple === before ? "the same" : tuple) +
			(difference ? "; " + difference : ""));
		before = tuple || before;
	}
}

function legend(box)
{
	const text = make(box, "p", {class: "legend"});
	text.append("Time in seconds since the session’s first packet; below an arrow the delay over the hop. ");
	make(text, "span", {class: "d"}, "✕");
	text.append(" dropped in the hop, ");
	make(text, "span", {class: "i"}, "✱");
	text.append(" made by the hop, ? not to be told (dashed), ▢ the box itself. Numbers are relative, as tshark shows them; hover for the frames.");
}

function draw(row, number)
{
	const session = story.sessions[number];
	const place = document.createElement("tr");
	place.className = "ladder";
	const cell = make(place, "td", {colspan: row.cells.length});
	const box = make(cell, "div", {class: "story"});
	head(box, number, session);
	const rungs = make(box, "div", {class: "rungs", tabindex: "0", role: "group", "aria-label": `Ladder of session ${number}`});
	const svg = make(rungs, "svg", {role: "img", "aria-label": describe(session)});
	legend(box);
	row.after(place);
	opened.set(row, place);
	const width = Math.max(TIME + 60 + 92 * (story.stages.length - 1), Math.min(1160, document.documentElement.clientWidth - 70));
	new Ladder(svg, width).draw(session);
	return place;
}

// For those who do not see the arrows.
function describe(session)
{
	return session.p.map(packet => `${(packet.t / 1e9).toFixed(6)} s: ${packet.w}, seen at ` +
		packet.s.map(sight => story.stages[sight[0]]).join(", ") +
		(packet.n || []).map(note => "; " + note[1]).join("")).join(". ");
}

function toggle(button)
{
	const row = button.closest("tr");
	const open = opened.has(row);
	if (open) {
		opened.get(row).remove();
		opened.delete(row);
	} else {
		draw(row, button.dataset.session);
	}
	button.setAttribute("aria-expanded", String(!open));
}

for (const button of body.querySelectorAll("button.open"))
	button.addEventListener("click", () => toggle(button));

document.addEventListener("keydown", event => {
	const place = event.key === "Escape" && event.target.closest("tr.ladder");
	const row = place ? place.previousElementSibling : event.key === "Escape" && event.target.closest("tr");
	if (!row || !opened.has(row))
		return;
	const button = row.querySelector("button.open");
	toggle(button);
	button.focus();
});

// ---- hops that are folded open when they are what a link names, and for printing ----

function unfold()
{
	const target = location.hash && document.getElementById(location.hash.slice(1));
	if (target && target.tagName === "DETAILS")
		target.open = true;
	const session = /^#session-(\d+)$/.exec(location.hash);
	const button = session && body.querySelector(`button.open[data-session="${session[1]}"]`);
	if (button && !opened.has(button.closest("tr"))) {
		toggle(button);
		button.scrollIntoView();
	}
}

addEventListener("hashchange", unfold);
unfold();
for (const link of document.querySelectorAll('a[href^="#hop-"]'))
	link.addEventListener("click", () => { document.getElementById(link.hash.slice(1)).open = true; });
addEventListener("beforeprint", () => {
	for (const hop of document.querySelectorAll("details.hop"))
		hop.open = true;
});
})();
