// A current ClickHouse behind HTTP, as far as report/clickhouse/run asks: the library that the package chdb
// carries. `node chdb.js FOLDER`, which has a node_modules/chdb and room for the tables; says its port on standard output.
'use strict';
const fs = require('fs'), http = require('http'), path = require('path');
const folder = path.resolve(process.argv[2]);
const { Session } = require(path.join(folder, 'node_modules', 'chdb'));
const tables = fs.mkdtempSync(path.join(folder, 'tables-'));
const session = new Session(path.join(tables, 'db'));
let files = 0;

const ask = async sql => Buffer.from((await session.queryAsync(sql)).bytes());
const keep = bytes => {
	const name = path.join(tables, `file${++files}`);
	fs.writeFileSync(name, bytes);
	return name;
};

// The parts of a form, each with its bytes.
function parts(body, boundary) {
	const found = {};
	let at = body.indexOf(boundary);
	while (at >= 0) {
		const next = body.indexOf(boundary, at + boundary.length), head = body.indexOf('\r\n\r\n', at);
		if (next < 0)
			break;
		const name = /name="([^"]*)"/.exec(body.toString('latin1', at, head));
		found[name[1]] = body.subarray(head + 4, next - 2);
		at = next;
	}
	return found;
}

// A table that goes with a question.
async function external(form) {
	for (const name of Object.keys(form).filter(key => form[`${key}_structure`])) {
		const structure = form[`${name}_structure`].toString();
		await ask(`CREATE OR REPLACE TABLE default.${name} (${structure}) ENGINE = Memory`);
		if (form[name].length)
			await ask(`INSERT INTO default.${name} SELECT * FROM file('${keep(form[name])}', RowBinary, '${structure}')`);
	}
}

async function insert(query, body) {
	const [, database, table] = /INTO (\w+)\.(\w+)/.exec(query);
	const columns = await ask(`SELECT concat(name, ' ', type) FROM system.columns WHERE database = '${database}'
		AND table = '${table}' ORDER BY position FORMAT TSVRaw`);
	const structure = columns.toString().trim().split('\n').join(', ').replace(/'/g, "\\'");
	return ask(`INSERT INTO ${database}.${table} SELECT * FROM file('${keep(body)}', RowBinary, '${structure}')`);
}

async function answer(request, body) {
	const query = new URL(request.url, 'http://localhost').searchParams.get('query');
	const boundary = /boundary=(.*)/.exec(request.headers['content-type'] || '');
	if (query)
		return insert(query, body);
	if (!boundary)
		return ask(body.toString());
	const form = parts(body, `--${boundary[1]}`);
	await external(form);
	return ask(form.query.toString());
}

let last = Promise.resolve(); // one question at a time
const server = http.createServer((request, response) => {
	const pieces = [];
	request.on('data', piece => pieces.push(piece));
	request.on('end', () => {
		last = last.then(() => answer(request, Buffer.concat(pieces))).then(
			bytes => response.end(bytes),
			error => { response.statusCode = 500; response.end(String(error)); });
	});
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => { fs.rmSync(tables, { recursive: true, force: true }); process.exit(0); });
