import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ModelRequestSeen, Recorded } from "./turn.ts";
import { anthropicWords, openAiWords, type Words } from "./words.ts";

export interface ModelServerOptions {
  /** Played in this order, or chosen by what is asked. */
  readonly turns: readonly Recorded[] | ((seen: ModelRequestSeen) => Recorded);
  /** Asked for in the header of each provider; none where left out. */
  readonly key?: string;
}

export interface ModelServer {
  /** What Anthropic's API has at its root. */
  readonly anthropicUrl: string;
  /** What OpenAI's API has below `/v1`. */
  readonly openAiUrl: string;
  readonly seen: readonly ModelRequestSeen[];
  close(): Promise<void>;
}

/**
 * Serves recorded turns of a model on 127.0.0.1, as Anthropic's Messages and as OpenAI's chat completions. What
 * those would refuse is refused in their words, and what is asked beyond the last turn is a fault of the test.
 */
export async function startModelServer({ turns, key }: ModelServerOptions): Promise<ModelServer> {
  const seen: ModelRequestSeen[] = [];
  let id = 0;
  let played = 0;
  const ids = () => String(++id).padStart(8, "0");
  const next = (request: ModelRequestSeen): Recorded =>
    typeof turns === "function"
      ? turns(request)
      : (turns[played++] ?? { status: 500, message: "no turn is left in the recording" });

  const server = createServer((request, response) => {
    void answer(request).then(
      ({ status, body, headers }) => {
        if (status === "reset") response.destroy();
        else if (status !== "silence") send(response, status, body, headers);
      },
      (error) => send(response, 500, { error: { message: String(error) } }),
    );
  });

  async function answer(request: IncomingMessage): Promise<Answer> {
    const body = JSON.parse(await readText(request)) as Record<string, unknown>;
    const dialect = dialectOf(request.url ?? "");
    if (dialect === undefined || request.method !== "POST") {
      return { status: 404, body: { error: { message: `no such path: ${request.url}` } } };
    }
    const words = dialect === "anthropic" ? anthropicWords : openAiWords;
    const fail = (status: number, message: string) => ({
      status,
      body: words.fault(status, message),
    });
    if (key !== undefined && !carries(request, key)) {
      return fail(401, `invalid x-api-key: ${givenKey(request)}`);
    }
    const asked = { dialect, headers: request.headers, body, ...words.read(body) } as const;
    seen.push(asked);
    const refused = words.refuse(body, request.headers);
    if (refused !== undefined) return fail(400, refused);
    return toAnswer(next(asked), words, ids);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    anthropicUrl: url,
    openAiUrl: `${url}/v1`,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface Answer {
  readonly status: number | "reset" | "silence";
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function toAnswer(recorded: Recorded, words: Words, ids: () => string): Answer {
  if (!("status" in recorded)) return { status: 200, body: words.answer(recorded, ids) };
  const { status, retryAfter, message = "recorded fault" } = recorded;
  const body = typeof status === "number" ? words.fault(status, message) : undefined;
  return {
    status,
    body,
    ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } }),
  };
}

function dialectOf(url: string): ModelRequestSeen["dialect"] | undefined {
  if (url === "/v1/messages") return "anthropic";
  return url === "/v1/chat/completions" ? "openai" : undefined;
}

function givenKey({ headers }: IncomingMessage): string {
  return String(headers["x-api-key"] ?? headers.authorization ?? "");
}

function carries(request: IncomingMessage, key: string): boolean {
  return givenKey(request) === key || givenKey(request) === `Bearer ${key}`;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
