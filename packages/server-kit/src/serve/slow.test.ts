import { connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { modernCall, post, start } from "./_http.ts";
import type { RefusedRequest } from "./tell-refused.ts";

/** A sender of one letter every few milliseconds, until the other end has enough of it. */
function drip(url: string, head: string): Promise<string> {
  return new Promise((resolve) => {
    const { port, hostname } = new URL(url);
    const socket = connect(Number(port), hostname);
    let got = "";
    socket.write(head);
    const timer = setInterval(() => socket.write("a"), 20);
    onTestFinished(() => void socket.destroy());
    socket.on("data", (chunk) => {
      got += chunk.toString();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(timer);
      resolve(got);
    });
  });
}

const POST = "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n";

test.each([
  ["headers", `${POST}X-Other: `],
  ["its body", `${POST}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{`],
])(
  "who never comes to the end of %s is shown out, and others are served meanwhile",
  async (_what, head) => {
    const refused: RefusedRequest[] = [];
    const { url } = await start(
      { "tools/call": () => ({ content: [] }) },
      { slowest: { headersMs: 300, requestMs: 600 }, onRefused: (each) => refused.push(each) },
    );
    const answer = drip(url, head);
    const [body, headers] = modernCall("t");
    expect((await post(url, body, headers)).status).toBe(200);
    expect(await answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":-32600/);
    await vi.waitFor(() =>
      expect(refused).toContainEqual(expect.objectContaining({ status: 408 })),
    );
  },
);
