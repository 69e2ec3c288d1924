import { Agent, type IncomingHttpHeaders, request } from "node:http";

export type Era = "legacy" | "modern";

const VERSION = "2026-07-28";
const META = "io.modelcontextprotocol";
const clientInfo = { name: "bench", version: "1.0.0" };
const envelope = {
  _meta: { [`${META}/protocolVersion`]: VERSION, [`${META}/clientCapabilities`]: {} },
};

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * One MCP client over HTTP, on Node's own client and without an SDK: the targets were set with such a one,
 * whose own time is part of every latency. As many connections as there are calls at a time.
 */
export class RawClient {
  readonly #url: string;
  readonly #era: Era;
  readonly #credential: Readonly<Record<string, string>>;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });
  #session: Record<string, string> = {};
  #nextId = 0;

  /** `key` is what the server asks of its callers, if it does. */
  constructor(url: string, era: Era, key?: string) {
    this.#url = url;
    this.#era = era;
    this.#credential = key === undefined ? {} : { authorization: `Bearer ${key}` };
  }

  /** The handshake of the legacy era; the modern one has none. */
  async open(): Promise<void> {
    if (this.#era === "modern") return;
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
    const { headers } = await this.#post("initialize", "", { id: 0, params });
    const session = headers["mcp-session-id"];
    if (typeof session === "string") this.#session = { "mcp-session-id": session };
    await this.#post("notifications/initialized", "", {});
  }

  /** The body of the answer, whatever it says. */
  async call(name: string, args: object): Promise<string> {
    this.#nextId += 1;
    const params =
      this.#era === "modern" ? { name, arguments: args, ...envelope } : { name, arguments: args };
    return (await this.#post("tools/call", name, { id: this.#nextId, params })).body;
  }

  /** The first page of tools as it came. */
  async listText(): Promise<string> {
    this.#nextId += 1;
    const params = this.#era === "modern" ? envelope : {};
    return (await this.#post("tools/list", "", { id: this.#nextId, params })).body;
  }

  /** The names of the first page of tools. */
  async list(): Promise<string[]> {
    const body = await this.listText();
    // The SDK answers with a stream of events that holds one.
    const message = /^data: (.+)$/m.exec(body)?.[1] ?? body;
    const { result } = JSON.parse(message) as { result?: { tools: { name: string }[] } };
    return (result?.tools ?? []).map(({ name }) => name);
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(method: string, name: string, message: object): Promise<Answer> {
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...this.#credential,
      ...(this.#era === "modern" ? modernHeaders(method, name) : this.#session),
    };
    return new Promise((resolve, reject) => {
      const options = { method: "POST", agent: this.#agent, headers };
      const sent = request(this.#url, options, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () => resolve({ body, headers: response.headers }));
      });
      sent.on("error", reject);
      sent.end(JSON.stringify({ jsonrpc: "2.0", method, ...message }));
    });
  }
}

function modernHeaders(method: string, name: string): Record<string, string> {
  const version = { "mcp-protocol-version": VERSION, "mcp-method": method };
  return name === "" ? version : { ...version, "mcp-name": name };
}
