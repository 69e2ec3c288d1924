// The least that can be done: a list that is ready as bytes, over HTTP. Its first argument is its file.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import process from "node:process";

const body = readFileSync(process.argv[2] ?? "");
const headers = { "content-type": "application/json", "content-length": body.length };

const server = createServer((request, response) => {
  request.resume();
  request.once("end", () => {
    response.writeHead(200, headers);
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as { port: number }).port}/mcp\n`);
});
