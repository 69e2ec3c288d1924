// The floor: the least that a Node gateway can do. One parse and one stringify each way, keep-alive, the
// prefix of the tool's name cut off. Frozen: what is measured against it must stay comparable.
import { spawn } from "node:child_process";
import { Agent, createServer, request as httpRequest } from "node:http";
import process from "node:process";

const [kind, target = ""] = process.argv.slice(2);
type Message = { id?: unknown; method?: string; params?: { name?: string } };
type Send = (message: Message) => Promise<Message>;

function overStdio(): Send {
  const child = spawn(process.execPath, [target], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<unknown, (message: Message) => void>();
  let rest = "";
  let next = 0;
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const message: Message = JSON.parse(line);
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    }
  });
  return (message) =>
    new Promise((resolve) => {
      next += 1;
      waiting.set(next, resolve);
      child.stdin.write(`${JSON.stringify({ ...message, id: next })}\n`);
    });
}

function overHttp(): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  return (message) =>
    new Promise((resolve, reject) => {
      const request = httpRequest(target, { method: "POST", agent, headers }, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () => resolve(JSON.parse(body)));
      });
      request.on("error", reject);
      request.end(JSON.stringify(message));
    });
}

const send = kind === "http" ? overHttp() : overStdio();

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (chunk: string) => {
    body += chunk;
  });
  request.on("end", () => void answer(JSON.parse(body)));

  async function answer(message: Message): Promise<void> {
    if (message.id === undefined) return void response.writeHead(202).end();
    const { id, params } = message;
    if (params?.name) message.params = { ...params, name: params.name.slice("echo__".length) };
    const reply = await send(message);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ ...reply, id }));
  }
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as { port: number }).port}/mcp\n`);
});
