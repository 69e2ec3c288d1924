import { connect } from "node:net";
import { isJsonObject, type JsonObject, parseJson } from "@trestle/protocol";

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  /** In this order and spelling, each as often as it stands here. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Buffer;
  /** Left out where the attack is in how the length is told. */
  readonly withLength?: boolean;
}

/** What came back, as far as it tells what became of a request. */
export interface Verdict {
  readonly status: number;
  /** The code of the error in whichever form: the envelope of REST, JSON-RPC, a challenge. Nothing where all is well. */
  readonly code: string | number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
  readonly text: string;
}

const END = "\r\n\r\n";
const LONGEST_MS = 30_000;

/** Sends these very bytes, and reads one answer until the connection or the answer ends. */
export function sendBytes(port: number, bytes: string | Buffer): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let got = Buffer.alloc(0);
    const timer = setTimeout(
      () => finish(new Error(`no answer to ${bytes.slice(0, 200)}`)),
      LONGEST_MS,
    );
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      if (error) reject(error);
      else resolve(toVerdict(got.toString("utf8")));
    };
    socket.on("connect", () => socket.write(bytes));
    socket.on("data", (chunk) => {
      got = Buffer.concat([got, chunk]);
      if (isWhole(got)) finish();
    });
    // A refusal may come while we still write.
    socket.on("error", () => got.length > 0 || finish(new Error("the connection broke")));
    socket.on("close", () => finish());
  });
}

export function sendRaw(port: number, request: RawRequest): Promise<Verdict> {
  const { method = "GET", path = "/", headers = [], body = "", withLength = true } = request;
  const length = Buffer.byteLength(body);
  const all = withLength && length > 0 ? [...headers, ["Content-Length", String(length)]] : headers;
  const head = [`${method} ${path} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`)];
  return sendBytes(
    port,
    Buffer.concat([Buffer.from(head.join("\r\n") + END, "latin1"), Buffer.from(body)]),
  );
}

function isWhole(got: Buffer): boolean {
  const end = got.indexOf(END);
  if (end === -1) return false;
  const head = got.subarray(0, end).toString("latin1");
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  if (length !== undefined) return got.length >= end + END.length + Number(length);
  if (/^HTTP\/1.1 (101|204|304)/.test(head)) return true;
  return /^transfer-encoding: chunked$/im.test(head) && got.toString("latin1").endsWith(`0${END}`);
}

function toVerdict(text: string): Verdict {
  const [head = "", ...rest] = text.split(END);
  const body = bodyOf(rest.join(END));
  const headers = Object.fromEntries(
    head
      .split("\r\n")
      .slice(1)
      .map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
      }),
  );
  const status = Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1]);
  return { status, code: codeOf(body, headers), headers, body, text };
}

/** JSON as it is, chunked, or as the last event of a stream. */
function bodyOf(text: string): JsonObject {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/^data: /, ""));
  for (const candidate of [text, ...lines.reverse()]) {
    if (!candidate.startsWith("{")) continue;
    try {
      const value = parseJson(candidate);
      if (isJsonObject(value)) return value;
    } catch {}
  }
  return {};
}

function codeOf(body: JsonObject, headers: Readonly<Record<string, string>>) {
  const { error } = body;
  if (!isJsonObject(error)) {
    const meta =
      isJsonObject(body.result) && isJsonObject(body.result._meta) ? body.result._meta : {};
    const own = meta["trestle/error"];
    if (isJsonObject(own)) return own.code as string;
    return /error="(\w+)"/.exec(headers["www-authenticate"] ?? "")?.[1];
  }
  const typed = isJsonObject(error.data) ? error.data.code : undefined;
  return (typed ?? error.code) as string | number | undefined;
}
